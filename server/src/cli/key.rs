//! `countersign key …`: keys by which agents and gateways call.
use super::out::print;
use crate::{config::Common, state::open_to_command};
use chrono::TimeDelta;
use governance::{
    engine::{Scope, keys::NewKey},
    error::{Error, Result},
    id::KeyId,
};
use std::{collections::BTreeSet, process::ExitCode};

#[derive(Debug, clap::Args)]
pub struct Create {
    /// The identity whose key it is; with --gateway, a name for the gateway
    name: String,
    /// The key of a gateway, which speaks for others
    #[arg(long)]
    gateway: bool,
    /// Subjects the gateway may speak for, such as agent:invoice-*; any if none is named
    #[arg(long = "for", value_name = "TYPE:PATTERN", requires = "gateway")]
    patterns: Vec<String>,
    /// ask, act, task, import, read, revoke, or provision alone [default: ask,act]
    #[arg(long = "scope", value_delimiter = ',')]
    scopes: Vec<String>,
    /// Whether a question above the limit opens an escalation by itself: auto or explicit [default: auto for an identity's
    /// key, explicit for a gateway's]
    #[arg(long)]
    submit: Option<String>,
    /// Days it lives, such as 90d
    #[arg(long)]
    expires: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a key; it is printed once
    Create(Create),
    /// Revoke a key: from here on it opens nothing
    Revoke { id: String },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    match command {
        Command::Create(new) => {
            let identity = match new.gateway {
                true => None,
                false => Some(governance.identity_find(&ctx, &new.name).await?.id),
            };
            let scopes: BTreeSet<Scope> = match new.scopes.is_empty() {
                true => [Scope::Ask, Scope::Act].into(),
                false => new.scopes.iter().map(|s| s.parse()).collect::<Result<_>>()?,
            };
            let submits = match new.submit.as_deref() {
                None => !new.gateway,
                Some("auto") => true,
                Some("explicit") => false,
                Some(other) => return Err(Error::invalid(format!("--submit {other}: write auto or explicit"))),
            };
            let expires_at = new.expires.map(|text| days(&text)).transpose()?.map(|life| ctx.at + life);
            let new = NewKey { identity, name: new.name, patterns: new.patterns, scopes, submits, expires_at };
            let made = governance.key_create(&ctx, new).await?;
            let document = serde_json::json!({ "id": made.id.to_string(), "key": made.secret });
            print(common.json, &document, || {
                format!("{}\n{}\nkeep it now: it is not shown again", made.id, made.secret)
            })?;
        }
        Command::Revoke { id } => {
            let id: KeyId = id.parse().map_err(|e: governance::id::BadId| Error::invalid(e.to_string()))?;
            governance.key_revoke(&ctx, id).await?;
            print(common.json, &serde_json::json!({ "id": id.to_string(), "revoked": true }), || {
                format!("{id} is revoked")
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn days(text: &str) -> Result<TimeDelta> {
    let number = text.strip_suffix('d').and_then(|n| n.parse::<u16>().ok()).filter(|n| *n > 0);
    let number =
        number.ok_or_else(|| Error::invalid(format!("--expires {text}: write a number of days, such as 90d")))?;
    Ok(TimeDelta::days(i64::from(number)))
}
