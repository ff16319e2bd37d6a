//! One of two identities that may be one: what the register and each source say of it.
use crate::{
    pages::identities::words::{capital, spaced},
    parts::{Fact, Facts, Panel, State, ago, minutes},
    paths,
};
use governance::{
    matching::{ShownBy, Side},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

/// A panel of it, with what stands below.
pub fn panel<B: IntoView + 'static>(it: &Side, title: String, now: Timestamp, below: B) -> impl IntoView + use<B> {
    let name = Fact {
        href: Some(paths::identity(&it.id.to_string())),
        ..Fact::new("Identity", visible_line(&it.name).into_owned())
    };
    let owner = match &it.owner {
        Some(owner) => Fact::new("Owner", visible_line(owner).into_owned()),
        None => Fact { state: Some((State::Unknown, "Nobody".into())), ..Fact::new("Owner", "") },
    };
    let mut facts = vec![
        name,
        Fact::new("Kind", spaced(it.kind.as_str())),
        Fact::new("State", capital(it.status.as_str())),
        owner,
        Fact {
            source: Some(minutes(it.registered_at)),
            ..Fact::new("In the register since", ago(it.registered_at, now))
        },
    ];
    match it.shown.is_empty() {
        true => {
            facts.push(Fact { source: Some("a person registered it".into()), ..Fact::new("Sources", "none shows it") })
        }
        false => facts.extend(it.shown.iter().map(|shown| said(shown, now))),
    }
    view! { <Panel title=title><Facts facts/>{below}</Panel> }
}

/// What one source says.
fn said(it: &ShownBy, now: Timestamp) -> Fact {
    let used = match (it.last_used_at, it.usage_reported, it.stale) {
        (Some(at), _, _) => format!("last used {}", ago(at, now)),
        (None, true, false) => "not used as far as it looks back".into(),
        (None, _, _) => "it does not say when it was used".into(),
    };
    let made =
        it.created_at.map_or_else(|| "it does not say when it was made".into(), |at| format!("made {}", ago(at, now)));
    let state = match (it.gone, it.stale) {
        (true, _) => Some((State::Unknown, "Gone".to_owned())),
        (false, true) => Some((State::Wait, "Stale".to_owned())),
        (false, false) => None,
    };
    let name = visible_line(&it.name);
    let called = if it.name == it.principal { String::new() } else { format!("called {name}; ") };
    let source = format!("{called}{made}; {used}; shown {}", ago(it.last_seen_at, now));
    let (title, principal) = (visible_line(&it.source).into_owned(), visible_line(&it.principal).into_owned());
    Fact { state, source: Some(source), ..Fact::new(title, principal) }
}
