//! What `countersign identity` says of who answers for what: successors, gaps, another role.
use super::{
    files,
    out::{List, print},
};
use crate::config::Common;
use governance::{
    engine::{Ctx, Governance, gaps::Open, identity_changes::Change, page::Want, successors::Successor},
    error::Result,
    identity::Environment,
    text::visible_line,
};
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub struct Set {
    /// Its name, its id, or kind:name
    name: String,
    /// `none`: no team
    #[arg(long, value_name = "T")]
    team: Option<String>,
    /// production, staging, test or development; `none`: nobody says
    #[arg(long, value_name = "E")]
    environment: Option<String>,
    /// What it is for
    #[arg(long)]
    purpose: Option<String>,
}

/// Another team or environment is another role: what the old one gave ends with it.
pub async fn set(common: &Common, governance: &Governance, ctx: &Ctx, args: Set) -> Result<()> {
    let it = governance.identity_find(ctx, &args.name).await?;
    let some = |text: String| Some(text).filter(|text| text != "none");
    let environment = match args.environment.map(some) {
        None => None,
        Some(None) => Some(None),
        Some(Some(word)) => Some(Some(word.parse::<Environment>()?)),
    };
    let change =
        Change { team: args.team.map(some), environment, purpose: args.purpose.map(Some), ..Change::default() };
    let it = governance.identity_change(ctx, it.id, it.version, change).await?;
    print(common.json, &it, || format!("{} is as you said", visible_line(&it.name)))
}

pub async fn successors(common: &Common, governance: &Governance, ctx: &Ctx, name: &str) -> Result<()> {
    let it = governance.identity_find(ctx, name).await?;
    let found = governance.identity_successors(ctx, it.id).await?;
    print(common.json, &List { items: &found, next: None }, || match found.is_empty() {
        true => format!("nobody has to do with {} so far as the register knows", visible_line(&it.name)),
        false => found.iter().map(line).collect(),
    })
}

pub async fn gaps(common: &Common, governance: &Governance, ctx: &Ctx, cursor: Option<String>) -> Result<()> {
    let page = governance.gap_list(ctx, &Want { cursor, limit: 100 }).await?;
    print(common.json, &page, || {
        if page.items.is_empty() {
            return "somebody answers for everything we know of".into();
        }
        let gaps: String = page.items.iter().map(gap).collect();
        format!("{gaps}{}", files::more(page.next.as_deref()))
    })
}

fn line(it: &Successor) -> String {
    format!("  {} ({})  {}\n", visible_line(&it.name), it.email, it.reasons.join("; "))
}

fn gap(open: &Open) -> String {
    let (gap, due) = (&open.gap, if open.overdue { "overdue since" } else { "due by" });
    let from = gap.source.as_deref().map_or_else(|| "it asked us".into(), |s| format!("shown by {}", visible_line(s)));
    let mut text =
        format!("{}:{}  {from} since {}, {due} {}\n", gap.kind, visible_line(&gap.name), gap.since, open.due_at);
    if open.suggested.is_empty() {
        let _ = writeln!(text, "  nobody we know has to do with it");
    }
    text.extend(open.suggested.iter().map(line));
    text
}
