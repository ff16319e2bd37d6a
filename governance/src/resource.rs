//! What agents act with and on, as the register knows it: tools, destinations and memory stores. What it says of them reaches
//! policy, never what the asker says.
//!
//! `change.rs` what is said of one; `listed.rs` what of it reaches a decision.
mod change;
mod listed;

use crate::error::{Error, Result};
use crate::id::{PersonId, ResourceId};
use crate::time::Timestamp;
use crate::words;
pub use change::Change;
pub use listed::{Listed, Register};
use serde::{Deserialize, Serialize};

/// The type under which an action itself is a tool: `action:crm.read`.
pub const ACTION: &str = "action";
/// The type of a destination where a bundle names no other.
pub const DESTINATION: &str = "destination";
/// Resources the register holds at most: decisions read them from memory.
pub const MOST: i64 = 20_000;

words! {
    pub enum Kind("kind of resource") {
        Tool = "tool",
        /// Where data goes: a host, a bucket, a mailbox.
        Destination = "destination",
        /// What an agent remembers in, from one run to the next.
        MemoryStore = "memory_store",
    }
}

words! {
    /// What a person said of it.
    #[derive(Default)]
    pub enum Trust("trust") {
        Trusted = "trusted",
        Untrusted = "untrusted",
        #[default]
        Unknown = "unknown",
    }
}

words! {
    /// What that comes to at an instant.
    pub enum Standing("standing") {
        Trusted = "trusted",
        Untrusted = "untrusted",
        Unknown = "unknown",
        /// It was trusted until then.
        Expired = "expired",
    }
}

words! {
    /// A tool's definition beside the one that was approved.
    pub enum Definition("definition") {
        Approved = "approved",
        /// Another one was seen, or is named: it waits for a person.
        Changed = "changed",
        /// None was approved yet.
        Unapproved = "unapproved",
        /// Nobody says which one it runs.
        Unknown = "unknown",
    }
}

/// One tool, destination or memory store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub id: ResourceId,
    pub kind: Kind,
    /// Type and id as questions name it.
    pub resource_type: String,
    pub resource_id: String,
    pub owner: Option<PersonId>,
    pub data_class: Option<String>,
    pub trust: Trust,
    /// It is trusted before this instant; `None`: without an end.
    pub trusted_until: Option<Timestamp>,
    /// Days a memory store keeps what is put into it.
    pub retention_days: Option<u32>,
    pub purpose: Option<String>,
    /// The definition that may be used: hex SHA-256 of what the tool says of itself.
    pub definition: Option<String>,
    /// As the log names who approved it.
    pub approved_by: Option<String>,
    pub approved_at: Option<Timestamp>,
    /// The definition that a gateway saw last.
    pub seen: Option<String>,
    pub seen_at: Option<Timestamp>,
    /// When another one than the approved was first seen; `None`: nothing waits.
    pub changed_at: Option<Timestamp>,
    pub added_at: Timestamp,
    /// The place in the log of its latest event.
    pub seq: i64,
    pub version: i64,
}

impl Resource {
    /// One of which nothing is known but what it is and how questions name it.
    ///
    /// # Errors
    /// `Invalid` for a type or an id that no question could name.
    pub fn new(id: ResourceId, kind: Kind, name: (&str, &str), at: Timestamp) -> Result<Self> {
        let (resource_type, resource_id) = name;
        check_name("type", resource_type, 256)?;
        check_name("id", resource_id, 1_024)?;
        Ok(Self {
            id,
            kind,
            resource_type: resource_type.to_owned(),
            resource_id: resource_id.to_owned(),
            owner: None,
            data_class: None,
            trust: Trust::Unknown,
            trusted_until: None,
            retention_days: None,
            purpose: None,
            definition: None,
            approved_by: None,
            approved_at: None,
            seen: None,
            seen_at: None,
            changed_at: None,
            added_at: at,
            seq: 0,
            version: 0,
        })
    }

    /// `mcp_tool:files.read`
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.resource_type, self.resource_id)
    }

    /// What the trust in it comes to at this instant.
    #[must_use]
    pub fn standing(&self, at: Timestamp) -> Standing {
        match self.trust {
            Trust::Trusted if self.trusted_until.is_some_and(|until| at >= until) => Standing::Expired,
            Trust::Trusted => Standing::Trusted,
            Trust::Untrusted => Standing::Untrusted,
            Trust::Unknown => Standing::Unknown,
        }
    }

    /// Its definition beside the approved one, where the asker names `given`. The asker's word can only make it stricter: that
    /// it runs the approved one is a gateway's to say.
    #[must_use]
    pub fn definition(&self, given: Option<&str>) -> Definition {
        let Some(approved) = self.definition.as_deref() else { return Definition::Unapproved };
        let seen = self.seen.as_deref();
        let other = seen.into_iter().chain(given).any(|digest| digest != approved);
        match (self.changed_at.is_some() || other, seen) {
            (true, _) => Definition::Changed,
            (false, Some(_)) => Definition::Approved,
            (false, None) => Definition::Unknown,
        }
    }

    /// A gateway saw this definition; whether that changes anything. Going back to the approved one lifts nothing: a person
    /// looks first.
    pub fn see(&mut self, digest: &str, at: Timestamp) -> bool {
        let other = self.definition.as_deref().is_some_and(|approved| approved != digest);
        if self.seen.as_deref() == Some(digest) && (!other || self.changed_at.is_some()) {
            return false;
        }
        (self.seen, self.seen_at) = (Some(digest.to_owned()), Some(at));
        if other {
            self.changed_at.get_or_insert(at);
        }
        true
    }

    /// A person says which definition may be used from now on: the one that was seen, or that it stays the one it was. While a
    /// gateway saw another one last, the tool waits until it sees this one.
    ///
    /// # Errors
    /// `Invalid` for what is no digest and for what has no definition; `Conflict` if that very one may be used already and
    /// nothing waits.
    pub fn approve(mut self, digest: &str, by: &str, at: Timestamp) -> Result<Self> {
        if self.kind != Kind::Tool {
            return Err(Error::invalid(format!("{} is a {}: only tools have a definition", self.name(), self.kind)));
        }
        crate::build::check_digest(digest, "definition")?;
        if self.definition.as_deref() == Some(digest) && self.changed_at.is_none() {
            return Err(Error::conflict("this definition may be used already, and no other waits"));
        }
        (self.definition, self.approved_by, self.approved_at) =
            (Some(digest.to_owned()), Some(by.to_owned()), Some(at));
        self.changed_at = None;
        Ok(self)
    }
}

/// `TYPE:ID` as the command line takes it; the id may hold colons.
///
/// # Errors
/// `Invalid` without a colon.
pub fn split(name: &str) -> Result<(&str, &str)> {
    name.split_once(':').ok_or_else(|| Error::invalid("name it as questions do: TYPE:ID, such as mcp_tool:files.read"))
}

fn check_name(what: &str, name: &str, most: usize) -> Result<()> {
    if name.chars().count() > most {
        return Err(Error::invalid(format!("{what}: at most {most} characters")));
    }
    let short: String = name.chars().take(256).collect();
    crate::identity::check_name(short.trim_end()).map_err(|e| Error::invalid(format!("{what}: {}", e.detail)))?;
    let hidden = name.chars().any(char::is_control) || name.trim() != name;
    if hidden { Err(Error::invalid(format!("{what}: no control characters, no space at its ends"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind as Wrong;
    use chrono::TimeDelta;

    fn at(second: i64) -> Timestamp {
        Timestamp::EPOCH + TimeDelta::seconds(second)
    }
    fn digest(n: u8) -> String {
        format!("{n:064x}")
    }
    fn tool() -> Resource {
        let it = Resource::new(ResourceId::new(at(0), [1; 10]), Kind::Tool, ("mcp_tool", "files.read"), at(0)).unwrap();
        it.approve(&digest(1), "per_1", at(0)).unwrap()
    }

    #[test]
    fn trust_ends_at_its_instant() {
        let mut it = tool();
        assert_eq!(it.standing(at(1)), Standing::Unknown);
        (it.trust, it.trusted_until) = (Trust::Trusted, Some(at(10)));
        assert_eq!((it.standing(at(9)), it.standing(at(10))), (Standing::Trusted, Standing::Expired));
        it.trust = Trust::Untrusted;
        assert_eq!(it.standing(at(1)), Standing::Untrusted);
    }

    #[test]
    fn another_definition_waits_until_a_person_looked() {
        let mut it = tool();
        assert_eq!(it.definition(None), Definition::Unknown);
        assert_eq!(it.definition(Some(&digest(1))), Definition::Unknown, "nobody but the asker says so");
        assert_eq!(it.definition(Some(&digest(2))), Definition::Changed);
        assert!(it.see(&digest(1), at(1)) && !it.see(&digest(1), at(2)));
        assert_eq!(it.definition(None), Definition::Approved);
        assert!(it.see(&digest(2), at(3)));
        assert!(it.see(&digest(1), at(4)), "what was seen last is kept");
        // the asker's word does not lift it, neither does going back
        assert_eq!((it.definition(Some(&digest(1))), it.changed_at), (Definition::Changed, Some(at(3))));
        let mut it = it.approve(&digest(2), "per_2", at(5)).unwrap();
        assert_eq!(it.definition(Some(&digest(2))), Definition::Changed, "it was seen with another one last");
        assert!(it.see(&digest(2), at(6)));
        assert_eq!((it.definition(None), it.changed_at), (Definition::Approved, None));
        assert_eq!(it.approve(&digest(2), "per_2", at(6)).unwrap_err().kind, Wrong::Conflict);
    }

    #[test]
    fn only_tools_have_a_definition_and_only_digests_are_one() {
        let id = ResourceId::new(at(0), [1; 10]);
        let host = Resource::new(id, Kind::Destination, (DESTINATION, "a.example"), at(0)).unwrap();
        assert_eq!(host.approve(&digest(1), "per_1", at(0)).unwrap_err().kind, Wrong::Invalid);
        assert_eq!(tool().approve("v2", "per_1", at(0)).unwrap_err().kind, Wrong::Invalid);
        for bad in [("", "x"), ("x", ""), ("x", " y"), ("x", "a\u{202e}b"), ("x", "a\nb")] {
            assert!(Resource::new(id, Kind::Tool, bad, at(0)).is_err(), "{bad:?}");
        }
        assert!(Resource::new(id, Kind::Tool, ("url", &"a".repeat(1_024)), at(0)).is_ok());
    }
}
