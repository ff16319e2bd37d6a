//! How far everything is known: in all, by kind and environment, by source, and over time.
use super::show::Found;
use crate::{
    pages::identities::words::{capital, spaced},
    parts::{Bar100, Bars, Column, Empty, Line, Mark, Plot, Series, State, Table, Time, count, day},
    paths,
};
use governance::{
    identity::{Environment, Kind},
    overview::Share,
    text::visible_line,
    visibility::{Cell, Reached, Step, Visibility, funnel},
};
use leptos::prelude::*;

/// The list of those who stand at a step and got no further; what was only discovered stands among the gaps.
fn stay(step: Step) -> String {
    match step {
        Step::Discovered => "#gaps".into(),
        step => format!("{}?step={step}", paths::IDENTITIES),
    }
}

/// What those who stand at a step lack.
const fn lack(step: Step) -> &'static str {
    match step {
        Step::Discovered => "not registered",
        Step::Registered => "without an active owner",
        Step::Owned => "without purpose and boundary",
        Step::Scoped => "not monitored",
        Step::Monitored => "never attested",
        Step::Attested => "lack nothing here",
    }
}

pub fn steps(seen: &Visibility) -> impl IntoView + use<> {
    let all = seen.reached.first().map_or(0, |r| r.n);
    let bars = seen.reached.iter().map(|r| {
        #[expect(clippy::cast_precision_loss, reason = "laid out by share")]
        let parts = vec![r.n as f64, (all - r.n) as f64];
        let short = match (r.stay, r.step) {
            (0, _) | (_, Step::Attested) => String::new(),
            (n, step) => format!(": {} {}", count(n), lack(step)),
        };
        let end = format!("{} · {}", count(r.n), Share { part: r.n, whole: all }.words());
        Bars {
            name: format!("{}{short}", capital(r.step.as_str())),
            href: (r.stay > 0).then(|| stay(r.step)),
            parts,
            end,
        }
    });
    let rows = seen.reached.iter().map(|r| vec![capital(r.step.as_str()), count(r.n), count(r.stay)]).collect();
    let columns = vec![Column::text("Step"), Column::number("Reached it"), Column::number("Got no further")];
    let attested = seen.reached.last().map_or(0, |r| r.n);
    let sentence =
        format!("{} of {} discovered are owned, scoped, monitored and attested", count(attested), count(all));
    let bars = bars.collect();
    view! {
        <Plot title="How far is it known?" note="Each step counts what has reached all before it; its name leads to those who got no further" sentence columns rows csv="/visibility/funnel.csv" readable=true>
            <Bar100 legend=vec!["Reached".into(), "Not yet".into()] bars/>
        </Plot>
    }
}

pub fn trend(seen: &Visibility) -> impl IntoView + use<> {
    if seen.trend.len() < 2 {
        return view! { <section class="panel"><h2>"Does it get better?"</h2><p class="note">"The numbers are counted once a day and kept in the log; a line takes two days."</p></section> }.into_any();
    }
    #[expect(clippy::cast_precision_loss, reason = "counts, drawn a few hundred pixels high")]
    let line = |at: usize, step: &Step| Series {
        name: capital(step.as_str()),
        values: seen.trend.iter().map(|d| d.reached.get(at).map(|n| *n as f64)).collect(),
    };
    // five lines can be told apart: what was discovered but not registered stands in the funnel
    let shown: Vec<_> = Step::ALL.iter().enumerate().filter(|(_, step)| **step != Step::Discovered).collect();
    let series: Vec<_> = shown.iter().map(|(at, step)| line(*at, step)).collect();
    let last = seen.trend.last().map(|d| d.reached.clone()).unwrap_or_default();
    let ends = shown
        .iter()
        .map(|(at, step)| format!("{} {}", capital(step.as_str()), count(last.get(*at).copied().unwrap_or_default())));
    let ends: Vec<_> = ends.collect();
    let x = seen.trend.iter().map(|d| day(d.day)).collect();
    let rows = seen.trend.iter().rev();
    let rows = rows.map(|d| std::iter::once(day(d.day)).chain(d.reached.iter().map(|n| count(*n))).collect());
    let columns =
        std::iter::once(Column::text("Day")).chain(Step::ALL.iter().map(|s| Column::number(&capital(s.as_str()))));
    let sentence = format!("{} days were counted", seen.trend.len());
    let (rows, columns) = (rows.collect(), columns.collect());
    view! {
        <Plot title="Does it get better?" note="As counted on each day, 90 days" sentence columns rows csv="/visibility/trend.csv">
            <Line x series ends format=|v| format!("{v:.0}")/>
        </Plot>
    }
    .into_any()
}

fn heads(first: &str, more: &[&str]) -> Vec<Column> {
    let steps = Step::ALL.iter().map(|s| Column::number(&capital(s.as_str())));
    std::iter::once(Column::text(first)).chain(more.iter().map(|m| Column::text(m))).chain(steps).collect()
}

fn cells(reached: &[Reached]) -> impl IntoView + use<> {
    let cells = reached.iter().map(|r| {
        view! { <td class="num" data-label=capital(r.step.as_str())>{count(r.n)}</td> }
    });
    cells.collect_view()
}

/// By kind, and by environment.
pub fn parts(seen: &Visibility) -> impl IntoView + use<> {
    let line = |name: String, href: String, of: &dyn Fn(&&Cell) -> bool| {
        let reached = funnel(seen.cells.iter().filter(of));
        (reached.first().is_some_and(|r| r.n > 0))
            .then(|| view! { <tr><th scope="row"><a href=href>{name}</a></th>{cells(&reached)}</tr> })
    };
    let kinds = Kind::ALL.iter().map(|kind| {
        line(capital(&spaced(kind.as_str())), format!("{}?kind={kind}", paths::IDENTITIES), &|c| c.kind == *kind)
    });
    let environments = Environment::ALL.iter().map(|e| {
        line(capital(e.as_str()), format!("{}?environment={e}", paths::IDENTITIES), &|c| c.environment == Some(*e))
    });
    let unsaid =
        line("Nobody said".into(), format!("{}?environment=unknown", paths::IDENTITIES), &|c| c.environment.is_none());
    let (kinds, environments) = (kinds.collect_view(), environments.chain([unsaid]).collect_view());
    view! {
        <section class="ctn-section vis-parts">
            <h2>"By kind and environment"</h2>
            <Table caption="By kind" columns=heads("Kind", &[])>{kinds}</Table>
            <Table caption="By environment" columns=heads("Environment", &[])>{environments}</Table>
        </section>
    }
}

pub fn sources(found: &Found) -> impl IntoView + use<> {
    let now = found.now;
    let rows = found.seen.sources.iter().map(|s| {
        let (state, word) = match (s.source.last_sync_at, s.stale) {
            (None, _) => (State::Unknown, "Never read"),
            (Some(_), true) => (State::Wait, "Stale"),
            (Some(_), false) => (State::Allow, "Fresh"),
        };
        let at = s.source.last_sync_at.map(|at| view! { " "<Time at now/> });
        let logs = s.activity.map(|w| view! { <p class="note">"Logs read until " <Time at=w.to now/></p> });
        let href = format!("{}?source={}", paths::IDENTITIES, s.source.id);
        let (name, kind) = (visible_line(&s.source.name).into_owned(), s.source.kind.to_string());
        view! {
            <tr>
                <th scope="row"><a href=href>{name}</a></th>
                <td data-label="Kind">{kind}</td>
                <td data-label="Last read"><Mark state word/>{at}{logs}</td>
                {cells(&s.reached)}
            </tr>
        }
    });
    let rows = rows.collect_view();
    let body = match found.seen.sources.is_empty() {
        true => view! { <Empty title="No source is read yet" why="Import what a platform exports of its identities, and what nobody registered shows."/> }.into_any(),
        false => view! { <Table caption="Sources" columns=heads("Source", &["Kind", "Last read"])>{rows}</Table> }.into_any(),
    };
    view! {
        <section class="ctn-section" id="sources">
            <h2>"Sources"</h2>
            <p class="note">"What a stale source showed is not read as gone, and what it does not show is not read as unused."</p>
            {body}
        </section>
    }
}
