//! What the bundle of this test says, once more: which gates stand before a question, and what they ask for together
//! (semantics.md, Policy, Escalations, Times).
use super::cases::Question;
use super::register::Team;
use super::{HOUR, MINUTE, Model, SECOND, Wrong};
use crate::operation::AMOUNTS;
use std::collections::BTreeSet;

/// The acts an agent may be permitted in an hour with tools that have a budget, and those it may be without a person.
pub const BUDGET: i64 = 12;
const BY_ITSELF: i64 = 6;
/// No grant is longer.
const LONGEST: i64 = 8 * HOUR;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    Over,
    FarOver,
    Legal,
    Lease,
    Uses,
    Window,
    Junior,
    Soft,
    Narrowed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    Finance,
    Legal,
    /// Nobody's: everybody who decides is asked.
    Containment,
}

/// What gates ask for together: every route, the highest tier and quorum, the shortest times, the fewest uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    pub routes: BTreeSet<Route>,
    pub high: bool,
    pub quorum: usize,
    /// How long its grant lives.
    pub life: i64,
    pub uses: i64,
    pub window: bool,
    pub lease: Option<i64>,
}

impl Gate {
    fn required(self) -> Required {
        let usual = Required {
            routes: BTreeSet::from([Route::Finance]),
            high: true,
            quorum: 1,
            life: i64::MAX,
            uses: 1,
            window: false,
            lease: None,
        };
        match self {
            Self::Over => Required { high: false, life: 15 * MINUTE, ..usual },
            Self::FarOver => Required { quorum: 2, life: 15 * MINUTE, ..usual },
            Self::Legal => Required { routes: BTreeSet::from([Route::Legal]), high: false, ..usual },
            Self::Lease => Required { life: 10 * MINUTE, uses: 2, lease: Some(15 * SECOND), ..usual },
            Self::Uses => Required { life: 15 * MINUTE, uses: 3, ..usual },
            Self::Window => Required { life: 30 * MINUTE, uses: 2, window: true, ..usual },
            Self::Junior => Required { routes: BTreeSet::from([Route::Legal]), ..usual },
            Self::Soft => Required { life: 15 * MINUTE, uses: 2, ..usual },
            Self::Narrowed => Required { routes: BTreeSet::from([Route::Containment]), ..usual },
        }
    }
}

impl Required {
    pub fn of(gates: &BTreeSet<Gate>) -> Self {
        let all = gates.iter().map(|g| g.required());
        let mut both = all.reduce(|a, b| Self {
            routes: &a.routes | &b.routes,
            high: a.high || b.high,
            quorum: a.quorum.max(b.quorum),
            life: a.life.min(b.life),
            uses: a.uses.min(b.uses),
            window: a.window || b.window,
            lease: a.lease.into_iter().chain(b.lease).min(),
        });
        let required = both.as_mut().expect("a gate stands before it");
        // five minutes where no gate says how long
        required.life = if required.life == i64::MAX { 5 * MINUTE } else { required.life };
        both.expect("a gate stands before it")
    }
    pub fn waits(&self) -> i64 {
        if self.high { 30 * MINUTE } else { 4 * HOUR }
    }
    /// When a grant issued now holds, `[starts, ends)`: to the first end of window, life and task. `None`: never.
    pub fn holds(&self, now: i64, task_ends: Option<i64>, wrong: Option<Wrong>) -> Option<(i64, i64)> {
        // fifty minutes of every two hours
        let opened = now.div_euclid(2 * HOUR) * 2 * HOUR;
        let (starts, closes) = match self.window {
            false => (now, i64::MAX),
            true if now < opened + 50 * MINUTE => (now, opened + 50 * MINUTE),
            true => (opened + 2 * HOUR, opened + 2 * HOUR + 50 * MINUTE),
        };
        let starts = if wrong == Some(Wrong::WindowIgnored) { now } else { starts };
        let closes = if wrong == Some(Wrong::WindowOutlived) { i64::MAX } else { closes };
        let ends = (starts + self.life.min(LONGEST)).min(closes).min(task_ends.unwrap_or(i64::MAX));
        (starts < ends).then_some((starts, ends))
    }
}

impl Model {
    /// The gates that stand before a question with so much of the budget used, or why it is denied.
    pub(super) fn gates(&self, q: &Question, used: i64) -> Result<BTreeSet<Gate>, &'static str> {
        let mut gates = self.gates_of(q.agent, q, used).ok_or("forbidden")?;
        if !self.is(Wrong::ChainIgnored) {
            for link in &q.through {
                gates.extend(self.gates_of(*link, q, used).ok_or("chain_denied")?);
            }
        }
        Ok(gates)
    }

    /// Those before one agent who would ask this; `None`: it is forbidden.
    fn gates_of(&self, agent: usize, q: &Question, used: i64) -> Option<BTreeSet<Gate>> {
        let team = self.agents[agent].team;
        let metered = q.tool % 2 == 1;
        if team == Team::Trainees && AMOUNTS[q.amount] > 1_000 {
            return None;
        }
        if metered && used + 1 > BUDGET && !self.is(Wrong::BudgetPassed) {
            return None;
        }
        let mut gates: BTreeSet<Gate> = match q.amount {
            0 => vec![],
            1 => vec![Gate::Over],
            2 => vec![Gate::FarOver],
            3 => vec![Gate::Legal],
            4 => vec![Gate::Lease],
            5 => vec![Gate::Uses],
            6 => vec![Gate::Window],
            _ => vec![Gate::Lease, Gate::Window],
        }
        .into_iter()
        .collect();
        gates.extend((team == Team::Juniors && q.amount > 0).then_some(Gate::Junior));
        gates.extend((metered && used + 1 > BY_ITSELF).then_some(Gate::Soft));
        Some(gates)
    }
}
