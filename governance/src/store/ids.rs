//! Ids as arguments.
use super::db::Arg;
use crate::id::*;

macro_rules! args {
    ($($id:ident)*) => {$(
        impl From<$id> for Arg {
            fn from(id: $id) -> Self { Self::Text(Some(id.to_string())) }
        }
        impl From<Option<$id>> for Arg {
            fn from(id: Option<$id>) -> Self { Self::Text(id.map(|id| id.to_string())) }
        }
    )*};
}

args! {
    IdentityId PersonId SourceId SightingId EntitlementId CredentialId KeyId DecisionId EscalationId ApprovalId GrantId HookId RunId TaskId
    ActionId RevocationId FindingId AttestationId ImportId AssessmentId PackId NoticeId InstallationId SealId
    ContainmentId ResourceId MergeId
}
