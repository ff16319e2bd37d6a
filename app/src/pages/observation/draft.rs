//! What is drafted: the boundary beside what is documented, and limits with the rules that would hold them.
use super::show::Found;
use crate::parts::{CodeBlock, Column, Table, count};
use governance::{
    identity::Boundary,
    observation::{Observation, limits::Limit},
    text::visible_line,
};
use leptos::prelude::*;

fn list(all: &[String]) -> String {
    let all: Vec<_> = all.iter().map(|e| visible_line(e).into_owned()).collect();
    if all.is_empty() { "–".into() } else { all.join(", ") }
}

fn lines(b: &Boundary) -> [String; 6] {
    let limits: Vec<_> = b.thresholds.iter().map(|(name, limit)| format!("{name}: {limit}")).collect();
    let hours: Vec<_> = b.active_hours.iter().cloned().collect();
    [list(&b.systems), list(&b.tools), list(&b.data_classes), list(&b.downstream), list(&hours), list(&limits)]
}

pub fn boundary(found: &Found) -> impl IntoView + use<> {
    let body = match &found.seen.boundary {
        None => view! { <p>"Too little history: a boundary is drafted from 20 questions on."</p> }.into_any(),
        Some(drafted) => {
            let documented = lines(&found.it.boundary.clone().unwrap_or_default());
            let names = ["Systems", "Tools", "Data classes", "Hands work to", "Active hours", "Limits"];
            let rows = names.into_iter().zip(lines(drafted)).zip(documented).map(|((name, drafted), documented)| {
                view! {
                    <tr>
                        <th scope="row">{name}</th>
                        <td data-label="Drafted">{drafted}</td>
                        <td data-label="Documented">{documented}</td>
                    </tr>
                }
            });
            let columns = ["Part", "Drafted from its use", "Documented now"].map(Column::text).to_vec();
            let rows = rows.collect_view();
            view! { <Table caption="The boundary" columns>{rows}</Table> }.into_any()
        }
    };
    view! {
        <section class="ctn-section">
            <h2>"A boundary from its use"</h2>
            <p class="note">"What was asked and would not be denied. Questions do not tell systems: those stay as documented."</p>
            {body}
        </section>
    }
}

pub fn limits(o: &Observation) -> impl IntoView + use<> {
    if o.limits.is_empty() {
        return ().into_any();
    }
    let rows = o.limits.iter().map(row).collect_view();
    let rules = o.limits.iter().filter_map(rule).collect_view();
    let columns = vec![
        Column::text("Action"),
        Column::number("Seen"),
        Column::number("Largest"),
        Column::number("Busiest 24 hours"),
        Column::text("Drafted limit"),
    ];
    view! {
        <section class="ctn-section">
            <h2>"Limits from its use"</h2>
            <p class="note">"What was seen, rounded up, so that none of it would wait. A limit decides only once its rule is in the active bundle."</p>
            <Table caption="Limits" columns>{rows}</Table>
            {rules}
        </section>
    }
    .into_any()
}

fn row(l: &Limit) -> impl IntoView + use<> {
    let drafted = match &l.draft {
        None => "Too little history".to_owned(),
        Some(d) => {
            let single = d.largest.map(|n| format!("{} at once, ", l.number(n))).unwrap_or_default();
            format!("{single}{} a day", l.number(d.day))
        }
    };
    let action = visible_line(&l.action).into_owned();
    view! {
        <tr>
            <th scope="row"><code>{action}</code></th>
            <td class="num" data-label="Seen">{count(i64::try_from(l.observations).unwrap_or(i64::MAX))}</td>
            <td class="num" data-label="Largest">{l.largest.map_or_else(|| "–".into(), |n| l.number(n))}</td>
            <td class="num" data-label="Busiest 24 hours">{l.number(l.day)}</td>
            <td data-label="Drafted limit">{drafted}</td>
        </tr>
    }
}

/// The text to put into the bundle.
fn rule(l: &Limit) -> Option<impl IntoView + use<>> {
    let draft = l.draft.as_ref().filter(|d| !d.rule.is_empty())?;
    let action = visible_line(&l.action).into_owned();
    let manifest = (!draft.manifest.is_empty()).then(|| {
        let (manifest, schema) = (draft.manifest.clone(), draft.schema.clone());
        view! {
            <p class="note">"In bundle.toml, and in the context of the action in schema.cedarschema:"</p>
            <CodeBlock label="bundle.toml" text=manifest/>
            <CodeBlock label="schema.cedarschema" text=schema/>
        }
    });
    let text = draft.rule.clone();
    Some(view! {
        <details class="ctn-form obs-rule">
            <summary>{format!("The rule for {action}")}</summary>
            {manifest}
            <p class="note">"In a file of policies/; its author is not who releases it:"</p>
            <CodeBlock label="The rule" text/>
        </details>
    })
}
