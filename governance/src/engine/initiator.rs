//! What started the work, and whose word that is (UC-20).
use super::committer::Prepared;
use super::decisions::Known;
use crate::id::PersonId;
use serde_json::{Map, Value};

/// The kind where nobody says what started the work, or nobody who is believed.
pub(crate) const UNKNOWN: &str = "unknown";

/// What started the work, as far as it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Initiator<'a> {
    /// `person`, `schedule`, `event`, `self` or `unknown`.
    pub kind: &'a str,
    /// A gateway says so.
    pub checked: bool,
    /// The person of ours a gateway names.
    pub person: Option<PersonId>,
    /// What the agent says of itself and is not believed.
    pub claimed: Option<&'a str>,
}

impl Prepared {
    /// A gateway is believed. An agent's own word is believed where it can only narrow: that nobody asked for this.
    pub(crate) fn initiator(&self, known: &Known) -> Initiator<'_> {
        let believed = |kind, checked, person| Initiator { kind, checked, person, claimed: None };
        match self.told.initiator.as_deref() {
            Some(kind) if self.key.is_gateway() => believed(kind, true, known.started_by),
            Some("self") => believed("self", false, None),
            claimed => Initiator { claimed, ..believed(UNKNOWN, false, None) },
        }
    }
}

impl Initiator<'_> {
    /// What `context.initiator` is to policy: `{kind, checked, person?}`.
    pub fn for_policy(&self) -> Value {
        let mut it = Map::new();
        it.insert("kind".into(), self.kind.into());
        it.insert("checked".into(), self.checked.into());
        it.extend(self.person.map(|id| ("person".to_owned(), id.to_string().into())));
        it.into()
    }
}
