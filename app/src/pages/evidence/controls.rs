//! One framework of a run: each control with its verdict, the tests it rests on, and why they bear on it.
use super::{
    frameworks::bar,
    home::{exports, rules},
    run::{Found, read},
    words::{self, capital},
};
use crate::{
    error::AppError,
    parts::{Column, Mark, Page, Problems, Table, count},
    paths,
};
use governance::{
    assess::{
        report::{ControlLine, FrameworkLine},
        verdict::{Outcome, Verdict},
    },
    error::Error,
};
use leptos::prelude::*;

pub async fn framework(id: String, framework: String) -> impl IntoView {
    let found = read(&id).await.and_then(|found| {
        let line = found.made.frameworks.iter().find(|f| f.id == framework).cloned();
        let line = line.ok_or_else(|| Error::not_found("this assessment did not look at such a framework"))?;
        Ok((found, line))
    });
    match found {
        Err(e) => view! { <Page title="Framework"><Problems error=Some(AppError::from(e))/></Page> }.into_any(),
        Ok((found, line)) => shown(&found, &line).into_any(),
    }
}

fn shown(found: &Found, f: &FrameworkLine) -> impl IntoView + use<> {
    let run = found.made.run.id.to_string();
    let lead = format!("Version {}; assessed for {}", f.version, words::days(found.made.run.period));
    let (spoken, silent): (Vec<_>, Vec<_>) = f.controls.iter().partition(|c| c.verdict != Verdict::NotEvidenced);
    let rows: Vec<_> = spoken.iter().map(|c| row(found, c)).collect();
    let columns = ["Control", "Verdict", "Rests on (rows that violate, of all)"].map(Column::text).to_vec();
    let base = format!("{}/controls", paths::assessment_framework(&run, &f.id));
    let links = found.may_export.then(|| exports(&base));
    let (summary, said) = (bar(&f.counts), sentence(f));
    let (silent, rules) = (unspoken(&silent), rules(&found.catalogue));
    let (verified, licence) = (capital(f.verified.trim_end_matches('.')), f.licence.trim_end_matches('.'));
    let names = format!("{verified}. Licence of the framework: {licence}.");
    view! {
        <Page title=f.name.clone() lead>
            <p class="ev-back"><a href=paths::EVIDENCE>"All evidence"</a><a href=paths::assessment(&run)>"This assessment"</a></p>
            <div class="ev-summary">{summary}<p class="note">{said}</p></div>
            <section class="ev-section">
                <div class="ev-head"><h2>"What the tests say"</h2>{links}</div>
                <div class="ev-controls"><Table caption="Controls" columns>{rows}</Table></div>
            </section>
            {silent}
            <section class="ev-section">
                <h2>"Where these names come from"</h2>
                <p class="note">{names}</p>
            </section>
            {rules}
        </Page>
    }
}

/// `3 satisfied, 2 not satisfied, 9 indeterminate`, in the words each control may use.
fn sentence(f: &FrameworkLine) -> String {
    let mut parts: Vec<(&str, i64)> = Vec::new();
    for verdict in Verdict::ALL {
        for c in f.controls.iter().filter(|c| c.verdict == verdict) {
            match parts.iter_mut().find(|(words, _)| *words == c.words) {
                Some((_, n)) => *n += 1,
                None => parts.push((&c.words, 1)),
            }
        }
    }
    let parts: Vec<_> = parts.into_iter().map(|(words, n)| format!("{} {words}", count(n))).collect();
    format!("Of {}: {}.", f.controls.len(), parts.join(", "))
}

fn row(found: &Found, c: &ControlLine) -> impl IntoView + use<> {
    let run = found.made.run.id.to_string();
    let tests: Vec<_> = c
        .tests
        .iter()
        .map(|(id, variant)| {
            let line = found.made.result(id, variant);
            let outcome = line.map_or(Outcome::Indeterminate, |l| l.outcome);
            let title = found.catalogue.test(id).map(|t| t.title.clone());
            let numbers = line.filter(|l| matches!(l.outcome, Outcome::Satisfied | Outcome::NotSatisfied)).map_or_else(String::new, |l| format!(" ({} of {})", count(l.violations), count(l.population)));
            let word = format!("{}{numbers}", outcome.word());
            let href = paths::assessment_test(&run, id, variant);
            view! { <li class=format!("ev-test ev-is-{}", outcome.code())><a href=href title=title>{id.clone()}</a>" "{word}</li> }
        })
        .collect();
    let coverage = c.coverage.map(|c| format!("{} coverage. ", capital(c.word())));
    let looser = (!c.looser.is_empty()).then(|| view! { <span class="source ev-looser">{c.looser.join("; ")}</span> });
    let name = if c.title == c.id { String::new() } else { format!(" {}", c.title) };
    view! {
        <tr>
            <th scope="row"><code>{c.id.clone()}</code>{name}</th>
            <td data-label="Verdict"><Mark state=words::verdict_state(c.verdict) word=c.words.clone()/></td>
            <td data-label="Rests on"><ul class="ev-rests">{tests}</ul><span class="source">{coverage}{c.rationale.clone()}</span>{looser}</td>
        </tr>
    }
}

/// What no test of ours speaks about, with why: left out, it would look like less than there is.
fn unspoken(silent: &[&ControlLine]) -> impl IntoView + use<> {
    if silent.is_empty() {
        return ().into_any();
    }
    let items: Vec<_> = silent
        .iter()
        .map(|c| {
            let name = if c.title == c.id { c.id.clone() } else { format!("{} {}", c.id, c.title) };
            view! { <li><strong>{name}</strong>{format!(": {}", c.rationale)}</li> }
        })
        .collect();
    view! {
        <section class="ev-section">
            <h2>{format!("Not evidenced here: {}", silent.len())}</h2>
            <p class="note">"No test of the catalogue speaks about these; other evidence must."</p>
            <details class="ev-rules"><summary>"Which, and why"</summary><ul class="prose">{items}</ul></details>
        </section>
    }
    .into_any()
}
