//! One door to the readers of every source.
use super::{a2a, anthropic, aws_iam, entra, gcp, github, kubernetes, mcp_config, okta, snapshot::Parsed};
use crate::{
    error::{Error, Result},
    source::Kind,
};

/// Reads the files of one import: `(name, bytes)` in any order. Pure.
///
/// One [`Parsed`] a source: an AWS account is one however many files describe it, an MCP configuration is one a file.
///
/// # Errors
/// `Invalid` with one line (what, where, how to mend) when a file is truncated, of the wrong kind, or missing its other half:
/// then nothing at all is to change. Malformed objects inside a good file are not errors but `problems`.
pub fn parse(source: Kind, files: &[(String, Vec<u8>)]) -> Result<Vec<Parsed>> {
    if files.is_empty() {
        return Err(Error::invalid(format!("import {source}: no file given")));
    }
    match source {
        Kind::AwsIam => Ok(vec![aws_iam::read::read(files)?]),
        Kind::Entra => Ok(vec![entra::read::read(files)?]),
        Kind::A2a => a2a::read::read(files),
        Kind::Anthropic => Ok(vec![anthropic::read::read(files)?]),
        Kind::Github => Ok(vec![github::read::read(files)?]),
        Kind::Okta => Ok(vec![okta::read::read(files)?]),
        Kind::Gcp => Ok(vec![gcp::read::read(files)?]),
        Kind::Kubernetes => Ok(vec![kubernetes::read::read(files)?]),
        Kind::Csv => Err(Error::invalid("import csv: what the columns mean is said with the list, not found in it")),
        Kind::Scim => Err(Error::invalid(
            "import scim: it is sent, not imported: point the identity provider at /scim/v2 (docs/sources/scim.md)",
        )),
        Kind::McpConfig => mcp_config::read::read(files),
    }
}
