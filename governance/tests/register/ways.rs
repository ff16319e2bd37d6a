//! Whichever way a filter takes, it finds the same; and the counters that triggers keep are noticed when they are wrong.
use super::{files, fixture};
use governance::engine::identities::{COUNT_MAX, Filter, Line, Order, Place};
use governance::engine::imports::ImportInput;
use governance::finding::Rule;
use governance::identity::{Environment, Kind, Mode, Status};
use governance::on_every_database;
use governance::source;
use governance::store::db::Tx;
use governance::store::listing;
use governance::testkit::Fresh;
use governance::visibility::Step;

on_every_database! {
    every_way_finds_the_same
}

async fn imported(t: &Fresh) {
    let all = ["aws/authorization-1.json", "aws/authorization-2.json", "aws/credential-report.csv", "aws/advisor"];
    for (kind, paths) in
        [(source::Kind::AwsIam, all.map(fixture).to_vec()), (source::Kind::McpConfig, vec![fixture("mcp/team.json")])]
    {
        let input = ImportInput { kind, files: files(&paths), name: None, allow_removals: false };
        t.gov.import_apply(&t.operator(), &input).await.unwrap();
    }
}

fn filters(t_source: governance::id::SourceId) -> Vec<Filter> {
    let of = Filter::default;
    vec![
        of(),
        Filter { kind: Some(Kind::ServiceAccount), ..of() },
        Filter { environment: Some(Environment::Production), ..of() },
        Filter { environment_unknown: true, ..of() },
        Filter { status: Some(Status::Active), mode: Some(Mode::Enforce), ..of() },
        Filter { source: Some(t_source), ..of() },
        Filter { step: Some(Step::Registered), ..of() },
        Filter { orphaned: true, ..of() },
        Filter { open: true, ..of() },
        Filter { stopped: true, ..of() },
        Filter { standing: true, ..of() },
        Filter { unused: true, ..of() },
        Filter { finding: Some(Rule::NeverAttested), ..of() },
        Filter { text: Some("DEPLOY".into()), ..of() },
        Filter { text: Some("e_l".into()), ..of() },
        Filter { text: Some("ci".into()), ..of() },
    ]
}

/// Both at once, where they do not contradict each other in a field.
fn both(a: &Filter, b: &Filter) -> Filter {
    let (b, c) = (b.clone(), a.clone());
    Filter {
        kind: c.kind.or(b.kind),
        environment: c.environment.or(b.environment),
        environment_unknown: c.environment_unknown || b.environment_unknown,
        status: c.status.or(b.status),
        mode: c.mode.or(b.mode),
        stopped: c.stopped || b.stopped,
        owner: c.owner.or(b.owner),
        orphaned: c.orphaned || b.orphaned,
        finding: c.finding.or(b.finding),
        open: c.open || b.open,
        unused: c.unused || b.unused,
        standing: c.standing || b.standing,
        source: c.source.or(b.source),
        step: c.step.or(b.step),
        text: c.text.or(b.text),
    }
}

/// Whole and from the middle on; how many there are.
async fn same_by_every_way(tx: &mut Tx, filter: &Filter, order: Order) -> i64 {
    let found = listing::by_every_way(tx, filter, order, None, 1_000).await.unwrap();
    let (lines, count, facets) = &found[0];
    assert!(found.iter().all(|other| other == &found[0]), "{filter:?} {order}: {found:?}");
    assert_eq!((lines.len().try_into().unwrap(), *count), (*count, *facets), "{filter:?}");
    assert!(in_order(lines, order), "{order}: {lines:?}");
    assert_eq!(&listing::page(tx, filter, order, None, 1_000).await.unwrap(), lines, "{filter:?} {order}");
    let (counted, facets) = listing::counts(tx, filter).await.unwrap();
    assert_eq!(counted, *count, "{filter:?}");
    assert_eq!(facets.unwrap().iter().map(|f| f.count).sum::<i64>(), *count, "{filter:?}");
    for at in [lines.len() / 3, lines.len().saturating_sub(1)] {
        let Some(after) = lines.get(at).map(|line| Place::of(order, line)) else { continue };
        let rest = lines.iter().skip(at + 1).take(4).cloned().collect::<Vec<_>>();
        for (page, ..) in listing::by_every_way(tx, filter, order, Some(&after), 4).await.unwrap() {
            assert_eq!(page, rest, "{filter:?} {order} behind {after:?}");
        }
        assert_eq!(listing::page(tx, filter, order, Some(&after), 4).await.unwrap(), rest, "{filter:?} {order}");
    }
    *count
}

fn in_order(lines: &[Line], order: Order) -> bool {
    lines.windows(2).all(|pair| match order {
        Order::Name => pair[0].identity.name <= pair[1].identity.name,
        Order::Worst => pair[0].worst >= pair[1].worst,
        Order::Newest => pair[0].identity.registered_at >= pair[1].identity.registered_at,
    })
}

async fn every_way_finds_the_same(t: Fresh) {
    imported(&t).await;
    let mut tx = t.gov.read().await.unwrap();
    let source = governance::store::sources::list(&mut tx).await.unwrap()[0].id;
    let (singles, mut most) = (filters(source), 0);
    for (n, a) in singles.iter().enumerate() {
        for b in &singles[n..] {
            let filter = both(a, b);
            for order in Order::ALL.iter().copied() {
                most = most.max(same_by_every_way(&mut tx, &filter, order).await);
            }
        }
    }
    assert!(most > 3 && most < COUNT_MAX, "{most}");
}

#[tokio::test]
async fn a_counter_that_is_wrong_is_noticed() {
    let t = Fresh::sqlite().await;
    imported(&t).await;
    for break_it in [
        "update identity_tallies set n = n + 1",
        "update identities set step = 'attested'",
        "update identity_search set search = 'x'",
        "update identity_counts set n = n + 1",
        "insert into identity_counts values ('backup', '', 'nobody', 1)",
        "update finding_tallies set n = n - 1",
    ] {
        let mut tx = t.gov.write(&t.operator()).await.unwrap().tx;
        assert_eq!(governance::store::visibility::wrong(&mut tx).await.unwrap(), 0);
        tx.execute(break_it, &[]).await.unwrap();
        assert!(governance::store::visibility::wrong(&mut tx).await.unwrap() > 0, "{break_it}");
    }
}
