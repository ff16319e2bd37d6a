//! One secret: what its source tells, and what it does not.
use crate::{
    pages::identities::words::{self, capital, kind_icon, many, since, spaced},
    parts::{Icon, Mark, State, ago},
    paths,
};
use governance::{
    secret::{Concern, Holder, Rotation, Secret, rotation},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

const NOT_TOLD: &str = "not told";

const fn state(concern: Concern) -> State {
    match concern {
        Concern::Exposed | Concern::AcrossEnvironments => State::Deny,
        Concern::Shared | Concern::UsedByPeople | Concern::Expired | Concern::Old | Concern::Unused => State::Wait,
        Concern::AgeNotTold => State::Unknown,
        Concern::NeverExpires | Concern::NeverRotated | Concern::InFile => State::Info,
    }
}

fn holder(it: &Holder) -> impl IntoView + use<> {
    let environment = it.environment.map(|e| format!(" ({e})"));
    let name = visible_line(&it.name).into_owned();
    view! { <span class="idn-sub">"also "<a href=paths::identity(&it.id.to_string())>{name}</a>{environment}</span> }
}

fn concerns(it: &Secret) -> impl IntoView + use<> {
    let items = it.concerns.iter().map(|concern| {
        let (state, word) = (state(*concern), concern.title());
        let others = (*concern == Concern::Shared).then(|| it.elsewhere.iter().map(holder).collect_view());
        view! { <li><Mark state word/>{others}</li> }
    });
    match it.concerns.is_empty() {
        true => "none told".into_any(),
        false => view! { <ul>{items.collect_view()}</ul> }.into_any(),
    }
}

/// When it was last used; a source that is silent says nothing of what came after.
fn used(it: &Secret, now: Timestamp) -> impl IntoView + use<> {
    let f = &it.credential.facts;
    let words = words::used(f.last_used_at, f.usage_reported, now);
    let stale = (it.stale && f.usage_reported).then(|| view! { <span class="idn-sub">"source not read lately"</span> });
    view! { {words}{stale} }
}

pub fn row(it: &Secret, now: Timestamp) -> impl IntoView + use<> {
    let f = &it.credential.facts;
    let days = |at: Timestamp| many(usize::try_from((now - at).num_days().max(0)).unwrap_or(0), "day", "days");
    let rotated = match rotation(&it.credential) {
        Rotation::At(at) => since(at, now),
        Rotation::Never(_) => "never since it was made".into(),
        Rotation::NotTold => NOT_TOLD.into(),
    };
    let expires = match (f.expires_at, f.expiry_reported) {
        (Some(at), _) => ago(at, now),
        (None, true) => "never".into(),
        (None, false) => NOT_TOLD.into(),
    };
    let kind = capital(&spaced(f.kind.as_str()));
    let sub = format!("{kind} · {}", visible_line(&it.source_name));
    let off = (!f.active).then(|| view! { " "<Mark state=State::Unknown word="Inactive"/> });
    let environment = it.environment.map_or("environment not told".to_owned(), |e| e.to_string());
    let href = format!("{}#credentials", paths::identity(&it.credential.identity.to_string()));
    view! {
        <tr>
            <th scope="row"><code class="idn-long">{visible_line(&it.credential.key).into_owned()}</code>{off}<span class="idn-sub">{sub}</span></th>
            <td data-label="Identity"><span class="idn-kind"><Icon name=kind_icon(it.identity_kind)/><a href=href>{visible_line(&it.identity_name).into_owned()}</a></span><span class="idn-sub">{environment}</span></td>
            <td data-label="Concerns" class="prv-why">{concerns(it)}</td>
            <td data-label="Age">{f.in_use_since().map_or_else(|| NOT_TOLD.to_owned(), days)}</td>
            <td data-label="Rotated">{rotated}</td>
            <td data-label="Expires">{expires}</td>
            <td data-label="Last used">{used(it, now)}</td>
            <td data-label="Kept">{f.storage.map_or_else(|| NOT_TOLD.to_owned(), |s| capital(&spaced(s.as_str())))}</td>
        </tr>
    }
}
