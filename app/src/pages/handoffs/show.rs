//! Who acted through whom in a period: the picture, its table, and the latest runs.
use super::{draw, graph};
use crate::{
    parts::{Column, Empty, LinkButton, Page, Problems, Table, Time, count},
    paths, viewer,
};
use governance::{
    engine::{
        Act,
        handoffs::{DAYS, Handoffs},
        page::Want,
    },
    error::{Error, Result},
    run::Run,
    store::handoffs::Edge,
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

/// Periods that are offered, in days.
const PERIODS: [u16; 3] = [7, 30, 90];
/// Runs that are shown.
const RUNS: u16 = 20;

struct Found {
    days: u16,
    seen: Handoffs,
    runs: Vec<(Run, i64)>,
    now: Timestamp,
    exports: bool,
}

pub async fn handoffs(days: Option<&str>) -> AnyView {
    match load(days).await {
        Ok(found) => page(&found).into_any(),
        Err(e) => view! { <Page title="Hand-offs"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(days: Option<&str>) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let days = days.map(str::parse).transpose().map_err(|_| Error::invalid("days: a number"))?.unwrap_or(DAYS);
    let seen = governance.handoff_list(&ctx, days).await?;
    let runs = governance.run_list(&ctx, &Want { cursor: None, limit: RUNS }).await?.items;
    Ok(Found { days, seen, runs, now: ctx.at, exports: Act::Export.allows(&ctx.actor).is_ok() })
}

fn page(found: &Found) -> impl IntoView + use<> {
    let days = found.days;
    let chips = PERIODS.map(|n| {
        let href = format!("{}?days={n}", paths::HANDOFFS);
        view! { <a class="chip" href=href aria-current=(n == days).then_some("true")>{format!("{n} days")}</a> }
    });
    let exports = found.exports && !found.seen.edges.is_empty();
    let actions = ViewFn::from(move || {
        exports.then(|| {
            view! {
                <LinkButton href=format!("{}.csv?days={days}", paths::HANDOFFS)>"CSV"</LinkButton>
                <LinkButton href=format!("{}.json?days={days}", paths::HANDOFFS)>"JSON"</LinkButton>
            }
        })
    });
    let (graphed, runs) = (graphed(found), runs(found));
    view! {
        <Page title="Hand-offs" lead="Who acted through whom" actions>
            <nav class="chips" aria-label="Period">{chips.collect_view()}</nav>
            {graphed}
            {runs}
        </Page>
    }
}

fn graphed(found: &Found) -> impl IntoView + use<> {
    let edges = &found.seen.edges;
    if edges.is_empty() {
        return view! { <Empty title="No hand-offs" why="A question that names the agents it was handed through (subject.properties.act) or the person it is asked for appears here with its answer."/> }.into_any();
    }
    let all: i64 = edges.iter().map(|e| e.answers.all()).sum();
    let people = edges.iter().filter(|e| e.from_kind == "person").count();
    let sentence = format!("{} pairs handed {} questions on, {people} of them from a person", edges.len(), count(all));
    let drawn = graph::of(edges);
    let rest = edges.len().saturating_sub(graph::DRAWN);
    let note = match (rest, found.seen.more) {
        (0, _) => "A wider line is more questions; a dashed one was denied more often than not.".to_owned(),
        (rest, more) => format!(
            "The {} busiest pairs; {rest}{} more stand in the table.",
            graph::DRAWN,
            if more { " or" } else { "" }
        ),
    };
    let now = found.now;
    let rows = edges.iter().map(|e| row(e, now)).collect_view();
    let numbers = ["Permitted", "To a person", "Denied"].map(Column::number);
    let columns = ["From", "To"].map(Column::text).into_iter().chain(numbers).chain([Column::text("Last")]).collect();
    view! {
        <figure class="panel hnd-figure">
            <figcaption class="note">{note}</figcaption>
            {draw::picture(&drawn, sentence)}
        </figure>
        <Table caption="Hand-offs" columns>{rows}</Table>
    }
    .into_any()
}

/// The cells of a pair: kind and name of who handed on, the agent, answers, the last time.
#[must_use]
pub fn edge_cells(e: &Edge) -> [String; 7] {
    let n = e.answers;
    [
        e.from_kind.clone(),
        e.from_name.clone().unwrap_or_else(|| e.from_id.clone()),
        e.to_name.clone(),
        n.permits.to_string(),
        n.escalates.to_string(),
        n.denies.to_string(),
        e.last_at.to_string(),
    ]
}

fn row(e: &Edge, now: Timestamp) -> impl IntoView + use<> {
    let name =
        e.from_name.as_ref().map_or_else(|| "no longer in the register".into(), |n| visible_line(n).into_owned());
    let from = match e.from_kind.as_str() {
        "person" => view! { {name}" (person)" }.into_any(),
        _ => view! { <a href=paths::identity(&e.from_id)>{name}</a> }.into_any(),
    };
    let (to, href) = (visible_line(&e.to_name).into_owned(), paths::identity(&e.to_id.to_string()));
    let n = e.answers;
    view! {
        <tr>
            <th scope="row">{from}</th>
            <td data-label="To"><a href=href>{to}</a></td>
            <td class="num" data-label="Permitted">{count(n.permits)}</td>
            <td class="num" data-label="To a person">{count(n.escalates)}</td>
            <td class="num" data-label="Denied">{count(n.denies)}</td>
            <td data-label="Last"><Time at=e.last_at now/></td>
        </tr>
    }
}

fn runs(found: &Found) -> impl IntoView + use<> {
    if found.runs.is_empty() {
        return ().into_any();
    }
    let now = found.now;
    let rows = found.runs.iter().map(|(run, members)| {
        let href = paths::run(&run.id.to_string());
        let class = run.data_class.map_or("–", |c| c.as_str());
        view! {
            <tr>
                <th scope="row"><a href=href>{visible_line(&run.name).into_owned()}</a></th>
                <td data-label="Started by">{run.initiator.clone().unwrap_or_else(|| "not said".into())}</td>
                <td class="num" data-label="Agents">{count(*members)}</td>
                <td data-label="Highest data class">{class}</td>
                <td data-label="Began"><Time at=run.started_at now/></td>
            </tr>
        }
    });
    let columns = vec![
        Column::text("Run"),
        Column::text("Started by"),
        Column::number("Agents"),
        Column::text("Highest data class"),
        Column::text("Began"),
    ];
    let rows = rows.collect_view();
    view! {
        <section class="ctn-section">
            <h2>"Latest runs"</h2>
            <Table caption="Latest runs" columns>{rows}</Table>
        </section>
    }
    .into_any()
}
