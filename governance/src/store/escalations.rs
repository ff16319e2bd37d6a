//! Escalations: one row each, moved only by compare-and-set on its version.
use super::db::{Arg, Row, Tx};
use crate::error::{Error, Result};
use crate::escalation::{Asked, Escalation, Phase, Record, State, Tier};
use crate::id::{DecisionId, EscalationId, IdentityId, PersonId, TaskId};
use crate::time::Timestamp;
use std::collections::BTreeSet;

const INSERT: &str = "insert into escalations (id, decision_id, identity_id, agent, agent_epoch, key_id, acting, chain, action, resource_type, resource_id, question, params_hash, gates, bundle_hash, tier, requirement, bars, digest, card_version, card_hash, callback, state, opened_at, expires_at, asked_at, due_at, task_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)";
const INSERT_ROUTE: &str = "insert into escalation_routes (escalation_id, route) values ($1, $2)";
const DELETE_ROUTES: &str = "delete from escalation_routes where escalation_id = $1";
const INSERT_CARD: &str = "insert into cards (escalation_id, version, hash, made_at) values ($1, $2, $3, $4)";
const GET: &str = "select * from escalations where id = $1";
const SAVE: &str = "update escalations set state = $3, bars = $4, digest = $5, card_version = $6, card_hash = $7, asked_at = $8, reminded_at = $9, held_until = $10, released_at = $11, learned_at = $12, ended_at = $13, ended_by = $14, permit_id = $15, due_at = $16, agent_epoch = $17, question = $18, gates = $19, requirement = $20, tier = $21, expires_at = $22, version = version + 1 where id = $1 and version = $2";
const CALLBACK: &str = "update escalations set callback = $3, version = version + 1 where id = $1 and version = $2";
const OPEN: &str = "select * from escalations where question = $1 and state in ('pending', 'held')";
const APPROVED: &str =
    "select * from escalations where question = $1 and state in ('held', 'approved') order by opened_at desc limit 1";
const COUNT_OPEN: &str =
    "select count(*) as n from escalations where identity_id = $1 and state in ('pending', 'held')";
const LATEST_OPEN: &str = "select * from escalations where identity_id = $1 and state in ('pending', 'held') order by opened_at desc, id desc limit 1";
const DUE: &str = "select * from escalations where due_at <= $1 order by due_at, id limit $2";
const LIVE_OF_IDENTITY: &str =
    "select * from escalations where identity_id = $1 and state in ('pending', 'held', 'approved') order by id";
const LIVE_OF_ACTION: &str =
    "select * from escalations where action = $1 and state in ('pending', 'held', 'approved') order by id";
const LIVE_OF_TASK: &str =
    "select * from escalations where task_id = $1 and state in ('pending', 'held', 'approved') order by id";
const LIVE: &str = "select * from escalations where state in ('pending', 'held', 'approved') order by id";
const CHAINS: &str =
    "select id, chain from escalations where state in ('pending', 'held', 'approved') and chain <> '[]' order by id";
const PHASE: &str = "select state from escalations where id = $1";
const COUNT: &str = "select count(*) as n from escalations";
const ALIVE: &str =
    "select id, state from escalations where state in ('pending', 'held', 'approved') and id > $1 order by id limit $2";
const NAME: &str = "select name from identities where id = $1";
const BY_EXPIRY: &str = "select * from escalations e where state in ('pending', 'held') and ($1 is null or expires_at > $1 or (expires_at = $1 and id > $2)) and ($3 is null or tier = $3) and ($4 is null or identity_id = $4) and ($5 is null or action = $5) and ($6 is null or exists (select 1 from escalation_routes r where r.escalation_id = e.id and r.route = $6)) order by expires_at, id limit $7";
const BY_NEWEST: &str = "select * from escalations e where ($8 is null or state = $8) and ($1 is null or opened_at < $1 or (opened_at = $1 and id < $2)) and ($3 is null or tier = $3) and ($4 is null or identity_id = $4) and ($5 is null or action = $5) and ($6 is null or exists (select 1 from escalation_routes r where r.escalation_id = e.id and r.route = $6)) order by opened_at desc, id desc limit $7";

/// Which of them a list is narrowed to; everything absent is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub tier: Option<Tier>,
    pub identity: Option<IdentityId>,
    pub action: Option<String>,
    pub route: Option<String>,
    /// The last one of the page before: its sort key and id.
    pub after: Option<(Timestamp, EscalationId)>,
}

impl Filter {
    fn args(&self, limit: i64) -> [Arg; 7] {
        [
            self.after.map(|(at, _)| at).into(),
            self.after.map(|(_, id)| id).into(),
            self.tier.map(Tier::as_str).into(),
            self.identity.into(),
            self.action.clone().into(),
            self.route.clone().into(),
            limit.into(),
        ]
    }
}

/// # Errors
/// `Conflict` if the same question is open already.
pub async fn insert(tx: &mut Tx, r: &Record) -> Result<()> {
    let (e, a) = (&r.escalation, &r.asked);
    let args = [
        e.id.into(),
        e.decision.into(),
        e.agent.into(),
        (&a.agent).into(),
        e.agent_epoch.into(),
        a.key.into(),
        a.acting.clone().into(),
        Arg::json(&a.chain)?,
        (&a.action).into(),
        (&a.resource_type).into(),
        (&a.resource_id).into(),
        (&a.question).into(),
        (&a.params_hash).into(),
        Arg::json(&a.gates)?,
        (&a.bundle).into(),
        e.requirement.tier.as_str().into(),
        Arg::json(&e.requirement)?,
        Arg::json(&e.bars)?,
        (&e.digest).into(),
        e.card_version.into(),
        (&e.card_hash).into(),
        a.callback.as_ref().map(ToString::to_string).into(),
        e.phase().as_str().into(),
        e.opened_at.into(),
        e.expires_at.into(),
        r.asked_at.into(),
        r.due_at().into(),
        a.task.into(),
    ];
    tx.execute(INSERT, &args).await?;
    insert_routes(tx, e).await?;
    insert_card(tx, e, r.asked_at).await
}

async fn insert_routes(tx: &mut Tx, e: &Escalation) -> Result<()> {
    for route in &e.requirement.routes {
        tx.execute(INSERT_ROUTE, &[e.id.into(), route.into()]).await?;
    }
    Ok(())
}

/// Puts the routes of a changed gate in the place of the old ones.
///
/// # Errors
/// As the database says.
pub async fn replace_routes(tx: &mut Tx, e: &Escalation) -> Result<()> {
    tx.execute(DELETE_ROUTES, &[e.id.into()]).await?;
    insert_routes(tx, e).await
}

/// Records that this version of the card exists.
///
/// # Errors
/// As the database says.
pub async fn insert_card(tx: &mut Tx, e: &Escalation, at: Timestamp) -> Result<()> {
    let args = [e.id.into(), e.card_version.into(), (&e.card_hash).into(), at.into()];
    tx.execute(INSERT_CARD, &args).await.map(drop)
}

/// Writes where the requester wants to be told.
///
/// # Errors
/// `Conflict` if it moved meanwhile.
pub async fn set_callback(tx: &mut Tx, r: &Record, callback: &serde_json::Value) -> Result<()> {
    let args = [r.escalation.id.into(), r.escalation.version.into(), callback.to_string().into()];
    tx.execute_one(CALLBACK, &args, "it changed in the meantime").await
}

/// Writes a move; `r.escalation.version` is the version it was read at.
///
/// # Errors
/// `Conflict` if somebody moved it first.
pub async fn save(tx: &mut Tx, r: &Record) -> Result<()> {
    let e = &r.escalation;
    let (held, by, permit) = match &e.state {
        State::Held { until } => (Some(*until), None, None),
        State::Denied { by, .. } => (None, Some(*by), None),
        State::Consumed { decision, .. } => (None, None, Some(*decision)),
        _ => (None, None, None),
    };
    let args = [
        e.id.into(),
        e.version.into(),
        e.phase().as_str().into(),
        Arg::json(&e.bars)?,
        (&e.digest).into(),
        e.card_version.into(),
        (&e.card_hash).into(),
        r.asked_at.into(),
        r.reminded_at.into(),
        held.into(),
        e.released_at.into(),
        e.learned_at.into(),
        e.state.ended_at().into(),
        by.into(),
        permit.into(),
        r.due_at().into(),
        e.agent_epoch.into(),
        (&r.asked.question).into(),
        Arg::json(&r.asked.gates)?,
        Arg::json(&e.requirement)?,
        e.requirement.tier.as_str().into(),
        e.expires_at.into(),
    ];
    tx.execute_one(SAVE, &args, "the escalation changed in the meantime: look again").await
}

/// With its votes.
///
/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: EscalationId) -> Result<Option<Record>> {
    let row = tx.optional(GET, &[id.into()]).await?;
    whole(tx, row).await
}

/// The open one for this question, if any.
///
/// # Errors
/// As the database says.
pub async fn open(tx: &mut Tx, question: &str) -> Result<Option<Record>> {
    let row = tx.optional(OPEN, &[question.into()]).await?;
    whole(tx, row).await
}

/// The newest that is approved, or held and about to be, for this question.
///
/// # Errors
/// As the database says.
pub async fn approved(tx: &mut Tx, question: &str) -> Result<Option<Record>> {
    let row = tx.optional(APPROVED, &[question.into()]).await?;
    whole(tx, row).await
}

/// The state its row stands in.
///
/// # Errors
/// As the database says.
pub async fn phase(tx: &mut Tx, id: EscalationId) -> Result<Option<Phase>> {
    tx.optional(PHASE, &[id.into()]).await?.map(|row| row.id("state")).transpose()
}

/// How many there are, ended ones among them.
///
/// # Errors
/// As the database says.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    u64::try_from(tx.one(COUNT, &[]).await?.int("n")?).map_err(Error::internal)
}

/// Those that have not ended, by id behind `after`, with their states.
///
/// # Errors
/// As the database says.
pub async fn alive(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<(String, Phase)>> {
    let rows = tx.all(ALIVE, &[after.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok((row.text("id")?, row.id("state")?))).collect()
}

/// How many of an identity wait for people.
///
/// # Errors
/// As the database says.
pub async fn count_open(tx: &mut Tx, identity: IdentityId) -> Result<i64> {
    tx.one(COUNT_OPEN, &[identity.into()]).await?.int("n")
}

/// The latest of an identity that wait for people.
///
/// # Errors
/// As the database says.
pub async fn latest_open(tx: &mut Tx, identity: IdentityId) -> Result<Option<Record>> {
    let row = tx.optional(LATEST_OPEN, &[identity.into()]).await?;
    whole(tx, row).await
}

/// Those with something to do at `at`, the longest overdue first.
///
/// # Errors
/// As the database says.
pub async fn due(tx: &mut Tx, at: Timestamp, limit: i64) -> Result<Vec<Record>> {
    let rows = tx.all(DUE, &[at.into(), limit.into()]).await?;
    all_whole(tx, rows).await
}

/// Whose escalations a revocation ends.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    One(EscalationId),
    Identity(IdentityId),
    Action(&'a str),
    Task(TaskId),
    Everything,
}

/// Those that are open or approved and not used.
///
/// # Errors
/// As the database says.
pub async fn live(tx: &mut Tx, of: Of<'_>) -> Result<Vec<Record>> {
    let rows = match of {
        Of::One(id) => {
            return Ok(get(tx, id).await?.into_iter().filter(|r| !r.escalation.phase().terminal()).collect());
        }
        Of::Identity(id) => tx.all(LIVE_OF_IDENTITY, &[id.into()]).await?,
        Of::Action(name) => tx.all(LIVE_OF_ACTION, &[name.into()]).await?,
        Of::Task(id) => tx.all(LIVE_OF_TASK, &[id.into()]).await?,
        Of::Everything => tx.all(LIVE, &[]).await?,
    };
    all_whole(tx, rows).await
}

/// Those that are open or approved and whose work was handed through one of these identities.
///
/// # Errors
/// As the database says.
pub async fn handed_on(tx: &mut Tx, through: impl Iterator<Item = IdentityId>) -> Result<Vec<EscalationId>> {
    let mut chains = Vec::new();
    for row in tx.all(CHAINS, &[]).await? {
        chains.push((row.id::<EscalationId>("id")?, row.json::<Vec<String>>("chain")?));
    }
    let mut found = BTreeSet::new();
    for id in through {
        if chains.is_empty() {
            break;
        }
        let Some(row) = tx.optional(NAME, &[id.into()]).await? else { continue };
        let name = row.text("name")?;
        found.extend(chains.iter().filter(|(_, chain)| chain.contains(&name)).map(|(id, _)| *id));
    }
    Ok(found.into_iter().collect())
}

/// At most `limit` that wait for people, the first to run out first.
///
/// # Errors
/// As the database says.
pub async fn by_expiry(tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<Record>> {
    let rows = tx.all(BY_EXPIRY, &filter.args(limit)).await?;
    all_whole(tx, rows).await
}

/// At most `limit` in any state, or in one, the newest first.
///
/// # Errors
/// As the database says.
pub async fn by_newest(tx: &mut Tx, filter: &Filter, phase: Option<Phase>, limit: i64) -> Result<Vec<Record>> {
    let args = [filter.args(limit).as_slice(), &[phase.map(Phase::as_str).into()]].concat();
    let rows = tx.all(BY_NEWEST, &args).await?;
    all_whole(tx, rows).await
}

async fn whole(tx: &mut Tx, row: Option<Row>) -> Result<Option<Record>> {
    Ok(all_whole(tx, row.into_iter().collect()).await?.pop())
}
async fn all_whole(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Record>> {
    let mut records = rows.iter().map(decode).collect::<Result<Vec<_>>>()?;
    for record in &mut records {
        record.escalation.votes = super::approvals::standing(tx, record.escalation.id).await?;
    }
    Ok(records)
}

fn decode(row: &Row) -> Result<Record> {
    let escalation = Escalation {
        id: row.id("id")?,
        decision: row.id("decision_id")?,
        agent: row.id("identity_id")?,
        agent_epoch: row.int("agent_epoch")?,
        requirement: row.json("requirement")?,
        bars: row.json("bars")?,
        digest: row.text("digest")?,
        card_version: row.int("card_version")?,
        card_hash: row.text("card_hash")?,
        opened_at: row.at("opened_at")?,
        expires_at: row.at("expires_at")?,
        state: state(row)?,
        released_at: row.some_at("released_at")?,
        learned_at: row.some_at("learned_at")?,
        votes: vec![],
        version: row.int("version")?,
    };
    let callback = row.some_text("callback")?.map(|text| serde_json::from_str(&text)).transpose();
    let asked = Asked {
        key: row.id("key_id")?,
        agent: row.text("agent")?,
        acting: row.some_text("acting")?,
        chain: row.json("chain")?,
        action: row.text("action")?,
        resource_type: row.text("resource_type")?,
        resource_id: row.text("resource_id")?,
        question: row.text("question")?,
        params_hash: row.text("params_hash")?,
        gates: row.json("gates")?,
        bundle: row.text("bundle_hash")?,
        callback: callback.map_err(Error::internal)?,
        task: row.some_id("task_id")?,
    };
    Ok(Record { escalation, asked, asked_at: row.at("asked_at")?, reminded_at: row.some_at("reminded_at")? })
}

fn state(row: &Row) -> Result<State> {
    Ok(match row.id::<Phase>("state")? {
        Phase::Pending => State::Pending,
        Phase::Held => State::Held { until: row.at("held_until")? },
        Phase::Approved => State::Approved,
        Phase::Consumed => State::Consumed { at: row.at("ended_at")?, decision: row.id::<DecisionId>("permit_id")? },
        Phase::Denied => State::Denied { at: row.at("ended_at")?, by: row.id::<PersonId>("ended_by")? },
        Phase::Expired => State::Expired { at: row.at("ended_at")? },
        Phase::Cancelled => State::Cancelled { at: row.at("ended_at")? },
        Phase::Revoked => State::Revoked { at: row.at("ended_at")? },
    })
}
