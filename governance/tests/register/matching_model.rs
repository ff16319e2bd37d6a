//! Imports of three sources in any order, merges, splits and undoings: whatever happens, each principal that a source shows is
//! one identity, and what a source gave is where its sighting is.
use super::matching::{bring, live, unchanged};
use governance::{
    engine::{identities::Filter, page::Want},
    error::Kind as Failure,
    id::IdentityId,
    identity::record::Record,
    on_every_database,
    testkit::Fresh,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use std::collections::{BTreeMap, BTreeSet};

on_every_database! {
    whatever_happens_a_sighting_has_one_identity
    sources_join_alike_in_any_order
}

const SOURCES: [&str; 3] = ["a", "b", "c"];
/// Principals that sources may share, the same in two spellings.
const POOL: usize = 6;
const STEPS: usize = 40;

/// What a source shows: its own names, each with a right.
type Rows = BTreeMap<String, u8>;

fn principal(n: usize, prefix: &str, random: &mut StdRng) -> String {
    match n % 3 {
        0 => format!("arn:aws:iam::111122223333:role/{prefix}{n}"),
        1 if random.random() => format!("serviceAccount:{prefix}{n}@p.iam.gserviceaccount.com"),
        1 => format!("{prefix}{n}@p.iam.gserviceaccount.com"),
        _ => format!("plain-{prefix}{n}"),
    }
}
fn rows(source: &str, prefix: &str, random: &mut StdRng) -> Rows {
    let mut rows = Rows::from([(format!("only-{prefix}{source}"), 0)]);
    for n in 0..POOL {
        if random.random_range(0..3) > 0 {
            rows.insert(principal(n, prefix, random), random.random_range(0..3));
        }
    }
    rows
}
fn text(rows: &Rows) -> String {
    let line = |(id, right): (&String, &u8)| format!("{id},name of {id},right-{right},key of {id},,,\n");
    rows.iter().map(line).collect()
}

/// All that is in the register, by id.
async fn all(t: &Fresh) -> BTreeMap<IdentityId, Record> {
    let (ctx, want) = (t.operator(), Want { cursor: None, limit: 1000 });
    let mut all = BTreeMap::new();
    for line in t.gov.identity_list(&ctx, &Filter::default(), &want).await.unwrap().items {
        all.insert(line.identity.id, t.gov.identity_show(&ctx, line.identity.id).await.unwrap());
    }
    all
}

/// Looks at the whole register beside what sources show now.
async fn check(t: &Fresh, shown: &BTreeMap<&str, Rows>, told: &str) {
    let mut found = BTreeMap::new();
    for (id, record) in all(t).await {
        let of: Vec<_> = record.monitoring.sources.iter().filter_map(|s| s.source.as_ref().map(|s| s.id)).collect();
        assert_eq!(of.iter().collect::<BTreeSet<_>>().len(), of.len(), "{told}: two sightings of one source in {id}");
        let live = live(&record);
        let scopes: BTreeMap<_, _> = record
            .monitoring
            .sources
            .iter()
            .filter_map(|s| s.source.as_ref())
            .map(|s| (s.id, s.scope.as_str()))
            .collect();
        let mut rights: Vec<_> =
            record.entitlements.iter().map(|e| (scopes.get(&e.source).copied(), e.key.action.clone())).collect();
        let mut keys: Vec<_> =
            record.credentials.iter().map(|c| (scopes.get(&c.source).copied(), c.key.clone())).collect();
        let (mut want, mut want_keys) = (vec![], vec![]);
        for (scope, principal) in &live {
            let right = shown[scope.as_str()][principal];
            want.push((Some(scope.as_str()), format!("right-{right}")));
            want_keys.push((Some(scope.as_str()), format!("key of {principal}")));
            let twice = found.insert((scope.clone(), principal.clone()), id);
            assert_eq!(twice, None, "{told}: {principal} of {scope} is two");
        }
        rights.sort();
        keys.sort();
        assert_eq!((rights, keys), (want, want_keys), "{told}: what {id} holds");
    }
    let want: BTreeSet<_> =
        shown.iter().flat_map(|(s, rows)| rows.keys().map(|p| ((*s).to_owned(), p.clone()))).collect();
    assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), want, "{told}: what is shown");
}

async fn whatever_happens_a_sighting_has_one_identity(t: Fresh) {
    played_through(&t, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_else_happens_it_has() {
    for seed in [5, 11, 23] {
        let t = Fresh::sqlite_in_memory().await;
        governance::testkit::played(t, async |t| played_through(&t, seed).await).await;
    }
}

async fn played_through(t: &Fresh, seed: u64) {
    let (mut random, mut merged) = (StdRng::seed_from_u64(seed), 0);
    let prefix = format!("s{seed}-");
    let mut shown: BTreeMap<&str, Rows> = SOURCES.into_iter().map(|s| (s, Rows::new())).collect();
    for step in 0..STEPS {
        let told = format!("seed {seed}, step {step}");
        let source = *SOURCES.choose(&mut random).unwrap();
        let ctx = t.operator();
        let known: Vec<_> = all(t).await.into_values().collect();
        match random.random_range(0..8) {
            0..=2 => {
                shown.insert(source, rows(source, &prefix, &mut random));
                bring(t, source, &text(&shown[source])).await;
            }
            3..=4 if known.len() > 1 => {
                let two: Vec<_> = known.choose_multiple(&mut random, 2).map(|r| &r.identity).collect();
                let done = t.gov.identity_merge(&ctx, (two[0].id, two[0].version), (two[1].id, two[1].version));
                merged += usize::from(done.await.map(|_| true).or_else(conflict).unwrap());
            }
            5 => {
                let of =
                    known.iter().flat_map(|r| r.monitoring.sources.iter().map(move |s| (&r.identity, s.sighting.id)));
                if let Some((it, sighting)) = of.collect::<Vec<_>>().choose(&mut random) {
                    let done = t.gov.identity_split(&ctx, (it.id, it.version), *sighting).await;
                    done.map(|_| true).or_else(conflict).unwrap();
                }
            }
            6 => {
                if let Some(it) = known.choose(&mut random) {
                    let done = t.gov.identity_unmerge(&ctx, it.identity.id).await;
                    done.map(|_| true).or_else(conflict).unwrap();
                }
            }
            _ => {}
        }
        check(t, &shown, &told).await;
        for (source, rows) in shown.iter().filter(|(_, rows)| !rows.is_empty()) {
            unchanged(t, source, &text(rows)).await;
        }
    }
    assert!(merged > 0, "seed {seed}: nothing was merged");
}

/// What may be refused, and changes nothing.
fn conflict(e: governance::error::Error) -> Result<bool, governance::error::Error> {
    if e.kind == Failure::Conflict { Ok(false) } else { Err(e) }
}

/// Which principals are one identity, whatever that is called.
async fn joined(t: &Fresh, order: &str) -> BTreeSet<Vec<(String, String)>> {
    let plain = |text: &str| text.replace(order, "");
    let all = all(t).await.into_values().map(|r| live(&r));
    let of = |shown: Vec<(String, String)>| shown.into_iter().map(|(s, p)| (plain(&s), plain(&p))).collect();
    all.filter(|shown| shown.iter().any(|(s, _)| s.ends_with(order))).map(of).collect()
}

async fn sources_join_alike_in_any_order(t: Fresh) {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for seed in 0..3 {
        let mut first = None;
        for order in ORDERS {
            // the same files under names of their own
            let mark = format!("-o{seed}{}{}{}", order[0], order[1], order[2]);
            let mut random = StdRng::seed_from_u64(seed);
            let files: Vec<_> = SOURCES.iter().map(|s| rows(s, &mark, &mut random)).collect();
            for n in order {
                bring(&t, &format!("{}{mark}", SOURCES[n]), &text(&files[n])).await;
            }
            let joined = joined(&t, &mark).await;
            assert!(joined.iter().any(|shown| shown.len() > 1), "seed {seed}");
            let want = first.get_or_insert_with(|| joined.clone());
            assert_eq!(&joined, want, "seed {seed}, order {order:?}");
        }
    }
}
