//! One run of the control tests.
use super::{
    frameworks,
    home::{exports, figures, rules},
    words,
};
use crate::{
    error::AppError,
    parts::{Column, Empty, Page, Problems, Table, count, minutes},
    paths,
    viewer::acting,
};
use governance::{
    assess::{
        catalogue::Catalogue,
        report::{Assessment, TestLine},
        verdict::Outcome,
    },
    engine::Act,
    error::{Error, Result},
    id::AssessmentId,
};
use leptos::prelude::*;
use std::sync::Arc;

/// A run with who ran it, as this page and those under it need it.
pub struct Found {
    pub made: Assessment,
    pub by: String,
    pub catalogue: Arc<Catalogue>,
    pub may_export: bool,
}

/// # Errors
/// `NotFound` if there is no such run.
pub async fn read(id: &str) -> Result<Found> {
    let (governance, ctx) = acting()?;
    let id: AssessmentId = id.parse().map_err(|_| Error::not_found("there is no such assessment"))?;
    let made = governance.assess_get(&ctx, id).await?;
    let names = governance.actor_names(&ctx, &[&made.run.by]).await?;
    let by = words::who(&names, &made.run.by).to_owned();
    Ok(Found { made, by, catalogue: Catalogue::shipped()?, may_export: Act::Export.allows(&ctx.actor).is_ok() })
}

pub async fn run(id: String, outcome: Option<String>) -> impl IntoView {
    let wanted = outcome.filter(|o| !o.is_empty()).map(|code| {
        let all = Outcome::ALL.map(Outcome::code).join(", ");
        Outcome::parse(&code).ok_or_else(|| Error::invalid(format!("outcome={code}: there are {all}")))
    });
    let found = match wanted.transpose() {
        Err(e) => Err(e),
        Ok(wanted) => read(&id).await.map(|found| (found, wanted)),
    };
    match found {
        Err(e) => view! { <Page title="Assessment"><Problems error=Some(AppError::from(e))/></Page> }.into_any(),
        Ok((found, wanted)) => shown(&found, wanted).into_any(),
    }
}

fn shown(found: &Found, wanted: Option<Outcome>) -> impl IntoView + use<> {
    let run = &found.made.run;
    let id = run.id.to_string();
    let what = run.framework.as_deref().map_or_else(
        || "All frameworks".to_owned(),
        |id| found.catalogue.framework(id).map_or_else(|_| id.to_owned(), |f| f.name.clone()),
    );
    let lead = format!("{what}; period {}; run by {}; log entry {}", words::days(run.period), found.by, count(run.seq));
    let base = paths::assessment(&id);
    let links = |table: &str| found.may_export.then(|| exports(&format!("{base}/{table}")));
    let (links_frameworks, links_tests) = (links("frameworks"), links("tests"));
    let (figures, frameworks) = (figures(&found.made), frameworks::tables(&id, &found.made.frameworks));
    let (chips, tests, rules) = (chips(&base, wanted), tests(found, wanted), rules(&found.catalogue));
    let title = format!("Assessment of {}", minutes(run.at));
    view! {
        <Page title lead>
            <p class="ev-back"><a href=paths::EVIDENCE>"All evidence"</a></p>
            {figures}
            <section class="ev-section">
                <div class="ev-head"><h2>"Frameworks"</h2>{links_frameworks}</div>
                {frameworks}
            </section>
            <section class="ev-section" id="tests">
                <div class="ev-head"><h2>"Control tests"</h2>{links_tests}</div>
                {chips}
                {tests}
            </section>
            {rules}
        </Page>
    }
}

fn chips(base: &str, wanted: Option<Outcome>) -> impl IntoView + use<> {
    let all = std::iter::once(None).chain(Outcome::ALL.map(Some));
    let links: Vec<_> = all
        .map(|o| {
            let href = o.map_or_else(|| format!("{base}#tests"), |o| format!("{base}?outcome={}#tests", o.code()));
            let words = o.map_or_else(|| "All".to_owned(), |o| words::capital(o.word()));
            view! { <a class="chip" href=href aria-current=(o == wanted).then_some("true")>{words}</a> }
        })
        .collect();
    view! { <nav class="chips" aria-label="Filter by outcome">{links}</nav> }
}

fn tests(found: &Found, wanted: Option<Outcome>) -> impl IntoView + use<> {
    let lines = found.made.results.iter().filter(|l| wanted.is_none_or(|o| l.outcome == o));
    let rows: Vec<_> = lines.map(|line| row(found, line)).collect();
    if rows.is_empty() {
        let why = "No test of this run came out so.";
        return view! { <Empty title="No such test" why/> }.into_any();
    }
    let columns = vec![
        Column::text("Test"),
        Column::text("Asks"),
        Column::text("Outcome"),
        Column::number("Violations"),
        Column::number("Population"),
    ];
    view! { <div class="ev-tests"><Table caption="Control tests" columns>{rows}</Table></div> }.into_any()
}

fn row(found: &Found, line: &TestLine) -> impl IntoView + use<> {
    let test = found.catalogue.test(&line.id);
    let title = test.map_or_else(|| line.id.clone(), |t| t.title.clone());
    let href = paths::assessment_test(&found.made.run.id.to_string(), &line.id, &line.variant);
    let fixed = (!line.variant.is_empty())
        .then(|| view! { <span class="source">{format!("with {}", words::thresholds(&fixed(line)))}</span> });
    let why = (!line.why.is_empty()).then(|| view! { <span class="source">{line.why.clone()}</span> });
    let known = line.outcome != Outcome::Indeterminate;
    view! {
        <tr>
            <th scope="row"><a href=href><code>{line.id.clone()}</code></a></th>
            <td>{title}{fixed}</td>
            <td data-label="Outcome">{words::outcome(line.outcome)}{why}</td>
            <td class="num" data-label="Violations">{if known { count(line.violations) } else { "–".into() }}</td>
            <td class="num" data-label="Population">{if known { count(line.population) } else { "–".into() }}</td>
        </tr>
    }
}

/// The thresholds a control fixes in this variant of a test.
pub fn fixed(line: &TestLine) -> std::collections::BTreeMap<String, i64> {
    let names: Vec<_> = line.variant.split(' ').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name).collect();
    line.params.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(n, v)| (n.clone(), *v)).collect()
}
