use super::{
    calls::{Begun, NextShow, begun_get, next_hidden},
    door::Door,
    look_around::LookAround,
};
use crate::{
    demo::in_demo,
    parts::{Banner, Button, Icon, Kind, LinkButton, Mark, Page, Problems, State, count},
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Three doors, each under five minutes; then what comes next, with its real state.
#[component]
pub fn WelcomePage() -> impl IntoView {
    let found = Resource::new(|| (), |()| begun_get());
    let problem = use_query_map().with_untracked(|q| q.get("problem"));
    let lead = if in_demo() {
        "You are in the demo: everything works, and nothing of it is real"
    } else {
        "Nothing an agent does above its limit happens without a named person. Three ways to see that, each under five minutes"
    };
    view! {
        <Page title="Welcome" lead=lead>
            {problem.map(|text| view! { <Banner state=State::Deny title="That did not work.">{text}</Banner> })}
            <Suspense>
                {move || Suspend::new(async move {
                    match found.await {
                        Err(e) => view! { <Problems error=Some(e)/> }.into_any(),
                        Ok(begun) if in_demo() => inside(&begun).into_any(),
                        Ok(begun) => view! { {doors(&begun)} {next(&begun)} }.into_any(),
                    }
                })}
            </Suspense>
        </Page>
    }
}

fn doors(begun: &Begun) -> impl IntoView + use<> {
    let empty = begun.identities == 0;
    let there = if empty {
        "The register is empty.".to_owned()
    } else {
        format!(
            "{} identities from {} sources, {} with an owner.",
            count(begun.identities),
            begun.sources,
            count(begun.owned)
        )
    };
    view! {
        <div class="doors">
            <Door number="1" icon="eye" title="Look around" time="1 minute">
                <LookAround/>
            </Door>
            <Door number="2" icon="upload" title="Bring your inventory" time="5 minutes">
                <p>"An export of a platform, or a list of your own, becomes a register: who exists, what each may do, since when, and who answers for it. You see every change before it is made."</p>
                <p class="door-state">{there}</p>
                <div class="actions"><LinkButton href=paths::WELCOME_INVENTORY>"Choose files"</LinkButton></div>
            </Door>
            <Door number="3" icon="terminal" title="Connect an agent" time="60 seconds">
                <p>"A key, one call, and this page shows it arrive. The second call is above the limit: it waits in the Inbox until somebody decides."</p>
                <p class="door-state">"Try it in the demo first, where you can be agent and approver in turn. Then the same call with a real key."</p>
                <div class="actions">
                    <form method="post" action=format!("{}?to=agent", paths::WELCOME_DEMO)><button type="submit" class="button">"Try it in the demo"</button></form>
                    <LinkButton href=paths::WELCOME_AGENT kind=Kind::Quiet>"With a real key"</LinkButton>
                </div>
            </Door>
        </div>
    }
}

/// What is worth a look in the demo.
fn inside(begun: &Begun) -> impl IntoView + use<> {
    let waiting = match begun.waiting {
        1 => "One case waits".to_owned(),
        n => format!("{} cases wait", count(n)),
    };
    view! {
        <div class="doors">
            <Door number="1" icon="inbox" title="Decide something" time=waiting>
                <p>"One of them rests on a claim that our checks refute. Its card says so before anything else. Approve one, deny one, and watch the agent go on."</p>
                <div class="actions"><LinkButton href=paths::INBOX kind=Kind::Primary>"Open the Inbox"</LinkButton></div>
            </Door>
            <Door number="2" icon="gauge" title="Look around" time=format!("{} identities, 7 days", count(begun.identities))>
                <p>"What the agents of a company did in a week: what was permitted, denied, escalated, taken back. Every answer is explained, and proved by the log."</p>
                <div class="actions">
                    <LinkButton href=paths::OVERVIEW>"Overview"</LinkButton>
                    <LinkButton href=paths::IDENTITIES>"Identities"</LinkButton>
                    <LinkButton href=paths::ACTIVITY>"Activity"</LinkButton>
                </div>
            </Door>
            <Door number="3" icon="terminal" title="Connect an agent" time="60 seconds">
                <p>"A key, one call, and the page shows it arrive. The second call escalates: approve it yourself, redeem it, revoke it, read its evidence."</p>
                <div class="actions"><LinkButton href=paths::WELCOME_AGENT>"Make a key"</LinkButton></div>
            </Door>
        </div>
    }
}

/// Shows the list below, or puts it away.
fn switch(show: bool, words: &'static str) -> impl IntoView {
    let action = ServerAction::<NextShow>::new();
    view! {
        <ActionForm action=action>
            <input type="hidden" name="show" value=show.to_string()/>
            <Button kind=Kind::Quiet>{words}</Button>
        </ActionForm>
    }
}

/// Five things, and whether they are so.
fn next(begun: &Begun) -> impl IntoView + use<> {
    if next_hidden() {
        return switch(true, "Show what comes next").into_any();
    }
    let own_policy = begun.bundle.as_deref().is_some_and(|name| name != "baseline");
    let items = [
        (begun.sources > 0, "Bring one source", paths::WELCOME_INVENTORY, format!("{} so far", begun.sources)),
        (
            begun.identities > 0 && begun.owned == begun.identities,
            "An owner for every identity",
            paths::WELCOME_INVENTORY,
            format!("{} of {}", count(begun.owned), count(begun.identities)),
        ),
        (
            begun.approvers >= 2,
            "A second person who may decide",
            paths::WELCOME_INVENTORY,
            format!("{} so far: a list of people brings more", begun.approvers),
        ),
        (
            own_policy,
            "Policies of your own, with their tests",
            paths::ACTIVITY,
            match &begun.bundle {
                Some(name) => {
                    format!("the bundle \"{name}\" decides; copy it, change it, countersign policy check DIR")
                }
                None => "no bundle is active: nothing is permitted".into(),
            },
        ),
        (
            begun.revocations > 0,
            "Rehearse a revocation",
            paths::WELCOME_AGENT,
            if begun.revocations > 0 {
                format!("{} so far", count(begun.revocations))
            } else {
                "so that the first is not the real one".into()
            },
        ),
    ];
    let done = items.iter().filter(|i| i.0).count();
    let of = items.len();
    let rows = items.map(|(done, title, href, note)| {
        let (state, word) = if done { (State::Allow, "done") } else { (State::Unknown, "open") };
        view! {
            <li>
                <Mark state word quiet=true/>
                <a href=href>{title}</a>
                <span class="note">{note}</span>
            </li>
        }
    });
    view! {
        <section class="panel next" aria-labelledby="next-title">
            <header><h2 id="next-title"><Icon name="check-check"/>"What comes next"</h2>{switch(false, "Put this away")}</header>
            <p class="note">{format!("{done} of {of} done, read from the register and the log just now")}</p>
            <ul>{rows.collect_view()}</ul>
        </section>
    }
    .into_any()
}
