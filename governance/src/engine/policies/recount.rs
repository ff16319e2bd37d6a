//! When a bundle counts otherwise than the one before, its counters are counted anew from what was permitted: a new name
//! must not be a new budget (I12).
use super::super::decisions::Inputs;
use crate::error::Result;
use crate::policy::bundle::Bundle;
use crate::policy::manifest::Counter;
use crate::store;
use crate::store::db::Tx;
use crate::store::policies::Permitted;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::BTreeMap;

const PAGE: i64 = 1_000;
/// What one minute of a counter may hold: sums of a window then stay far from overflow.
const MOST: i64 = i64::MAX / 4096;

/// Totals of the counters that are new or count otherwise, taken from the log's permits up to a place in it.
pub(super) struct Recount {
    counters: Vec<Counter>,
    at: Timestamp,
    seq: i64,
    totals: BTreeMap<(String, String, i64), i64>,
}

impl Recount {
    /// What must be counted for `new` where `old` was active before.
    pub fn between(old: Option<&Bundle>, new: &Bundle, now: Timestamp) -> Self {
        let known: &[Counter] = old.map_or(&[], |bundle| &bundle.manifest().counters);
        let counters: Vec<_> = new.manifest().counters.iter().filter(|c| !known.contains(c)).cloned().collect();
        let longest = counters.iter().map(|c| c.window_s).max().unwrap_or(0);
        let at = now - TimeDelta::seconds(i64::from(longest)) - TimeDelta::minutes(2);
        Self { counters, at, seq: -1, totals: BTreeMap::new() }
    }

    /// Counts the permits since the last call. Called once before the log's lock, for the bulk, and once under it, for
    /// what came in between.
    pub async fn catch_up(&mut self, tx: &mut Tx) -> Result<()> {
        if self.seq < 0 {
            self.granted_before(tx).await?;
        }
        while !self.counters.is_empty() {
            let page = store::policies::permits_after(tx, self.at, self.seq, PAGE).await?;
            let Some(last) = page.last() else { break };
            (self.at, self.seq) = (last.at, last.seq);
            page.iter().for_each(|permit| self.count(permit));
        }
        Ok(())
    }

    /// Permits from before the longest window whose grants reach into it.
    async fn granted_before(&mut self, tx: &mut Tx) -> Result<()> {
        self.totals.clear();
        let mut after = String::new();
        while !self.counters.is_empty() {
            let page = store::policies::permits_granted(tx, self.at, &after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            page.iter().for_each(|(_, permit)| self.count(permit));
        }
        Ok(())
    }

    /// What a grant still allowed counts with all its uses, at the instant of its end.
    fn count(&mut self, permit: &Permitted) {
        let counts: Vec<_> = self.counters.iter().filter(|c| c.counts(&permit.action)).collect();
        // What was erased cannot be counted any more.
        let Some(inputs) = permit.inputs.as_ref().filter(|_| !counts.is_empty()) else { return };
        let Ok(inputs) = serde_json::from_str::<Inputs>(inputs) else { return };
        let (uses, at) = permit.grant.unwrap_or((1, permit.at));
        for counter in counts {
            let place = (counter.name.clone(), counter.key(&inputs.question), at.seconds().div_euclid(60));
            let total = self.totals.entry(place).or_insert(0);
            let amount = counter.amount(&inputs.question).saturating_mul(uses.into());
            *total = total.saturating_add(amount).min(MOST);
        }
    }

    /// Replaces what the counters held.
    pub async fn write(&self, tx: &mut Tx) -> Result<()> {
        for counter in &self.counters {
            store::policies::counter_clear(tx, &counter.name).await?;
        }
        for ((counter, key, minute), total) in &self.totals {
            let at = Timestamp::from_micros(minute.saturating_mul(60_000_000)).unwrap_or(self.at);
            store::decisions::counter_add(tx, counter, key, at, *total).await?;
        }
        Ok(())
    }
}
