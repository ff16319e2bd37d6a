use super::calls::{Line, Lines, activity_list};
use crate::{
    parts::{Column, Empty, LinkButton, Mark, Page, Pager, Problems, State, Table, Time},
    paths,
    viewer::Viewer,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What was asked and what was answered, newest first.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let (outcome, action, before) = (query.get("outcome"), query.get("action"), query.get("before"));
    let now = use_context::<Viewer>().map(|v| v.now);
    let asked = (outcome.clone(), action.clone(), before.clone());
    let lines =
        Resource::new(move || asked.clone(), |(outcome, action, before)| activity_list(outcome, action, before));
    let filters =
        [("", "All"), ("permit", "Permitted"), ("escalate", "Escalated"), ("deny", "Denied")].map(|(value, words)| {
            let current = outcome.as_deref().unwrap_or("") == value;
            let href =
                if value.is_empty() { paths::ACTIVITY.into() } else { format!("{}?outcome={value}", paths::ACTIVITY) };
            view! { <a class="chip" href=href aria-current=current.then_some("true")>{words}</a> }
        });
    let exports = link_query(outcome.as_deref(), action.as_deref());
    view! {
        <Page title="Activity" lead="What was asked, and what was answered" actions=ViewFn::from(move || view! {
            <LinkButton href=format!("/activity.csv{exports}")>"CSV"</LinkButton>
            <LinkButton href=format!("/activity.json{exports}")>"JSON"</LinkButton>
        })>
            <nav class="chips" aria-label="Filter by outcome">{filters.collect_view()}</nav>
            <Suspense>
                {move || {
                    let outcome = outcome.clone();
                    let action = action.clone();
                    let paged = before.is_some();
                    Suspend::new(async move {
                        match lines.await {
                            Err(e) => view! { <Problems error=Some(e)/> }.into_any(),
                            Ok(found) => table(found, outcome, action, paged, now).into_any(),
                        }
                    })
                }}
            </Suspense>
        </Page>
    }
}

fn link_query(outcome: Option<&str>, action: Option<&str>) -> String {
    let parts: Vec<_> = [("outcome", outcome), ("action", action)]
        .into_iter()
        .filter_map(|(k, v)| v.map(|v| format!("{k}={v}")))
        .collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

fn table(
    found: Lines,
    outcome: Option<String>,
    action: Option<String>,
    paged: bool,
    now: Option<governance::time::Timestamp>,
) -> impl IntoView {
    if found.lines.is_empty() {
        return view! {
            <Empty title="Nothing asked yet" why="Every question of an agent or gateway appears here with its answer and its proof. Connect an agent to see the first."/>
        }
        .into_any();
    }
    let base = link_query(outcome.as_deref(), action.as_deref());
    let join = if base.is_empty() { "?" } else { "&" };
    let older = found.next.as_ref().map(|id| format!("{}{base}{join}before={id}", paths::ACTIVITY));
    let newer = paged.then(|| format!("{}{base}", paths::ACTIVITY));
    let shown = format!("{} shown, newest first", found.lines.len());
    let rows = found.lines.into_iter().map(|l| row(l, now)).collect_view();
    let columns = ["When", "Who", "Action", "On", "Answer"].map(Column::text).to_vec();
    view! { <Table caption="Decisions" columns>{rows}</Table> <Pager shown newer older/> }.into_any()
}

/// Shape and word of an outcome; what enforcing would have said stands beside it.
pub fn outcome_mark(outcome: &str, would: Option<&str>) -> (State, String) {
    let (state, word) = match outcome {
        "permit" => (State::Allow, "Permit"),
        "escalate" => (State::Wait, "Escalate"),
        _ => (State::Deny, "Deny"),
    };
    (state, would.map_or_else(|| word.into(), |w| format!("{word}, would {w}")))
}

fn row(line: Line, now: Option<governance::time::Timestamp>) -> impl IntoView {
    let (state, word) = outcome_mark(&line.outcome, line.would.as_deref());
    let now = now.unwrap_or(line.at);
    view! {
        <tr>
            <th scope="row"><a href=paths::decision(&line.id)><Time at=line.at now/></a></th>
            <td data-label="Who">{governance::text::visible(&line.subject).into_owned()}</td>
            <td data-label="Action"><code>{governance::text::visible(&line.action).into_owned()}</code></td>
            <td data-label="On">{governance::text::visible(&line.resource).into_owned()}</td>
            <td data-label="Answer"><Mark state word/>{line.reason.map(|r| format!(" {}", r.replace('_', " ")))}</td>
        </tr>
    }
}
