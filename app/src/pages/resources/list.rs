//! All resources, and adding one.
use super::{form, words};
use crate::{
    error::AppError,
    pages::people,
    parts::{Banner, Column, Empty, LinkButton, Mark, Page, Pager, Problems, State, Table},
    paths, viewer,
};
use governance::{
    engine::{
        Act,
        page::{self, Want},
    },
    error::Result,
    id::PersonId,
    person::Person,
    resource::{Kind, Resource},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;
use std::collections::{BTreeMap, btree_map::Entry};

/// Lines of one page.
const ROWS: u16 = 50;

/// What the list is narrowed to.
pub struct Asked {
    pub kind: Option<String>,
    pub changed: bool,
    pub after: Option<String>,
    /// One was just taken out.
    pub removed: bool,
}

struct Found {
    page: page::Page<Resource>,
    kind: Option<Kind>,
    changed: bool,
    paged: bool,
    owners: BTreeMap<PersonId, String>,
    people: Vec<Person>,
    adds: bool,
    exports: bool,
    now: Timestamp,
}

pub async fn resources(asked: Asked, error: Option<AppError>) -> AnyView {
    let removed = asked.removed && error.is_none();
    match load(asked).await {
        Ok(found) => list(&found, removed, error).into_any(),
        Err(e) => view! { <Page title="Resources"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(asked: Asked) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let kind = asked.kind.filter(|k| !k.is_empty()).map(|k| k.parse()).transpose()?;
    let (changed, paged) = (asked.changed, asked.after.is_some());
    let page = governance.resource_list(&ctx, kind, changed, &Want { cursor: asked.after, limit: ROWS }).await?;
    let mut owners = BTreeMap::new();
    for owner in page.items.iter().filter_map(|it| it.owner) {
        if let Entry::Vacant(new) = owners.entry(owner) {
            let name = governance.person_find(&ctx, &owner.to_string()).await?.name;
            new.insert(visible_line(&name).into_owned());
        }
    }
    let adds = Act::Import.allows(&ctx.actor).is_ok();
    let people = if adds { people::offered(&governance, &ctx).await? } else { Vec::new() };
    Ok(Found {
        page,
        kind,
        changed,
        paged,
        owners,
        people,
        adds,
        exports: Act::Export.allows(&ctx.actor).is_ok(),
        now: ctx.at,
    })
}

fn list(found: &Found, removed: bool, error: Option<AppError>) -> impl IntoView + use<> {
    let chip = |words: &'static str, href: String, current: bool| {
        view! { <a class="chip" href=href aria-current=current.then_some("true")>{words}</a> }
    };
    let of = |kind: Kind| format!("{}?kind={kind}", paths::RESOURCES);
    let is = |kind: Kind| found.kind == Some(kind) && !found.changed;
    let chips = [
        chip("All", paths::RESOURCES.into(), found.kind.is_none() && !found.changed),
        chip("Tools", of(Kind::Tool), is(Kind::Tool)),
        chip("Destinations", of(Kind::Destination), is(Kind::Destination)),
        chip("Memory stores", of(Kind::MemoryStore), is(Kind::MemoryStore)),
        chip("Changed definition", format!("{}?changed=yes", paths::RESOURCES), found.changed),
    ];
    let body = match (found.page.items.is_empty(), found.changed || found.kind.is_some()) {
        (false, _) => table(found).into_any(),
        (true, true) => view! { <Empty title="None" why="Nothing in the register is like that."/> }.into_any(),
        (true, false) => view! { <Empty title="Nothing is registered yet" why="Tools, destinations and memory stores that are named here reach policy with what is known of them. One that is not trusted, or a tool whose definition changed, waits for a person."/> }.into_any(),
    };
    let query = query(found).map_or_else(String::new, |query| format!("?{query}"));
    let exports = found.exports && !found.page.items.is_empty();
    let actions = ViewFn::from(move || {
        exports.then(|| {
            view! {
                <LinkButton href=format!("{}.csv{query}", paths::RESOURCES)>"CSV"</LinkButton>
                <LinkButton href=format!("{}.json{query}", paths::RESOURCES)>"JSON"</LinkButton>
            }
        })
    });
    let add = found.adds.then(|| form::add(&found.people, found.page.items.is_empty()));
    view! {
        <Page title="Resources" lead="Tools, destinations and memory stores: who answers for them, whether they are trusted, which definition may be used" actions>
            {error.map(|e| view! { <Banner state=State::Deny title="Nothing was changed.">{e.0.detail}</Banner> })}
            {removed.then(|| view! { <Banner state=State::Allow title="It was taken out of the register.">"It is in the log."</Banner> })}
            <nav class="chips" aria-label="Filter by kind">{chips.collect_view()}</nav>
            {body}
            {add}
        </Page>
    }
}

/// What the list is narrowed to, as an address says it.
fn query(found: &Found) -> Option<String> {
    let kind = found.kind.map(|kind| format!("kind={kind}"));
    let parts: Vec<_> = kind.into_iter().chain(found.changed.then(|| "changed=yes".into())).collect();
    (!parts.is_empty()).then(|| parts.join("&"))
}

fn table(found: &Found) -> impl IntoView + use<> {
    let rows = found.page.items.iter().map(|it| row(it, found)).collect_view();
    let columns = ["Resource", "Kind", "Trust", "Definition", "Data class", "Owner"].map(Column::text).to_vec();
    let query = query(found);
    let first = query.as_ref().map_or_else(|| paths::RESOURCES.into(), |q| format!("{}?{q}", paths::RESOURCES));
    let join = if query.is_some() { '&' } else { '?' };
    let next = found.page.next.as_ref().map(|after| format!("{first}{join}after={after}"));
    let first = found.paged.then_some(first);
    let shown = format!("{} shown, by name", found.page.items.len());
    view! { <Table caption="Resources" columns>{rows}</Table><Pager shown newer=first older=next newer_word="First" older_word="Next"/> }
}

fn row(it: &Resource, found: &Found) -> impl IntoView + use<> {
    let href = paths::resource(&it.id.to_string());
    let (state, word) = words::trust(it, found.now);
    let definition = match words::definition(it) {
        Some((state, word)) => view! { <Mark state word/> }.into_any(),
        None => "–".into_any(),
    };
    let class = it.data_class.as_ref().map_or("–".into(), |class| visible_line(class).into_owned());
    let owner = match it.owner.and_then(|id| found.owners.get(&id)) {
        Some(name) => name.clone().into_any(),
        None => view! { <Mark state=State::Unknown word="Nobody"/> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=href><code>{visible_line(&it.name()).into_owned()}</code></a></th>
            <td data-label="Kind">{words::kind(it.kind)}</td>
            <td data-label="Trust"><Mark state word/></td>
            <td data-label="Definition">{definition}</td>
            <td data-label="Data class">{class}</td>
            <td data-label="Owner">{owner}</td>
        </tr>
    }
}
