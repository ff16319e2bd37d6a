//! What a message says of the register: to owners, and to those who may give an owner. Names of ours and times, nothing that an
//! agent wrote.
use super::text::{Text, minute};
use governance::{
    engine::notices::{Answering, Gaps, Registered},
    notice::Kind,
    text::visible_line,
};

/// An agent's build or a tool's definition is no longer the approved one.
#[must_use]
pub fn changed(kind: Kind, it: &Registered, link: &str) -> Text {
    let (name, at) = (visible_line(&it.name), minute(it.at));
    if kind == Kind::DefinitionChanged {
        let lines = vec![
            format!("At {at} a gateway saw {name} with another definition than the one that was approved."),
            "What agents ask to do with it waits for a person.".to_owned(),
            format!("See what changed; then somebody who does not answer for it says which one may be used: {link}"),
        ];
        return Text { subject: format!("{name} has another definition than the approved one"), lines };
    }
    let lines = vec![
        format!("At {at} {name} asked with another model, prompt or tools than before."),
        "It is permitted nothing, and its grants are suspended, until somebody says which build may act.".to_owned(),
        format!("See what changed, then approve it or the one before: {link}"),
    ];
    Text { subject: format!("{name} runs another build: what it may do is suspended"), lines }
}

/// Somebody answers for these no longer.
#[must_use]
pub fn answering(kind: Kind, it: &Answering, link: &str) -> Text {
    let names = named(&it.names, it.more);
    if kind == Kind::Orphaned {
        let lines = vec![
            format!("Nobody active answers any more for {names}."),
            "What takes a person or a grant is denied to them until they have an owner; grants that run finish."
                .to_owned(),
            format!("Say who answers for them; for each somebody is proposed: {link}"),
        ];
        return Text { subject: format!("Without an owner: {names}"), lines };
    }
    let lines = vec![
        format!("Whoever answered for {names} does so no longer; the backup owner answers from now on."),
        format!("See what it may do, keep it or hand it on, and name a new backup owner: {link}"),
    ];
    Text { subject: format!("The backup owner answers now for {names}"), lines }
}

/// The time of what nobody answers for runs out, or has.
#[must_use]
pub fn gaps(it: &Gaps, link: &str) -> Text {
    let all = it.ending.saturating_add(it.over);
    let more = usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(it.names.len());
    let lines = vec![
        format!("{} overdue, {} within two days: {}.", it.over, it.ending, named(&it.names, more)),
        "Agents and accounts that nobody registered, or that nobody answers for, are to have an owner within seven days of when they were first seen.".to_owned(),
        format!("Register them and give them owners: {link}"),
    ];
    Text { subject: format!("{all} without an owner, {} of them overdue", it.over), lines }
}

fn named(names: &[String], more: usize) -> String {
    let names: Vec<_> = names.iter().map(|name| visible_line(name).into_owned()).collect();
    match more {
        0 => names.join(", "),
        n => format!("{} and {n} more", names.join(", ")),
    }
}
