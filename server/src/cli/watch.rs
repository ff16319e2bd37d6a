//! `countersign watch …`: what rules may do by themselves, and what they did.
use super::{
    files,
    out::{List, print, table},
};
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::page::Want,
    error::{Error, Result},
    finding::Rule,
    text::visible_line,
    watch::reaction::{Containment, Measure, Mode, Reaction, State},
};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// What each rule may do by itself
    Rules,
    /// Say what a rule may do by itself
    Set {
        /// Such as executed_undecided; `watch rules` lists them
        rule: Rule,
        /// off, would (it says what it would have done) or on
        #[arg(long)]
        mode: Mode,
        /// narrow, suspend or revoke [default: as it is]
        #[arg(long)]
        measure: Option<Measure>,
        /// Identities an hour, at most [default: as it is]
        #[arg(long)]
        cap: Option<u32>,
    },
    /// What rules did, or would have done, newest first
    Contained {
        /// would, capped, active or undone
        #[arg(long)]
        state: Option<State>,
        /// How many at most, up to 1000
        #[arg(long, default_value_t = 100)]
        limit: u16,
        /// Where to go on: `next` of the page before
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    match command {
        Command::Rules => {
            let rules = governance.reaction_list(&ctx).await?;
            print(common.json, &List { items: &rules, next: None }, || {
                table(&rules.iter().map(rule).collect::<Vec<_>>())
            })?;
        }
        Command::Set { rule: named, mode, measure, cap } => {
            let now = governance.reaction_list(&ctx).await?.into_iter().find(|r| r.rule == named);
            let now = now.ok_or_else(|| Error::invalid(format!("{named} is about no act: it can do nothing")))?;
            let (measure, cap) = (measure.unwrap_or(now.measure), cap.unwrap_or(now.cap));
            let set = governance.reaction_set(&ctx, named, mode, measure, cap).await?;
            print(common.json, &set, || table(&[rule(&set)]))?;
        }
        Command::Contained { state, limit, cursor } => {
            let page = governance.containment_list(&ctx, state, &Want { cursor, limit }).await?;
            print(common.json, &List { items: &page.items, next: page.next.clone() }, || {
                match page.items.is_empty() {
                    true => "no rule did anything".into(),
                    false => {
                        let rows: Vec<_> = page.items.iter().map(contained).collect();
                        table(&rows) + &files::more(page.next.as_deref())
                    }
                }
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn rule(r: &Reaction) -> Vec<String> {
    vec![
        r.rule.to_string(),
        r.mode.to_string(),
        r.measure.to_string(),
        format!("{} an hour", r.cap),
        r.rule.title().to_owned(),
    ]
}

fn contained(c: &Containment) -> Vec<String> {
    vec![
        c.at.to_string(),
        c.state.to_string(),
        c.measure.to_string(),
        visible_line(&c.name).into_owned(),
        c.rule.to_string(),
        c.id.to_string(),
    ]
}
