//! What happened in a run, in the order of the log: decisions, hand-offs and acts.
use super::page::{Page, Want};
use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::id::{ActionId, DecisionId, IdentityId, RunId};
use crate::run::Run;
use crate::store;
use crate::store::runs::{Acted, Decided, Member};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Agents of a run that are named; more are only said to be there.
const MEMBERS: usize = 200;

/// A run and one page of what happened in it.
#[derive(Debug, Clone)]
pub struct Timeline {
    pub run: Run,
    /// When something last happened in it.
    pub last_at: Timestamp,
    /// The identities that took part, first to last.
    pub members: Vec<Member>,
    /// More took part than are named.
    pub more_members: bool,
    pub entries: Page<Entry>,
}

/// A thing of the register or outside it, as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
}

impl Named {
    fn of((kind, id): (String, String)) -> Self {
        Self { kind, id }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its place in the log.
    pub log_seq: i64,
    pub at: Timestamp,
    pub identity: Option<IdentityId>,
    pub action: String,
    pub resource: Named,
    pub outcome: String,
    /// `self` or `gateway`.
    pub observed_by: String,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    Decision {
        id: DecisionId,
        subject: Named,
        reason: Option<String>,
        /// The agents it was handed through, first to last; `None` once erased.
        through: Option<Vec<String>>,
        escalation: Option<String>,
        grant: Option<String>,
    },
    Act {
        id: ActionId,
        decision: Option<DecisionId>,
        executed_at: Timestamp,
        data_class: Option<String>,
    },
}

impl Governance {
    /// Runs, the latest begun first, each with how many took part.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor.
    pub async fn run_list(&self, ctx: &Ctx, want: &Want) -> Result<Page<(Run, i64)>> {
        ctx.authorize(Act::See)?;
        let before = want.after::<RunId>()?;
        let rows = store::runs::latest(&mut self.read().await?, before, want.rows()).await?;
        want.page(rows, |(run, _)| run.id)
    }

    /// A run, and what happened in it in the order of the log.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` for a foreign cursor.
    pub async fn run_get(&self, ctx: &Ctx, id: &str, want: &Want) -> Result<Timeline> {
        ctx.authorize(Act::See)?;
        let missing = || Error::not_found(format!("no run {:?}", crate::word::short(id)));
        let id: RunId = id.parse().map_err(|_| missing())?;
        let after = want.after::<i64>()?.unwrap_or(-1);
        let mut tx = self.read().await?;
        let run = store::runs::get(&mut tx, id).await?.ok_or_else(missing)?;
        let most = i64::try_from(MEMBERS + 1).map_err(Error::internal)?;
        let mut members = store::runs::members(&mut tx, id, most).await?;
        let more_members = members.len() > MEMBERS;
        members.truncate(MEMBERS);
        let last_at = store::runs::last_at(&mut tx, id).await?.unwrap_or(run.started_at);
        let mut entries = Vec::new();
        for decided in store::runs::decisions(&mut tx, id, after, want.rows()).await? {
            entries.push(decision(decided)?);
        }
        entries.extend(store::runs::acts(&mut tx, id, after, want.rows()).await?.into_iter().map(act));
        entries.sort_by_key(|entry| entry.log_seq);
        let entries = want.page(entries, |entry| entry.log_seq)?;
        Ok(Timeline { run, last_at, members, more_members, entries })
    }
}

fn decision(d: Decided) -> Result<Entry> {
    // of a record of some kilobytes, only this is read
    #[derive(Deserialize)]
    struct Server {
        chain: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Asked {
        server: Server,
    }
    #[derive(Deserialize)]
    struct Inputs {
        question: Asked,
    }
    let inputs: Option<Inputs> = d.inputs.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
    Ok(Entry {
        log_seq: d.seq,
        at: d.at,
        identity: d.identity,
        action: d.action,
        resource: Named::of(d.resource),
        outcome: d.outcome,
        observed_by: d.observed_by,
        what: What::Decision {
            id: d.id,
            subject: Named::of(d.subject),
            reason: d.reason,
            through: inputs.map(|i| i.question.server.chain),
            escalation: d.escalation,
            grant: d.grant,
        },
    })
}

fn act(a: Acted) -> Entry {
    Entry {
        log_seq: a.seq,
        at: a.at,
        identity: a.identity,
        action: a.action,
        resource: Named::of(a.resource),
        outcome: a.outcome,
        observed_by: a.observed_by,
        what: What::Act { id: a.id, decision: a.decision, executed_at: a.executed_at, data_class: a.data_class },
    }
}
