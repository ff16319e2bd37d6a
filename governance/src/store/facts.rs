//! What a decision rests on: the subject as the register holds it, what is stopped, what was said of actions.
use super::db::{Row, Tx};
use crate::error::Result;
use crate::id::{GrantId, IdentityId, PersonId, SourceId};
use crate::identity::{Kind, Mode, Status};
use crate::time::Timestamp;

const SUBJECT: &str = "select i.id, i.kind, i.name, i.status, i.mode, i.environment, i.team, i.owner_id, i.backup_id, i.source_id, i.epoch, i.narrowed_by, (select count(*) from people p where p.status = 'active' and (p.id = i.owner_id or p.id = i.backup_id)) as answering, b.digest as build, b.changed as build_changed from identities i left join builds b on b.identity_id = i.id where i.kind = $1 and i.name = $2";
const SUBJECT_BY_ID: &str = "select i.id, i.kind, i.name, i.status, i.mode, i.environment, i.team, i.owner_id, i.backup_id, i.source_id, i.epoch, i.narrowed_by, (select count(*) from people p where p.status = 'active' and (p.id = i.owner_id or p.id = i.backup_id)) as answering, b.digest as build, b.changed as build_changed from identities i left join builds b on b.identity_id = i.id where i.id = $1";
const BEHIND_GRANT: &str = "select i.id, i.kind, i.name, i.status, i.mode, i.environment, i.team, i.owner_id, i.backup_id, i.source_id, i.epoch, i.narrowed_by, (select count(*) from people p where p.status = 'active' and (p.id = i.owner_id or p.id = i.backup_id)) as answering, b.digest as build, b.changed as build_changed from identities i left join builds b on b.identity_id = i.id where i.id in (select identity_id from grant_links where grant_id = $1) order by i.id";
const NAMES: &str = "select name from identities where kind = $1 and name > $2 order by name limit $3";
const ATTESTED: &str = "select attested_at from identities where id = $1";
const STOPS: &str = "select kind, id from stops where active = 1";
const PERSON: &str = "select id from people where id = $1 or email = $2";

/// An identity as a decision sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub id: IdentityId,
    pub kind: Kind,
    pub name: String,
    pub status: Status,
    pub mode: Mode,
    pub environment: Option<String>,
    pub team: Option<String>,
    pub owner: Option<PersonId>,
    pub backup: Option<PersonId>,
    pub source: Option<SourceId>,
    pub epoch: i64,
    /// A rule narrowed it: each of its acts needs a person.
    pub narrowed: bool,
    /// It had an owner, and nobody who is active answers for it any more.
    pub orphaned: bool,
    /// `None`: it never named a build.
    pub build: Option<Standing>,
}

/// The build by which an identity may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Hex SHA-256.
    pub digest: String,
    /// Another one was seen and waits for a person: it may do nothing.
    pub changed: bool,
}

impl Subject {
    /// Another build of it waits for a person.
    #[must_use]
    pub fn build_changed(&self) -> bool {
        self.build.as_ref().is_some_and(|b| b.changed)
    }
}

/// # Errors
/// As the database says.
pub async fn subject(tx: &mut Tx, kind: &str, name: &str) -> Result<Option<Subject>> {
    tx.optional(SUBJECT, &[kind.into(), name.into()]).await?.as_ref().map(decode).transpose()
}

/// # Errors
/// As the database says.
pub async fn subject_by_id(tx: &mut Tx, id: IdentityId) -> Result<Option<Subject>> {
    tx.optional(SUBJECT_BY_ID, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// The agents that the work of a grant was handed through.
///
/// # Errors
/// As the database says.
pub async fn behind_grant(tx: &mut Tx, grant: GrantId) -> Result<Vec<Subject>> {
    tx.all(BEHIND_GRANT, &[grant.into()]).await?.iter().map(decode).collect()
}

/// Names of identities of a kind behind `after`, in order, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn names(tx: &mut Tx, kind: &str, after: &str, limit: i64) -> Result<Vec<String>> {
    tx.all(NAMES, &[kind.into(), after.into(), limit.into()]).await?.iter().map(|row| row.text("name")).collect()
}

/// When an identity's owner last answered for it.
///
/// # Errors
/// As the database says.
pub async fn attested_at(tx: &mut Tx, id: IdentityId) -> Result<Option<Timestamp>> {
    tx.optional(ATTESTED, &[id.into()]).await?.map(|row| row.some_at("attested_at")).transpose().map(Option::flatten)
}

/// What is stopped now, as `(kind, id)` of a revocation's target.
///
/// # Errors
/// As the database says.
pub async fn stops(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    tx.all(STOPS, &[]).await?.iter().map(|row| Ok((row.text("kind")?, row.text("id")?))).collect()
}

/// The person an agent says it acts for, by id or mail.
///
/// # Errors
/// As the database says.
pub async fn person(tx: &mut Tx, named: &str) -> Result<Option<PersonId>> {
    let row = tx.optional(PERSON, &[named.into(), named.to_lowercase().into()]).await?;
    row.map(|row| row.id("id")).transpose()
}

fn decode(row: &Row) -> Result<Subject> {
    Ok(Subject {
        id: row.id("id")?,
        kind: row.id("kind")?,
        name: row.text("name")?,
        status: row.id("status")?,
        mode: row.id("mode")?,
        environment: row.some_text("environment")?,
        team: row.some_text("team")?,
        owner: row.some_id("owner_id")?,
        backup: row.some_id("backup_id")?,
        source: row.some_id("source_id")?,
        epoch: row.int("epoch")?,
        narrowed: row.some_text("narrowed_by")?.is_some(),
        orphaned: row.some_text("owner_id")?.is_some() && row.int("answering")? == 0,
        build: match row.some_text("build")? {
            Some(digest) => Some(Standing { digest, changed: row.some_text("build_changed")?.is_some() }),
            None => None,
        },
    })
}
