//! What is to be told, and the messages that were made of it.
use super::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::id::{EscalationId, NoticeId};
use crate::notice::{About, Fares, Kind, Notice, State};
use crate::sighting::Stage;
use crate::time::Timestamp;

const TELL: &str = "insert into outbox (id, kind, escalation_id, outcome, made_at, until_at, containment_id, subject_id) values ($1, $2, $3, $4, $5, $6, $7, $8)";
const TOLD: &str = "select count(*) as n from outbox where escalation_id = $1 and kind = $2";
const WAITING: &str =
    "select * from outbox where spread_at is null and (kind <> 'gaps_due' or made_at <= $2) order by id limit $1";
const AGAIN: &str = "update outbox set until_at = $2 where spread_at is null and kind = $1";
const OF_SUBJECT: &str = "select n.*, o.kind as kind, o.escalation_id as escalation_id, o.containment_id as containment_id, o.subject_id as subject_id, o.outcome as outcome, o.made_at as told_at from notices n join outbox o on o.id = n.outbox_id where o.subject_id = $1 order by n.id";
const GAP_TOLD: &str = "insert into gaps_told (subject, stage) values ($1, $2) on conflict (subject) do update set stage = excluded.stage where gaps_told.stage <> excluded.stage";
const GAP_CLOSED: &str = "delete from gaps_told where subject = $1";
const SPREAD: &str = "update outbox set spread_at = $2 where id = $1 and spread_at is null";
const INSERT: &str = "insert into notices (id, outbox_id, channel, target, state, made_at, due_at, until_at) values ($1, $2, $3, $4, 'waiting', $5, $5, $6)";
const DUE: &str = "select n.*, o.kind as kind, o.escalation_id as escalation_id, o.containment_id as containment_id, o.subject_id as subject_id, o.outcome as outcome, o.made_at as told_at from notices n join outbox o on o.id = n.outbox_id where n.due_at <= $1 order by n.due_at, n.id limit $2";
const OF: &str = "select n.*, o.kind as kind, o.escalation_id as escalation_id, o.containment_id as containment_id, o.subject_id as subject_id, o.outcome as outcome, o.made_at as told_at from notices n join outbox o on o.id = n.outbox_id where o.escalation_id = $1 order by n.id";
const SAVE: &str = "update notices set state = $3, attempts = $4, due_at = $5, ended_at = $6, error = $7, version = version + 1 where id = $1 and version = $2";
const COUNTS: &str = "select channel, cast(sum(case when state = 'waiting' then 1 else 0 end) as bigint) as waiting, cast(sum(case when state = 'sent' and ended_at > $1 then 1 else 0 end) as bigint) as sent, cast(sum(case when state = 'failed' and ended_at > $1 then 1 else 0 end) as bigint) as failed, max(case when state = 'sent' then ended_at end) as last_sent_at from notices group by channel order by channel";
const FORGET_NOTICES: &str =
    "delete from notices where outbox_id in (select id from outbox where made_at < $1 and until_at < $1)";
const FORGET: &str = "delete from outbox where made_at < $1 and until_at < $1";

/// Something to be told of, before it is known to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub id: NoticeId,
    pub kind: Kind,
    pub about: About,
    pub outcome: Option<String>,
    pub made_at: Timestamp,
    pub until: Timestamp,
}

/// # Errors
/// As the database says.
pub async fn tell(tx: &mut Tx, it: &Told) -> Result<()> {
    let (escalation, containment, subject) = match it.about {
        About::Escalation(id) => (Some(id), None, None),
        About::Containment(id) => (None, Some(id), None),
        About::Identity(_) | About::Person(_) | About::Resource(_) | About::Gaps(_) => {
            (None, None, Some(it.about.named().1))
        }
    };
    let args = [
        it.id.into(),
        it.kind.as_str().into(),
        escalation.into(),
        it.outcome.clone().into(),
        it.made_at.into(),
        it.until.into(),
        containment.into(),
        subject.into(),
    ];
    tx.execute(TELL, &args).await.map(drop)
}

/// Whether people were to be told of it in this way before.
///
/// # Errors
/// As the database says.
pub async fn told(tx: &mut Tx, escalation: EscalationId, kind: Kind) -> Result<bool> {
    Ok(tx.one(TOLD, &[escalation.into(), kind.as_str().into()]).await?.int("n")? > 0)
}

/// Lets what waits to be told of this kind matter until then, and says whether there is any. Nobody makes its messages before
/// this transaction ends: what it writes is told with it.
///
/// # Errors
/// As the database says.
pub async fn tell_again(tx: &mut Tx, kind: Kind, until: Timestamp) -> Result<bool> {
    Ok(tx.execute(AGAIN, &[kind.as_str().into(), until.into()]).await? > 0)
}

/// Notes how far the time of what nobody answers for has run, and says whether that is news.
///
/// # Errors
/// As the database says.
pub async fn gap_told(tx: &mut Tx, subject: &str, stage: Stage) -> Result<bool> {
    Ok(tx.execute(GAP_TOLD, &[subject.into(), stage.as_str().into()]).await? > 0)
}

/// Somebody answers for it: its clock is forgotten.
///
/// # Errors
/// As the database says.
pub async fn gap_closed(tx: &mut Tx, subject: &str) -> Result<()> {
    tx.execute(GAP_CLOSED, &[subject.into()]).await.map(drop)
}

/// What no notices were made of yet, oldest first; what is told of all gaps together only once it was noted before `gathered`.
///
/// # Errors
/// As the database says.
pub async fn waiting(tx: &mut Tx, gathered: Timestamp, limit: i64) -> Result<Vec<Told>> {
    let told = |row: &Row| {
        Ok(Told {
            id: row.id("id")?,
            kind: row.id("kind")?,
            about: about(row)?,
            outcome: row.some_text("outcome")?,
            made_at: row.at("made_at")?,
            until: row.at("until_at")?,
        })
    };
    tx.all(WAITING, &[limit.into(), gathered.into()]).await?.iter().map(told).collect()
}

/// Notes that the notices of it are made.
///
/// # Errors
/// `Conflict` if another node made them.
pub async fn spread(tx: &mut Tx, id: NoticeId, at: Timestamp) -> Result<()> {
    tx.execute_one(SPREAD, &[id.into(), at.into()], "another node makes these notices").await
}

/// A notice to one place, due at once.
///
/// # Errors
/// As the database says.
pub async fn insert(
    tx: &mut Tx,
    id: NoticeId,
    of: &Told,
    (channel, target): (crate::notice::Channel, &str),
    at: Timestamp,
) -> Result<()> {
    let args = [id.into(), of.id.into(), channel.as_str().into(), target.into(), at.into(), of.until.into()];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Those that are due, the longest due first.
///
/// # Errors
/// As the database says.
pub async fn due(tx: &mut Tx, at: Timestamp, limit: i64) -> Result<Vec<Notice>> {
    tx.all(DUE, &[at.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// All of one escalation, in the order they were made.
///
/// # Errors
/// As the database says.
pub async fn of(tx: &mut Tx, escalation: EscalationId) -> Result<Vec<Notice>> {
    tx.all(OF, &[escalation.into()]).await?.iter().map(decode).collect()
}

/// All of one identity, one person or resource, or the gaps of one installation, in the order they were made.
///
/// # Errors
/// As the database says.
pub async fn of_subject(tx: &mut Tx, subject: &str) -> Result<Vec<Notice>> {
    tx.all(OF_SUBJECT, &[subject.into()]).await?.iter().map(decode).collect()
}

/// Writes what became of it; `n.version` is the version it was read at.
///
/// # Errors
/// `Conflict` if another node took it.
pub async fn save(tx: &mut Tx, n: &Notice) -> Result<()> {
    let args = [
        n.id.into(),
        n.version.into(),
        n.state.as_str().into(),
        i64::from(n.attempts).into(),
        n.due_at.into(),
        n.ended_at.into(),
        n.error.clone().into(),
    ];
    tx.execute_one(SAVE, &args, "another node sends this notice").await
}

/// How each channel that was ever used fares, with counts of what ended since.
///
/// # Errors
/// As the database says.
pub async fn fares(tx: &mut Tx, since: Timestamp) -> Result<Vec<Fares>> {
    let one = |row: &Row| {
        Ok(Fares {
            channel: row.id("channel")?,
            waiting: row.int("waiting")?,
            sent: row.int("sent")?,
            failed: row.int("failed")?,
            last_sent_at: row.some_at("last_sent_at")?,
        })
    };
    tx.all(COUNTS, &[since.into()]).await?.iter().map(one).collect()
}

/// Removes what was made before and mattered only until then.
///
/// # Errors
/// As the database says.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    let notices = tx.execute(FORGET_NOTICES, &[before.into()]).await?;
    Ok(notices + tx.execute(FORGET, &[before.into()]).await?)
}

fn about(row: &Row) -> Result<About> {
    if let Some(id) = row.some_id("containment_id")? {
        return Ok(About::Containment(id));
    }
    let Some(subject) = row.some_text("subject_id")? else { return Ok(About::Escalation(row.id("escalation_id")?)) };
    let identity = subject.parse().map(About::Identity).ok();
    let found = identity.or_else(|| subject.parse().map(About::Person).ok());
    let found = found.or_else(|| subject.parse().map(About::Resource).ok());
    let found = found.or_else(|| subject.parse().map(About::Gaps).ok());
    found.ok_or_else(|| Error::broken(format!("a notice about {subject}")))
}

fn decode(row: &Row) -> Result<Notice> {
    let state: State = row.id("state")?;
    Ok(Notice {
        id: row.id("id")?,
        kind: row.id("kind")?,
        about: about(row)?,
        outcome: row.some_text("outcome")?,
        channel: row.id("channel")?,
        target: row.text("target")?,
        state,
        attempts: u32::try_from(row.int("attempts")?).map_err(Error::internal)?,
        told_at: row.at("told_at")?,
        made_at: row.at("made_at")?,
        due_at: row.some_at("due_at")?,
        until: row.at("until_at")?,
        ended_at: row.some_at("ended_at")?,
        error: row.some_text("error")?,
        version: row.int("version")?,
    })
}
