use super::calls::{Explanation, decision_explain};
use super::list::outcome_mark;
use crate::{
    parts::{CodeBlock, Digest, Entry, Fact, Facts, Mark, Page, Panel, Problems, State, Tag, Timeline, minutes},
    viewer::Viewer,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One decision step by step: what was asked, on which facts, by which rules, with which outcome, and where the log has it.
#[component]
pub fn DecisionPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    let now = use_context::<Viewer>().map(|v| v.now);
    let found = Resource::new(move || id.clone(), decision_explain);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match found.await {
                    Err(e) => view! { <Page title="Decision"><Problems error=Some(e)/></Page> }.into_any(),
                    Ok(e) => explained(e, now).into_any(),
                }
            })}
        </Suspense>
    }
}

fn pairs(list: Vec<(String, String)>) -> Vec<Fact> {
    list.into_iter().map(|(name, value)| Fact::new(name, value)).collect()
}

fn explained(e: Explanation, now: Option<governance::time::Timestamp>) -> impl IntoView {
    let (state, word) = outcome_mark(&e.line.outcome, e.line.would.as_deref());
    let title = format!(
        "{} · {}",
        governance::text::visible(&e.line.subject).into_owned(),
        governance::text::visible(&e.line.action).into_owned()
    );
    let now = now.unwrap_or(e.line.at);
    let mut outcome = vec![Fact::new("When", minutes(e.line.at))];
    let mut more = |name: &str, value: Option<String>| outcome.extend(value.map(|v| Fact::new(name, v)));
    more("Reason", e.line.reason.clone().map(|r| r.replace('_', " ")));
    more("Held until", e.valid_until.map(|at| at.to_string()));
    more("Tier", e.tier.clone());
    more("Escalation", e.escalation.clone());
    more("Grant", e.grant.clone());
    more("Acting for", e.acting.clone());
    more("Observed by", Some(e.observed_by.clone()));
    let run = e.run.map(|(id, name)| {
        let name = governance::text::visible_line(&name).into_owned();
        view! { <p>"Asked in the run "<a href=crate::paths::run(&id)>{name}</a></p> }
    });
    let rules = e.rules.into_iter().map(|r| {
        let mark = if r.effect == "permit" { State::Allow } else { State::Deny };
        let effect = if r.decided { format!("{}, decided", r.effect) } else { format!("{}, matched", r.effect) };
        view! {
            <div class="rule">
                <p><Mark state=mark word=effect/>" "<strong>{r.id}</strong>" "<span class="note">{r.place}</span></p>
                <CodeBlock label="Rule" text=r.text/>
            </div>
        }
    });
    let rules = rules.collect_view();
    let none = if e.errors.is_empty() {
        "No rule matched: what no rule permits is denied."
    } else {
        "Policy could not be evaluated:"
    };
    let errors = e.errors.into_iter().map(|t| view! { <li>{t}</li> }).collect_view();
    let executed: Vec<Entry> = e
        .executed
        .into_iter()
        .map(|x| Entry {
            at: x.at,
            state: if x.outcome == "done" { State::Allow } else { State::Unknown },
            word: x.outcome,
            text: format!("reported, observed by {}", x.observed_by),
            href: None,
        })
        .collect();
    let words = super::words::panel(&e.line.id, e.said);
    let proof = format!("/activity/{}.tlog-proof", e.line.id);
    view! {
        <Page title=title lead=format!("on {}", governance::text::visible(&e.line.resource).into_owned())>
            <p><Tag state=state>{word}</Tag></p>
            <div class="columns">
                <Panel title="1 What was asked" note="As the caller sent it.">
                    {if e.erased { view! { <p>"Erased. The log keeps its hash."</p> }.into_any() } else { view! { <Facts facts=pairs(e.asked)/> }.into_any() }}
                </Panel>
                <Panel title="2 The facts" note="From the register and from our own log, at that moment.">
                    <Facts facts=pairs(e.facts)/>
                </Panel>
            </div>
            {words}
            <Panel title="3 The rules that matched" note=format!("Bundle {}", &e.bundle.get(..12).unwrap_or(&e.bundle))>
                {if rules.is_empty() { view! { <p>{none}</p><ul>{errors}</ul> }.into_any() } else { rules.into_any() }}
            </Panel>
            <div class="columns">
                <Panel title="4 The outcome"><Facts facts=outcome/>{run}</Panel>
                <Panel title="5 In the log" note="The leaf, its place and its hash; the proof verifies offline with the installation's public key.">
                    <Facts facts=vec![Fact::new("Place", e.seq.to_string())]/>
                    <p>"Leaf hash "<Digest hex=e.leaf_hash/></p>
                    <details><summary>"Leaf"</summary><CodeBlock label="Leaf" text=e.leaf/></details>
                    <p><a href=proof download="">"Inclusion proof"</a></p>
                </Panel>
            </div>
            <Panel title="6 What was executed">
                {if executed.is_empty() {
                    view! { <p>"Nothing was reported for this decision."</p> }.into_any()
                } else {
                    view! { <Timeline entries=executed now/> }.into_any()
                }}
            </Panel>
        </Page>
    }
}
