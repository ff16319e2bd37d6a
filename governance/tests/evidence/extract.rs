//! Packs from a real log, on both databases.
use chrono::TimeDelta;
use governance::engine::Wanted;
use governance::error::Kind;
use governance::evidence::{About, Asked, Verdict, build, verify};
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::store;
use governance::testkit::{Fresh, START};
use governance::time::Timestamp;
use governance::{Actor, Ctx};

on_every_database! {
    a_pack_of_any_period_verifies
    an_erased_payload_leaves_the_pack_valid
    who_may_not_make_evidence_gets_none
}

fn minutes(n: i64) -> Timestamp {
    Timestamp::parse(START).unwrap() + TimeDelta::minutes(n)
}
fn about(from: i64, to: i64) -> About {
    let (from, to) = (minutes(from), minutes(to));
    About { created_at: minutes(500), framework: None, from, generator: "test".into(), pack: "pck_1".into(), to }
}
fn everything(_: &governance::log::Entry) -> Wanted {
    Wanted { proof: true, payloads: true }
}
/// Forty entries, one every ten minutes from the first on, each with a payload.
async fn play(t: &Fresh) {
    for n in 1..=40 {
        t.clock.set(minutes(10 * n));
        let mut w = t.gov.write(&t.gov.ctx(Actor::System("test"))).await.unwrap();
        let hash = w.payload(format!("mail {n}").as_bytes()).await.unwrap();
        let mut event = Event::new(EventKind::NoticeSent, "system:test").subject(format!("idn_{n}"));
        event.payloads.insert("mail", hash);
        w.append(event).await.unwrap();
        w.commit().await.unwrap();
        if n == 7 {
            t.gov.log_checkpoint_sign(&t.key, None).await.unwrap();
            t.gov.log_checkpoint_hand_out(&t.operator(), None).await.unwrap();
        }
    }
    t.gov.log_checkpoint_sign(&t.key, None).await.unwrap();
}

async fn a_pack_of_any_period_verifies(t: Fresh) {
    assert_eq!(t.gov.log_extract(&t.operator(), about(0, 1), everything).await.unwrap_err().kind, Kind::NotFound);
    play(&t).await;
    let newest = t.gov.log_checkpoint().await.unwrap().note;
    let key = Some(t.key.verifier());
    // (from, to) in minutes, and the entries that are in the pack: those of the period and their neighbours
    for (from, to, entries) in [
        (-100, 1000, 42),
        (0, 1, 2),
        (100, 200, 12),
        (95, 205, 13),
        (-100, -50, 1),
        (600, 700, 1),
        (100, 100, 2),
        (101, 102, 2),
        (400, 401, 2),
    ] {
        let content = t.gov.log_extract(&t.operator(), about(from, to), everything).await.unwrap();
        assert_eq!(content.leaves.len(), entries, "{from} to {to}");
        assert_eq!(content.proofs.len(), entries);
        assert_eq!(content.earlier.len(), 1, "the checkpoint that was handed out");
        let pack = build(&content, &t.key).unwrap();
        let report = verify(&pack, &Asked { key, outside: Some(newest.as_bytes()) });
        assert_eq!(report.verdict, Verdict::Valid, "{from} to {to}: {}", report.text());
    }
    let none = |_: &governance::log::Entry| Wanted::default();
    let content = t.gov.log_extract(&t.operator(), about(100, 200), none).await.unwrap();
    assert!(content.proofs.is_empty() && content.payloads.is_empty());
    assert_eq!(verify(&build(&content, &t.key).unwrap(), &Asked { key, outside: None }).verdict, Verdict::Unwitnessed);
}

async fn an_erased_payload_leaves_the_pack_valid(t: Fresh) {
    play(&t).await;
    let mut tx = store::db::Db::open(&t.url).await.unwrap().begin().await.unwrap();
    tx.execute("update payloads set bytes = null, erased_at = 1", &[]).await.unwrap();
    tx.commit().await.unwrap();
    let content = t.gov.log_extract(&t.operator(), about(100, 200), everything).await.unwrap();
    assert!(content.payloads.is_empty());
    let report = verify(&build(&content, &t.key).unwrap(), &Asked::default());
    assert!(report.text().contains("12 were withheld or erased"), "{}", report.text());
}

async fn who_may_not_make_evidence_gets_none(t: Fresh) {
    let id = governance::id::PersonId::new(minutes(0), [1; 10]);
    let ctx = Ctx { actor: Actor::Person { id, roles: [governance::engine::Role::Viewer].into() }, ..t.operator() };
    assert_eq!(t.gov.log_extract(&ctx, about(0, 1), everything).await.unwrap_err().kind, Kind::Forbidden);
}
