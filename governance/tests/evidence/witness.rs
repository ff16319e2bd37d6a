//! What a checkpoint from outside the pack shows, and what not.
use crate::sample::{ORIGIN, at, log};
use governance::evidence::{Asked, Verdict, build, verify};
use governance::log::{Checkpoint, SigningKey};

/// The pack holds entries 10 to 30 of a log of 40; the log has grown to 60 since.
#[test]
fn every_place_an_outside_checkpoint_can_have() {
    let log = log(2, 60);
    let mut content = log.content(10, 30, 40, 2);
    content.earlier = vec![log.since(4, 40), log.since(35, 40)];
    let pack = build(&content, &log.key).unwrap();
    let check = |what: &str, outside: &str, verdict: Verdict| {
        let report = verify(&pack, &Asked { key: Some(log.key.verifier()), outside: Some(outside.as_bytes()) });
        assert_eq!(report.verdict, verdict, "{what}: {}", report.text());
    };
    let forged = |size: usize| Checkpoint { root: [7; 32], ..log.checkpoint(size) }.sign(&log.key).unwrap();
    check("the same", &log.note(40), Verdict::Valid);
    check("the same size, another root", &forged(40), Verdict::Invalid);
    check("behind the run, with a proof in the pack", &log.note(35), Verdict::Valid);
    check("behind the run, another root", &forged(35), Verdict::Invalid);
    check("behind the run, without a proof", &log.note(36), Verdict::Unwitnessed);
    check("at the end of the run", &log.note(30), Verdict::Valid);
    check("at the end of the run, another root", &forged(30), Verdict::Invalid);
    check("inside the run", &log.note(20), Verdict::Unwitnessed);
    check("inside the run, another root", &forged(20), Verdict::Invalid);
    check("before the run, with a proof in the pack", &log.note(4), Verdict::Unwitnessed);
    check("before the run, another root", &forged(4), Verdict::Invalid);
    check("before the run, without a proof", &log.note(5), Verdict::Unwitnessed);
    check("later, bare", &log.note(60), Verdict::Unwitnessed);
    check("later, with the way from here", &log.since(40, 60).print(), Verdict::Valid);
    check("later, with the way from elsewhere", &log.since(39, 60).print(), Verdict::Unwitnessed);
    let mut since = log.since(40, 60);
    since.checkpoint = forged(60);
    check("later, of another history", &since.print(), Verdict::Invalid);
    let mut since = log.since(40, 60);
    since.hashes.reverse();
    check("later, with a wrong way", &since.print(), Verdict::Invalid);
    let other = SigningKey::from_seed(ORIGIN, &[9; 32]).unwrap();
    check("by another key", &log.checkpoint(40).sign(&other).unwrap(), Verdict::Invalid);
    check("no checkpoint", "hello", Verdict::Invalid);
    check("no checkpoint with a proof", "old 40\n", Verdict::Invalid);
    check("empty", "", Verdict::Invalid);
    assert_eq!([Verdict::Valid, Verdict::Invalid, Verdict::Unwitnessed].map(Verdict::exit_code), [0, 1, 2]);
}

#[test]
fn a_log_that_was_rewritten_shows_against_a_checkpoint_from_before() {
    let before = log(3, 30);
    // who holds key and database writes history anew, with the same key
    let mut rewritten = log(3, 30);
    let text = String::from_utf8(before.leaves[12].clone()).unwrap();
    rewritten.leaves[12] = text.replace("\"idn_12\"", "\"idn_99\"").into_bytes();
    assert_ne!(rewritten.leaves[12], before.leaves[12]);
    let mut content = rewritten.content(0, 30, 30, 3);
    content.payloads.clear();
    let pack = build(&content, &rewritten.key).unwrap();
    let key = Some(before.key.verifier());
    let alone = verify(&pack, &Asked { key, outside: None });
    assert_eq!(
        alone.verdict,
        Verdict::Unwitnessed,
        "nothing inside can show it, and the verdict says so: {}",
        alone.text()
    );
    let kept = before.note(20);
    assert_eq!(verify(&pack, &Asked { key, outside: Some(kept.as_bytes()) }).verdict, Verdict::Invalid);
}

#[test]
fn a_period_still_running_is_said_to_be() {
    let log = log(4, 20);
    let mut content = log.content(0, 20, 20, 4);
    content.about.created_at = at(200);
    content.about.to = at(1000);
    let report = verify(&build(&content, &log.key).unwrap(), &Asked::default());
    assert!(report.text().contains("was not over"), "{}", report.text());
}
