//! Naming a person in a form: who is offered, who was meant, and who is proposed.
use governance::{
    engine::{Ctx, Governance, page::Want, successors::Successor},
    error::{Error, Result},
    id::PersonId,
    person::{Person, Status},
    text::visible_line,
};
use leptos::prelude::*;

/// People offered where somebody is to be named.
const OFFERED: u16 = 200;

/// Whom one can name.
///
/// # Errors
/// As `Governance::person_list`.
pub async fn offered(governance: &Governance, ctx: &Ctx) -> Result<Vec<Person>> {
    let all = governance.person_list(ctx, &Want { cursor: None, limit: OFFERED }).await?.items;
    Ok(all.into_iter().filter(|p| p.status == Status::Active).collect())
}

/// The list behind the fields whose `list` is `people`.
pub fn datalist(people: &[Person]) -> impl IntoView + use<> {
    let options = people.iter().map(|p| {
        view! { <option value=p.email.clone()>{visible_line(&p.name).into_owned()}</option> }
    });
    view! { <datalist id="people">{options.collect_view()}</datalist> }
}

/// The person an address means.
///
/// # Errors
/// `Invalid` for an address nobody has.
pub async fn named(governance: &Governance, ctx: &Ctx, address: &str) -> Result<PersonId> {
    let found = governance.person_find(ctx, address.trim()).await;
    found.map(|p| p.id).map_err(|e| Error::invalid(format!("{}: choose one of the register", e.detail)))
}

/// Who could answer for it, each with the reasons, the likeliest first.
pub fn successors(all: &[Successor]) -> impl IntoView + use<> {
    let listed = all.iter().map(|s| {
        let (name, why) = (visible_line(&s.name).into_owned(), s.reasons.join(", "));
        view! { <li><strong>{name}</strong>" "<span class="source">{why}</span></li> }
    });
    view! { <ul class="vis-people">{listed.collect_view()}</ul> }
}
