//! Pages of identities with what a table shows of each, and the counts beside the filters.
mod few;
mod order;
mod ways;

pub use order::{Order, Place};

use super::db::{Arg, Row, Tx};
use super::identities;
use crate::error::{Error, Result};
use crate::finding::{Rule, Severity};
use crate::identity::{Environment, Identity, Kind, Mode, Status};
use crate::time::Timestamp;
use crate::visibility::Step;
use serde::{Deserialize, Serialize};
use ways::{MANY, Statements, WAYS, Way};

/// How many of each kind, environment and status, from the counters that triggers keep.
const TALLIES: &str = "select kind, nullif(environment, '') as environment, status, cast(sum(n) as bigint) as n from identity_tallies where ($1 is null or kind = $1) and ($2 is null or environment = $2) and ($3 is null or status = $3) and ($4 is null or source_id = $4) and ($5 is null or mode = $5) and (cast($6 as bigint) is null or step = 'registered') and ($7 is null or (status <> 'retired' and step = $7)) group by kind, environment, status having sum(n) > 0 order by kind, environment, status";
const BY_RULE: &str = "select count(*) as n from (select distinct identity_id from findings where rule = $1 and state = 'open' and identity_id is not null limit $2) c";

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

/// Where no counter is kept, counting stops here, and a page says "more than 10,000".
pub const COUNT_MAX: i64 = 10_001;

impl Filter {
    /// The text, in lower case as it is kept; none where there is none.
    fn wanted(&self) -> Option<String> {
        self.text.as_ref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
    }

    /// A text that no index serves.
    fn has_short_text(&self) -> bool {
        self.wanted().is_some_and(|text| text.chars().count() < ways::GRAM)
    }

    /// Nobody without an open finding can fit.
    fn asks_for_findings(&self) -> bool {
        self.open || self.unused || self.finding.is_some()
    }

    fn environment(&self) -> Option<&'static str> {
        self.environment.filter(|_| !self.environment_unknown).map(|e| e.as_str())
    }

    /// Those that are left for ways to find; where none is, the counters know the answer.
    fn ways(&self) -> Vec<&'static Way> {
        WAYS.iter().filter(|way| (way.serves)(self)).collect()
    }

    /// The filters that counters are kept of.
    fn tallied(&self) -> [Arg; 7] {
        let environment = if self.environment_unknown { Some("") } else { self.environment() };
        [
            self.kind.map(|k| k.as_str()).into(),
            environment.into(),
            self.status.map(|s| s.as_str()).into(),
            self.source.into(),
            self.mode.map(|m| m.as_str()).into(),
            Arg::Int(self.orphaned.then_some(1)),
            self.step.map(|s| s.as_str()).into(),
        ]
    }

    fn is_tallied(&self) -> bool {
        self.tallied().iter().any(|arg| !arg.is_null())
    }

    /// `$1` to `$16` of every statement, and what is asked beside them.
    fn args<const N: usize>(&self, beside: [Arg; N]) -> Vec<Arg> {
        let flag = |on: bool| Arg::Int(on.then_some(1));
        let like = self
            .wanted()
            .map(|text| format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
        let rule = self.finding.or(self.unused.then_some(Rule::Unused90d));
        let own: [Arg; 16] = [
            self.kind.map(|k| k.as_str()).into(),
            self.environment().into(),
            self.status.map(|s| s.as_str()).into(),
            self.owner.into(),
            flag(self.orphaned),
            like.into(),
            rule.map(|r| r.as_str()).into(),
            flag(self.environment_unknown),
            self.source.into(),
            self.mode.map(|m| m.as_str()).into(),
            flag(self.open),
            flag(self.standing),
            flag(self.stopped),
            self.step.map(|s| s.as_str()).into(),
            // a finding of a rule and disuse, which is a finding too
            self.finding.and(self.unused.then_some(Rule::Unused90d.as_str())).into(),
            // what the index of parts of names is asked
            self.wanted().map(|text| format!("%{text}%")).into(),
        ];
        own.into_iter().chain(beside).collect()
    }
}

/// The sets that a filter is made of, with how many are in each, up to `most`.
async fn sets(tx: &mut Tx, filter: &Filter, most: i64) -> Result<Vec<(i64, &'static Statements)>> {
    let mut sets = vec![];
    if filter.is_tallied() {
        sets.push((tallied(tx, filter).await?.min(most), &ways::BY_TALLIES));
    }
    for way in filter.ways() {
        sets.push((probe(tx, way, filter, most).await?, &way.statements));
    }
    sets.sort_by_key(|(n, _)| *n);
    Ok(sets)
}

/// How many candidates a way has, up to `most`.
async fn probe(tx: &mut Tx, way: &Way, filter: &Filter, most: i64) -> Result<i64> {
    tx.one(way.probe, &filter.args([most.into()])).await?.int("n")
}

/// The way to a page. Along the index of an order a page is full after so many lines as the sets, taken to have nothing to do with each
/// other, make likely; the fewest candidates are looked up and sorted where they are less than that.
async fn way(tx: &mut Tx, filter: &Filter, limit: i64) -> Result<&'static Statements> {
    let all = tallied(tx, &Filter::default()).await?.max(1);
    let alone = filter.ways().len() + usize::from(filter.is_tallied()) == 1;
    // of one set no more need be counted than decide: with so many, as many lines make a page
    let most = if alone { MANY.min(limit.max(1).saturating_mul(all).isqrt() + 1) } else { MANY };
    let sets = sets(tx, filter, most).await?;
    let Some((fewest, statements)) = sets.first().filter(|(n, _)| *n < MANY) else { return Ok(&ways::BY_ORDER) };
    // whole numbers do: beyond what an i64 holds, many is many
    let passed = sets.iter().fold(limit, |lines, (n, _)| lines.saturating_mul(all) / (*n).max(1));
    Ok(if *fewest < passed { statements } else { &ways::BY_ORDER })
}

/// The way to a number: the fewest candidates, each looked at once.
async fn counting(tx: &mut Tx, filter: &Filter) -> Result<&'static Statements> {
    Ok(sets(tx, filter, MANY).await?.first().map_or(&ways::BY_ORDER, |(_, statements)| *statements))
}

async fn tallied(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    Ok(tallies(tx, filter).await?.iter().map(|facet| facet.count).sum())
}

/// What a filter finds, by each way that could be taken: a page in an order, the count, and the facets' sum.
///
/// # Errors
/// As the database says.
#[cfg(feature = "testkit")]
pub async fn by_every_way(
    tx: &mut Tx,
    filter: &Filter,
    order: Order,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<(Vec<Line>, i64, i64)>> {
    let ways = filter.ways().into_iter().map(|way| &way.statements);
    let mut found = vec![];
    for statements in [&ways::BY_ORDER, &ways::BY_TALLIES].into_iter().chain(ways) {
        let page = read(tx, statements, filter, order, after, limit).await?;
        let count = tx.one(statements.count, &filter.args([COUNT_MAX.into()])).await?.int("n")?;
        let facets = tx.all(statements.facets, &filter.args([])).await?;
        found.push((page, count, facets.iter().map(|row| row.int("n")).sum::<Result<i64>>()?));
    }
    Ok(found)
}

async fn read(
    tx: &mut Tx,
    statements: &Statements,
    filter: &Filter,
    order: Order,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Line>> {
    if let (Some(rest), Order::Worst) = (statements.without_finding, order) {
        return along_findings(tx, (statements.page(order), rest), filter, after, limit).await;
    }
    let [by, id] = order::args(order, after);
    tx.all(statements.page(order), &filter.args([limit.into(), by, id])).await?.iter().map(decode).collect()
}

/// Rank by rank, each from its own place in the index; then those without a finding.
async fn along_findings(
    tx: &mut Tx,
    (of_rank, rest): (&'static str, &'static str),
    filter: &Filter,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Line>> {
    let missing = |rows: &[Row]| i64::try_from(rows.len()).map(|n| limit.saturating_sub(n)).map_err(Error::internal);
    let worst = i64::try_from(Severity::ALL.len()).map_err(Error::internal)? - 1;
    let begin = after.and_then(Place::rank).unwrap_or(worst);
    let behind = |rank: i64| after.filter(|_| rank == begin).map(Place::id);
    let mut rows = vec![];
    for rank in (0..=begin).rev() {
        let left = missing(&rows)?;
        if left > 0 {
            let args = filter.args([left.into(), rank.into(), behind(rank).into()]);
            rows.extend(tx.all(of_rank, &args).await?);
        }
    }
    let left = missing(&rows)?;
    if left > 0 && !filter.asks_for_findings() {
        rows.extend(tx.all(rest, &filter.args([left.into(), behind(order::NO_FINDING).into()])).await?);
    }
    rows.iter().map(decode).collect()
}

/// A page in an order, behind a place.
///
/// # Errors
/// As the database says.
pub async fn page(tx: &mut Tx, filter: &Filter, order: Order, after: Option<&Place>, limit: i64) -> Result<Vec<Line>> {
    if let Some(lines) = few::lines(tx, filter).await? {
        return Ok(order::cut(lines, order, after, limit));
    }
    let statements = way(tx, filter, limit).await?;
    read(tx, statements, filter, order, after, limit).await
}

/// How many there are, exactly where counters are kept, else up to [`COUNT_MAX`]; and how many of each kind, environment and
/// status: `None` where no counters are kept and there are more than can be counted now.
///
/// # Errors
/// As the database says.
pub async fn counts(tx: &mut Tx, filter: &Filter) -> Result<(i64, Option<Vec<Facet>>)> {
    if let Some(lines) = few::lines(tx, filter).await? {
        let n = i64::try_from(lines.len()).map_err(Error::internal)?;
        return Ok((n, Some(few::facets(&lines))));
    }
    let matching = count(tx, filter).await?;
    Ok((matching, facets(tx, filter, matching).await?))
}

async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    match (filter.ways().as_slice(), filter.is_tallied()) {
        _ if filter.has_short_text() => {}
        ([], _) => return tallied(tx, filter).await,
        ([one], false) if (one.whole)(filter) => return probe(tx, one, filter, COUNT_MAX).await,
        _ => {}
    }
    let statements = counting(tx, filter).await?;
    tx.one(statements.count, &filter.args([COUNT_MAX.into()])).await?.int("n")
}

async fn facets(tx: &mut Tx, filter: &Filter, matching: i64) -> Result<Option<Vec<Facet>>> {
    if filter.ways().is_empty() && !filter.has_short_text() {
        return tallies(tx, filter).await.map(Some);
    }
    if matching >= COUNT_MAX {
        return Ok(None);
    }
    let statements = counting(tx, filter).await?;
    tx.all(statements.facets, &filter.args([])).await?.iter().map(facet).collect::<Result<_>>().map(Some)
}

async fn tallies(tx: &mut Tx, filter: &Filter) -> Result<Vec<Facet>> {
    tx.all(TALLIES, &filter.tallied()).await?.iter().map(facet).collect()
}

fn facet(row: &Row) -> Result<Facet> {
    Ok(Facet {
        kind: row.id("kind")?,
        environment: row.some_id("environment")?,
        status: row.id("status")?,
        count: row.int("n")?,
    })
}

/// How many identities have an open finding of each rule, up to [`COUNT_MAX`]; those that none has are left out.
///
/// # Errors
/// As the database says.
pub async fn by_rule(tx: &mut Tx) -> Result<Vec<(Rule, i64)>> {
    let mut all = vec![];
    for rule in Rule::ALL {
        let n = tx.one(BY_RULE, &[rule.as_str().into(), COUNT_MAX.into()]).await?.int("n")?;
        all.extend((n > 0).then_some((*rule, n)));
    }
    Ok(all)
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
        let along = [
            (ways::BY_ORDER.page(Order::Name), "identities_name (name>?"),
            (ways::BY_ORDER.page(Order::Worst), "findings_worst (<expr>=? AND <expr>=? AND identity_id>?"),
            (ways::BY_ORDER.page(Order::Newest), "identities_newest (registered_at<?"),
            (ways::BY_ORDER.without_finding.expect("its end"), "sqlite_autoindex_identities_1 (id>?"),
        ];
        for (sql, index) in along {
            let plan = tx.plan(sql).await;
            assert!(plan.iter().any(|step| step.contains(index)), "along {index}: {plan:?}");
            for step in &plan {
                let own = ["identity_id=?", "id=?", index].iter().any(|by| step.contains(by));
                assert!(own || !(step.starts_with("SEARCH") || step.starts_with("SCAN")), "{step}");
                assert!(!step.contains("TEMP B-TREE"), "{step}");
            }
        }
        let plan = tx.plan(BY_RULE).await;
        assert!(plan.iter().any(|step| step.contains("COVERING INDEX findings_rule (rule=?")), "{plan:?}");
    }

    #[tokio::test]
    async fn few_candidates_are_read_first_and_their_identities_by_id() {
        let t = Fresh::sqlite().await;
        let mut tx = t.gov.read().await.expect("a reader");
        for statements in WAYS.iter().map(|way| &way.statements).chain([&ways::BY_TALLIES]) {
            let pages = Order::ALL.iter().map(|order| statements.page(*order));
            for sql in pages.chain([statements.count, statements.facets]) {
                let plan = tx.plan(sql).await;
                let by_id =
                    plan.iter().any(|step| step.starts_with("SEARCH i USING INDEX sqlite_autoindex_identities_1"));
                assert!(by_id && !plan.iter().any(|step| step.starts_with("SCAN i ")), "{plan:?}");
            }
        }
        let plan = tx.plan(ways::BY_TALLIES.page(Order::Name)).await;
        assert!(plan.iter().any(|step| step.contains("COVERING INDEX identities_dims")), "{plan:?}");
    }
}
