//! What owners answered about identities.
use super::db::{Row, Tx};
use crate::attestation::{Answer, Attestation};
use crate::error::{Error, Result};
use crate::id::{AttestationId, IdentityId, PersonId};
use crate::time::Timestamp;

const INSERT: &str =
    "insert into attestations (id, seq, identity_id, person_id, answer, note, at) values ($1, $2, $3, $4, $5, $6, $7)";
const OF_IDENTITY: &str = "select a.*, p.name as by_name from attestations a join people p on p.id = a.person_id where a.identity_id = $1 order by a.id desc limit $2";

/// An answer to be kept.
#[derive(Debug)]
pub struct New<'a> {
    pub id: AttestationId,
    pub seq: u64,
    pub identity: IdentityId,
    pub person: PersonId,
    pub answer: Answer,
    pub note: Option<&'a str>,
    pub at: Timestamp,
}

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, a: &New<'_>) -> Result<()> {
    let seq = i64::try_from(a.seq).map_err(Error::internal)?;
    let args = [
        a.id.into(),
        seq.into(),
        a.identity.into(),
        a.person.into(),
        a.answer.as_str().into(),
        a.note.into(),
        a.at.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// The latest answers about an identity, newest first.
///
/// # Errors
/// As the database says.
pub async fn of_identity(tx: &mut Tx, id: IdentityId, limit: i64) -> Result<Vec<Attestation>> {
    tx.all(OF_IDENTITY, &[id.into(), limit.into()]).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<Attestation> {
    Ok(Attestation {
        id: row.id("id")?,
        log_seq: u64::try_from(row.int("seq")?).map_err(Error::internal)?,
        identity: row.id("identity_id")?,
        person: row.id("person_id")?,
        by: row.text("by_name")?,
        answer: row.id("answer")?,
        note: row.some_text("note")?,
        at: row.at("at")?,
    })
}
