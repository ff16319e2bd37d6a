//! One source's claim that a principal exists: matched to an identity, or a visibility gap.
use crate::{
    id::{IdentityId, SightingId, SourceId},
    identity::Kind,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    pub id: SightingId,
    /// `None`: it asked us.
    pub source: Option<SourceId>,
    /// The source's own name for it: an ARN, `type:id` of a question.
    pub principal: String,
    pub kind: Kind,
    /// What the source calls it for people.
    pub name: String,
    /// `None`: nobody registered it (a visibility gap).
    pub identity: Option<IdentityId>,
    pub first_seen_at: Timestamp,
    /// The last import or question that showed it.
    pub last_seen_at: Timestamp,
    /// Set when a later import of the source no longer shows it.
    pub gone_at: Option<Timestamp>,
}
