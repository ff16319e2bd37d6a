//! Secrets in the order of their worth to look at. Every list reads an index of its own from where the page before ended, and
//! every count stops at [`COUNT_MAX`]: neither grows with the register.
//!
//! All secrets, those of a concern and those of a kind: the worst first (readable, across environments, shared, used by people,
//! without an end; the column `ease`), among equals the oldest, and first of all those whose age nobody tells. What time makes a
//! concern (old, unused, past its end): what has been so the longest first.
use super::credentials;
use super::db::{Arg, Row, Tx};
use super::listing::COUNT_MAX;
use crate::error::Result;
use crate::id::{CredentialId, IdentityId};
use crate::secret::{Concern, ELSEWHERE, Filter, Holder, Secret, concerns};
use crate::source::Told;
use crate::time::Timestamp;

const HOLDERS: &str = "select distinct i.id, i.name, i.environment from credentials c cross join identities i where c.secret_name = $1 and c.revoked_at is null and c.identity_id <> $2 and i.id = c.identity_id order by i.id limit $3";

/// Where a page ended: the first and second order, and the id.
pub type After = (i64, i64, CredentialId);

struct Statements {
    page: &'static str,
    count: &'static str,
}

macro_rules! read {
    ($which:expr, $after:expr, $order:expr, $first:expr) => {
        Statements {
            page: concat!(
                "select c.*, ", $first, " as first_order, i.name as identity_name, i.kind as identity_kind, i.environment as identity_environment, s.name as source_name, s.last_sync_at, s.max_staleness_s",
                " from credentials c cross join identities i cross join sources s where i.id = c.identity_id and s.id = c.source_id and c.revoked_at is null",
                $which, $after, " order by ", $order, " limit $1"
            ),
            count: concat!("select count(*) as n from (select 1 as one from credentials c where c.revoked_at is null", $which, " limit $1) c"),
        }
    };
}
macro_rules! worst {
    ($which:expr) => {
        read!($which, " and (c.ease, c.in_use_since, c.id) > ($2, $3, $4)", "c.ease, c.in_use_since, c.id", "c.ease")
    };
}
macro_rules! secret {
    ($which:expr) => {
        worst!(concat!(" and c.active = 1 and c.long_lived = 1", $which))
    };
}
/// `$2` the instant before which it must be.
macro_rules! longest {
    ($column:expr, $which:expr) => {
        read!(
            concat!(" and c.active = 1 and c.long_lived = 1", $which, " and ", $column, " < $2"),
            concat!(" and (", $column, ", c.id) > ($3, $4)"),
            concat!($column, ", c.id"),
            $column
        )
    };
}

static SECRETS: Statements = secret!("");
/// `$2` the kind, `$5` where the page before ended.
static OF_KIND: Statements = read!(
    " and c.kind = $2",
    " and (c.ease, c.in_use_since, c.id) > ($5, $3, $4)",
    "c.ease, c.in_use_since, c.id",
    "c.ease"
);
static EXPOSED: Statements = secret!(" and c.exposure_detected_at is not null");
static ACROSS: Statements = secret!(" and c.across = 1");
static SHARED: Statements = secret!(" and c.shared = 1");
static PEOPLE: Statements = secret!(" and c.interactive = 1 and c.last_used_at is not null");
static EXPIRED: Statements = longest!("c.expires_at", " and c.expires_at is not null");
static ENDLESS: Statements = secret!(" and c.expiry_reported = 1 and c.expires_at is null");
// 0: nobody tells the age
static OLD: Statements = longest!("c.in_use_since", " and c.in_use_since > 0");
static AGELESS: Statements = secret!(" and c.created_at is null and c.last_rotated_at is null");
static UNROTATED: Statements = secret!(" and c.unrotated = 1");
static UNUSED: Statements = longest!("c.idle_since", " and c.usage_reported = 1");
static IN_FILE: Statements = secret!(" and c.storage = 'config_file'");

const fn statements(filter: Filter) -> &'static Statements {
    match filter {
        Filter::Secrets => &SECRETS,
        Filter::Kind(_) => &OF_KIND,
        Filter::Of(concern) => match concern {
            Concern::Exposed => &EXPOSED,
            Concern::AcrossEnvironments => &ACROSS,
            Concern::Shared => &SHARED,
            Concern::UsedByPeople => &PEOPLE,
            Concern::Expired => &EXPIRED,
            Concern::NeverExpires => &ENDLESS,
            Concern::Old => &OLD,
            Concern::AgeNotTold => &AGELESS,
            Concern::NeverRotated => &UNROTATED,
            Concern::Unused => &UNUSED,
            Concern::InFile => &IN_FILE,
        },
    }
}

/// A page, each line with where the one after it starts.
///
/// # Errors
/// As the database says.
pub async fn page(
    tx: &mut Tx,
    filter: Filter,
    after: Option<After>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<(Secret, After)>> {
    let (first, second, id) =
        after.map_or((i64::MIN, i64::MIN, Arg::from("")), |(first, second, id)| (first, second, id.into()));
    let args = match (filter, cutoff(filter, now)) {
        (Filter::Kind(kind), _) => vec![limit.into(), kind.as_str().into(), second.into(), id, first.into()],
        (_, Some(cutoff)) => vec![limit.into(), cutoff.into(), first.into(), id],
        (_, None) => vec![limit.into(), first.into(), second.into(), id],
    };
    let rows = tx.all(statements(filter).page, &args).await?;
    let mut found = vec![];
    for row in &rows {
        found.push(line(tx, row, now).await?);
    }
    Ok(found)
}

fn cutoff(filter: Filter, now: Timestamp) -> Option<Timestamp> {
    match filter {
        Filter::Of(concern) => concern.cutoff(now),
        Filter::Secrets | Filter::Kind(_) => None,
    }
}

/// How many there are, up to [`COUNT_MAX`].
///
/// # Errors
/// As the database says.
pub async fn count(tx: &mut Tx, filter: Filter, now: Timestamp) -> Result<i64> {
    let mut args: Vec<Arg> = vec![COUNT_MAX.into()];
    match (filter, cutoff(filter, now)) {
        (Filter::Kind(kind), _) => args.push(kind.as_str().into()),
        (_, Some(cutoff)) => args.push(cutoff.into()),
        (_, None) => {}
    }
    tx.one(statements(filter).count, &args).await?.int("n")
}

async fn line(tx: &mut Tx, row: &Row, now: Timestamp) -> Result<(Secret, After)> {
    let credential = credentials::decode(row)?;
    let (shared, across) = (row.flag("shared")?, row.flag("across")?);
    let after = (row.int("first_order")?, row.int("in_use_since")?, credential.id);
    let elsewhere = match row.some_text("secret_name")?.filter(|_| shared) {
        Some(name) => holders(tx, &name, credential.identity).await?,
        None => vec![],
    };
    let told = Told::of(row.some_at("last_sync_at")?, row.int("max_staleness_s")?);
    let secret = Secret {
        identity_name: row.text("identity_name")?,
        identity_kind: row.id("identity_kind")?,
        environment: row.some_id("identity_environment")?,
        source_name: row.text("source_name")?,
        stale: !told.is_some_and(|told| told.counts(now)),
        concerns: concerns(&credential, shared, across, now),
        elsewhere,
        credential,
    };
    Ok((secret, after))
}

async fn holders(tx: &mut Tx, name: &str, but: IdentityId) -> Result<Vec<Holder>> {
    let rows = tx.all(HOLDERS, &[name.into(), but.into(), ELSEWHERE.into()]).await?;
    let holder =
        |row: &Row| Ok(Holder { id: row.id("id")?, name: row.text("name")?, environment: row.some_id("environment")? });
    rows.iter().map(holder).collect()
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;
    use crate::credential::Kind;
    use crate::testkit::Fresh;

    /// A register may hold millions of them: no list sorts, and none reads what another list has.
    #[tokio::test]
    async fn each_list_reads_its_own_index_in_its_order() {
        let t = Fresh::sqlite().await;
        let mut tx = t.gov.read().await.expect("a reader");
        let mut all = vec![(Filter::Secrets, "secrets_worst"), (Filter::Kind(Kind::Token), "credentials_of_kind")];
        all.extend(Concern::ALL.iter().map(|concern| (Filter::Of(*concern), index(*concern))));
        for (filter, index) in all {
            for sql in [statements(filter).page, statements(filter).count] {
                let plan = tx.plan(sql).await;
                // two indices hold every secret: a count may take either
                let either = filter == Filter::Secrets && plan.iter().any(|step| step.contains("INDEX secrets_old"));
                let own = plan.iter().any(|step| step.contains(&format!("INDEX {index}")));
                assert!(own || (either && sql == SECRETS.count), "{filter:?}: {plan:?}");
                assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{filter:?}: {plan:?}");
            }
        }
        let plan = tx.plan(HOLDERS).await;
        assert!(plan.iter().any(|step| step.contains("credentials_same (secret_name=?")), "{plan:?}");
    }

    fn index(concern: Concern) -> &'static str {
        match concern {
            Concern::Exposed => "secrets_exposed",
            Concern::AcrossEnvironments => "secrets_across_environments",
            Concern::Shared => "secrets_shared",
            Concern::UsedByPeople => "secrets_used_by_people",
            Concern::Expired => "secrets_expiring",
            Concern::NeverExpires => "secrets_endless",
            Concern::Old => "secrets_old",
            Concern::AgeNotTold => "secrets_age_not_told",
            Concern::NeverRotated => "secrets_never_rotated",
            Concern::Unused => "secrets_unused",
            Concern::InFile => "secrets_in_file",
        }
    }
}
