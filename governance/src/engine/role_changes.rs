//! UC-24: an agent or its owner has another role. What the old one gave does not go on: grants and approvals that were not used
//! end in the commit of the change, open questions get a new version of their card, and its owner is asked to answer for what
//! it holds without an end.
use super::Write;
use super::escalations::escalation_unapprove_in;
use crate::error::Result;
use crate::id::IdentityId;
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::escalations::Of;
use crate::store::grants::Ending;

/// Parts of an identity that policy reads and that make its role.
const ROLE: [&str; 3] = ["team", "environment", "kind"];

/// Which of the parts that changed make another role, in words; `None`: it has the role it had.
pub(super) fn words(changed: &[&str]) -> Option<String> {
    let parts: Vec<_> = changed.iter().copied().filter(|part| ROLE.contains(part)).collect();
    (!parts.is_empty()).then(|| format!("its {} changed", parts.join(" and ")))
}

/// Ends what the old role gave. The caller raises the identity's epoch in the same commit, so that what still waits is asked
/// anew, and looks at its findings again.
///
/// # Errors
/// As the database says.
pub(super) async fn end_old_role(w: &mut Write, id: IdentityId, epoch: i64, why: &str) -> Result<()> {
    let (at, actor) = (w.at(), w.actor().to_owned());
    let mut grants = 0;
    for which in [Ending::Identity(id), Ending::HandedThrough(id)] {
        grants += store::grants::end(&mut w.tx, which, at, "role_changed").await?.len();
    }
    let mut approvals = escalation_unapprove_in(w, Of::Identity(id), id, &actor).await?;
    for handed_on in store::escalations::handed_on(&mut w.tx, std::iter::once(id)).await? {
        approvals += escalation_unapprove_in(w, Of::One(handed_on), id, &actor).await?;
    }
    store::role_changes::put(&mut w.tx, id, at, why).await?;
    let mut event = Event::new(EventKind::IdentityRoleChanged, actor)
        .subject(id)
        .reason(why)
        .reason(format!("grants {grants}"))
        .reason(format!("approvals {approvals}"));
    event.epochs.insert(id.to_string(), epoch);
    w.append(event).await.map(drop)
}
