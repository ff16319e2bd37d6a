//! I3: what is stopped at each place of the log, and whom that reaches.
use super::held::Held;
use super::report::Report;
use crate::log::Entry;
use crate::log::event::EventKind;
use std::collections::{BTreeMap, BTreeSet};

/// What the log says of one identity.
#[derive(Debug, Clone, Default)]
struct Party {
    owner: Option<String>,
    backup: Option<String>,
    source: Option<String>,
    status: Option<String>,
    /// Its registration was seen, so that an owner who is not there is none.
    registered: bool,
}

/// Stops that stand, and the identities they could reach.
#[derive(Debug, Clone, Default)]
pub(super) struct Stops {
    /// `(kind, id)` of a target, and the revocation by which it is stopped now: a later one takes the earlier one's place.
    active: BTreeMap<(String, String), String>,
    parties: BTreeMap<String, Party>,
    pub sealed: bool,
    pub held: Held,
}

impl Stops {
    pub fn step(&mut self, event: &Entry, report: &mut Report) {
        let stands = event.ids.get("revocation").is_some_and(|id| self.active.values().any(|by| by == id));
        self.held.step(event, stands, report);
        match event.kind {
            EventKind::RevocationMade => self.made(event),
            EventKind::RevocationUndone => {
                let undone = event.ids.get("revocation");
                self.active.retain(|_, revocation| Some(&*revocation) != undone);
            }
            EventKind::Sealed => self.sealed = true,
            EventKind::Unsealed => self.sealed = false,
            _ => self.register(event),
        }
    }

    fn made(&mut self, event: &Entry) {
        let kind = event.outcome.clone().unwrap_or_default();
        // a grant is ended, not stopped
        if kind != "grant" {
            let revocation = event.ids.get("revocation").cloned().unwrap_or_default();
            self.active.insert((kind, event.subject.clone().unwrap_or_default()), revocation);
        }
    }

    fn register(&mut self, event: &Entry) {
        let id = |name: &str| event.ids.get(name).cloned();
        let Some(subject) = &event.subject else { return };
        match event.kind {
            EventKind::IdentityAdded => {
                let status = Some("active".to_owned());
                let party =
                    Party { owner: id("owner"), backup: id("backup"), source: id("source"), status, registered: true };
                self.parties.insert(subject.clone(), party);
            }
            EventKind::IdentityOwned => {
                let party = self.parties.entry(subject.clone()).or_default();
                (party.owner, party.backup) = (id("owner"), id("backup"));
            }
            EventKind::IdentityChanged => {
                let party = self.parties.entry(subject.clone()).or_default();
                party.status.clone_from(&event.outcome);
                party.source = id("source").or(party.source.take());
            }
            // it goes on with another of its sources, or with none
            EventKind::IdentitySplit => self.parties.entry(subject.clone()).or_default().source = id("came_with"),
            EventKind::IdentityAttested => {
                let party = self.parties.entry(subject.clone()).or_default();
                match event.outcome.as_deref() {
                    Some("retire") => party.status = Some("retiring".into()),
                    Some("not_mine") if party.owner.as_ref() == Some(&event.actor) => {
                        (party.owner, party.backup) = (id("owner"), None);
                    }
                    Some("not_mine") => party.backup = None,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// What is stopped, as a decision records it.
    pub fn targets(&self) -> BTreeSet<(String, String)> {
        self.active.keys().cloned().collect()
    }

    /// The stop that reaches these identities or this action, in words. `owners` and `sources` are theirs as recorded; where
    /// they are not, those the log tells count.
    pub fn reaching<'a>(
        &self,
        identities: impl Iterator<Item = &'a String> + Clone,
        action: Option<&str>,
        owners: Option<&BTreeSet<String>>,
        sources: Option<&BTreeSet<String>>,
    ) -> Option<String> {
        let parties = || identities.clone().filter_map(|id| self.parties.get(id));
        let owned = |by: &String| match owners {
            Some(owners) => owners.contains(by),
            None => parties().any(|p| p.owner.as_ref() == Some(by)),
        };
        let from = |source: &String| match sources {
            Some(sources) => sources.contains(source),
            None => parties().any(|p| p.source.as_ref() == Some(source)),
        };
        self.active.iter().find_map(|((kind, id), revocation)| {
            let reaches = match kind.as_str() {
                "everything" => true,
                "tool" => action == Some(id),
                "identity" => identities.clone().any(|i| i == id),
                "owner" => owned(id),
                "source" => from(id),
                _ => false,
            };
            reaches.then(|| format!("{revocation} stops {}", [kind.as_str(), id].join(" ").trim_end()))
        })
    }

    /// An identity among these that is not active by the log, with what it is.
    pub fn inactive<'a>(&self, mut identities: impl Iterator<Item = &'a String>) -> Option<(&'a String, &str)> {
        identities.find_map(|id| {
            let status = self.parties.get(id)?.status.as_deref()?;
            (status != "active").then_some((id, status))
        })
    }

    /// The owner of an identity by the log; `None` where the log does not tell.
    pub fn owner(&self, identity: &str) -> Option<Option<&String>> {
        self.parties.get(identity).filter(|p| p.registered).map(|p| p.owner.as_ref())
    }

    /// Whether an identity's owner or source is this one, by the log.
    pub fn belongs(&self, identity: &str, kind: &str, id: &str) -> bool {
        self.parties.get(identity).is_some_and(|party| match kind {
            "owner" => party.owner.as_deref() == Some(id),
            "source" => party.source.as_deref() == Some(id),
            _ => false,
        })
    }

    /// Anything of this kind is stopped.
    pub fn any(&self, kind: &str) -> bool {
        self.active.keys().any(|(k, _)| k == kind)
    }
}
