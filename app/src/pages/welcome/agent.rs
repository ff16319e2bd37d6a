//! The third door: a key, a call that arrives, a second that waits for a person, and its end.
use super::{
    calls::{AgentStop, Stand, agent_get},
    live::AgentLive,
    snippets::{LANGUAGES, ask, redeem},
};
use crate::{
    demo::{Reached, in_demo},
    parts::{Button, CodeBlock, Kind, LinkButton, Mark, Page, Problems, State},
    paths,
    viewer::Viewer,
};
use governance::person::Role;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Below the limit, and above it: 48.20 and 4,820.00.
const SMALL: u32 = 4_820;
const LARGE: u32 = 482_000;

/// A key that was made for this very answer, and is shown in no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeKey {
    pub agent: String,
    pub secret: String,
}

#[component]
pub fn AgentPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let made = use_context::<MadeKey>();
    let id = made.as_ref().map(|m| m.agent.clone()).or_else(|| query.get("agent"));
    let language = query.get("with").filter(|w| LANGUAGES.iter().any(|l| l.0 == *w)).unwrap_or_else(|| "curl".into());
    let lead = "A key, one call, one decision by a person, one grant, one revocation: the whole loop";
    let found = id.map(|id| Resource::new(move || id.clone(), agent_get));
    view! {
        <Page title="Connect an agent" lead=lead>
            {match found {
                None => begin().into_any(),
                Some(found) => view! {
                    <Suspense>
                        {move || {
                            let (made, language) = (made.clone(), language.clone());
                            Suspend::new(async move {
                                match found.await {
                                    Err(e) => view! { <Problems error=Some(e)/> {begin()} }.into_any(),
                                    Ok(stand) => steps(&stand, made.as_ref(), &language).into_any(),
                                }
                            })
                        }}
                    </Suspense>
                }.into_any(),
            }}
        </Page>
    }
}

fn begin() -> impl IntoView {
    let may = in_demo() || use_context::<Viewer>().is_some_and(|v| v.has(Role::Admin) || v.has(Role::Operator));
    let name = if in_demo() {
        "It registers my-first-agent in the demo and makes its key. You can be agent and approver in turn."
    } else {
        "It registers my-first-agent here, with you as its owner, and makes its key. An agent without a team may refund on the account stripe:test alone; above 500.00 EUR somebody in finance-ops decides, and never its owner alone."
    };
    view! {
        <section class="panel step">
            <h2>"Make a key"</h2>
            <p>{name}</p>
            {if may {
                view! {
                    <form method="post" action=paths::WELCOME_AGENT class="actions"><Button kind=Kind::Primary>"Make an agent and its key"</Button></form>
                }.into_any()
            } else {
                view! { <p class="note">"Making keys takes the role operator or admin."</p> }.into_any()
            }}
        </section>
    }
}

/// One step of the loop: open, or done with what came of it.
fn step(number: usize, title: &'static str, stage: Stage, content: AnyView) -> impl IntoView {
    let (state, word) = match stage {
        Stage::Done => (State::Allow, "Done"),
        Stage::Now => (State::Wait, "Now"),
        Stage::Later => (State::Unknown, "Later"),
    };
    view! {
        <li class="panel step" class:step-later=stage == Stage::Later>
            <header><span class="step-number" aria-hidden="true">{number}</span><h2>{title}</h2><Mark state word/></header>
            {content}
        </li>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Done,
    Now,
    Later,
}

fn href(stand: &Stand) -> String {
    format!("{}?agent={}", paths::WELCOME_AGENT, stand.id)
}

fn steps(stand: &Stand, made: Option<&MadeKey>, language: &str) -> impl IntoView + use<> {
    let base = use_context::<Reached>().map(|r| r.0).unwrap_or_default();
    let known = serde_json::to_string(stand).unwrap_or_default();
    let done = [
        true,
        stand.first.is_some(),
        stand.card.is_some(),
        stand.permitted.is_some(),
        stand.grant.as_ref().is_some_and(|g| g.1 == "consumed"),
        stand.revoked,
    ];
    let current = done.iter().position(|d| !d).unwrap_or(done.len());
    let contents = [
        ("The key", key(stand, made).into_any()),
        ("Ask for 48.20 EUR", first(stand, language, &base).into_any()),
        ("Ask for 4,820.00 EUR", card(stand, language, &base).into_any()),
        ("Ask for it once more", again(stand).into_any()),
        ("Redeem the grant", redemption(stand, &base).into_any()),
        ("Take it back", end(stand).into_any()),
    ];
    let steps = contents.into_iter().enumerate().map(|(n, (title, content))| {
        let stage = match done[n] {
            true => Stage::Done,
            false if n == current => Stage::Now,
            false => Stage::Later,
        };
        step(n + 1, title, stage, content)
    });
    let next = href(stand);
    view! {
        <ol class="steps">{steps.collect_view()}</ol>
        <div class="arrivals">
            <AgentLive agent=stand.id.clone() known=known href=next.clone()/>
            <LinkButton href=next>"See what arrived"</LinkButton>
        </div>
    }
}

fn again(stand: &Stand) -> impl IntoView + use<> {
    let permitted = stand.permitted.as_ref().map(|id| {
        view! { <p><Mark state=State::Allow word="Permitted"/>" "<a href=paths::decision(id)>"because a person approved it"</a></p> }
    });
    view! {
        <p>"Once it is approved, the very same question is permitted, one time, with a grant. Send the second call again."</p>
        {permitted}
    }
}

fn redemption(stand: &Stand, base: &str) -> impl IntoView + use<> {
    let grant = stand.grant.as_ref().map(|(id, state)| {
        view! {
            <CodeBlock label="The redemption" text=redeem(base, id)/>
            <p>"The grant is "<strong>{state.clone()}</strong>"."</p>
        }
    });
    view! {
        <p>"The last call before the money moves: it says whether the grant still stands."</p>
        {grant}
    }
}

fn key(stand: &Stand, made: Option<&MadeKey>) -> impl IntoView + use<> {
    match made {
        Some(made) => view! {
            <p>"Shown this once. Keep it in your shell:"</p>
            <CodeBlock label="The key" text=format!("export KEY={}", made.secret)/>
        }
        .into_any(),
        None => view! {
            <p>{format!("{} has a key. It was shown once, when it was made; what is kept is its hash.", stand.name)}</p>
        }
        .into_any(),
    }
}

fn tabs(stand: &Stand, language: &str) -> impl IntoView + use<> {
    let at = href(stand);
    let tabs = LANGUAGES.map(|(word, name)| {
        let current = (word == language).then_some("true");
        view! { <a class="chip" href=format!("{at}&with={word}") aria-current=current>{name}</a> }
    });
    view! { <nav class="chips" aria-label="Language of the calls">{tabs.collect_view()}</nav> }
}

fn first(stand: &Stand, language: &str, base: &str) -> impl IntoView + use<> {
    let answer = match &stand.first {
        None => view! { <p class="note">"Nothing arrived yet."</p> }.into_any(),
        Some((id, outcome)) => {
            let (state, word) = match outcome.as_str() {
                "permit" => (State::Allow, "Permitted"),
                "escalate" => (State::Wait, "Waits for a person"),
                _ => (State::Deny, "Denied"),
            };
            view! { <p><Mark state word/>" "<a href=paths::decision(id)>"It arrived: why it was answered so"</a></p> }
                .into_any()
        }
    };
    view! {
        {tabs(stand, language)}
        <CodeBlock label="The first call" text=ask(language, base, &stand.name, SMALL)/>
        {answer}
    }
}

fn card(stand: &Stand, language: &str, base: &str) -> impl IntoView + use<> {
    let stood = match &stand.card {
        None => view! { <p class="note">"Above 500.00 EUR the rule refund-over-500 stops it: a person decides."</p> }
            .into_any(),
        Some((id, phase)) => {
            let state = match phase.as_str() {
                "pending" | "held" => State::Wait,
                "denied" | "expired" | "revoked" => State::Deny,
                _ => State::Allow,
            };
            let href = format!("{}/{id}", paths::INBOX);
            view! {
                <p><Mark state word=format!("The card is {phase}")/></p>
                <div class="actions"><LinkButton href kind=Kind::Primary>"Open it in the Inbox"</LinkButton></div>
            }
            .into_any()
        }
    };
    view! {
        <CodeBlock label="The second call" text=ask(language, base, &stand.name, LARGE)/>
        {stood}
    }
}

fn end(stand: &Stand) -> impl IntoView + use<> {
    let action = ServerAction::<AgentStop>::new();
    let id = stand.id.clone();
    let activity = paths::ACTIVITY;
    if !stand.revoked {
        return view! {
            <p>"From that moment every question is denied and every grant is void, in the same commit."</p>
            <Problems error=action.value().get_untracked().and_then(Result::err)/>
            <ActionForm action=action><input type="hidden" name="id" value=id/><div class="actions"><Button>"Revoke the agent"</Button></div></ActionForm>
        }
        .into_any();
    }
    let refused = if stand.refused {
        "The next question was denied: revoked. It is on record."
    } else {
        "Revoked. Send a call once more: it is denied, and that is on record too."
    };
    let real = in_demo().then(|| view! { <LinkButton href=format!("{}?to=agent", paths::LEAVE) kind=Kind::Primary>"The same with a real key"</LinkButton> });
    view! {
        <p>{refused}</p>
        <div class="actions"><LinkButton href=activity>"Its decisions, explained and proved"</LinkButton><LinkButton href=paths::EVIDENCE>"Evidence"</LinkButton>{real}</div>
    }
    .into_any()
}
