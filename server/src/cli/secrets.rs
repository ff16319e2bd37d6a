//! `countersign secrets`: secrets over all identities, the worst first.
use super::{
    files,
    out::{List, print, table},
};
use crate::{
    api::secrets::{document, filter},
    config::Common,
    state::open_to_command,
};
use governance::{
    credential::Kind,
    engine::page::Want,
    error::Result,
    secret::{Concern, Secret},
    text::visible_line,
    time::Timestamp,
};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// exposed, across_environments, shared, used_by_people, expired, never_expires, old, age_not_told, never_rotated, unused or
    /// in_file
    #[arg(long)]
    concern: Option<Concern>,
    /// Instead all credentials of a kind, those that are switched off too: access_key, password, certificate, trust or token
    #[arg(long)]
    kind: Option<Kind>,
    /// How many at most, up to 1000
    #[arg(long, default_value_t = 1000)]
    limit: u16,
    /// Where to go on: `next` of the page before
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let filter = filter(args.concern, args.kind)?;
    let page = governance.secret_list(&ctx, filter, &Want { cursor: args.cursor, limit: args.limit }).await?;
    let items: Vec<_> = page.items.iter().map(document).collect();
    print(common.json, &List { items: &items, next: page.next.clone() }, || {
        if page.items.is_empty() {
            return "none".to_owned();
        }
        let rows: Vec<_> = page.items.iter().map(|it| line(it, ctx.at)).collect();
        table(&rows) + &files::more(page.next.as_deref())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn line(it: &Secret, now: Timestamp) -> Vec<String> {
    let since = it.credential.facts.in_use_since();
    let age = since.map_or_else(|| "age not told".to_owned(), |at| format!("{} days", (now - at).num_days().max(0)));
    let concerns: Vec<_> = it.concerns.iter().map(ToString::to_string).collect();
    vec![
        visible_line(&it.identity_name).into_owned(),
        visible_line(&it.credential.key).into_owned(),
        it.credential.facts.kind.to_string(),
        visible_line(&it.source_name).into_owned(),
        age,
        concerns.join(", "),
    ]
}
