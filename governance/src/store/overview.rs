//! The counts of the Overview. Times are microseconds; a day is 86,400,000,000 of them.
use super::db::Tx;
use crate::error::Result;
use crate::overview::{Day, Latency, Overview, Share, Use};
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::BTreeMap;

const ACTIONS: &str = "select a.observed_by as observed_by, count(*) as n, cast(sum(case when a.identity_id is not null and (d.acting_person is not null or d.initiator is not null) and d.rules <> '[]' then 1 else 0 end) as bigint) as tied, cast(sum(case when d.outcome = 'permit' and d.would is null and (a.verdict is null or a.verdict = 'decided') then 1 else 0 end) as bigint) as inside from actions a left join decisions d on d.id = a.decision_id where a.at >= $1 and a.outcome <> 'skipped' group by a.observed_by";
const REVOKED: &str = "select count(*) as n from revocations where undone_at is null";
const AFTER: &str = "select count(*) as n from decisions d join revocations r on r.target_kind = 'identity' and r.target_id = d.identity_id and r.undone_at is null where d.outcome = 'permit' and d.seq > r.seq";
const LIVE: &str = "select count(*) as n from revocation_paths where state = 'live' and closed_at is null";
// who has gone beyond the first step of visibility has an active owner
const OWNED: &str = "select cast(coalesce(sum(n), 0) as bigint) as n, cast(coalesce(sum(case when step <> 'registered' then n else 0 end), 0) as bigint) as owned from identity_tallies where status <> 'retired'";
const COUNTED: &str = "select cast(coalesce(sum(case when c.what = 'backup' and p.status = 'active' then c.n else 0 end), 0) as bigint) as backed, cast(coalesce(sum(case when c.what = 'attested' then c.n else 0 end), 0) as bigint) as attested, cast(coalesce(sum(case when c.what = 'bounded' then c.n else 0 end), 0) as bigint) as bounded from identity_counts c left join people p on p.id = c.person_id where c.what in ('backup', 'attested', 'bounded')";
const STANDING: &str = "select cast(coalesce(sum(standing), 0) as bigint) as n from entitlement_tallies";
const FINDINGS: &str = "select cast(coalesce(sum(n), 0) as bigint) as n from finding_tallies";
const WAITING: &str = "select count(*) as n from escalations where state in ('pending', 'held')";
const DAYS: &str = "select at / 86400000000 as day, outcome, count(*) as n from decisions where at >= $1 group by at / 86400000000, outcome";
const DENIED: &str = "select at / 3600000000 as hour, count(*) as n from decisions where at >= $1 and outcome = 'deny' group by at / 3600000000";
// each source counts when it is read; what one that is stale did not see is not called unused
const USAGE: &str = "select t.kind as kind, cast(sum(t.used) as bigint) as used, cast(sum(case when s.last_sync_at >= $1 - s.max_staleness_s * 1000000 then t.unused else 0 end) as bigint) as unused, cast(sum(t.n) as bigint) as n from entitlement_tallies t join sources s on s.id = t.source_id group by t.kind order by t.kind";

/// # Errors
/// As the database says.
pub async fn read(tx: &mut Tx, now: Timestamp) -> Result<Overview> {
    let since = now - TimeDelta::days(30);
    let mut o = Overview::default();
    for row in tx.all(ACTIONS, &[since.into()]).await? {
        let (n, tied, inside) = (row.int("n")?, row.int("tied")?, row.int("inside")?);
        let share = if row.text("observed_by")? == "self" { &mut o.attributable_self } else { &mut o.attributable };
        share.part += tied;
        share.whole += n;
        o.within_scope.part += inside;
        o.within_scope.whole += n;
    }
    o.revocations = tx.one(REVOKED, &[]).await?.int("n")?;
    o.permits_after = tx.one(AFTER, &[]).await?.int("n")?;
    o.paths_live = tx.one(LIVE, &[]).await?.int("n")?;
    let row = tx.one(OWNED, &[]).await?;
    (o.identities, o.owned) = (row.int("n")?, row.int("owned")?);
    let row = tx.one(COUNTED, &[]).await?;
    (o.backed, o.attested) = (row.int("backed")?, row.int("attested")?);
    o.bounded = Share { part: row.int("bounded")?, whole: o.identities };
    o.standing = tx.one(STANDING, &[]).await?.int("n")?;
    o.findings = tx.one(FINDINGS, &[]).await?.int("n")?;
    o.waiting = tx.one(WAITING, &[]).await?.int("n")?;
    let due = now - TimeDelta::days(crate::sighting::DUE_DAYS);
    (o.gaps, o.gaps_overdue) = super::gaps::count(tx, due).await?;
    o.days = days(tx, now).await?;
    o.denied = denied(tx, since).await?;
    for row in tx.all(USAGE, &[now.into()]).await? {
        let (used, unused) = (row.int("used")?, row.int("unused")?);
        o.usage.push(Use { kind: row.text("kind")?, used, unused, unsaid: row.int("n")? - used - unused });
    }
    o.latency = latency(tx, since).await?;
    Ok(o)
}

/// Revocations that are looked at, the newest.
const LATENCIES: i64 = 100;

async fn latency(tx: &mut Tx, since: Timestamp) -> Result<Vec<Latency>> {
    let mut by: BTreeMap<String, Latency> = BTreeMap::new();
    for taken in super::last_uses::taken(tx, since, LATENCIES).await? {
        let last = super::last_uses::last_use(tx, &taken).await?;
        let of_kind =
            by.entry(taken.kind.clone()).or_insert_with(|| Latency { kind: taken.kind, ..Latency::default() });
        match last {
            None => of_kind.unmeasured += 1,
            Some(last) if last.after == 0 => of_kind.none += 1,
            Some(last) => {
                of_kind.used += 1;
                let longest = last.latency(taken.at).num_microseconds().unwrap_or(i64::MAX);
                of_kind.longest_us = of_kind.longest_us.max(longest);
            }
        }
    }
    Ok(by.into_values().collect())
}

async fn days(tx: &mut Tx, now: Timestamp) -> Result<Vec<Day>> {
    let today = now.micros().div_euclid(86_400_000_000);
    let first = today - 29;
    let mut days: Vec<Day> = (first..=today).map(|day| Day { day, ..Day::default() }).collect();
    for row in tx.all(DAYS, &[(first * 86_400_000_000).into()]).await? {
        let n = row.int("n")?;
        let at = usize::try_from(row.int("day")? - first).ok();
        if let Some(day) = at.and_then(|i| days.get_mut(i)) {
            match row.text("outcome")?.as_str() {
                "permit" => day.permit += n,
                "deny" => day.deny += n,
                _ => day.escalate += n,
            }
        }
    }
    Ok(days)
}

async fn denied(tx: &mut Tx, since: Timestamp) -> Result<Vec<Vec<i64>>> {
    let mut map = vec![vec![0; 24]; 7];
    for row in tx.all(DENIED, &[since.into()]).await? {
        let hour = row.int("hour")?;
        // 1 January 1970 was a Thursday, the fourth day of a week that begins on Monday
        let weekday = usize::try_from((hour.div_euclid(24) + 3).rem_euclid(7)).unwrap_or(0);
        let of_day = usize::try_from(hour.rem_euclid(24)).unwrap_or(0);
        map[weekday][of_day] += row.int("n")?;
    }
    Ok(map)
}
