//! From an order to a pack that a stranger verifies, on both databases.
#![expect(clippy::unwrap_used, reason = "tests")]
use chrono::TimeDelta;
use governance::engine::evidence::Gathered;
use governance::evidence::order::{State, days};
use governance::evidence::{Asked, Verdict, build, verify, zip};
use governance::on_every_database;
use governance::testkit::Fresh;
use std::collections::BTreeMap;

on_every_database! {
    an_ordered_pack_is_made_once_and_verifies
    the_same_gathering_gives_the_same_bytes
    an_order_that_came_to_nothing_says_why
    a_pack_is_never_changed
    what_cannot_be_ordered_is_refused
    a_period_shows_the_entries_around_it
}

async fn signed(t: &Fresh) {
    t.gov.log_checkpoint_sign(&t.key, None).await.unwrap();
}
fn documents(g: &Gathered) -> BTreeMap<String, Vec<u8>> {
    [("index.html".into(), format!("<p>{} entries", g.entries.len()).into_bytes())].into()
}
fn november() -> governance::assess::report::Period {
    days("2026-11-01", "2026-11-30").unwrap()
}

async fn an_ordered_pack_is_made_once_and_verifies(t: Fresh) {
    let ctx = t.operator();
    let order = t.gov.evidence_order(&ctx, "EU-AI-Act", november(), false).await.unwrap();
    assert!(t.gov.evidence_take(&ctx).await.unwrap().is_none(), "no checkpoint covers the order yet");
    signed(&t).await;
    let taken = t.gov.evidence_take(&ctx).await.unwrap().unwrap();
    assert_eq!((taken.id, taken.state), (order.id, State::Making));
    assert!(t.gov.evidence_take(&ctx).await.unwrap().is_none(), "somebody makes it");
    let gathered = t.gov.evidence_gather(&ctx, taken).await.unwrap();
    let made = t.gov.evidence_keep(&ctx, &gathered, documents(&gathered), &t.key).await.unwrap();
    let (listed, bytes) = t.gov.evidence_hand_out(&ctx, order.id).await.unwrap();
    assert_eq!(listed, made);
    assert_eq!(listed.file_name(), "countersign-eu-ai-act-20261101-20261130.zip");
    assert_eq!(t.gov.evidence_list(&ctx, None, 10).await.unwrap(), std::slice::from_ref(&made));
    assert!(t.gov.evidence_list(&ctx, Some(made.id), 10).await.unwrap().is_empty());

    let checkpoint = t.gov.log_checkpoint().await.unwrap();
    assert!(checkpoint.external, "the checkpoint in it left the house");
    let outside = checkpoint.note.clone();
    let report = verify(&bytes, &Asked { key: Some(t.key.verifier()), outside: Some(outside.as_bytes()) });
    assert_eq!(report.verdict, Verdict::Valid, "{}", report.text());
    assert_eq!(report.about.unwrap().framework.unwrap().split(' ').next(), Some("eu-ai-act"));
    assert_eq!(zip::read(&bytes).unwrap()["index.html"], b"<p>2 entries");
    let again = t.gov.evidence_keep(&ctx, &gathered, documents(&gathered), &t.key).await.unwrap_err();
    assert_eq!(again.detail, "somebody else makes this pack");
}

async fn the_same_gathering_gives_the_same_bytes(t: Fresh) {
    let ctx = t.operator();
    signed(&t).await;
    let order = t.gov.evidence_order(&ctx, "owasp-nhi-2025", november(), true).await.unwrap();
    let gathered = t.gov.evidence_gather(&ctx, order).await.unwrap();
    t.gov.evidence_keep(&ctx, &gathered, documents(&gathered), &t.key).await.unwrap();
    let (order, bytes) = t.gov.evidence_hand_out(&ctx, gathered.order.id).await.unwrap();
    let content = governance::evidence::Content {
        about: gathered.about(),
        documents: documents(&gathered),
        leaves: gathered.log.leaves.clone(),
        range: gathered.log.range.clone(),
        checkpoint: gathered.log.checkpoint.clone(),
        proofs: gathered.log.proofs.clone(),
        payloads: gathered.log.payloads.clone(),
        earlier: gathered.log.earlier.clone(),
    };
    assert_eq!(build(&content, &t.key).unwrap(), bytes);
    assert_eq!(order.pack.unwrap().sha256, governance::evidence::manifest::sha256_hex(&bytes));
}

async fn an_order_that_came_to_nothing_says_why(t: Fresh) {
    let ctx = t.operator();
    let order = t.gov.evidence_order(&ctx, "eu-ai-act", november(), true).await.unwrap();
    let error = t.gov.evidence_gather(&ctx, order.clone()).await.unwrap_err();
    assert!(error.detail.starts_with("no checkpoint was signed yet"), "{error}");
    t.gov.evidence_failed(&ctx, &order, &error.detail).await.unwrap();
    let listed = t.gov.evidence_get(&ctx, order.id).await.unwrap();
    assert_eq!((listed.state, listed.failure.as_deref()), (State::Failed, Some(error.detail.as_str())));
    assert!(t.gov.evidence_hand_out(&ctx, order.id).await.is_err());
    // who began and vanished
    signed(&t).await;
    let given_up = t.gov.evidence_order(&ctx, "eu-ai-act", november(), true).await.unwrap();
    t.clock.advance(TimeDelta::minutes(16));
    assert!(t.gov.evidence_take(&t.operator()).await.unwrap().is_none());
    assert_eq!(t.gov.evidence_get(&ctx, given_up.id).await.unwrap().state, State::Failed);
}

async fn a_pack_is_never_changed(t: Fresh) {
    let ctx = t.operator();
    signed(&t).await;
    let order = t.gov.evidence_order(&ctx, "eu-ai-act", november(), true).await.unwrap();
    let gathered = t.gov.evidence_gather(&ctx, order).await.unwrap();
    t.gov.evidence_keep(&ctx, &gathered, documents(&gathered), &t.key).await.unwrap();
    for sql in ["update packs set sha256 = 'x'", "delete from packs"] {
        let mut w = t.gov.write(&ctx).await.unwrap();
        let error = w.tx.execute(sql, &[]).await.unwrap_err();
        assert!(format!("{:?}", error.source).contains("packs are never"), "{error:?}");
    }
}

async fn what_cannot_be_ordered_is_refused(t: Fresh) {
    let ctx = t.operator();
    for (framework, from, to, what) in [
        ("iso-9001", "2026-11-01", "2026-11-02", "no framework iso-9001"),
        ("eu-ai-act", "2027-11-01", "2027-11-02", "the period has not begun"),
    ] {
        let error = t.gov.evidence_order(&ctx, framework, days(from, to).unwrap(), false).await.unwrap_err();
        assert!(error.detail.contains(what), "{error}");
    }
    assert!(t.gov.evidence_list(&ctx, None, 10).await.unwrap().is_empty());
}

async fn a_period_shows_the_entries_around_it(t: Fresh) {
    let ctx = t.operator();
    for _ in 0..5 {
        t.clock.advance(TimeDelta::days(1));
        t.gov.threshold_set(&ctx, "AUD-05", "slack_s", Some(5)).await.unwrap();
    }
    signed(&t).await;
    // entries: 0 on the 21st, then one a day from the 22nd to the 26th
    let check = async |from, to, inside, leaves| {
        let order = t.gov.evidence_order(&t.operator(), "eu-ai-act", days(from, to).unwrap(), true).await.unwrap();
        let g = t.gov.evidence_gather(&t.operator(), order).await.unwrap();
        assert_eq!((g.entries.len(), g.log.leaves.len()), (inside, leaves), "{from} {to}");
        let kept = t.gov.evidence_keep(&t.operator(), &g, documents(&g), &t.key).await;
        assert!(kept.is_ok(), "{from} {to}: {kept:?}");
    };
    check("2026-11-23", "2026-11-24", 2, 4).await;
    check("2026-11-21", "2026-11-26", 6, 6).await;
    check("2026-11-26", "2026-11-26", 1, 2).await;
    check("2026-01-01", "2026-01-31", 0, 1).await;
}
