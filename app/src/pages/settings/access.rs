//! Who may do what here: people with their roles, and the keys by which agents and gateways call.
use super::RevokeKey;
use crate::{
    parts::{Button, Column, Empty, Mark, State, Table, ago},
    paths, viewer,
};
use governance::{
    engine::{Act, page::Want},
    error::Result,
    person::{Person, Status},
    store::keys::Key,
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

/// People and keys shown; the command line has the rest.
const SHOWN: u16 = 50;

/// Nothing for those who may change neither.
pub async fn sections() -> AnyView {
    match load().await {
        Ok((people, keys, now)) => {
            view! { {people.map(|list| people_table(&list))} {keys.map(|list| keys_table(&list, now))} }.into_any()
        }
        Err(e) => view! { <crate::parts::Problems error=Some(e.into())/> }.into_any(),
    }
}

type Loaded = (Option<Vec<Person>>, Option<Vec<Key>>, Timestamp);

async fn load() -> Result<Loaded> {
    let (governance, ctx) = viewer::acting()?;
    let may = |act: Act| act.allows(&ctx.actor).is_ok();
    let people = match may(Act::ManagePeople) {
        true => Some(governance.person_list(&ctx, &Want { cursor: None, limit: SHOWN }).await?.items),
        false => None,
    };
    let keys = match may(Act::ManageKeys) {
        true => Some(governance.key_list(&ctx, None).await?),
        false => None,
    };
    Ok((people, keys, ctx.at))
}

fn people_table(people: &[Person]) -> impl IntoView + use<> {
    let rows = people.iter().map(|p| {
        let roles: Vec<_> = p.roles.iter().map(|r| r.as_str().replace('_', " ")).collect();
        let groups: Vec<_> = p.groups.iter().cloned().collect();
        let none = |list: Vec<String>| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        let (state, word) = match p.status {
            Status::Active => (State::Allow, "Active"),
            Status::Inactive => (State::Wait, "Inactive"),
            Status::Left => (State::Unknown, "Left"),
        };
        let (name, email) = (visible_line(&p.name).into_owned(), p.email.clone());
        view! {
            <tr>
                <th scope="row">{name}<span class="set-sub">{email}</span></th>
                <td data-label="Roles">{none(roles)}</td>
                <td data-label="Groups">{none(groups)}</td>
                <td data-label="State"><Mark state word/></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let more = (people.len() >= usize::from(SHOWN))
        .then(|| format!("The first {SHOWN}, by address; all with countersign person list. "));
    let columns = ["Person", "Roles", "Groups", "State"].map(Column::text).to_vec();
    view! {
        <section class="set-section" id="people" aria-labelledby="people-title">
            <header class="set-head"><h2 id="people-title">"People"</h2></header>
            <Table caption="People and their roles" columns>{rows}</Table>
            <p class="note set-note">{more}"To add somebody, change roles, or make a one-time link: "<code>"countersign person add"</code>", "<code>"person set"</code>", "<code>"person link"</code>"."</p>
        </section>
    }
}

fn keys_table(keys: &[Key], now: Timestamp) -> impl IntoView + use<> {
    if keys.is_empty() {
        return view! {
            <section class="set-section" id="keys" aria-labelledby="keys-title">
                <header class="set-head"><h2 id="keys-title">"Keys"</h2></header>
                <Empty title="No keys yet" why="By a key an agent or a gateway calls. One is shown once, when it is made; here stand its scopes and its end."><code class="code-line">"countersign key create my-first-agent"</code></Empty>
            </section>
        }
        .into_any();
    }
    // those that open something first
    let mut list: Vec<&Key> = keys.iter().collect();
    list.sort_by_key(|k| k.revoked_at.is_some());
    let rows = list.into_iter().take(usize::from(SHOWN)).map(|k| key_row(k, now)).collect_view();
    let more = (keys.len() > usize::from(SHOWN))
        .then(|| view! { <p class="note set-note">{format!("{SHOWN} of {} shown, live ones first.", keys.len())}</p> });
    let mut columns = ["Key", "Whose", "May", "Made", "State"].map(Column::text).to_vec();
    columns.push(Column::number("Revoke"));
    view! {
        <section class="set-section" id="keys" aria-labelledby="keys-title">
            <header class="set-head"><h2 id="keys-title">"Keys"</h2></header>
            <Table caption="Keys and what they open" columns>{rows}</Table>
            {more}
        </section>
    }
    .into_any()
}

fn key_row(k: &Key, now: Timestamp) -> impl IntoView + use<> {
    let whose = match (&k.identity_id, &k.identity_name) {
        (Some(id), Some(name)) => {
            let (href, name) = (paths::identity(&id.to_string()), visible_line(name).into_owned());
            view! { <a href=href>{name}</a> }.into_any()
        }
        _ if k.patterns.is_empty() => "a gateway, for any subject".into_any(),
        _ => format!("a gateway, for {}", k.patterns.join(", ")).into_any(),
    };
    let scopes: Vec<_> = k.scopes.iter().map(|s| s.as_str()).collect();
    let (state, word) = match (k.revoked_at, k.expires_at) {
        (Some(at), _) => (State::Unknown, format!("revoked {}", ago(at, now))),
        (None, Some(end)) if end <= now => (State::Unknown, format!("expired {}", ago(end, now))),
        (None, Some(end)) => (State::Allow, format!("live, ends {}", ago(end, now))),
        (None, None) => (State::Allow, "live, no end".into()),
    };
    let revoke = k.revoked_at.is_none().then(|| {
        let action = ServerAction::<RevokeKey>::new();
        let (id, label) = (k.id.to_string(), format!(" {}", visible_line(&k.name)));
        view! { <ActionForm action=action><input type="hidden" name="id" value=id/><Button>"Revoke"<span class="sr">{label}</span></Button></ActionForm> }
    });
    let (name, id) = (visible_line(&k.name).into_owned(), k.id.to_string());
    view! {
        <tr>
            <th scope="row">{name}<code class="set-sub">{id}</code></th>
            <td data-label="Whose">{whose}</td>
            <td data-label="May">{scopes.join(", ")}</td>
            <td data-label="Made">{ago(k.created_at, now)}</td>
            <td data-label="State"><Mark state word/></td>
            <td class="num">{revoke}</td>
        </tr>
    }
}
