//! How far what acts here is known: the funnel, the lists behind it, and its trend; on both databases.
use crate::files;
use crate::fixture;
use crate::identities::person;
use chrono::TimeDelta;
use governance::attestation::Answer;
use governance::engine::{
    Actor, Ctx,
    identities::{Filter, NewIdentity},
    identity_changes::Change,
    imports::ImportInput,
    page::Want,
};
use governance::error::Kind as Failure;
use governance::id::PersonId;
use governance::identity::{Boundary, Identity, Kind};
use governance::on_every_database;
use governance::person::Role;
use governance::source;
use governance::testkit::Fresh;
use governance::visibility::{Step, funnel};

on_every_database! {
    each_step_counts_what_has_reached_all_before_it
    a_source_that_is_silent_is_stale
    the_numbers_of_a_day_are_counted_once_and_stay
}

async fn reached(t: &Fresh) -> Vec<i64> {
    t.gov.visibility(&t.operator()).await.unwrap().reached.iter().map(|r| r.n).collect()
}
async fn at(t: &Fresh, step: Step) -> Vec<String> {
    let filter = Filter { step: Some(step), ..Filter::default() };
    let page = t.gov.identity_list(&t.operator(), &filter, &Want::default()).await.unwrap();
    let counted = t.gov.identity_counts(&t.operator(), &filter).await.unwrap().matching;
    assert_eq!(usize::try_from(counted).unwrap(), page.items.len(), "the list and its count agree");
    page.items.into_iter().map(|line| line.identity.name).collect()
}
async fn agent(t: &Fresh, name: &str) -> Identity {
    t.gov.identity_add(&t.operator(), NewIdentity::named(name, Kind::Agent)).await.unwrap()
}
async fn again(t: &Fresh, it: &Identity) -> Identity {
    t.gov.identity_find(&t.operator(), &it.id.to_string()).await.unwrap()
}
fn owner(t: &Fresh, id: PersonId) -> Ctx {
    t.gov.ctx(Actor::Person { id, roles: [Role::Owner].into() })
}
async fn import(t: &Fresh) {
    let files = files(&[fixture("mcp/team.json")]);
    let input = ImportInput { kind: source::Kind::McpConfig, files, name: None, allow_removals: false };
    t.gov.import_apply(&t.operator(), &input).await.unwrap();
}

async fn each_step_counts_what_has_reached_all_before_it(t: Fresh) {
    let ctx = t.operator();
    assert_eq!(reached(&t).await, [0; 6]);
    let ana = person(&t.gov, "ana@example.com").await;
    let (one, _other) = (agent(&t, "one").await, agent(&t, "other").await);
    assert_eq!(reached(&t).await, [2, 2, 0, 0, 0, 0]);
    t.gov.identity_own(&ctx, one.id, ana, None).await.unwrap();
    assert_eq!(reached(&t).await, [2, 2, 1, 0, 0, 0]);
    assert_eq!((at(&t, Step::Registered).await, at(&t, Step::Owned).await), (vec!["other".into()], vec!["one".into()]));
    // its owner answers for it, but nobody said what it is for: it has not got further
    let now = again(&t, &one).await;
    t.gov.identity_attest(&owner(&t, ana), one.id, now.version, Answer::Keep, None).await.unwrap();
    assert_eq!(reached(&t).await, [2, 2, 1, 0, 0, 0]);
    let boundary = Boundary { tools: vec!["refund.create".into()], ..Boundary::default() };
    let now = again(&t, &one).await;
    let purpose = Change { purpose: Some(Some("Refunds".into())), ..Change::default() };
    let now = t.gov.identity_change(&ctx, one.id, now.version, purpose).await.unwrap();
    assert_eq!(reached(&t).await, [2, 2, 1, 0, 0, 0], "a purpose alone is no scope");
    let scope = Change { boundary: Some(Some(Boundary::default())), ..Change::default() };
    let now = t.gov.identity_change(&ctx, one.id, now.version, scope).await.unwrap();
    assert_eq!(reached(&t).await, [2, 2, 1, 0, 0, 0], "nor is a boundary that says nothing");
    let scope = Change { boundary: Some(Some(boundary)), ..Change::default() };
    t.gov.identity_change(&ctx, one.id, now.version, scope).await.unwrap();
    assert_eq!(reached(&t).await, [2, 2, 1, 1, 0, 0]);
    assert_eq!(at(&t, Step::Scoped).await, ["one"]);
}

async fn a_source_that_is_silent_is_stale(t: Fresh) {
    import(&t).await;
    let seen = t.gov.visibility(&t.operator()).await.unwrap();
    let [source] = &seen.sources[..] else { panic!("{:?}", seen.sources) };
    let shown = source.reached[0].n;
    assert!(!source.stale && shown > 0);
    assert_eq!(seen.reached[0].n, shown, "all of it comes from that source");
    assert_eq!(funnel(&seen.cells), seen.reached);
    assert!(seen.completeness().contains("what 1 source showed"), "{}", seen.completeness());
    t.clock.advance(TimeDelta::days(8));
    let seen = t.gov.visibility(&t.operator()).await.unwrap();
    assert!(seen.sources[0].stale && seen.completeness().contains("1 of them was not read for too long"));
    assert_eq!(seen.sources[0].reached[0].n, shown, "what it showed is not taken to be gone");
}

async fn the_numbers_of_a_day_are_counted_once_and_stay(t: Fresh) {
    let sweep = async || t.gov.visibility_sweep(&t.gov.ctx(Actor::System("visibility"))).await.unwrap();
    agent(&t, "one").await;
    assert!(sweep().await);
    assert!(!sweep().await, "once a day");
    agent(&t, "two").await;
    t.clock.advance(TimeDelta::days(1));
    assert!(sweep().await);
    let trend = t.gov.visibility(&t.operator()).await.unwrap().trend;
    let numbers: Vec<_> = trend.iter().map(|d| d.reached.clone()).collect();
    assert_eq!(numbers, [[1, 1, 0, 0, 0, 0], [2, 2, 0, 0, 0, 0]]);
    assert_eq!(trend[1].day - trend[0].day, 1);
    let ana = person(&t.gov, "ana@example.com").await;
    let refused = t.gov.visibility_sweep(&owner(&t, ana)).await.unwrap_err();
    assert_eq!(refused.kind, Failure::Forbidden);
}
