//! One test of a run: what it asks, of how many, which rows violate it, and the queries that said so.
use super::{
    run::{Found, fixed, read},
    words,
};
use crate::{
    error::AppError,
    parts::{CodeBlock, Column, Fact, Facts, Figure, Figures, Mark, Page, Panel, Problems, State, Table, count},
    paths,
    viewer::acting,
};
use governance::{
    assess::{
        catalogue::{Catalogue, Test},
        fed,
        report::{TestLine, Violation},
        verdict::Outcome,
    },
    engine::assessments::queries,
    error::{Error, Result},
    text::visible_line,
};
use leptos::prelude::*;

/// Rows of a page; the exports have all that were kept.
const SHOWN: usize = 100;

pub async fn test(id: String, test: String, variant: String) -> impl IntoView {
    match rows(&id, &test, &variant).await {
        Err(e) => view! { <Page title="Control test"><Problems error=Some(AppError::from(e))/></Page> }.into_any(),
        Ok((found, line, rows)) => shown(&found, &line, &rows).into_any(),
    }
}

async fn rows(id: &str, test: &str, variant: &str) -> Result<(Found, TestLine, Vec<Violation>)> {
    let found = read(id).await?;
    let line = found.made.result(test, variant).cloned();
    let line = line.ok_or_else(|| Error::not_found("this assessment did not make such a test"))?;
    let (governance, ctx) = acting()?;
    let rows = governance.assess_rows(&ctx, found.made.run.id, (test, variant), SHOWN).await?;
    Ok((found, line, rows))
}

fn shown(found: &Found, line: &TestLine, rows: &[Violation]) -> AnyView {
    let Some(test) = found.catalogue.test(&line.id) else {
        let e = AppError::from(Error::not_found("this test is not in the catalogue any more"));
        return view! { <Page title=line.id.clone()><Problems error=Some(e)/></Page> }.into_any();
    };
    let run = found.made.run.id.to_string();
    let variant = (!line.variant.is_empty()).then(
        || view! { <p class="note">{format!("As a control fixes it: {}.", words::thresholds(&fixed(line)))}</p> },
    );
    let numbers = (line.outcome != Outcome::Indeterminate).then(|| numbers(line, test));
    let (verdict, rows) = (verdict(line), violations(found, line, rows));
    let (facts, controls, queries) =
        (facts(&found.catalogue, line, test), controls(found, line), queries_of(found, test));
    let back = format!("{}#tests", paths::assessment(&run));
    view! {
        <Page title=format!("{} {}", line.id, test.title) lead=test.question.clone()>
            <p class="ev-back"><a href=paths::EVIDENCE>"All evidence"</a><a href=back>"This assessment"</a></p>
            {verdict}
            {variant}
            {numbers}
            {rows}
            <div class="columns ev-section">
                <Panel title="What it rests on"><Facts facts/></Panel>
                {controls}
            </div>
            {queries}
        </Page>
    }
    .into_any()
}

fn verdict(line: &TestLine) -> impl IntoView + use<> {
    let (state, title, why) = match line.outcome {
        Outcome::Satisfied if line.violations == 0 => {
            (State::Allow, "Satisfied.", format!("None of {} rows violates it.", count(line.population)))
        }
        Outcome::Satisfied => (
            State::Allow,
            "Satisfied.",
            format!("{} of {} rows violate it, within tolerance.", count(line.violations), count(line.population)),
        ),
        Outcome::NotSatisfied => (
            State::Deny,
            "Not satisfied.",
            format!("{} of {} rows violate it.", count(line.violations), count(line.population)),
        ),
        Outcome::NotApplicable => (State::Info, "Not applicable:", format!("{}.", line.why)),
        Outcome::Indeterminate => (State::Unknown, "Indeterminate:", format!("{}. It was not run.", line.why)),
    };
    // a verdict is no alarm: it is read in its place
    view! { <div class="ev-verdict"><Mark state word=title/>" "{why}</div> }
}

fn numbers(line: &TestLine, test: &Test) -> impl IntoView + use<> {
    let tolerance = format!("{} %", test.tolerance_ratio * 100.0);
    let (population, violations) = (count(line.population), count(line.violations));
    view! {
        <Figures>
            <Figure name="Population" value=population note="rows it asks about"/>
            <Figure name="Violations" value=violations note="rows that fail it"/>
            <Figure name="Tolerated share" value=tolerance note="of the population, by the catalogue"/>
        </Figures>
    }
}

fn violations(found: &Found, line: &TestLine, rows: &[Violation]) -> impl IntoView + use<> {
    if rows.is_empty() {
        return ().into_any();
    }
    let base = format!("{}/rows", paths::assessment_test(&found.made.run.id.to_string(), &line.id, ""));
    let query = if line.variant.is_empty() { String::new() } else { format!("?{}", paths::variant(&line.variant)) };
    let links = found.may_export.then(|| {
        let (csv, json) = (format!("{base}.csv{query}"), format!("{base}.json{query}"));
        view! { <p class="ev-exports"><a href=csv download="">"CSV"</a><a href=json>"JSON"</a></p> }
    });
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let more = (line.violations > shown).then(|| {
        let kept = if line.kept < line.violations { format!("; {} were kept", count(line.kept)) } else { String::new() };
        view! { <p class="note">{format!("The first {} of {}, by subject{kept}. The exports have all that were kept.", count(shown), count(line.violations))}</p> }
    });
    let rows: Vec<_> = rows.iter().map(row).collect();
    let columns = ["What it is", "Subject", "Violates by"].map(Column::text).to_vec();
    view! {
        <section class="ev-section">
            <div class="ev-head"><h2>"Rows that violate it"</h2>{links}</div>
            {more}
            <Table caption="Rows that violate it" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

fn row(row: &Violation) -> impl IntoView + use<> {
    let is = row.label.as_deref().map_or_else(|| "–".to_owned(), |l| visible_line(l).into_owned());
    let subject = visible_line(&row.subject).into_owned();
    view! {
        <tr>
            <th scope="row">{is}</th>
            <td data-label="Subject"><code>{subject}</code></td>
            <td data-label="Violates by">{visible_line(&row.detail).into_owned()}</td>
        </tr>
    }
}

fn facts(catalogue: &Catalogue, line: &TestLine, test: &Test) -> Vec<Fact> {
    let mut facts = vec![Fact::new("Reads", test.reads.join(", "))];
    facts.extend(line.params.iter().map(|(name, value)| {
        let (words, value) = words::threshold(name, *value);
        let mut fact = Fact::new(format!("Threshold: {words}"), value);
        fact.source = Some(name.clone());
        fact
    }));
    facts.extend(fed::missing(catalogue, test).into_iter().map(|name| {
        let why = fed::why_missing(&test.id, &name);
        Fact::new(format!("No source for {name}"), why)
    }));
    if !test.limitations.is_empty() {
        facts.push(Fact::new("It does not show", test.limitations.clone()));
    }
    facts
}

fn controls(found: &Found, line: &TestLine) -> impl IntoView + use<> {
    let run = found.made.run.id.to_string();
    let key = (line.id.clone(), line.variant.clone());
    let items: Vec<_> = found
        .made
        .frameworks
        .iter()
        .filter_map(|f| {
            let controls: Vec<_> =
                f.controls.iter().filter(|c| c.tests.contains(&key)).map(|c| c.id.as_str()).collect();
            (!controls.is_empty()).then(|| {
                let href = paths::assessment_framework(&run, &f.id);
                view! { <div><dt><a href=href>{f.name.clone()}</a></dt><dd>{controls.join(", ")}</dd></div> }
            })
        })
        .collect();
    view! { <Panel title="Controls that rest on it"><dl class="facts">{items}</dl></Panel> }
}

fn queries_of(found: &Found, test: &Test) -> impl IntoView + use<> {
    let run = queries(&found.catalogue, test).ok().map(|[population, violations]| {
        view! {
            <details class="ev-rules ev-code">
                <summary>"As it was run"</summary>
                <CodeBlock label="The query for the population, as run" text=population/>
                <CodeBlock label="The query for violations, as run" text=violations/>
            </details>
        }
    });
    view! {
        <section class="ev-section">
            <h2>"The queries"</h2>
            <p class="note">"In the catalogue's own words, over views of the register and the log. They only read. Times are seconds since 1970, UTC."</p>
            <h3>"Population"</h3>
            <div class="ev-code"><CodeBlock label="The query for the population" text=test.population_sql.clone()/></div>
            <h3>"Violations"</h3>
            <div class="ev-code"><CodeBlock label="The query for violations" text=test.violations_sql.clone()/></div>
            {run}
        </section>
    }
}
