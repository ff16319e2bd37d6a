//! Pages of identities with what a table shows of each, and the counts beside the filters.
use super::db::{Arg, Row, Tx};
use super::identities;
use super::visibility::step;
use crate::error::Result;
use crate::finding::{Rule, Severity};
use crate::identity::{Environment, Identity, Kind, Mode, Status};
use crate::time::Timestamp;
use crate::visibility::Step;
use serde::{Deserialize, Serialize};

macro_rules! filtered {
    ($select:literal, $tail:literal) => {
        concat!(
            $select,
            " from identities i left join people o on o.id = i.owner_id left join people b on b.id = i.backup_id left join sources s on s.id = i.source_id",
            " where ($1 is null or i.kind = $1) and ($2 is null or i.environment = $2) and ($3 is null or i.status = $3)",
            " and ($4 is null or i.owner_id = $4 or i.backup_id = $4) and (cast($5 as bigint) is null or o.id is null or o.status <> 'active')",
            " and ($6 is null or i.search like $6 escape '\\')",
            " and ($7 is null or exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = $7))",
            " and (cast($8 as bigint) is null or i.environment is null) and ($9 is null or i.source_id = $9) and ($10 is null or i.mode = $10)",
            " and (cast($11 as bigint) is null or exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open'))",
            " and (cast($12 as bigint) is null or exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = 'unused_90d'))",
            " and (cast($13 as bigint) is null or exists (select 1 from entitlements e where e.identity_id = i.id and e.revoked_at is null and e.expires_at is null and e.privilege in ('administrative', 'permissions_management')))",
            " and (cast($14 as bigint) is null or exists (select 1 from stops t where t.kind = 'identity' and t.id = i.id and t.active = 1))",
            " and ($15 is null or (i.status <> 'retired' and ",
            step!(),
            " = $15))",
            $tail
        )
    };
}

// `+ 0` and `|| ''` keep SQLite, which knows nothing of how many findings are open, from the index over all that are
const PAGE: &str = filtered!(
    "select i.*, o.name as owner_name, o.email as owner_email, b.name as backup_name, s.name as source_name, s.last_sync_at, (select count(*) from findings f where f.identity_id = i.id and f.state = 'open') as findings, (select max(f.rank + 0) from findings f where f.identity_id = i.id and f.state = 'open') as worst, (select count(*) from sightings g where g.identity_id = i.id and g.gone_at is null and g.source_id is not null) as shown, (select count(*) from stops t where t.kind = 'identity' and t.id = i.id and t.active = 1) as stops, (select max(d.at) from decisions d where d.identity_id = i.id) as last_asked_at",
    // the first comparison alone lets either database start in the index where the page before ended
    " and i.name >= coalesce($16, '') and ($16 is null or i.name > $16 or i.id > $17) order by i.name, i.id limit $18"
);
const COUNT: &str = filtered!("select count(*) as n from (select 1 as one", " limit $16) c");
const FACETS: &str = filtered!(
    "select i.kind as kind, i.environment as environment, i.status as status, count(*) as n",
    " group by i.kind, i.environment, i.status"
);
const BY_RULE: &str = "select f.rule as rule, count(distinct f.identity_id) as n from findings f where f.state || '' = 'open' and f.identity_id is not null group by f.rule";

/// Which identities; every part that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub environment: Option<Environment>,
    /// Nobody said which environment; goes before `environment`.
    pub environment_unknown: bool,
    pub status: Option<Status>,
    pub mode: Option<Mode>,
    /// Those whose own revocation stands.
    pub stopped: bool,
    /// Whose they are, as owner or backup.
    pub owner: Option<crate::id::PersonId>,
    /// Those without an active owner.
    pub orphaned: bool,
    /// Those with an open finding of this rule.
    pub finding: Option<Rule>,
    /// Those with any open finding.
    pub open: bool,
    /// Those that a source shows to be unused, or to hold what they do not use, for 90 days.
    pub unused: bool,
    /// Those that can give access, or can do everything of a service, with no end.
    pub standing: bool,
    pub source: Option<crate::id::SourceId>,
    /// Those whose furthest step of visibility this is, retired ones aside.
    pub step: Option<Step>,
    /// Part of a name, a source's name, or a team; case does not count.
    pub text: Option<String>,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    #[serde(flatten)]
    pub identity: Identity,
    pub owner_name: Option<String>,
    pub owner_email: Option<String>,
    pub backup_name: Option<String>,
    pub source_name: Option<String>,
    pub open_findings: i64,
    pub worst: Option<Severity>,
    /// A revocation of it stands: whatever it asks is denied.
    pub stopped: bool,
    /// When it last asked us.
    pub last_asked_at: Option<Timestamp>,
}

/// How many of each; `environment` `None`: nobody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    pub kind: Kind,
    pub environment: Option<Environment>,
    pub status: Status,
    pub count: i64,
}

/// Counting stops here: beyond it a page says "more than 10,000".
pub const COUNT_MAX: i64 = 10_001;

fn args(f: &Filter) -> Vec<Arg> {
    let flag = |on: bool| Arg::Int(on.then_some(1));
    let like = f.text.as_ref().filter(|t| !t.trim().is_empty()).map(|text| {
        let text = text.trim().to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{text}%")
    });
    let environment = f.environment.filter(|_| !f.environment_unknown).map(|e| e.as_str());
    vec![
        f.kind.map(|k| k.as_str()).into(),
        environment.into(),
        f.status.map(|s| s.as_str()).into(),
        f.owner.into(),
        flag(f.orphaned),
        like.into(),
        f.finding.map(|r| r.as_str()).into(),
        flag(f.environment_unknown),
        f.source.into(),
        f.mode.map(|m| m.as_str()).into(),
        flag(f.open),
        flag(f.unused),
        flag(f.standing),
        flag(f.stopped),
        f.step.map(|s| s.as_str()).into(),
    ]
}

/// A page in the order of names, after `(name, id)`.
///
/// # Errors
/// As the database says.
pub async fn page(tx: &mut Tx, filter: &Filter, after: Option<(String, String)>, limit: i64) -> Result<Vec<Line>> {
    let mut args = args(filter);
    let (name, id) = after.map_or((None, None), |(name, id)| (Some(name), Some(id)));
    args.extend([name.into(), id.into(), limit.into()]);
    tx.all(PAGE, &args).await?.iter().map(decode).collect()
}

/// How many there are, up to [`COUNT_MAX`].
///
/// # Errors
/// As the database says.
pub async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    let mut args = args(filter);
    args.push(COUNT_MAX.into());
    tx.one(COUNT, &args).await?.int("n")
}

/// How many of each kind, environment and status.
///
/// # Errors
/// As the database says.
pub async fn facets(tx: &mut Tx, filter: &Filter) -> Result<Vec<Facet>> {
    let facet = |row: &Row| -> Result<Facet> {
        Ok(Facet {
            kind: row.id("kind")?,
            environment: row.some_id("environment")?,
            status: row.id("status")?,
            count: row.int("n")?,
        })
    };
    tx.all(FACETS, &args(filter)).await?.iter().map(facet).collect()
}

/// How many identities have an open finding of each rule.
///
/// # Errors
/// As the database says.
pub async fn by_rule(tx: &mut Tx) -> Result<Vec<(Rule, i64)>> {
    tx.all(BY_RULE, &[]).await?.iter().map(|row| Ok((row.id("rule")?, row.int("n")?))).collect()
}

fn decode(row: &Row) -> Result<Line> {
    let mut identity = identities::decode(row)?;
    if row.int("shown")? > 0 {
        let synced: Option<Timestamp> = row.some_at("last_sync_at")?;
        identity.last_seen_at = identity.last_seen_at.max(synced);
    }
    let worst = row.some_int("worst")?.and_then(|rank| usize::try_from(rank).ok());
    Ok(Line {
        identity,
        owner_name: row.some_text("owner_name")?,
        owner_email: row.some_text("owner_email")?,
        backup_name: row.some_text("backup_name")?,
        source_name: row.some_text("source_name")?,
        open_findings: row.int("findings")?,
        worst: worst.and_then(|rank| Severity::ALL.get(rank).copied()),
        stopped: row.int("stops")? > 0,
        last_asked_at: row.some_at("last_asked_at")?,
    })
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;
    use crate::testkit::Fresh;

    /// What a line shows of its identity must not be looked for among all findings: a page of 100,000 took half a minute.
    #[tokio::test]
    async fn a_page_reads_nothing_but_its_own_lines() {
        let t = Fresh::sqlite().await;
        let mut tx = t.gov.read().await.expect("a reader");
        let plan = tx.plan(PAGE).await;
        assert!(plan.iter().any(|step| step.contains("identities_name")), "in the order of names: {plan:?}");
        for step in &plan {
            let own = ["identity_id=?", "id=?", "name>?"].iter().any(|by| step.contains(by));
            assert!(own || !(step.starts_with("SEARCH") || step.starts_with("SCAN")), "{step}");
            assert!(!step.contains("TEMP B-TREE"), "{step}");
        }
        let plan = tx.plan(BY_RULE).await;
        assert!(plan.iter().any(|step| step.contains("COVERING INDEX findings_rule")), "{plan:?}");
    }
}
