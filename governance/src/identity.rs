//! A non-human identity: an agent, a service account, a workload, a pipeline or an API key, and its life.
use crate::{
    error::{Error, Result},
    id::{IdentityId, PersonId, SourceId},
    time::Timestamp,
    words,
};
use serde::{Deserialize, Serialize};

pub mod change;
pub mod record;

words! {
    /// What sort of software it is. The same words are subject types on the wire (interfaces.md).
    pub enum Kind("kind of identity") {
        Agent = "agent",
        ServiceAccount = "service_account",
        Workload = "workload",
        Pipeline = "pipeline",
        ApiKey = "api_key",
    }
}

words! {
    /// Where in its life it stands. Only `active` may be permitted anything.
    pub enum Status("status of an identity") {
        Active = "active",
        Suspended = "suspended",
        /// Its end is decided; what is still live elsewhere is being ended.
        Retiring = "retiring",
        Retired = "retired",
    }
}

words! {
    /// `observe` answers permit and records what it would have answered; `enforce` decides (semantics.md, modes).
    pub enum Mode("mode") {
        Observe = "observe",
        Enforce = "enforce",
    }
}

words! {
    /// Where it runs. Production asks for a backup owner.
    pub enum Environment("environment") {
        Production = "production",
        Staging = "staging",
        Test = "test",
        Development = "development",
    }
}

words! {
    /// What harm it can do, as its owner says.
    pub enum Criticality("criticality") {
        Low = "low",
        Medium = "medium",
        High = "high",
        Critical = "critical",
    }
}

impl Environment {
    /// The environment a tag or a file means: its own word or one in common use. `None` for a word that says nothing to us.
    #[must_use]
    pub fn guess(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "production" | "prod" | "prd" | "live" => Some(Self::Production),
            "staging" | "stage" | "stg" | "preprod" | "pre-production" | "uat" => Some(Self::Staging),
            "test" | "tst" | "qa" | "testing" | "ci" => Some(Self::Test),
            "development" | "dev" | "sandbox" | "local" => Some(Self::Development),
            _ => None,
        }
    }
}

impl Status {
    /// Whether the life of an identity has this step.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Active, Self::Suspended | Self::Retiring | Self::Retired)
                | (Self::Suspended, Self::Active | Self::Retiring | Self::Retired)
                | (Self::Retiring, Self::Retired | Self::Active)
                | (Self::Retired, Self::Active)
        )
    }
}

/// The documented limit of an identity (product.md, boundary). An empty list means that nothing was said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Boundary {
    pub systems: Vec<String>,
    pub tools: Vec<String>,
    pub data_classes: Vec<String>,
    /// Names of identities it may hand work to.
    pub downstream: Vec<String>,
    /// A limit by name, in words: `refunds a day` → `2,000.00 EUR`.
    pub thresholds: std::collections::BTreeMap<String, String>,
    /// When it may act, such as `Mon-Fri 07:00-19:00 Europe/Berlin`.
    pub active_hours: Option<String>,
}

impl Boundary {
    /// Whether anything of what it may reach was said.
    #[must_use]
    pub fn says_scope(&self) -> bool {
        !(self.systems.is_empty() && self.tools.is_empty() && self.data_classes.is_empty())
    }
}

/// One identity as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: IdentityId,
    pub kind: Kind,
    /// Unique within its kind: the id by which it asks (`subject.id`).
    pub name: String,
    /// `None`: nobody said.
    pub environment: Option<Environment>,
    pub status: Status,
    pub mode: Mode,
    pub owner: Option<PersonId>,
    pub backup: Option<PersonId>,
    pub team: Option<String>,
    /// What it is for, in its owner's words.
    pub purpose: Option<String>,
    pub criticality: Option<Criticality>,
    /// How far it acts by itself, 0 (a person does each step) to 5 (nobody watches), as its owner says.
    pub autonomy: Option<u8>,
    pub boundary: Option<Boundary>,
    /// The source that first showed it; `None` when a person registered it.
    pub source: Option<SourceId>,
    /// That source's own name for it, such as an ARN.
    pub external_ref: Option<String>,
    /// The earliest sign of it: made, as its source says, else first shown to us.
    pub first_seen_at: Timestamp,
    pub registered_at: Timestamp,
    /// When a source last showed it, or it last asked.
    pub last_seen_at: Option<Timestamp>,
    /// The last use a source tells of; with `usage_reported` false, `None` means that none does.
    pub last_used_at: Option<Timestamp>,
    pub usage_reported: bool,
    /// When its owner last answered for it.
    pub attested_at: Option<Timestamp>,
    /// The day it is to end.
    pub ends_at: Option<Timestamp>,
    pub suspended_at: Option<Timestamp>,
    pub retired_at: Option<Timestamp>,
    /// Raised by every revocation: what was bound to a lower one is void (semantics.md, grants and revocation).
    pub epoch: i64,
    pub version: i64,
}

impl Identity {
    /// One that nobody said anything of but what it is called: active, enforced, unowned, known from now on.
    #[must_use]
    pub const fn new(id: IdentityId, kind: Kind, name: String, at: Timestamp) -> Self {
        Self {
            id,
            kind,
            name,
            environment: None,
            status: Status::Active,
            mode: Mode::Enforce,
            owner: None,
            backup: None,
            team: None,
            purpose: None,
            criticality: None,
            autonomy: None,
            boundary: None,
            source: None,
            external_ref: None,
            first_seen_at: at,
            registered_at: at,
            last_seen_at: None,
            last_used_at: None,
            usage_reported: false,
            attested_at: None,
            ends_at: None,
            suspended_at: None,
            retired_at: None,
            epoch: 0,
            version: 0,
        }
    }

    /// Moves it along its life.
    ///
    /// # Errors
    /// `Conflict` when its life has no such step.
    pub fn become_status(&mut self, next: Status, at: Timestamp) -> Result<()> {
        if !self.status.may_become(next) {
            return Err(Error::conflict(format!("{} is {}: it cannot become {next}", self.name, self.status)));
        }
        self.status = next;
        self.suspended_at = (next == Status::Suspended).then_some(at);
        self.retired_at = (next == Status::Retired).then_some(at);
        Ok(())
    }

    /// Says who answers for it.
    ///
    /// # Errors
    /// `Invalid` when owner and backup are one person, or when there is no backup in production.
    pub fn own(&mut self, owner: PersonId, backup: Option<PersonId>) -> Result<()> {
        if backup == Some(owner) {
            return Err(Error::invalid(format!("{}: owner and backup are the same person; name two", self.name)));
        }
        if backup.is_none() && self.environment == Some(Environment::Production) {
            return Err(Error::invalid(format!("{}: production asks for a backup owner; name one", self.name)));
        }
        (self.owner, self.backup) = (Some(owner), backup);
        Ok(())
    }
}

/// Refuses a name that could not be shown, sent or searched for.
///
/// # Errors
/// `Invalid` for an empty name, one over 256 characters, and for control or invisible characters.
pub fn check_name(name: &str) -> Result<()> {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    if name.trim().is_empty() {
        return Err(Error::invalid("a name is needed"));
    }
    if name.trim() != name {
        return Err(Error::invalid(format!(
            "{:?}: a name neither starts nor ends with a space",
            crate::word::short(name)
        )));
    }
    if name.chars().count() > 256 {
        return Err(Error::invalid(format!("{:?}: a name has at most 256 characters", crate::word::short(name))));
    }
    if name.chars().any(bad) {
        return Err(Error::invalid(format!(
            "{:?}: a name has no control or invisible characters",
            crate::word::short(name)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_micros(minute * 60_000_000).unwrap()
    }
    fn person(n: u8) -> PersonId {
        PersonId::new(at(0), [n; 10])
    }
    fn identity() -> Identity {
        let it = Identity::new(IdentityId::new(at(0), [1; 10]), Kind::Agent, "refund-bot".into(), at(0));
        Identity { environment: Some(Environment::Production), ..it }
    }

    #[test]
    fn a_life_has_only_its_own_steps() {
        use Status::{Active, Retired, Retiring, Suspended};
        let refused = [(Retired, Suspended), (Retired, Retiring), (Retiring, Suspended), (Active, Active)];
        for from in Status::ALL {
            for to in Status::ALL {
                let mut it = Identity { status: *from, ..identity() };
                let moved = it.become_status(*to, at(1)).is_ok();
                assert_eq!(moved, from != to && !refused.contains(&(*from, *to)), "{from} to {to}");
                assert_eq!(it.status, if moved { *to } else { *from }, "{from} to {to}");
            }
        }
        let mut it = identity();
        it.become_status(Suspended, at(1)).unwrap();
        it.become_status(Active, at(2)).unwrap();
        assert_eq!((it.suspended_at, it.retired_at), (None, None));
    }

    #[test]
    fn ownership_in_production_needs_two_people() {
        let check = |environment, owner, backup: Option<u8>, ok: bool| {
            let mut it = Identity { environment, ..identity() };
            assert_eq!(it.own(person(owner), backup.map(person)).is_ok(), ok, "{environment:?} {owner} {backup:?}");
            assert_eq!(it.owner, ok.then(|| person(owner)));
        };
        check(Some(Environment::Production), 1, Some(2), true);
        check(Some(Environment::Production), 1, None, false);
        check(Some(Environment::Test), 1, None, true);
        check(None, 1, None, true);
        check(None, 1, Some(1), false);
    }

    #[test]
    fn a_name_can_be_shown() {
        let check = |name: &str, ok: bool| assert_eq!(check_name(name).is_ok(), ok, "{name:?}");
        check("invoice-agent-07", true);
        check("Prüf-Agent 7", true);
        check("", false);
        check(" a", false);
        check("a\u{202e}b", false);
        check("a\nb", false);
        check(&"a".repeat(257), false);
    }

    #[test]
    fn an_environment_is_known_by_its_common_words() {
        assert_eq!(Environment::guess(" PROD "), Some(Environment::Production));
        assert_eq!(Environment::guess("qa"), Some(Environment::Test));
        assert_eq!(Environment::guess("blue"), None);
    }
}
