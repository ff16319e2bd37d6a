//! `countersign identity …`: the register of what acts.
use super::out::{List, print, table};
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::{identities::NewIdentity, page::Want},
    error::Result,
    identity::{Environment, Kind, Mode},
    store::listing::Filter,
};
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Args)]
pub struct Add {
    name: String,
    /// agent, service_account, workload, pipeline or api_key
    #[arg(long)]
    kind: String,
    /// Mail of the person who answers for it
    #[arg(long)]
    owner: Option<String>,
    /// Mail of the person who steps in; production asks for one
    #[arg(long)]
    backup: Option<String>,
    #[arg(long)]
    team: Option<String>,
    /// production, staging, test or development
    #[arg(long)]
    environment: Option<String>,
    /// enforce decides; observe permits and records what it would have answered
    #[arg(long, default_value = "enforce")]
    mode: String,
    /// What it is for
    #[arg(long)]
    purpose: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Register an agent, service account, workload, pipeline or key
    Add(Add),
    /// List identities
    List {
        /// Part of a name, a source's name or a team
        #[arg(long)]
        text: Option<String>,
        #[arg(long)]
        kind: Option<String>,
        /// Those without an active owner
        #[arg(long)]
        orphaned: bool,
        #[arg(long, default_value_t = 50)]
        limit: u16,
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show one identity's governance record
    Show { name: String },
    /// Say who answers for many, from a CSV file: name,owner,backup
    Own {
        file: PathBuf,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    match command {
        Command::Add(new) => {
            let find = async |mail: Option<String>| match mail {
                Some(mail) => governance.person_find(&ctx, &mail).await.map(|p| Some(p.id)),
                None => Ok(None),
            };
            let new = NewIdentity {
                kind: new.kind.replace('-', "_").parse::<Kind>()?,
                owner: find(new.owner).await?,
                backup: find(new.backup).await?,
                environment: new.environment.map(|e| e.parse::<Environment>()).transpose()?,
                mode: new.mode.parse::<Mode>()?,
                name: new.name,
                team: new.team,
                purpose: new.purpose,
                criticality: None,
                autonomy: None,
                boundary: None,
            };
            let made = governance.identity_add(&ctx, new).await?;
            print(common.json, &made, || format!("{} {}", made.id, made.name))?;
        }
        Command::List { text, kind, orphaned, limit, cursor } => {
            let kind = kind.map(|k| k.replace('-', "_").parse::<Kind>()).transpose()?;
            let filter = Filter { text, kind, orphaned, ..Filter::default() };
            let page = governance.identity_list(&ctx, &filter, &Want { cursor, limit }).await?;
            print(common.json, &List { items: &page.items, next: page.next.clone() }, || {
                let row = |l: &governance::store::listing::Line| {
                    let i = &l.identity;
                    vec![
                        i.name.clone(),
                        i.kind.to_string(),
                        i.environment.map_or_else(|| "unknown".into(), |e| e.to_string()),
                        i.status.to_string(),
                        l.owner_name.clone().unwrap_or_else(|| "no owner".into()),
                        format!("{} findings", l.open_findings),
                    ]
                };
                let more = page.next.as_ref().map(|c| format!("more: --cursor {c}\n")).unwrap_or_default();
                table(&page.items.iter().map(row).collect::<Vec<_>>()) + &more
            })?;
        }
        Command::Show { name } => {
            let it = governance.identity_find(&ctx, &name).await?;
            let record = governance.identity_show(&ctx, it.id).await?;
            print(common.json, &record, || {
                let i = &record.identity;
                let findings: String =
                    record.findings.iter().map(|f| format!("\n  {} {}", f.found.rule, f.found.severity)).collect();
                format!(
                    "{} {} ({}), {} mode, {}\nrecord {} of 5 complete, {} entitlements, {} credentials{findings}",
                    i.id,
                    i.name,
                    i.kind,
                    i.mode,
                    i.status,
                    record.complete,
                    record.entitlements.len(),
                    record.credentials.len()
                )
            })?;
        }
        Command::Own { file, dry_run } => {
            let bytes = super::read_file(&file)?;
            let report = governance.identity_own_import(&ctx, &file.display().to_string(), &bytes, dry_run).await?;
            print(common.json, &report, || {
                let problems: String = report.problems.iter().map(|p| format!("\n{p}")).collect();
                format!("{} owned anew, {} as they were{problems}", report.changed.len(), report.unchanged)
            })?;
            return Ok(super::partly(report.problems.is_empty()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
