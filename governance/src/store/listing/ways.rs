//! By which way the identities of a filter are found. Where few fit, they are looked up and sorted; where many do, the page is
//! read off the order of names, and most of what is passed over fits.
use super::{Filter, Order};

/// Counting candidates stops here; so many are not looked up for a page: that would take some 200 ms.
pub const MANY: i64 = 50_001;

/// Letters that the index of parts of names is made of.
pub const GRAM: usize = 3;

/// The questions over one set of candidates; their arguments are a filter's, and after them those of a page.
pub struct Statements {
    /// `$17` lines after the place `$18` (a name, the rank of the worst finding, the time of registration) and the id `$19`.
    page: [&'static str; 3],
    /// In the order of findings `page` is of one rank (`$18`) alone, and this the end: those that have none open, `$17` of them after the
    /// id `$18`.
    pub without_finding: Option<&'static str>,
    /// Up to `$17`.
    pub count: &'static str,
    pub facets: &'static str,
}

impl Statements {
    pub fn page(&self, order: Order) -> &'static str {
        let [name, worst, newest] = self.page;
        match order {
            Order::Name => name,
            Order::Worst => worst,
            Order::Newest => newest,
        }
    }
}

/// A filter that has an index of its own.
pub struct Way {
    /// Whether a filter asks for it.
    pub serves: fn(&Filter) -> bool,
    /// Whether its candidates are just those that fit.
    pub whole: fn(&Filter) -> bool,
    /// How many candidates there are, up to `$17`.
    pub probe: &'static str,
    pub statements: Statements,
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

// `+ 0` keeps SQLite, which knows nothing of how many findings are open, from the index over all that are
macro_rules! lines {
    ($from:expr, $tail:expr) => {
        filtered!(
            "select i.*, o.name as owner_name, o.email as owner_email, b.name as backup_name, s.name as source_name, s.last_sync_at, (select count(*) from findings f where f.identity_id = i.id and f.state = 'open') as findings, (select max(f.rank + 0) from findings f where f.identity_id = i.id and f.state = 'open') as worst, (select count(*) from sightings g where g.identity_id = i.id and g.gone_at is null and g.source_id is not null) as shown, (select count(*) from stops t where t.kind = 'identity' and t.id = i.id and t.active = 1) as stops, (select max(d.at) from decisions d where d.identity_id = i.id) as last_asked_at",
            $from,
            $tail
        )
    };
}

macro_rules! statements {
    ($from:expr, $joined:expr, $pages:expr, $without_finding:expr) => {
        Statements {
            page: $pages,
            without_finding: $without_finding,
            count: filtered!("select count(*) as n from (select 1 as one", $from, concat!($joined, " limit $17) c")),
            facets: filtered!(
                "select i.kind as kind, i.environment as environment, i.status as status, count(*) as n",
                $from,
                concat!($joined, " group by i.kind, i.environment, i.status")
            ),
        }
    };
}

/// Candidates first: `cross join` has SQLite read them before anything else.
macro_rules! of_few {
    ($set:expr) => {
        statements!(
            concat!("(", $set, ") d cross join identities i"),
            " and i.id = d.identity_id",
            [
                lines!(
                    concat!("(", $set, ") d cross join identities i"),
                    " and i.id = d.identity_id and ($18 is null or i.name > $18 or (i.name = $18 and i.id > $19)) order by i.name, i.id limit $17"
                ),
                lines!(
                    concat!(
                        "(select g.identity_id as identity_id, coalesce((select max(f.rank + 0) from findings f where f.identity_id = g.identity_id and f.state = 'open'), -1) as rank from (",
                        $set,
                        ") g) d cross join identities i"
                    ),
                    " and i.id = d.identity_id and (cast($18 as bigint) is null or d.rank < $18 or (d.rank = $18 and i.id > $19)) order by d.rank desc, i.id limit $17"
                ),
                lines!(
                    concat!("(", $set, ") d cross join identities i"),
                    " and i.id = d.identity_id and (cast($18 as bigint) is null or i.registered_at < $18 or (i.registered_at = $18 and i.id < $19)) order by i.registered_at desc, i.id desc limit $17"
                ),
            ],
            None
        )
    };
}

macro_rules! way {
    ($serves:expr, $whole:expr, $set:expr) => {
        Way {
            serves: $serves,
            whole: $whole,
            probe: concat!("select count(*) as n from (select 1 as one from (", $set, ") c limit $17) d"),
            statements: of_few!($set),
        }
    };
}

/// Along the index of the order. The first comparison of each alone lets either database start where the page before ended.
pub const BY_ORDER: Statements = statements!(
    "identities i",
    "",
    [
        lines!(
            "identities i",
            " and i.name >= coalesce($18, '') and ($18 is null or i.name > $18 or i.id > $19) order by i.name, i.id limit $17"
        ),
        // of one rank `$18`, after the id `$19`: each identity once, at its first finding among the worst; the index is by expressions
        lines!(
            "findings d cross join identities i",
            " and i.id = d.identity_id and d.state || '' = 'open' and 0 - d.rank = 0 - cast($18 as bigint) and d.identity_id > coalesce($19, '') and not exists (select 1 from findings h where h.identity_id = d.identity_id and h.state = 'open' and (h.rank + 0 > d.rank or (h.rank + 0 = d.rank and h.id < d.id))) order by d.identity_id limit $17"
        ),
        lines!(
            "identities i",
            " and i.registered_at <= coalesce($18, 9223372036854775807) and (cast($18 as bigint) is null or i.registered_at < $18 or i.id < $19) order by i.registered_at desc, i.id desc limit $17"
        ),
    ],
    Some(lines!(
        "identities i",
        " and not exists (select 1 from findings h where h.identity_id = i.id and h.state = 'open') and i.id > coalesce($18, '') order by i.id limit $17"
    ))
);

/// One, by its id `$17`, where it fits.
pub const ONE: &str = lines!("identities i", " and i.id = $17");

/// Whose text it is, up to `$17` of them.
pub const OF_TEXT: &str = "select identity_id from identity_search where search like $16 limit $17";

/// By what counters are kept of: one index has all of it, and is read from the statuses and kinds that there are.
pub const BY_TALLIES: Statements = of_few!(
    "select i.id as identity_id from (select distinct status, kind from identity_tallies where n > 0 and ($1 is null or kind = $1) and ($3 is null or status = $3)) t cross join identities i where i.status = t.status and i.kind = t.kind and ($2 is null or i.environment = $2) and (cast($5 as bigint) is null or i.step = 'registered') and (cast($8 as bigint) is null or i.environment is null) and ($9 is null or i.source_id = $9) and ($10 is null or i.mode = $10) and ($14 is null or (i.status <> 'retired' and i.step = $14))"
);

pub static WAYS: &[Way] = &[
    way!(
        |f| f.owner.is_some(),
        |_| true,
        "select id as identity_id from identities where owner_id = $4 union select id as identity_id from identities where backup_id = $4"
    ),
    way!(
        |f| f.finding.is_some() || f.unused,
        |f| f.finding.is_none() || !f.unused,
        "select distinct identity_id from findings where rule = $7 and state = 'open' and identity_id is not null"
    ),
    way!(
        |f| f.wanted().is_some_and(|text| text.chars().count() >= GRAM),
        |f| f.wanted().is_some_and(|text| !text.contains(['%', '_'])),
        // `%` and `_` of the text find too much here, and the filter itself looks again
        "select identity_id from identity_search where search like $16"
    ),
    way!(
        |f| f.open,
        |_| true,
        "select distinct identity_id from findings where state = 'open' and identity_id is not null"
    ),
    way!(
        |f| f.standing,
        |_| true,
        "select distinct identity_id from entitlements where revoked_at is null and expires_at is null and privilege in ('administrative', 'permissions_management')"
    ),
    way!(|f| f.stopped, |_| true, "select id as identity_id from stops where kind = 'identity' and active = 1"),
];
