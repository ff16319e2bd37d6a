//! The whole log replayed against the register: `countersign check --replay`, and the end of every test.
mod again;
mod bundles;

use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::id::EscalationId;
use crate::log::Entry;
use crate::log::event::EventKind;
use crate::replay::{Beside, CaseRow, Checker, Decided, GrantRow, Report, Standing, Terms};
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use again::judged_again;
use bundles::Bundles;
use std::collections::VecDeque;

/// Events and decisions are read this many at a time.
const PAGE: i64 = 1_000;

impl Governance {
    /// Goes over every event and the rows beside it, and says which invariants hold. It reads one moment of the database, and
    /// remembers what is alive at one place of the log.
    ///
    /// # Errors
    /// `Forbidden`; as the database says. What does not hold is no error but in the report.
    pub async fn log_replay(&self, ctx: &Ctx) -> Result<Report> {
        ctx.authorize(Act::See)?;
        let mut pass = Pass { tx: self.read().await?, checker: Checker::new(), rows: Rows::default() };
        let mut last = -1;
        loop {
            let page = store::events::after(&mut pass.tx, last, PAGE).await?;
            let Some(end) = page.last() else { break };
            last = end.seq;
            for event in &page {
                pass.event(event.seq, &event.leaf).await?;
            }
        }
        while let Some(row) = pass.rows.next(&mut pass.tx).await? {
            pass.checker.without_event(&row.id, row.seq);
        }
        let standing = standing(&mut pass.tx).await?;
        Ok(pass.checker.finish(&standing))
    }
}

struct Pass {
    tx: Tx,
    checker: Checker,
    rows: Rows,
}

impl Pass {
    async fn event(&mut self, seq: i64, leaf: &[u8]) -> Result<()> {
        let entry = match Entry::parse(leaf) {
            Ok(entry) => entry,
            Err(e) => {
                self.checker.unreadable(u64::try_from(seq).map_err(Error::internal)?, &e.detail);
                return Ok(());
            }
        };
        let beside = self.beside(&entry).await?;
        self.checker.step(&entry, &beside);
        Ok(())
    }

    async fn beside(&mut self, entry: &Entry) -> Result<Beside> {
        Ok(match entry.kind {
            EventKind::DecisionPermit | EventKind::DecisionDeny | EventKind::DecisionEscalate => {
                Beside::Decision(self.decision(entry.seq).await?)
            }
            EventKind::GrantIssued => Beside::Grant(grant(&mut self.tx, entry).await?),
            EventKind::EscalationOpened | EventKind::EscalationRefreshed => {
                let terms = match entry.payloads.get("terms") {
                    Some(hash) => terms(&mut self.tx, hash).await?,
                    None => None,
                };
                Beside::Case(CaseRow { terms, phase: None })
            }
            EventKind::EscalationDenied
            | EventKind::EscalationExpired
            | EventKind::EscalationCancelled
            | EventKind::EscalationRevoked
            | EventKind::EscalationConsumed => {
                let id = entry.ids.get("escalation").and_then(|id| id.parse::<EscalationId>().ok());
                let phase = match id {
                    Some(id) => store::escalations::phase(&mut self.tx, id).await?,
                    None => None,
                };
                Beside::Case(CaseRow { terms: None, phase })
            }
            _ => Beside::Nothing,
        })
    }

    /// The row that says it stands there; rows that stand before it have no event.
    async fn decision(&mut self, seq: u64) -> Result<Option<Box<Decided>>> {
        loop {
            let Some(row) = self.rows.next(&mut self.tx).await? else { return Ok(None) };
            match u64::try_from(row.seq).map(|place| place.cmp(&seq)) {
                Ok(std::cmp::Ordering::Equal) => return Ok(Some(Box::new(row))),
                Ok(std::cmp::Ordering::Greater) => {
                    self.rows.ahead.push_front(row);
                    return Ok(None);
                }
                _ => self.checker.without_event(&row.id, row.seq),
            }
        }
    }
}

/// Decisions in the order of the log, each judged again.
struct Rows {
    ahead: VecDeque<Decided>,
    after: (Timestamp, i64),
    over: bool,
    bundles: Bundles,
}

impl Default for Rows {
    fn default() -> Self {
        Self { ahead: VecDeque::new(), after: (Timestamp::EPOCH, -1), over: false, bundles: Bundles::default() }
    }
}

impl Rows {
    async fn next(&mut self, tx: &mut Tx) -> Result<Option<Decided>> {
        if self.ahead.is_empty() && !self.over {
            let page = store::decisions::in_order(tx, self.after, PAGE).await?;
            match page.last() {
                Some(last) => self.after = (last.at, last.seq),
                None => self.over = true,
            }
            self.ahead = judged_again(tx, &mut self.bundles, page).await?;
        }
        Ok(self.ahead.pop_front())
    }
}

async fn grant(tx: &mut Tx, entry: &Entry) -> Result<Option<GrantRow>> {
    let Some(id) = entry.ids.get("grant").and_then(|id| id.parse().ok()) else { return Ok(None) };
    let found = store::grants::get(tx, id).await?;
    let links = store::facts::behind_grant(tx, id).await?.iter().map(|link| link.id.to_string()).collect();
    Ok(found.map(|g| GrantRow {
        identity: g.identity.to_string(),
        links,
        decision: g.decision.to_string(),
        escalation: g.escalation.map(|id| id.to_string()),
        action: g.action,
        task: g.task_id.map(|id| id.to_string()),
        request: g.params_hash,
        issued_at: g.issued_at,
        starts_at: g.starts_at,
        expires_at: g.expires_at,
        uses: g.uses,
        lease_s: g.lease_s,
    }))
}

/// The terms behind a hash; `None` once erased, and where their bytes are not those of the hash.
async fn terms(tx: &mut Tx, hash: &str) -> Result<Option<Terms>> {
    let Some((salt, Some(bytes))) = store::events::payload(tx, hash).await? else { return Ok(None) };
    let whole = super::write::salted_hash(&salt, &bytes) == hash;
    Ok(serde_json::from_slice(&bytes).ok().filter(|_| whole))
}

/// What the register holds at the end: only what is alive, and how much there ever was.
async fn standing(tx: &mut Tx) -> Result<Standing> {
    let mut standing = Standing {
        case_rows: store::escalations::count(tx).await?,
        grant_rows: store::grants::count(tx).await?,
        ..Standing::default()
    };
    let mut after = String::new();
    loop {
        let page = store::escalations::alive(tx, &after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        standing.cases.extend(page);
    }
    after.clear();
    loop {
        let page = store::grants::active(tx, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(last);
        standing.grants.extend(page);
    }
    Ok(standing)
}
