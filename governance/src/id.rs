//! One type per kind of identifier, so that an identity's id is never passed where a grant's is due.
//!
//! On every wire and in both databases an id is text: a kind prefix, `_`, and a version 7 UUID (RFC 9562) in simple form.
use crate::time::Timestamp;

/// The text was not an id of the kind the caller asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an id like `{0}_0190…`")]
pub struct BadId(&'static str);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A time-ordered (version 7) id from an injected instant and injected randomness.
            #[must_use]
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(at.millis(), &random).into_uuid())
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { std::fmt::Display::fmt(self, f) }
        }
        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(s: &str) -> Result<Self, BadId> {
                let hex = s.strip_prefix(concat!($prefix, "_")).ok_or(BadId($prefix))?;
                if hex.len() != 32 { return Err(BadId($prefix)); }
                uuid::Uuid::try_parse(hex).map(Self).map_err(|_| BadId($prefix))
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(s: String) -> Result<Self, BadId> { s.parse() }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self { id.to_string() }
        }
    )*};
}

ids! {
    /// A non-human identity in the register.
    IdentityId = "idn";
    /// A person: owner, approver, auditor …
    PersonId = "per";
    /// A place identities, entitlements or activity come from.
    SourceId = "src";
    /// One source's claim that a principal exists.
    SightingId = "sgt";
    /// What an identity may do in a source.
    EntitlementId = "ent";
    /// How an identity authenticates elsewhere.
    CredentialId = "crd";
    /// A key by which an agent or a gateway calls us.
    KeyId = "key";
    /// The answer to one question.
    DecisionId = "dec";
    /// A decision that waits for people; on the wire an access-request task.
    EscalationId = "esc";
    /// One person's vote on an escalation.
    ApprovalId = "apr";
    /// A time-limited permission.
    GrantId = "grt";
    /// A purpose with an end that an agent works for.
    TaskId = "tsk";
    /// Where a ticket or deployment system tells us of its work.
    HookId = "hok";
    /// One execution, from what started it to its last act.
    RunId = "run";
    /// What was executed, as reported.
    ActionId = "act";
    /// The end of a grant, an identity, an owner's identities, a tool, or everything.
    RevocationId = "rev";
    /// A tool, a destination or a memory store.
    ResourceId = "rsc";
    /// What a rule did to an identity, or would have done.
    ContainmentId = "cnt";
    /// A gap or risk.
    FindingId = "fnd";
    /// An owner's recorded answer about an identity.
    AttestationId = "att";
    /// A person's word that two identities are one.
    MergeId = "mrg";
    /// One run of an import.
    ImportId = "imp";
    /// A group of people that an identity provider keeps (SCIM).
    GroupId = "grp";
    /// One run of the control tests.
    AssessmentId = "asm";
    /// An evidence pack.
    PackId = "pck";
    /// A time when the log was found set back.
    SealId = "sea";
    /// A message on its way out.
    NoticeId = "ntc";
    /// One installation; part of the log's origin.
    InstallationId = "ins";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_kind_does_not_parse() {
        let at = Timestamp::from_micros(1_000_000).unwrap();
        let identity = IdentityId::new(at, [7; 10]).to_string();
        assert!(identity.parse::<IdentityId>().is_ok());
        assert_eq!(identity.parse::<GrantId>().unwrap_err().to_string(), "expected an id like `grt_0190…`");
        assert!(identity[..identity.len() - 1].parse::<IdentityId>().is_err());
    }
}
