//! `countersign revoke`: takes access back at once, and says what is still live elsewhere.
use super::out::print;
use crate::{config::Common, state::open_to_command};
use governance::{
    error::{Error, Result},
    revocation::Target,
};
use std::{fmt::Write as _, process::ExitCode};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// grant, identity, owner, tool, source or everything
    kind: String,
    /// Its id; an identity's name, an owner's mail and a tool's name will do
    id: Option<String>,
    /// Why; it is recorded
    #[arg(long)]
    reason: String,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    if args.id.is_none() && args.kind != "everything" {
        return Err(Error::invalid(format!("which {0}? name it after `revoke {0}`", args.kind)));
    }
    let id = args.id.unwrap_or_default();
    let target = match args.kind.as_str() {
        "identity" => Target::Identity(governance.identity_find(&ctx, &id).await?.id),
        "owner" => Target::Owner(governance.person_find(&ctx, &id).await?.id),
        kind => Target::parse(kind, &id)?,
    };
    let done = governance.revoke(&ctx, &target, &args.reason).await?;
    print(common.json, &done, || {
        let e = done.ended;
        let mut text = format!(
            "revoked at place {} of the log; ended {} grants, {} approvals, {} escalations\n",
            done.log_seq, e.grants, e.approvals, e.escalations
        );
        for p in &done.paths {
            let _ = writeln!(text, "  {:7}  {}  {}", p.state, p.path, p.detail.as_deref().unwrap_or_default());
            if let Some(command) = &p.command {
                let _ = writeln!(text, "           run: {command}");
            }
        }
        text
    })?;
    Ok(ExitCode::SUCCESS)
}
