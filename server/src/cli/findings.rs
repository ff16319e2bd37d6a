//! `countersign findings`: open gaps and risks, worst first.
use super::out::{List, print, table};
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::page::Want,
    error::Result,
    finding::{Rule, Severity},
    store::findings::Filter,
};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    rule: Option<String>,
    #[arg(long)]
    severity: Option<String>,
    #[arg(long, default_value_t = 50)]
    limit: u16,
    #[arg(long)]
    cursor: Option<String>,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let rule = args.rule.map(|r| r.replace('-', "_").parse::<Rule>()).transpose()?;
    let severity = args.severity.map(|s| s.parse::<Severity>()).transpose()?;
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let filter = Filter { rule, severity, ..Filter::default() };
    let page = governance.finding_list(&ctx, &filter, &Want { cursor: args.cursor, limit: args.limit }).await?;
    print(common.json, &List { items: &page.items, next: page.next.clone() }, || {
        if page.items.is_empty() {
            return "no open finding".into();
        }
        let row = |f: &governance::finding::Finding| {
            let about = f.identity.as_ref().map_or_else(String::new, |a| a.name.clone());
            vec![f.found.severity.to_string(), f.found.rule.to_string(), about]
        };
        let more = page.next.as_ref().map(|c| format!("more: --cursor {c}\n")).unwrap_or_default();
        table(&page.items.iter().map(row).collect::<Vec<_>>()) + &more
    })?;
    Ok(ExitCode::SUCCESS)
}
