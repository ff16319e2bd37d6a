//! The leaf of the log: what happened, in ids and digests only (semantics.md, Audit log).
//!
//! The leaf's bytes are the canonical JSON (RFC 8785) of the event; absent members are left out. Names, mails and
//! parameters stand apart as `salt ‖ bytes`, so they can be erased: the leaf keeps only their SHA-256.
use super::entry::MAX_INTEGER;
use crate::error::{Error, Result};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A leaf travels in C2SP entry bundles with a 16-bit length.
pub const LEAF_MAX: usize = 65_535;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What an event says happened. The list is closed; a name, once in a log, is never used for anything else.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind { $($(#[$doc])* $name,)* }
        impl EventKind {
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
        impl std::str::FromStr for EventKind {
            type Err = Error;
            fn from_str(s: &str) -> Result<Self> {
                match s {
                    $($text => Ok(Self::$name),)*
                    other => Err(Error::invalid(format!("there is no event kind `{other}`"))),
                }
            }
        }
    };
}

kinds! {
    InstallationCreated = "installation.created",
    DecisionPermit = "decision.permit",
    DecisionDeny = "decision.deny",
    DecisionEscalate = "decision.escalate",
    EscalationOpened = "escalation.opened",
    EscalationVote = "escalation.vote",
    EscalationHeld = "escalation.held",
    EscalationReleased = "escalation.released",
    EscalationUndone = "escalation.undone",
    EscalationDenied = "escalation.denied",
    EscalationExpired = "escalation.expired",
    EscalationCancelled = "escalation.cancelled",
    EscalationRevoked = "escalation.revoked",
    EscalationConsumed = "escalation.consumed",
    /// A vote that came after the end; it counts for nothing and is on record.
    EscalationLateVote = "escalation.late_vote",
    /// The agent was told of the approval: the time to use it runs.
    EscalationLearned = "escalation.learned",
    EscalationRefreshed = "escalation.refreshed",
    EscalationReminded = "escalation.reminded",
    /// The requester said where to tell them of the end.
    EscalationCallback = "escalation.callback",
    GrantIssued = "grant.issued",
    GrantRedeemed = "grant.redeemed",
    GrantRefused = "grant.refused",
    /// A lease goes on: its question would still be allowed.
    GrantRenewed = "grant.renewed",
    /// A lease is over: its question would not be allowed any more.
    GrantEnded = "grant.ended",
    GrantExpired = "grant.expired",
    RevocationMade = "revocation.made",
    /// One person said that it may be undone; it takes a second.
    RevocationUndoBegun = "revocation.undo_begun",
    RevocationUndone = "revocation.undone",
    RevocationPathClosed = "revocation.path_closed",
    /// A rule narrowed, suspended or revoked an identity by itself.
    ContainmentMade = "containment.made",
    /// One person said that it may be undone; it takes a second.
    ContainmentUndoBegun = "containment.undo_begun",
    ContainmentUndone = "containment.undone",
    /// What a rule may do by itself was changed.
    ReactionSet = "reaction.set",
    TaskOpened = "task.opened",
    TaskClosed = "task.closed",
    /// Its time was over.
    TaskEnded = "task.ended",
    HookAdded = "hook.added",
    HookRemoved = "hook.removed",
    ActionReported = "action.reported",
    PolicyStored = "policy.stored",
    PolicyActivated = "policy.activated",
    ActionFactsSet = "action_facts.set",
    ResourceAdded = "resource.added",
    ResourceChanged = "resource.changed",
    ResourceRemoved = "resource.removed",
    /// A gateway saw a tool use a definition that it was not seen with before.
    ResourceSeen = "resource.seen",
    ResourceApproved = "resource.approved",
    KeyCreated = "key.created",
    KeyRevoked = "key.revoked",
    PersonAdded = "person.added",
    PersonChanged = "person.changed",
    PeopleImported = "people.imported",
    LinkCreated = "link.created",
    SessionOpened = "session.opened",
    SessionSteppedUp = "session.stepped_up",
    SessionClosed = "session.closed",
    IdentityAdded = "identity.added",
    IdentityChanged = "identity.changed",
    IdentityOwned = "identity.owned",
    IdentityMode = "identity.mode",
    /// It, or its owner, has another role: what the old one gave has ended.
    IdentityRoleChanged = "identity.role_changed",
    /// The first build of an identity, kept on trust.
    IdentityBuildSeen = "identity.build_seen",
    /// Another build asked: what it may do is suspended.
    IdentityBuildChanged = "identity.build_changed",
    IdentityBuildApproved = "identity.build_approved",
    IdentityAttested = "identity.attested",
    /// Another source shows it under the same strong key.
    IdentityMatched = "identity.matched",
    /// A person said that it is another one too: it is retired, and what its sources gave goes on there.
    IdentityMerged = "identity.merged",
    IdentityMergeUndone = "identity.merge_undone",
    /// What one of its sources shows is an identity of its own from here on.
    IdentitySplit = "identity.split",
    /// A person said that it is not another one that it looks like.
    IdentityToldApart = "identity.told_apart",
    SightingMade = "sighting.made",
    ImportApplied = "import.applied",
    /// A person, a group or an agent was made, changed or deleted through SCIM.
    ScimApplied = "scim.applied",
    FindingOpened = "finding.opened",
    FindingChanged = "finding.changed",
    FindingResolved = "finding.resolved",
    AssessmentRun = "assessment.run",
    EvidenceOrdered = "evidence.ordered",
    EvidenceMade = "evidence.made",
    EvidenceFailed = "evidence.failed",
    EvidenceExported = "evidence.exported",
    LogExported = "log.exported",
    /// The whole log was recomputed from its events.
    LogChecked = "log.checked",
    /// What an agent had said beside a decision was erased; its hash stays.
    WordsErased = "words.erased",
    /// How far what acts here was known on that day.
    VisibilityCounted = "visibility.counted",
    NoticeSent = "notice.sent",
    NoticeFailed = "notice.failed",
    SettingChanged = "setting.changed",
    DemoCreated = "demo.created",
    DemoRemoved = "demo.removed",
    Gap = "gap",
    /// The log was found behind a checkpoint kept outside the database: nothing is decided from here on.
    Sealed = "sealed",
    /// One person said that it may go on; it takes two.
    UnsealBegun = "unseal.begun",
    Unsealed = "unsealed",
}

/// An event before the log gives it a place and a time.
#[derive(Debug, Clone)]
pub struct Event {
    pub kind: EventKind,
    /// Who did it: a person's, key's or identity's id, `operator:host` or `system:…`.
    pub actor: String,
    /// What it is about, an id.
    pub subject: Option<String>,
    /// Further ids by kind: `decision`, `escalation`, `grant`, `identity` …
    pub ids: BTreeMap<&'static str, String>,
    /// SHA-256 of the request's bound bytes, hex.
    pub request: Option<String>,
    pub outcome: Option<String>,
    pub reasons: Vec<String>,
    /// Hash of the policy bundle that decided.
    pub bundle: Option<String>,
    /// What epochs the outcome rested on.
    pub epochs: BTreeMap<String, i64>,
    pub run: Option<String>,
    pub task: Option<String>,
    /// `person`, `schedule`, `event` or `self`, as told by whoever `observed_by` says.
    pub initiator: Option<String>,
    /// The person acted for.
    pub acting: Option<String>,
    /// The enforcement point that asked or reported: a key's id.
    pub via: Option<String>,
    /// `self`, `gateway` or `source`.
    pub observed_by: Option<String>,
    /// Digest of the agent's model, prompt and tools.
    pub build: Option<String>,
    /// Hash of the tool's definition.
    pub tool: Option<String>,
    /// Name to SHA-256 (hex) of `salt ‖ bytes`.
    pub payloads: BTreeMap<&'static str, String>,
}

impl Event {
    #[must_use]
    pub fn new(kind: EventKind, actor: impl Into<String>) -> Self {
        Self {
            kind,
            actor: actor.into(),
            subject: None,
            ids: BTreeMap::new(),
            request: None,
            outcome: None,
            reasons: Vec::new(),
            bundle: None,
            epochs: BTreeMap::new(),
            run: None,
            task: None,
            initiator: None,
            acting: None,
            via: None,
            observed_by: None,
            build: None,
            tool: None,
            payloads: BTreeMap::new(),
        }
    }
    #[must_use]
    pub fn subject(mut self, id: impl std::fmt::Display) -> Self {
        self.subject = Some(id.to_string());
        self
    }
    #[must_use]
    pub fn id(mut self, name: &'static str, id: impl std::fmt::Display) -> Self {
        self.ids.insert(name, id.to_string());
        self
    }
    #[must_use]
    pub fn outcome(mut self, outcome: impl Into<String>) -> Self {
        self.outcome = Some(outcome.into());
        self
    }
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    /// The leaf's bytes: canonical JSON, members in key order.
    ///
    /// # Errors
    /// `Invalid` above [`LEAF_MAX`]: what is that long belongs in a payload. `Internal` for what not every reader of JSON
    /// reads alike: integers beyond 2^53 − 1, instants outside 1970 to 9999, names of epochs that are not ASCII.
    pub fn leaf(&self, seq: u64, at: Timestamp) -> Result<Vec<u8>> {
        self.check_form(seq, at)?;
        let mut out = String::with_capacity(384);
        out.push('{');
        let mut w = Members { out: &mut out, first: true };
        w.some("acting", self.acting.as_deref())?;
        w.text("actor", &self.actor)?;
        w.some("build", self.build.as_deref())?;
        w.some("bundle", self.bundle.as_deref())?;
        if !self.epochs.is_empty() {
            w.key("epochs")?;
            w.raw(&serde_json::to_string(&self.epochs).map_err(Error::internal)?);
        }
        if !self.ids.is_empty() {
            w.map("ids", &self.ids)?;
        }
        w.some("initiator", self.initiator.as_deref())?;
        w.text("kind", self.kind.as_str())?;
        w.some("observed_by", self.observed_by.as_deref())?;
        w.some("outcome", self.outcome.as_deref())?;
        if !self.payloads.is_empty() {
            w.map("payloads", &self.payloads)?;
        }
        if !self.reasons.is_empty() {
            w.key("reasons")?;
            w.raw(&serde_json::to_string(&self.reasons).map_err(Error::internal)?);
        }
        w.some("request", self.request.as_deref())?;
        w.some("run", self.run.as_deref())?;
        w.key("seq")?;
        let _ = write!(w.out, "{seq}");
        w.some("subject", self.subject.as_deref())?;
        w.some("task", self.task.as_deref())?;
        w.text("time", &at.to_string())?;
        w.some("tool", self.tool.as_deref())?;
        w.some("via", self.via.as_deref())?;
        out.push('}');
        if out.len() > LEAF_MAX {
            return Err(Error::invalid(format!("an event of {} bytes is longer than {LEAF_MAX}", out.len())));
        }
        Ok(out.into_bytes())
    }
}

impl Event {
    fn check_form(&self, seq: u64, at: Timestamp) -> Result<()> {
        const YEAR_10000: i64 = 253_402_300_800;
        let epochs = self.epochs.iter().all(|(name, n)| name.is_ascii() && n.unsigned_abs() <= MAX_INTEGER);
        if seq > MAX_INTEGER || !epochs || at < Timestamp::EPOCH || at.seconds() >= YEAR_10000 {
            return Err(Error::broken(format!("event {seq} of {at} has no canonical form")));
        }
        Ok(())
    }
}

/// Writes members in the order they are given; the caller gives them sorted. `serde_json` escapes strings as RFC 8785 asks.
struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl Members<'_> {
    fn key(&mut self, key: &str) -> Result<()> {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        self.out.push_str(&serde_json::to_string(key).map_err(Error::internal)?);
        self.out.push(':');
        Ok(())
    }
    fn raw(&mut self, json: &str) {
        self.out.push_str(json);
    }
    fn text(&mut self, key: &str, value: &str) -> Result<()> {
        self.key(key)?;
        self.out.push_str(&serde_json::to_string(value).map_err(Error::internal)?);
        Ok(())
    }
    fn some(&mut self, key: &str, value: Option<&str>) -> Result<()> {
        value.map_or(Ok(()), |v| self.text(key, v))
    }
    fn map(&mut self, key: &str, map: &BTreeMap<&'static str, String>) -> Result<()> {
        self.key(key)?;
        self.out.push_str(&serde_json::to_string(map).map_err(Error::internal)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        let names: std::collections::BTreeSet<_> = EventKind::ALL.iter().map(|k| k.as_str()).collect();
        assert_eq!(names.len(), EventKind::ALL.len());
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse::<EventKind>().unwrap(), *kind);
        }
    }

    #[test]
    fn a_leaf_is_canonical_and_leaves_out_what_is_absent() {
        let mut event =
            Event::new(EventKind::DecisionPermit, "key_1").subject("idn_1").id("decision", "dec_1").outcome("permit");
        event.run = Some("nightly \"7\"\n".into());
        event.epochs.insert("idn_1".into(), 3);
        let at = Timestamp::parse("2026-11-21T09:00:00Z").unwrap();
        let leaf = String::from_utf8(event.leaf(7, at).unwrap()).unwrap();
        assert_eq!(
            leaf,
            r#"{"actor":"key_1","epochs":{"idn_1":3},"ids":{"decision":"dec_1"},"kind":"decision.permit","outcome":"permit","run":"nightly \"7\"\n","seq":7,"subject":"idn_1","time":"2026-11-21T09:00:00.000000Z"}"#
        );
        // a sorted map writes the same: nothing is out of order
        let value: BTreeMap<String, serde_json::Value> = serde_json::from_str(&leaf).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), leaf);
    }

    #[test]
    fn a_leaf_that_no_entry_bundle_can_carry_is_refused() {
        let event = Event::new(EventKind::Gap, "system").reason("x".repeat(LEAF_MAX));
        assert!(event.leaf(0, Timestamp::EPOCH).is_err());
    }
}
