//! By which way the identities of a filter are found. Where few fit, they are looked up and sorted; where many do, the page is
//! read off the order of names, and most of what is passed over fits.
use super::{Arg, Filter, Tx};
use crate::error::Result;

/// Counting candidates stops here; so many are not looked up for a page: that would take some 200 ms.
pub const MANY: i64 = 50_001;

/// Letters that the index of parts of names is made of.
pub const GRAM: usize = 3;

/// The questions over one set of candidates.
pub struct Statements {
    pub page: &'static str,
    pub count: &'static str,
    pub facets: &'static str,
    /// Its last argument is a text to look for.
    searches: bool,
}

/// A filter that has an index of its own.
pub struct Way {
    /// Whether a filter asks for it.
    pub serves: fn(&Filter) -> bool,
    /// Whether its candidates are just those that fit.
    pub whole: fn(&Filter) -> bool,
    /// Counts candidates up to `$2`; `$1` says which.
    probe: &'static str,
    which: fn(&Filter) -> Arg,
    pub statements: Statements,
}

impl Way {
    /// How many candidates there are, up to `most`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn count(&self, tx: &mut Tx, filter: &Filter, most: i64) -> Result<i64> {
        tx.one(self.probe, &[(self.which)(filter), most.into()]).await?.int("n")
    }
}

impl Statements {
    /// The last argument, where it has one more.
    pub fn pattern(&self, filter: &Filter) -> Option<Arg> {
        self.searches.then(|| pattern(filter))
    }
}

/// What the index of parts of names is asked; `%` and `_` find too much there, and the filter itself looks again.
fn pattern(filter: &Filter) -> Arg {
    filter.wanted().map(|text| format!("%{text}%")).into()
}

macro_rules! filtered {
    ($select:expr, $from:expr, $tail:expr) => {
        concat!(
            $select,
            " from ",
            $from,
            " left join people o on o.id = i.owner_id left join people b on b.id = i.backup_id left join sources s on s.id = i.source_id",
            " where ($1 is null or i.kind = $1) and ($2 is null or i.environment = $2) and ($3 is null or i.status = $3)",
            " and ($4 is null or i.owner_id = $4 or i.backup_id = $4) and (cast($5 as bigint) is null or i.step = 'registered')",
            " and ($6 is null or i.search like $6 escape '\\')",
            " and ($7 is null or exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = $7))",
            " and (cast($8 as bigint) is null or i.environment is null) and ($9 is null or i.source_id = $9) and ($10 is null or i.mode = $10)",
            " and (cast($11 as bigint) is null or exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open'))",
            " and (cast($12 as bigint) is null or exists (select 1 from entitlements e where e.identity_id = i.id and e.revoked_at is null and e.expires_at is null and e.privilege in ('administrative', 'permissions_management')))",
            " and (cast($13 as bigint) is null or exists (select 1 from stops t where t.kind = 'identity' and t.id = i.id and t.active = 1))",
            " and ($14 is null or (i.status <> 'retired' and i.step = $14))",
            " and ($15 is null or exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = $15))",
            $tail
        )
    };
}

macro_rules! statements {
    ($page:expr, $count:expr, $facets:expr, $joined:expr, $page_tail:expr, $searches:expr) => {
        Statements {
            // `+ 0` keeps SQLite, which knows nothing of how many findings are open, from the index over all that are
            page: filtered!(
                "select i.*, o.name as owner_name, o.email as owner_email, b.name as backup_name, s.name as source_name, s.last_sync_at, (select count(*) from findings f where f.identity_id = i.id and f.state = 'open') as findings, (select max(f.rank + 0) from findings f where f.identity_id = i.id and f.state = 'open') as worst, (select count(*) from sightings g where g.identity_id = i.id and g.gone_at is null and g.source_id is not null) as shown, (select count(*) from stops t where t.kind = 'identity' and t.id = i.id and t.active = 1) as stops, (select max(d.at) from decisions d where d.identity_id = i.id) as last_asked_at",
                $page,
                concat!($joined, $page_tail)
            ),
            count: filtered!("select count(*) as n from (select 1 as one", $count, concat!($joined, " limit $16) c")),
            facets: filtered!(
                "select i.kind as kind, i.environment as environment, i.status as status, count(*) as n",
                $facets,
                concat!($joined, " group by i.kind, i.environment, i.status")
            ),
            searches: $searches,
        }
    };
}

/// Candidates first: `cross join` has SQLite read them before anything else.
macro_rules! of_few {
    ($page:expr, $count:expr, $facets:expr, $searches:expr) => {
        statements!(
            concat!("(", $page, ") d cross join identities i"),
            concat!("(", $count, ") d cross join identities i"),
            concat!("(", $facets, ") d cross join identities i"),
            " and i.id = d.identity_id",
            " and ($17 is null or i.name > $17 or (i.name = $17 and i.id > $18)) order by i.name, i.id limit $16",
            $searches
        )
    };
    ($set:expr) => {
        of_few!($set, $set, $set, false)
    };
}

macro_rules! probe {
    ($set:expr) => {
        concat!("select count(*) as n from (select 1 as one from (", $set, ") c limit $2) d")
    };
}

/// In the order of names.
pub const BY_NAME: Statements = statements!(
    "identities i",
    "identities i",
    "identities i",
    "",
    // the first comparison alone lets either database start in the index where the page before ended
    " and i.name >= coalesce($17, '') and ($17 is null or i.name > $17 or i.id > $18) order by i.name, i.id limit $16",
    false
);

/// By what counters are kept of: one index has all of it, and is read from the statuses and kinds that there are.
pub const BY_TALLIES: Statements = of_few!(
    "select i.id as identity_id from (select distinct status, kind from identity_tallies where n > 0 and ($1 is null or kind = $1) and ($3 is null or status = $3)) t cross join identities i where i.status = t.status and i.kind = t.kind and ($2 is null or i.environment = $2) and (cast($5 as bigint) is null or i.step = 'registered') and (cast($8 as bigint) is null or i.environment is null) and ($9 is null or i.source_id = $9) and ($10 is null or i.mode = $10) and ($14 is null or (i.status <> 'retired' and i.step = $14))"
);

fn none(_: &Filter) -> Arg {
    Arg::Text(None)
}

pub static WAYS: &[Way] = &[
    Way {
        serves: |f| f.owner.is_some(),
        whole: |_| true,
        probe: probe!(
            "select id from identities where owner_id = $1 union select id from identities where backup_id = $1"
        ),
        which: |f| f.owner.into(),
        statements: of_few!(
            "select id as identity_id from identities where owner_id = $4 union select id as identity_id from identities where backup_id = $4"
        ),
    },
    Way {
        serves: |f| f.finding.is_some() || f.unused,
        whole: |f| f.finding.is_none() || !f.unused,
        probe: probe!(
            "select distinct identity_id from findings where rule = $1 and state = 'open' and identity_id is not null"
        ),
        which: |f| f.finding.or(f.unused.then_some(crate::finding::Rule::Unused90d)).map(|r| r.as_str()).into(),
        statements: of_few!(
            "select distinct identity_id from findings where rule = $7 and state = 'open' and identity_id is not null"
        ),
    },
    Way {
        serves: |f| f.wanted().is_some_and(|text| text.chars().count() >= GRAM),
        whole: |f| f.wanted().is_some_and(|text| !text.contains(['%', '_'])),
        probe: probe!("select identity_id from identity_search where search like $1"),
        which: pattern,
        statements: of_few!(
            "select identity_id from identity_search where search like $19",
            "select identity_id from identity_search where search like $17",
            "select identity_id from identity_search where search like $16",
            true
        ),
    },
    Way {
        serves: |f| f.open,
        whole: |_| true,
        probe: probe!(
            "select distinct identity_id from findings where $1 is null and state = 'open' and identity_id is not null"
        ),
        which: none,
        statements: of_few!(
            "select distinct identity_id from findings where state = 'open' and identity_id is not null"
        ),
    },
    Way {
        serves: |f| f.standing,
        whole: |_| true,
        probe: probe!(
            "select distinct identity_id from entitlements where $1 is null and revoked_at is null and expires_at is null and privilege in ('administrative', 'permissions_management')"
        ),
        which: none,
        statements: of_few!(
            "select distinct identity_id from entitlements where revoked_at is null and expires_at is null and privilege in ('administrative', 'permissions_management')"
        ),
    },
    Way {
        serves: |f| f.stopped,
        whole: |_| true,
        probe: probe!("select id from stops where $1 is null and kind = 'identity' and active = 1"),
        which: none,
        statements: of_few!("select id as identity_id from stops where kind = 'identity' and active = 1"),
    },
];
