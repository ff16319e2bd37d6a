//! One resource: what is known of it, its definition beside the approved one, and who may say so.
use super::{
    calls::{Approve, Remove},
    form, words,
};
use crate::{
    error::AppError,
    pages::{not_found::NotFound, people},
    parts::{Banner, Button, Digest, Fact, Facts, Icon, Mark, Page, Panel, Problems, State, ago, minutes},
    paths, viewer,
};
use governance::{
    engine::Act,
    error::{Error, Kind as Wrong, Result},
    person::Person,
    resource::{Definition, Kind, Resource},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

struct Found {
    it: Resource,
    now: Timestamp,
    owner: Option<Person>,
    approved_by: Option<String>,
    people: Vec<Person>,
    changes: bool,
    /// The viewer may say which definition may be used, and does not answer for it.
    approves: bool,
    removes: bool,
}

pub async fn resource(id: &str, done: Option<String>, error: Option<AppError>) -> AnyView {
    match load(id).await {
        Ok(found) => page(&found, done.filter(|_| error.is_none()), error).into_any(),
        Err(e) if e.kind == Wrong::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => view! { <Page title="Resource"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(id: &str) -> Result<Found> {
    let viewer = viewer::viewer()?;
    let (governance, ctx) = viewer::acting()?;
    let id = id.parse().map_err(|_| Error::not_found("no such resource"))?;
    let it = governance.resource_find(&ctx, id).await?;
    let owner = match it.owner {
        Some(id) => Some(governance.person_find(&ctx, &id.to_string()).await?),
        None => None,
    };
    let approved_by = match it.approved_by.as_deref() {
        Some(label) if label.starts_with("per_") => {
            let by = governance.person_find(&ctx, label).await?;
            Some(visible_line(&by.name).into_owned())
        }
        other => other.map(|label| visible_line(label).into_owned()),
    };
    let may = |act: Act| act.allows(&ctx.actor).is_ok();
    let changes = may(Act::Import);
    let people = if changes { people::offered(&governance, &ctx).await? } else { Vec::new() };
    let own = it.owner == Some(viewer.id);
    Ok(Found {
        now: ctx.at,
        owner,
        approved_by,
        people,
        changes,
        approves: may(Act::ApproveDefinition) && !own,
        removes: may(Act::ChangeRegister) && !own,
        it,
    })
}

/// What the form just posted did.
fn said(done: &str) -> Option<&'static str> {
    Some(match done {
        "added" => "It is in the register.",
        "saved" => "Saved.",
        "approved" => "This definition may be used from now on.",
        _ => return None,
    })
}

fn page(found: &Found, done: Option<String>, error: Option<AppError>) -> impl IntoView + use<> {
    let it = &found.it;
    let name = visible_line(&it.name()).into_owned();
    let (state, word) = words::trust(it, found.now);
    let kind = words::kind(it.kind);
    let known = known(found);
    let definition = (it.kind == Kind::Tool).then(|| definition(found));
    let owner = found.owner.as_ref().map(|p| p.email.clone()).unwrap_or_default();
    let change = found.changes.then(|| form::change(it, &found.people, owner));
    let remove = found.removes.then(|| remove(it));
    view! {
        <a class="idn-back" href=paths::RESOURCES><Icon name="chevron-left"/>"Resources"</a>
        <Page title=name>
            <p class="idn-meta"><span>{kind}</span><Mark state word/></p>
            {error.map(|e| view! { <Banner state=State::Deny title="Nothing was changed.">{e.0.detail}</Banner> })}
            {done.and_then(|d| said(&d)).map(|title| view! { <Banner state=State::Allow title>"It is in the log."</Banner> })}
            <div class="columns">
                {known}
                {definition}
                {change}
                {remove}
            </div>
        </Page>
    }
}

fn known(found: &Found) -> impl IntoView + use<> {
    let it = &found.it;
    let text = |name: &str, value: &Option<String>| match value {
        Some(value) => Fact::new(name, visible_line(value).into_owned()),
        None => Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new(name, "") },
    };
    let owner = match &found.owner {
        Some(p) => Fact { source: Some(p.email.clone()), ..Fact::new("Owner", visible_line(&p.name).into_owned()) },
        None => Fact { state: Some((State::Unknown, "Nobody".into())), ..Fact::new("Owner", "") },
    };
    let (state, word) = words::trust(it, found.now);
    let trust = Fact {
        state: Some((state, word)),
        source: it.trusted_until.map(|until| format!("until {}", minutes(until))),
        ..Fact::new("Trust", "")
    };
    let mut facts = vec![trust, owner, text("Data class", &it.data_class), text("Purpose", &it.purpose)];
    if it.kind == Kind::MemoryStore {
        facts.push(match it.retention_days {
            Some(days) => Fact::new("Retention", format!("{days} days")),
            None => Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new("Retention", "") },
        });
    }
    facts.push(Fact {
        source: Some(minutes(it.added_at)),
        ..Fact::new("In the register since", ago(it.added_at, found.now))
    });
    view! { <Panel title="What the register says" note=effect(it, found.now)><Facts facts/></Panel> }
}

/// What that means for who uses it.
fn effect(it: &Resource, now: Timestamp) -> &'static str {
    use governance::resource::Standing;
    match it.standing(now) {
        _ if it.definition(None) == Definition::Changed && it.kind == Kind::Tool => {
            "Each use waits for a person until somebody says which definition may be used."
        }
        Standing::Untrusted | Standing::Expired => "Each use of it waits for a person, whatever policy permits.",
        Standing::Trusted => "Policy decides what may be done with it.",
        Standing::Unknown => "Policy decides what may be done with it, and is told that nobody vouched for it.",
    }
}

fn definition(found: &Found) -> impl IntoView + use<> {
    let it = &found.it;
    let mark = words::definition(it).map(|(state, word)| view! { <p><Mark state word/></p> });
    let digest = |title: &'static str, hex: &Option<String>, source: Option<String>| {
        let value = match hex {
            Some(hex) => view! { <Digest hex=hex.clone()/> }.into_any(),
            None => view! { <Mark state=State::Unknown word="None"/> }.into_any(),
        };
        view! { <div><dt>{title}</dt><dd>{value}{source.map(|s| view! { <span class="source">{s}</span> })}</dd></div> }
    };
    let by = found.approved_by.clone().zip(it.approved_at).map(|(by, at)| format!("by {by}, {}", minutes(at)));
    let approved = digest("May be used", &it.definition, by);
    let seen = digest("Seen last", &it.seen, it.seen_at.map(|at| ago(at, found.now)));
    let waits = it.changed_at.map(|at| format!("Another definition was first seen {}.", ago(at, found.now)));
    let forms = (found.approves && it.definition(None) != Definition::Approved).then(|| approve(it));
    let barred = (!found.approves && it.changed_at.is_some())
        .then(|| view! { <p class="note">"An operator or approver who does not answer for it says which one may be used."</p> });
    view! {
        <Panel title="Definition" id="definition" note="The SHA-256 of what the tool says of itself: its name, its description, its parameters.">
            {mark}
            {waits.map(|words| view! { <p class="note">{words}</p> })}
            <dl class="facts">{approved}{seen}</dl>
            {forms}
            {barred}
        </Panel>
    }
}

fn approve(it: &Resource) -> impl IntoView + use<> {
    let one = |digest: &str, words: &'static str| {
        let action = ServerAction::<Approve>::new();
        let (id, digest) = (it.id.to_string(), digest.to_owned());
        view! {
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="digest" value=digest/>
                <Button>{words}</Button>
            </ActionForm>
        }
    };
    let other = it.seen.as_deref().filter(|seen| it.definition.as_deref() != Some(*seen));
    let first = other.map(|seen| one(seen, "Approve the one that was seen"));
    let stays = it.definition.as_deref().filter(|_| it.changed_at.is_some()).map(|d| one(d, "Keep the approved one"));
    view! { <div class="actions res-approve">{first}{stays}</div> }
}

fn remove(it: &Resource) -> impl IntoView + use<> {
    let action = ServerAction::<Remove>::new();
    let id = it.id.to_string();
    view! {
        <Panel title="Take it out of the register" note="What names it is unknown again; the log keeps what was said.">
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <div class="actions"><Button>"Take it out"</Button></div>
            </ActionForm>
        </Panel>
    }
}
