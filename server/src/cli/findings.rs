//! `countersign findings`: gaps and risks, worst first.
use super::{
    files,
    out::{List, print, table},
};
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::{findings::Filter, page::Want},
    error::Result,
    finding::{Finding, Rule, Severity, State},
    text::visible_line,
};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// no_owner, no_backup, unused_90d, standing_admin, can_escalate, key_older_90d, secret_in_config, never_attested, not_monitored
    /// or unregistered_principal_asked
    #[arg(long)]
    rule: Option<Rule>,
    /// low, medium, high or critical
    #[arg(long)]
    severity: Option<Severity>,
    /// Of one identity: its name, its id, or kind:name
    #[arg(long, value_name = "NAME")]
    identity: Option<String>,
    /// open, excepted or resolved
    #[arg(long, default_value_t = State::Open)]
    state: State,
    /// Look at every identity again first: keys age and use lapses without anything being written
    #[arg(long)]
    refresh: bool,
    /// How many at most, up to 1000
    #[arg(long, default_value_t = 1000)]
    limit: u16,
    /// Where to go on: `next` of the page before
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    if args.refresh {
        governance.findings_sweep(&ctx).await?;
    }
    let identity = match &args.identity {
        Some(name) => Some(governance.identity_find(&ctx, name).await?.id),
        None => None,
    };
    let filter = Filter { state: args.state, rule: args.rule, severity: args.severity, identity };
    let page = governance.finding_list(&ctx, &filter, &Want { cursor: args.cursor, limit: args.limit }).await?;
    print(common.json, &List { items: &page.items, next: page.next.clone() }, || {
        if page.items.is_empty() {
            return format!("no {} findings", args.state);
        }
        let rows: Vec<_> = page.items.iter().map(line).collect();
        table(&rows) + &files::more(page.next.as_deref())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn line(f: &Finding) -> Vec<String> {
    let about = f.identity.as_ref().map_or_else(|| f.found.subject.clone(), |i| visible_line(&i.name).into_owned());
    vec![
        f.found.severity.to_string(),
        f.found.rule.to_string(),
        about,
        format!("{} {}", visible_line(&f.found.words), f.found.mend),
    ]
}
