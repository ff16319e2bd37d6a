//! Frameworks as one table: how many of their controls stand how. Risks and threats are counted apart from controls, for their
//! words differ: passing tests do not prove a risk absent.
use crate::parts::{Column, Table, count};
use crate::paths;
use governance::assess::{
    report::{Counts, FrameworkLine},
    verdict::Verdict,
};
use leptos::prelude::*;

/// The controls, or the risks, of one framework.
pub struct Part<'a> {
    pub framework: &'a FrameworkLine,
    pub exposures: bool,
    pub counts: Counts,
}

/// Each framework once or twice, those of controls first.
#[must_use]
pub fn parts(frameworks: &[FrameworkLine]) -> Vec<Part<'_>> {
    let half = |exposures: bool| {
        frameworks.iter().filter_map(move |framework| {
            let mut counts = Counts::default();
            let mine = framework.controls.iter().filter(|c| c.kind.is_exposure() == exposures);
            let n = mine.map(|c| counts.add(c.verdict)).count();
            (n > 0).then_some(Part { framework, exposures, counts })
        })
    };
    half(false).chain(half(true)).collect()
}

/// In the order of the bars and of the columns.
const ORDER: [Verdict; 6] = [
    Verdict::Satisfied,
    Verdict::Supporting,
    Verdict::NotSatisfied,
    Verdict::NotApplicable,
    Verdict::Indeterminate,
    Verdict::NotEvidenced,
];

/// Two tables: controls, and risks and threats.
pub fn tables(run: &str, frameworks: &[FrameworkLine]) -> impl IntoView + use<> {
    let all = parts(frameworks);
    let half = |exposures: bool| {
        let rows = all.iter().filter(|p| p.exposures == exposures).map(|p| row(run, p)).collect_view();
        (all.iter().any(|p| p.exposures == exposures)).then(|| table(exposures, rows.into_any()))
    };
    view! { {half(false)} {half(true)} {legend()} }
}

fn table(exposures: bool, rows: AnyView) -> impl IntoView {
    let (caption, good, bad) = match exposures {
        false => ("Controls", "Satisfied", "Not satisfied"),
        true => ("Risks and threats", "No exposure found", "Exposure found"),
    };
    let columns = vec![
        Column::text(caption),
        Column::text("Share"),
        Column::number(good),
        Column::number("Supported"),
        Column::number(bad),
        Column::number("Not applicable"),
        Column::number("Indeterminate"),
        Column::number("Not evidenced"),
    ];
    view! { <div class="ev-frameworks"><Table caption columns>{rows}</Table></div> }
}

fn row(run: &str, part: &Part<'_>) -> impl IntoView + use<> {
    let f = part.framework;
    let cells = ORDER.map(|verdict| {
        let n = part.counts.of(verdict);
        let label = match (verdict, part.exposures) {
            (Verdict::Satisfied, true) => "No exposure found",
            (Verdict::NotSatisfied, true) => "Exposure found",
            (Verdict::Satisfied, false) => "Satisfied",
            (Verdict::NotSatisfied, false) => "Not satisfied",
            (Verdict::Supporting, _) => "Supported",
            (Verdict::NotApplicable, _) => "Not applicable",
            (Verdict::Indeterminate, _) => "Indeterminate",
            (Verdict::NotEvidenced, _) => "Not evidenced",
        };
        let class = if n == 0 { "num ev-none" } else { "num" };
        view! { <td class=class data-label=label>{count(n)}</td> }
    });
    view! {
        <tr>
            <th scope="row"><a href=paths::assessment_framework(run, &f.id)>{f.name.clone()}</a></th>
            <td class="ev-share">{bar(&part.counts)}</td>
            {cells.collect_view()}
        </tr>
    }
}

/// One bar, divided by share. The numbers stand beside it.
pub fn bar(counts: &Counts) -> impl IntoView + use<> {
    let whole: i64 = ORDER.iter().map(|v| counts.of(*v)).sum();
    let mut x = 0.0;
    let rects: Vec<_> = ORDER
        .iter()
        .filter(|v| counts.of(**v) > 0)
        .map(|v| {
            #[expect(clippy::cast_precision_loss, reason = "a share, drawn a hundred pixels wide")]
            let width = counts.of(*v) as f64 * 100.0 / whole.max(1) as f64;
            let at = x;
            x += width;
            view! { <rect class=fill(*v) x=format!("{at:.2}%") width=format!("{width:.2}%") height="10"/> }
        })
        .collect();
    view! { <svg class="ev-bar" aria-hidden="true" height="10">{rects}</svg> }
}

const fn fill(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Satisfied => "ev-satisfied",
        Verdict::Supporting => "ev-supporting",
        Verdict::NotSatisfied => "ev-not-satisfied",
        Verdict::NotApplicable => "ev-not-applicable",
        Verdict::Indeterminate => "ev-indeterminate",
        Verdict::NotEvidenced => "ev-not-evidenced",
    }
}

fn legend() -> impl IntoView {
    let words = [
        "satisfied, or no exposure found",
        "supporting evidence present",
        "not satisfied, or exposure found",
        "not applicable",
        "indeterminate",
        "not evidenced here",
    ];
    let items = ORDER.iter().zip(words).map(|(v, word)| {
        view! { <li><svg width="10" height="10" aria-hidden="true"><rect class=fill(*v) width="10" height="10" rx="2"/></svg>{word}</li> }
    });
    view! { <ul class="legend ev-legend">{items.collect_view()}</ul> }
}
