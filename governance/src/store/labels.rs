//! What an id stands for, in the words of the register: for people who read control tests' results.
use super::db::{Arg, Tx};
use crate::error::Result;

const IDENTITY: &str = "select kind || ' ' || name as label from identities where id = $1";
const PERSON: &str = "select name as label from people where id = $1";
const SOURCE: &str = "select kind || ' ' || name as label from sources where id = $1";
const ENTITLEMENT: &str = "select i.name || ': ' || e.action || ' on ' || e.resource as label from entitlements e join identities i on i.id = e.identity_id where e.id = $1";
const CREDENTIAL: &str = "select i.name || ': ' || c.kind || ' ' || c.external_ref as label from credentials c join identities i on i.id = c.identity_id where c.id = $1";
const SIGHTING: &str = "select kind || ' ' || name as label from sightings where id = $1";
const KEY: &str = "select name as label from keys where id = $1";
const DECISION: &str = "select subject_id || ': ' || action || ' on ' || resource_type || ' ' || resource_id as label from decisions where id = $1";
const GRANT: &str = "select i.name || ': ' || g.action || ' on ' || g.resource_type || ' ' || g.resource_id as label from grants g join identities i on i.id = g.identity_id where g.id = $1";
const APPROVAL: &str = "select p.name || ' on ' || x.agent || ': ' || x.action as label from approvals a join people p on p.id = a.person_id join escalations x on x.id = a.escalation_id where a.id = $1";
const ESCALATION: &str = "select agent || ': ' || action || ' on ' || resource_type || ' ' || resource_id as label from escalations where id = $1";
const REVOCATION: &str = "select target_kind || ' ' || target_id as label from revocations where id = $1";
const ENTRY: &str = "select kind as label from events where seq = $1";

/// `None` for what the register does not know, or no longer.
///
/// # Errors
/// As the database says.
pub async fn of(tx: &mut Tx, subject: &str) -> Result<Option<String>> {
    let sql = match subject.split_once('_').map(|(prefix, _)| prefix) {
        Some("idn") => IDENTITY,
        Some("per") => PERSON,
        Some("src") => SOURCE,
        Some("ent") => ENTITLEMENT,
        Some("crd") => CREDENTIAL,
        Some("sgt") => SIGHTING,
        Some("key") => KEY,
        Some("dec") => DECISION,
        Some("grt") => GRANT,
        Some("apr") => APPROVAL,
        Some("esc") => ESCALATION,
        Some("rev") => REVOCATION,
        _ => {
            let Ok(seq) = subject.parse::<i64>() else { return Ok(None) };
            return label(tx, ENTRY, seq.into()).await;
        }
    };
    label(tx, sql, subject.into()).await
}

async fn label(tx: &mut Tx, sql: &'static str, key: Arg) -> Result<Option<String>> {
    tx.optional(sql, &[key]).await?.map(|row| row.text("label")).transpose()
}
