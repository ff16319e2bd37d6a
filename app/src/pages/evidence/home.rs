//! The start page: the last assessment, the two forms, packs and runs.
use super::{forms, frameworks, packs, words};
use crate::{
    error::AppError,
    parts::{
        Banner, Column, Empty, Figure, Figures, Kind, LinkButton, Page, Problems, State, Table, Time, count, span,
    },
    paths,
    viewer::{acting, viewer},
};
use chrono::TimeDelta;
use governance::{
    assess::{
        catalogue::Catalogue,
        report::{Assessment, Run, TestLine},
        verdict::Outcome,
    },
    engine::Act,
    error::{Error, Result},
    evidence::order::Order,
    time::Timestamp,
};
use leptos::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// Packs of one page, and runs that are listed.
const PACKS: usize = 20;
const RUNS: usize = 5;

/// What the page is made of.
pub struct Home {
    pub now: Timestamp,
    pub catalogue: Arc<Catalogue>,
    /// The day the log began.
    pub began: Timestamp,
    pub latest: Option<Assessment>,
    pub runs: Vec<Run>,
    pub packs: Vec<Order>,
    /// The pack to go on behind.
    pub older: Option<String>,
    pub paged: bool,
    pub names: BTreeMap<String, String>,
    pub may_assess: bool,
    pub may_make: bool,
    pub may_export: bool,
}

pub async fn home(before: Option<String>, error: Option<AppError>) -> impl IntoView {
    let problem = view! { <Problems error=error/> };
    let actions = ViewFn::from(|| {
        view! {
            <LinkButton href="#assess">"Assess now"</LinkButton>
            <LinkButton href="#make-pack" kind=Kind::Primary>"Make a pack"</LinkButton>
        }
    });
    let lead = "What the control tests say, and packs that a stranger verifies offline";
    match read(before).await {
        Err(e) => view! { <Page title="Evidence" lead>{problem}<Problems error=Some(e.into())/></Page> }.into_any(),
        Ok(home) => {
            let body = view! {
                {problem}
                {assessment(&home)}
                <div class="ev-forms">{forms::pack(&home)}{forms::assess(&home)}</div>
                {packs::section(&home)}
                {runs(&home)}
                {rules(&home.catalogue)}
            };
            match home.may_assess {
                true => view! { <Page title="Evidence" lead actions>{body}</Page> }.into_any(),
                false => view! { <Page title="Evidence" lead>{body}</Page> }.into_any(),
            }
        }
    }
}

async fn read(before: Option<String>) -> Result<Home> {
    let (governance, ctx) = acting()?;
    let before = before.map(|id| id.parse().map_err(|_| Error::invalid("before: this is no pack's id"))).transpose()?;
    let latest = governance.assess_latest(&ctx).await?;
    let runs = governance.assess_list(&ctx, None, RUNS).await?;
    let mut packs = governance.evidence_list(&ctx, before, PACKS + 1).await?;
    let more = packs.len() > PACKS;
    packs.truncate(PACKS);
    let actors: Vec<&str> = packs
        .iter()
        .map(|o| o.by.as_str())
        .chain(runs.iter().chain(latest.iter().map(|l| &l.run)).map(|r| r.by.as_str()))
        .collect();
    let names = governance.actor_names(&ctx, &actors).await?;
    let may = |act: Act| act.allows(&ctx.actor).is_ok();
    Ok(Home {
        now: viewer()?.now,
        catalogue: Catalogue::shipped()?,
        began: governance.installation().created_at,
        older: packs.last().filter(|_| more).map(|o| o.id.to_string()),
        paged: before.is_some(),
        latest,
        runs,
        packs,
        names,
        may_assess: may(Act::Assess),
        may_make: may(Act::MakeEvidence),
        may_export: may(Act::Export),
    })
}

fn assessment(home: &Home) -> impl IntoView + use<> {
    let Some(made) = &home.latest else {
        let fed = governance::assess::fed::fed(&home.catalogue);
        let why = format!(
            "{fed} of {} control tests can be fed today. Run them, and this page shows for each of {} frameworks what is satisfied, what is not, and what nobody can know yet.",
            home.catalogue.tests.len(),
            home.catalogue.frameworks.len()
        );
        let next = home.may_assess.then(|| view! { <LinkButton href="#assess">"Assess now"</LinkButton> });
        return view! { <Empty title="The control tests have not been run yet" why>{next}</Empty> }.into_any();
    };
    let run = made.run.id.to_string();
    let by = words::who(&home.names, &made.run.by).to_owned();
    let (at, now, period) = (made.run.at, home.now, words::days(made.run.period));
    let exports = home.may_export.then(|| exports(&format!("{}/frameworks", paths::assessment(&run))));
    view! {
        <section aria-labelledby="ev-latest">
            <div class="ev-head">
                <h2 id="ev-latest"><a href=paths::assessment(&run)>"The last assessment"</a></h2>
                <p class="note"><Time at now/>{format!(" by {by}; period {period}")}</p>
                {exports}
            </div>
            {overdue(home, made.run.at)}
            {figures(made)}
            {frameworks::tables(&run, &made.frameworks)}
        </section>
    }
    .into_any()
}

/// Says so when the catalogue would have had another run by now (GOV-07).
fn overdue(home: &Home, at: Timestamp) -> impl IntoView + use<> {
    let every = home.catalogue.test("GOV-07").and_then(|t| t.params.get("interval_s")).copied();
    let late = every.is_some_and(|s| home.now - at > TimeDelta::seconds(s));
    late.then(|| {
        let title = format!("This assessment is {} old.", span(home.now - at));
        let wants =
            format!("The catalogue asks for one every {}.", span(TimeDelta::seconds(every.unwrap_or_default())));
        view! { <Banner state=State::Wait title>{wants}</Banner> }
    })
}

/// Links to a table as CSV and as JSON.
pub fn exports(base: &str) -> impl IntoView + use<> {
    let (csv, json) = (format!("{base}.csv"), format!("{base}.json"));
    view! { <p class="ev-exports"><a href=csv download="">"CSV"</a><a href=json>"JSON"</a></p> }
}

/// The four outcomes of a run's tests, with the rows behind each number, after how many can be fed at all.
pub fn figures(made: &Assessment) -> impl IntoView + use<> {
    let own = || made.results.iter().filter(|l| l.variant.is_empty());
    let href = |o: Outcome| format!("{}?outcome={}#tests", paths::assessment(&made.run.id.to_string()), o.code());
    let figure = |o: Outcome| {
        let lines: Vec<_> = own().filter(|l| l.outcome == o).collect();
        let rows: i64 = lines.iter().map(|l| l.population).sum();
        let violations: i64 = lines.iter().map(|l| l.violations).sum();
        let note = match o {
            Outcome::Satisfied if violations == 0 => format!("none of {} rows violates them", count(rows)),
            Outcome::Satisfied => {
                format!("{} of {} rows violate them, within tolerance", count(violations), count(rows))
            }
            Outcome::NotSatisfied => format!("{} of {} rows violate them", count(violations), count(rows)),
            Outcome::NotApplicable => "nothing there to test".to_owned(),
            Outcome::Indeterminate => why_unknown(&lines),
        };
        let name = match o {
            Outcome::Satisfied => "Tests satisfied",
            Outcome::NotSatisfied => "Not satisfied",
            Outcome::NotApplicable => "Not applicable",
            Outcome::Indeterminate => "Indeterminate",
        };
        view! { <Figure name value=count(lines.len().try_into().unwrap_or(i64::MAX)) note href=href(o)/> }
    };
    let fed = format!("{} of {}", made.run.fed, made.run.tests);
    let outcomes = Outcome::ALL.map(figure).collect_view();
    view! {
        <Figures>
            <Figure name="Tests that can be fed today" value=fed note="the others read what nothing feeds: indeterminate, no source"/>
            {outcomes}
        </Figures>
    }
}

fn why_unknown(lines: &[&TestLine]) -> String {
    let unfed = lines.iter().filter(|l| l.why.starts_with("no source")).count();
    match lines.len() - unfed {
        0 => format!("{unfed} without a source"),
        stale => format!("{unfed} without a source, {stale} with a stale one"),
    }
}

fn runs(home: &Home) -> impl IntoView + use<> {
    if home.runs.is_empty() {
        return ().into_any();
    }
    let rows: Vec<_> = home
        .runs
        .iter()
        .map(|r| {
            let (at, now) = (r.at, home.now);
            let of = r.framework.as_deref().map_or_else(
                || "All frameworks".to_owned(),
                |id| home.catalogue.framework(id).map_or_else(|_| id.to_owned(), |f| f.name.clone()),
            );
            view! {
                <tr>
                    <th scope="row"><a href=paths::assessment(&r.id.to_string())><Time at now/></a></th>
                    <td data-label="Of">{of}</td>
                    <td data-label="Period">{words::days(r.period)}</td>
                    <td data-label="By">{words::who(&home.names, &r.by).to_owned()}</td>
                    <td class="num" data-label="Fed">{format!("{} of {}", r.fed, r.tests)}</td>
                </tr>
            }
        })
        .collect();
    let columns = ["When", "Of", "Period", "By"].map(Column::text).into_iter().chain([Column::number("Fed")]).collect();
    view! {
        <section class="ev-section">
            <h2>"Assessments"</h2>
            <p class="note">"The newest five. Making a pack runs its framework's tests, so packs leave one each."</p>
            <Table caption="Assessments" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

/// The catalogue's own rules for its verdicts, and what its authors say of it.
pub fn rules(catalogue: &Catalogue) -> impl IntoView + use<> {
    let list = |title: &'static str, lines: &[String]| {
        let lines = lines.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
        view! { <h3>{title}</h3><ul>{lines}</ul> }
    };
    let levels: Vec<_> = catalogue.coverage_levels.iter().map(|(c, text)| format!("{}: {text}", c.word())).collect();
    let rules = &catalogue.verdict_rules;
    let of = format!("Catalogue of {}: {}.", catalogue.generated, catalogue.status);
    view! {
        <section class="ev-section">
            <h2>"How these verdicts are made"</h2>
            <p class="note">{of}</p>
            <details class="ev-rules">
                <summary>"The rules, word for word"</summary>
                <div class="prose">
                    {list("Of a test", &rules.test)}
                    {list("Of a control", &rules.control)}
                    {list("Of a threshold", &rules.parameters)}
                    {list("How much of a control its tests measure", &levels)}
                    {list("Not verified", &catalogue.not_verified)}
                </div>
            </details>
        </section>
    }
}
