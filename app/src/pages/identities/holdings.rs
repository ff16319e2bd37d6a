//! What it holds in its sources: entitlements and credentials.
use super::{
    record::Shown,
    words::{capital, many, spaced, used},
};
use crate::parts::{Column, LinkButton, Mark, State, Table, ago};
use governance::{
    credential::Credential,
    entitlement::{Entitlement, Privilege},
    id::SourceId,
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

/// Entitlements shown on the page; the export has all.
const SHOWN: usize = 30;

fn source(shown: &Shown, id: SourceId) -> String {
    let sources = shown.dossier.record.monitoring.sources.iter().filter_map(|s| s.source.as_ref());
    sources
        .into_iter()
        .find(|s| s.id == id)
        .map_or_else(|| "an earlier source".into(), |s| visible_line(&s.name).into_owned())
}

/// What gives power over others, or cannot be judged, stands out; the rest is a plain word.
fn power(privilege: Privilege) -> AnyView {
    let word = capital(privilege.as_str());
    match privilege {
        Privilege::Administrative => view! { <Mark state=State::Deny word/> }.into_any(),
        Privilege::PermissionsManagement => view! { <Mark state=State::Wait word/> }.into_any(),
        Privilege::Unknown => view! { <Mark state=State::Unknown word/> }.into_any(),
        Privilege::Write | Privilege::Tagging | Privilege::List | Privilege::Read => word.into_any(),
    }
}

pub fn entitlements(shown: &Shown) -> impl IntoView + use<> {
    let mut all: Vec<&Entitlement> = shown.dossier.record.entitlements.iter().collect();
    if all.is_empty() {
        return ().into_any();
    }
    // the most power first; within it what is not used
    all.sort_by_key(|e| (std::cmp::Reverse(e.facts.privilege), e.facts.last_used_at, e.key.action.clone()));
    let total = all.len();
    let rows = all.into_iter().take(SHOWN).map(|e| entitlement(e, shown.now)).collect_view();
    let columns = ["Action", "On", "Privilege", "Last used", "Ends"].map(Column::text).to_vec();
    let more = (total > SHOWN)
        .then(|| format!("{SHOWN} of {} shown, most power first", many(total, "entitlement", "entitlements")));
    let href = format!("{}/entitlements", crate::paths::identity(&shown.id()));
    let reach = crate::paths::reach(&shown.id());
    let exports = shown.exports.then(|| exports(&href));
    view! {
        <section class="idn-section" id="entitlements" aria-labelledby="entitlements-title">
            <header class="idn-section-head"><h2 id="entitlements-title">"Entitlements "<span class="idn-total">{total}</span></h2>
                <div class="actions"><LinkButton href=reach>"What it reaches"</LinkButton>{exports}</div>
            </header>
            <div class="idn-held"><Table caption="Entitlements" columns>{rows}</Table></div>
            {more.map(|text| view! { <p class="note idn-more">{text}</p> })}
        </section>
    }
    .into_any()
}

fn exports(href: &str) -> impl IntoView + use<> {
    let (csv, json) = (format!("{href}.csv"), format!("{href}.json"));
    view! { <LinkButton href=csv>"CSV"</LinkButton><LinkButton href=json>"JSON"</LinkButton> }
}

fn entitlement(e: &Entitlement, now: Timestamp) -> impl IntoView + use<> {
    let on = if e.key.resource == "*" { "everything".into() } else { visible_line(&e.key.resource).into_owned() };
    let via = format!("by {}", visible_line(&e.key.via));
    let last = used(e.facts.last_used_at, e.facts.usage_reported, now);
    let ends = e.facts.expires_at.map_or_else(|| "no end".to_owned(), |at| ago(at, now));
    let conditional = e.facts.conditional.then(|| view! { <span class="idn-sub">"under a condition"</span> });
    view! {
        <tr>
            <th scope="row"><code>{visible_line(&e.key.action).into_owned()}</code><span class="idn-sub">{via}</span></th>
            <td data-label="On"><code class="idn-long">{on}</code>{conditional}</td>
            <td data-label="Privilege">{power(e.facts.privilege)}</td>
            <td data-label="Last used">{last}</td>
            <td data-label="Ends">{ends}</td>
        </tr>
    }
}

pub fn credentials(shown: &Shown) -> impl IntoView + use<> {
    let all = &shown.dossier.record.credentials;
    if all.is_empty() {
        return ().into_any();
    }
    let rows = all.iter().map(|c| credential(c, source(shown, c.source), shown.now)).collect_view();
    let columns = ["Credential", "Kind", "Age", "Last used", "Expires", "Kept"].map(Column::text).to_vec();
    let total = all.len();
    view! {
        <section class="idn-section" id="credentials" aria-labelledby="credentials-title">
            <header class="idn-section-head"><h2 id="credentials-title">"Credentials elsewhere "<span class="idn-total">{total}</span></h2></header>
            <Table caption="Credentials elsewhere" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

fn credential(c: &Credential, source: String, now: Timestamp) -> impl IntoView + use<> {
    let f = &c.facts;
    let days =
        |at: Timestamp| super::words::many(usize::try_from((now - at).num_days().max(0)).unwrap_or(0), "day", "days");
    let age = f.in_use_since().map_or_else(|| "source does not say".to_owned(), days);
    let expires = match (f.expires_at, f.expiry_reported) {
        (Some(at), _) => ago(at, now),
        (None, true) => "never".into(),
        (None, false) => "source does not say".into(),
    };
    let kept = f.storage.map_or_else(|| "source does not say".to_owned(), |s| capital(s.as_str()));
    let mut marks = Vec::new();
    if f.exposed {
        marks.push((State::Deny, "Readable"));
    }
    if f.trust_wildcard {
        marks.push((State::Deny, "Anyone"));
    }
    if !f.active {
        marks.push((State::Unknown, "Inactive"));
    }
    let marks = marks.into_iter().map(|(state, word)| view! { " "<Mark state word/> }).collect_view();
    let sub = if f.detail.is_empty() { source } else { format!("{source} · {}", visible_line(&f.detail)) };
    let same =
        f.same_as.as_deref().map(|place| format!("the same secret in several places, first {}", visible_line(place)));
    let same = same.map(|words| view! { <span class="idn-sub">{words}</span> });
    view! {
        <tr>
            <th scope="row"><code>{visible_line(&c.key).into_owned()}</code>{marks}<span class="idn-sub">{sub}</span>{same}</th>
            <td data-label="Kind">{spaced(f.kind.as_str())}</td>
            <td data-label="Age">{age}</td>
            <td data-label="Last used">{used(f.last_used_at, f.usage_reported, now)}</td>
            <td data-label="Expires">{expires}</td>
            <td data-label="Kept">{kept}</td>
        </tr>
    }
}
