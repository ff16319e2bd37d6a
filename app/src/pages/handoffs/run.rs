//! One run: what started it, who took part, and decisions, hand-offs and acts in the order of the log.
use crate::{
    pages::{activity::outcome_mark, not_found::NotFound},
    parts::{Entry as Line, Fact, Facts, Icon, Page, Pager, Panel, Problems, State, Tag, Timeline, ago, minutes},
    paths, viewer,
};
use governance::{
    engine::{
        page::Want,
        timeline::{Entry, Timeline as Found, What},
    },
    error::{Kind, Result},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;
use std::collections::HashMap;

/// Entries of one page.
const ENTRIES: u16 = 50;

pub async fn run(id: &str, after: Option<String>) -> AnyView {
    let paged = after.is_some();
    match load(id, after).await {
        Ok((found, now)) => page(&found, now, paged).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => view! { <Page title="Run"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(id: &str, after: Option<String>) -> Result<(Found, Timestamp)> {
    let (governance, ctx) = viewer::acting()?;
    let found = governance.run_get(&ctx, id, &Want { cursor: after, limit: ENTRIES }).await?;
    Ok((found, ctx.at))
}

fn page(found: &Found, now: Timestamp, paged: bool) -> impl IntoView + use<> {
    let run = &found.run;
    let name = visible_line(&run.name).into_owned();
    let class = match run.data_class {
        Some(class) => view! { <Tag state=State::Info>{format!("touched {} data", class.as_str())}</Tag> }.into_any(),
        None => view! { <Tag>"no class of data named"</Tag> }.into_any(),
    };
    let whose = if run.identity.is_some() { "an agent, of its own runs" } else { "a gateway, for all it speaks for" };
    let facts = vec![
        Fact::new("Started by", run.initiator.clone().unwrap_or_else(|| "nobody who is believed says".into())),
        Fact { source: Some(ago(run.started_at, now)), ..Fact::new("Began", minutes(run.started_at)) },
        Fact { source: Some(ago(found.last_at, now)), ..Fact::new("Last", minutes(found.last_at)) },
        Fact::new("Named by", whose),
    ];
    let members = found.members.iter().map(|m| {
        let href = paths::identity(&m.id.to_string());
        view! { <li><a href=href>{visible_line(&m.name).into_owned()}</a>" "<span class="note">{ago(m.joined_at, now)}</span></li> }
    });
    let members = members.collect_view();
    let more = found.more_members.then(|| view! { <li>"and more"</li> });
    let names: HashMap<String, String> =
        found.members.iter().map(|m| (m.id.to_string(), visible_line(&m.name).into_owned())).collect();
    let entries: Vec<Line> = found.entries.items.iter().map(|e| line(e, &names)).collect();
    let shown = format!("{} shown, oldest first", entries.len());
    let base = paths::run(&run.id.to_string());
    let older = found.entries.next.as_ref().map(|next| format!("{base}?after={next}"));
    let newer = paged.then_some(base);
    view! {
        <a class="idn-back" href=paths::HANDOFFS><Icon name="chevron-left"/>"Hand-offs"</a>
        <Page title=format!("Run {name}")>
            <p class="idn-meta">{class}</p>
            <div class="columns">
                <Panel title="The run"><Facts facts/></Panel>
                <Panel title="Who took part" note="First to last."><ul class="ctn-links">{members}{more}</ul></Panel>
            </div>
            <Panel title="What happened" note="In the order of the log.">
                <Timeline entries now/>
                <Pager shown newer older/>
            </Panel>
        </Page>
    }
}

fn line(e: &Entry, names: &HashMap<String, String>) -> Line {
    let named = |id: Option<governance::id::IdentityId>| id.and_then(|id| names.get(&id.to_string()).cloned());
    let what =
        format!("{} on {} {}", visible_line(&e.action), visible_line(&e.resource.kind), visible_line(&e.resource.id));
    match &e.what {
        What::Decision { id, subject, reason, through, .. } => {
            let (state, word) = outcome_mark(&e.outcome, None);
            let who = named(e.identity).unwrap_or_else(|| visible_line(&subject.id).into_owned());
            let through = match through.as_deref() {
                None | Some([]) => String::new(),
                Some(links) => format!(", handed on by {}", visible_line(&links.join(" → "))),
            };
            let reason = reason.as_ref().map(|r| format!(" ({})", r.replace('_', " "))).unwrap_or_default();
            let text = format!("{who} asked for {what}{through}{reason}");
            Line { at: e.at, state, word, text, href: Some(paths::decision(&id.to_string())) }
        }
        What::Act { decision, data_class, .. } => {
            let who = named(e.identity).unwrap_or_else(|| "somebody".into());
            let class = data_class.as_ref().map(|c| format!(", {} data", visible_line(c))).unwrap_or_default();
            let by = if e.observed_by == "self" { "by its own word" } else { "seen by a gateway" };
            let state = if decision.is_some() { State::Info } else { State::Wait };
            let word = match e.outcome.as_str() {
                "done" => "Executed",
                "failed" => "Failed",
                _ => "Not executed",
            };
            let rests = if decision.is_some() { "" } else { ", on no decision" };
            let text = format!("{who}: {what}{class}, {by}{rests}");
            Line { at: e.at, state, word: word.into(), text, href: decision.map(|id| paths::decision(&id.to_string())) }
        }
    }
}
