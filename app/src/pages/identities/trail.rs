//! What happened around it: findings, decisions, revocations, answers of its owners.
use super::{
    calls::CloseFinding,
    record::Shown,
    words::{capital, many, severity_state},
};
use crate::{
    pages::{activity::outcome_mark, containment::reason},
    parts::{Button, Column, Entry, LinkButton, Mark, State, Table, Time, Timeline, ago},
    paths,
};
use governance::{finding::State as FindingState, text::visible_line};
use leptos::prelude::*;

pub fn findings(shown: &Shown) -> impl IntoView + use<> {
    let all = &shown.dossier.record.findings;
    if all.is_empty() {
        return ().into_any();
    }
    let items = all.iter().map(|f| {
        let excepted = (f.state == FindingState::Excepted).then_some(" · excepted");
        let evidence = (!f.found.evidence.is_empty()).then(|| {
            let lines = f.found.evidence.iter().map(|l| view! { <li><code>{visible_line(l).into_owned()}</code></li> });
            view! { <details><summary>"What was looked at"</summary><ul class="idn-evidence">{lines.collect_view()}</ul></details> }
        });
        let close = (shown.mends && f.found.rule.watched()).then(|| {
            let action = ServerAction::<CloseFinding>::new();
            let (id, finding) = (shown.id(), f.id.to_string());
            let field = format!("f-close-{finding}");
            view! {
                <details class="idn-mend idn-close">
                    <summary>"Close: "{f.found.rule.title().to_lowercase()}</summary>
                    <ActionForm action=action>
                        <input type="hidden" name="id" value=id/>
                        <input type="hidden" name="finding" value=finding/>
                        {reason(field)}
                        <div class="actions"><Button>"Close it"</Button></div>
                    </ActionForm>
                </details>
            }
        });
        let opened = format!("{} · open {}", f.found.rule.title(), ago(f.opened_at, shown.now).trim_end_matches(" ago"));
        view! {
            <li class="idn-finding">
                <Mark state=severity_state(f.found.severity) word=capital(f.found.severity.as_str())/>
                <div>
                    <p><strong>{visible_line(&f.found.words).into_owned()}</strong></p>
                    <p>{visible_line(&f.found.mend).into_owned()}</p>
                    {evidence}
                    <p class="note">{opened}{excepted}</p>
                    {close}
                </div>
            </li>
        }
    });
    let items = items.collect_view();
    let total = all.len();
    view! {
        <section class="idn-section" id="findings" aria-labelledby="findings-title">
            <header class="idn-section-head"><h2 id="findings-title">"Findings "<span class="idn-total">{total}</span></h2></header>
            <ul class="idn-findings">{items}</ul>
        </section>
    }
    .into_any()
}

pub fn decisions(shown: &Shown) -> impl IntoView + use<> {
    let all = &shown.dossier.decisions;
    if all.is_empty() {
        return ().into_any();
    }
    let now = shown.now;
    let rows = all.iter().map(|d| {
        let (state, word) = outcome_mark(&d.outcome, d.would.as_deref());
        let reason = d.reason.as_ref().map(|r| format!(" {}", r.replace('_', " ")));
        let on = format!("{} {}", d.resource_type, d.resource_id);
        view! {
            <tr>
                <th scope="row"><a href=paths::decision(&d.id.to_string())><Time at=d.at now/></a></th>
                <td data-label="Action"><code>{visible_line(&d.action).into_owned()}</code></td>
                <td data-label="On">{visible_line(&on).into_owned()}</td>
                <td data-label="Answer"><Mark state word/>{reason}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["When", "Action", "On", "Answer"].map(Column::text).to_vec();
    view! {
        <section class="idn-section" id="decisions" aria-labelledby="decisions-title">
            <header class="idn-section-head"><h2 id="decisions-title">"Latest decisions"</h2></header>
            <Table caption="Decisions, newest first" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

pub fn revocations(shown: &Shown) -> impl IntoView + use<> {
    let all = &shown.dossier.revocations;
    if all.is_empty() {
        return ().into_any();
    }
    let rows = all.iter().map(|r| {
        let live = r.paths.iter().filter(|p| p.is_live()).count();
        let (state, word) = match (r.undone_at, live) {
            (Some(_), _) => (State::Unknown, "Undone".to_owned()),
            (None, 0) => (State::Allow, "Stopped here".to_owned()),
            (None, n) => (State::Wait, format!("{} still live elsewhere", many(n, "path", "paths"))),
        };
        let what = if r.target_kind == "identity" { "this identity".to_owned() } else { r.target_kind.clone() };
        let (id, at, by) = (r.id.to_string(), r.at, shown.name(&r.by));
        view! {
            <tr>
                <th scope="row"><a href=paths::revocation(&id)><Time at now=shown.now/></a></th>
                <td data-label="What">{what}</td>
                <td data-label="Why">{visible_line(&r.reason).into_owned()}</td>
                <td data-label="By">{by}</td>
                <td data-label="Now"><Mark state word/></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["When", "What", "Why", "By", "Now"].map(Column::text).to_vec();
    view! {
        <section class="idn-section" id="revocations" aria-labelledby="revocations-title">
            <header class="idn-section-head"><h2 id="revocations-title">"Revocations"</h2></header>
            <Table caption="Revocations, newest first" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

/// Oldest first, as a timeline reads.
pub fn answers(shown: &Shown) -> impl IntoView + use<> {
    let all = &shown.dossier.attestations;
    if all.is_empty() {
        return ().into_any();
    }
    let entries: Vec<_> = all
        .iter()
        .rev()
        .map(|a| Entry {
            at: a.at,
            state: State::Info,
            word: a.answer.label().into(),
            text: match &a.note {
                Some(note) => format!("{}: {}", visible_line(&a.by), visible_line(note)),
                None => visible_line(&a.by).into_owned(),
            },
            href: None,
        })
        .collect();
    let now = shown.now;
    view! {
        <section class="idn-section panel" id="answers" aria-labelledby="answers-title">
            <h2 id="answers-title">"Answers of its owners"</h2>
            <Timeline entries now/>
        </section>
    }
    .into_any()
}

/// A plain link back to a record.
pub fn record_link(id: &str, name: &str) -> impl IntoView + use<> {
    let (href, name) = (paths::identity(id), visible_line(name).into_owned());
    view! { <LinkButton href>{format!("Record of {name}")}</LinkButton> }
}
