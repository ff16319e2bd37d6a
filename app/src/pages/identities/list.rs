//! The register as a table; on a phone each line becomes two.
use super::{
    filters,
    query::Query,
    words::{kind_icon, life, severity_state, spaced, used},
};
use crate::{
    error::AppError,
    parts::{Column, Empty, Icon, LinkButton, Mark, Page, Pager, Problems, State, Table, count},
    paths, viewer,
};
use governance::{
    engine::{
        Act,
        identities::{COUNT_MAX, Counts, Line, Order},
        page::Want,
    },
    error::Result,
    identity::Mode,
    source::Source,
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// Lines of one page.
const ROWS: u16 = 50;

struct Found {
    query: Query,
    lines: Vec<Line>,
    next: Option<String>,
    counts: Counts,
    sources: Vec<Source>,
    now: Timestamp,
    exports: bool,
}

pub async fn identities(params: &ParamsMap) -> AnyView {
    match load(params).await {
        Ok(found) => page(&found).into_any(),
        Err(e) => view! {
            <Page title="Identities">
                <Problems error=Some(AppError::from(e))/>
                <LinkButton href=paths::IDENTITIES>"All identities"</LinkButton>
            </Page>
        }
        .into_any(),
    }
}

async fn load(params: &ParamsMap) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let query = Query::read(|name| params.get(name))?;
    let want = Want { cursor: query.after.clone(), limit: ROWS };
    let page = governance.identity_sorted(&ctx, &query.filter, query.order, &want).await?;
    Ok(Found {
        lines: page.items,
        next: page.next,
        counts: governance.identity_counts(&ctx, &query.filter).await?,
        sources: governance.source_list(&ctx).await?,
        now: ctx.at,
        exports: Act::Export.allows(&ctx.actor).is_ok(),
        query,
    })
}

/// "47 of them", exactly up to 10,000.
fn how_many(counts: &Counts) -> String {
    match counts.matching {
        COUNT_MAX => "more than 10,000 identities".into(),
        1 => "1 identity".into(),
        n => format!("{} identities", count(n)),
    }
}

fn lead(found: &Found) -> String {
    let many = how_many(&found.counts);
    if !found.query.pairs().is_empty() {
        return format!("{many} in this view");
    }
    let orphans = found.counts.by_rule.iter().find(|(rule, _)| *rule == governance::finding::Rule::NoOwner);
    let orphans = orphans.map_or(0, |(_, n)| *n);
    match (found.counts.matching, orphans) {
        (0, _) => "Software that acts on its own, and who answers for it".into(),
        (COUNT_MAX.., _) => many,
        (_, 0) => format!("{many}, each with an owner"),
        (_, n) => format!("{many}, {} without an owner", count(n)),
    }
}

fn page(found: &Found) -> impl IntoView + use<> {
    let (csv, json) = (found.query.href("/identities.csv"), found.query.href("/identities.json"));
    let actions = found.exports.then(|| {
        ViewFn::from(move || {
            view! {
                <LinkButton href=csv.clone()>"CSV"</LinkButton>
                <LinkButton href=json.clone()>"JSON"</LinkButton>
            }
        })
    });
    let bare = found.query.pairs().is_empty();
    let nothing_at_all = bare && found.lines.is_empty() && found.query.after.is_none();
    let narrowing = (!nothing_at_all).then(|| {
        view! {
            {filters::views(&found.query, &found.counts)}
            {filters::form(&found.query, &found.counts, &found.sources)}
        }
    });
    let body = match (found.lines.is_empty(), nothing_at_all) {
        (true, true) => nothing_yet().into_any(),
        (true, false) => nothing_here(found).into_any(),
        (false, _) => table(found).into_any(),
    };
    match actions {
        Some(actions) => {
            view! { <Page title="Identities" lead=lead(found) actions=actions>{narrowing}{body}</Page> }.into_any()
        }
        None => view! { <Page title="Identities" lead=lead(found)>{narrowing}{body}</Page> }.into_any(),
    }
}

fn nothing_yet() -> impl IntoView {
    view! {
        <Empty title="No identities yet" why="Here stand the agents, service accounts, workloads, pipelines and keys that act on their own: who answers for each, what it may do, and what is missing. The register is empty; bring an inventory, or register one by hand.">
            <LinkButton href=paths::WELCOME_INVENTORY>"Bring an inventory"</LinkButton>
            <code class="code-line">"countersign import aws-iam authorization-details.json credential-report.json"</code>
            <code class="code-line">"countersign import mcp-config .mcp.json"</code>
            <code class="code-line">"countersign identity add my-first-agent --kind agent --owner you@example.com"</code>
        </Empty>
    }
}

fn nothing_here(found: &Found) -> impl IntoView + use<> {
    let start = found.query.after.is_some().then(|| found.query.href(paths::IDENTITIES));
    let why = match start {
        Some(_) => "The list ends before this page.",
        None => "No identity fits all of these filters at once. Take one off, or see all.",
    };
    let word = if start.is_some() { "Go on from the start" } else { "All identities" };
    let href = start.unwrap_or_else(|| paths::IDENTITIES.into());
    view! { <Empty title="None in this view" why><LinkButton href>{word}</LinkButton></Empty> }
}

fn table(found: &Found) -> impl IntoView + use<> {
    let sorting = |column: Column, order: Order, way: &'static str| {
        column.sorting(found.query.by(order), (found.query.order == order).then_some(way))
    };
    let columns = vec![
        sorting(Column::text("Name"), Order::Name, "ascending"),
        Column::text("Environment"),
        Column::text("Owner"),
        Column::text("State"),
        sorting(Column::text("Registered"), Order::Newest, "descending"),
        Column::text("Last active"),
        sorting(Column::number("Findings"), Order::Worst, "descending"),
    ];
    let now = found.now;
    let rows = found.lines.iter().map(|line| row(line, now)).collect_view();
    let order = match found.query.order {
        Order::Name => "by name",
        Order::Worst => "the worst finding first",
        Order::Newest => "the newest first",
    };
    let shown = match (found.query.after.is_some(), found.next.is_some()) {
        (false, false) => format!("{} shown, all of this view", count(i64::try_from(found.lines.len()).unwrap_or(0))),
        _ => format!("{} of {} shown, {}", found.lines.len(), how_many(&found.counts), order),
    };
    let newer = found.query.after.is_some().then(|| found.query.href(paths::IDENTITIES));
    let older = found.next.as_deref().map(|next| found.query.next(next));
    view! {
        <div class="idn-table"><Table caption="Identities" columns>{rows}</Table></div>
        <Pager shown newer older newer_word="First" older_word="Next"/>
    }
}

fn row(line: &Line, now: Timestamp) -> impl IntoView + use<> {
    let it = &line.identity;
    let (state, word) = life(it, line.stopped);
    let sub = match &line.source_name {
        Some(source) => format!("{} · {source}", spaced(it.kind.as_str())),
        None => format!("{} · registered by hand", spaced(it.kind.as_str())),
    };
    let owner = match (&line.owner_name, &line.backup_name) {
        (Some(owner), Some(backup)) => view! { {visible_line(owner).into_owned()}<span class="idn-sub">"backup "{visible_line(backup).into_owned()}</span> }.into_any(),
        (Some(owner), None) => visible_line(owner).into_owned().into_any(),
        (None, _) => view! { <span class="idn-none">"No owner"</span> }.into_any(),
    };
    let environment = match it.environment {
        Some(e) => view! { {super::words::capital(e.as_str())} }.into_any(),
        None => view! { <span class="idn-unsaid">"not said"</span> }.into_any(),
    };
    let observed = (it.mode == Mode::Observe).then(|| view! { <span class="idn-sub">"observed only"</span> });
    let last = it.last_used_at.max(line.last_asked_at);
    let said = it.usage_reported || line.last_asked_at.is_some();
    let last = match last {
        Some(at) => {
            view! { <time datetime=at.to_string() title=crate::parts::minutes(at)>{used(last, said, now)}</time> }
                .into_any()
        }
        None => view! { <span class="idn-unsaid">{used(last, said, now)}</span> }.into_any(),
    };
    let findings = match (line.open_findings, line.worst) {
        (0, _) | (_, None) => view! { <span class="idn-unsaid">"none"</span> }.into_any(),
        (n, Some(worst)) => {
            let word = format!("{} {worst}", count(n));
            view! { <Mark state=severity_state(worst) word/> }.into_any()
        }
    };
    // stopped, suspended, retiring: what is not as usual stands out, the usual does not
    let state = match state {
        State::Allow => word.into_any(),
        other => view! { <Mark state=other word/> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a class="idn-name" href=paths::identity(&it.id.to_string())><Icon name=kind_icon(it.kind)/>{visible_line(&it.name).into_owned()}</a><span class="idn-sub">{sub}</span></th>
            <td data-label="Environment">{environment}</td>
            <td data-label="Owner">{owner}</td>
            <td data-label="State">{state}{observed}</td>
            <td data-label="Registered"><time datetime=it.registered_at.to_string() title=crate::parts::minutes(it.registered_at)>{crate::parts::ago(it.registered_at, now)}</time></td>
            <td data-label="Last active">{last}</td>
            <td class="num" data-label="Findings">{findings}</td>
        </tr>
    }
}
