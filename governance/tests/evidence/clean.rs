//! What is sound passes, and what cannot be proven is never made.
use crate::sample::{at, log, sample, unpacked};
use governance::evidence::{Asked, Verdict, build, verify};

#[test]
fn two_hundred_clean_packs_pass() {
    for seed in 0..200 {
        let s = sample(seed);
        let key = Some(s.log.key.verifier());
        let report = verify(&s.pack, &Asked { key, outside: None });
        assert_eq!(report.verdict, Verdict::Unwitnessed, "seed {seed}: {}", report.text());
        let outside = s.log.note(s.size);
        let report = verify(&s.pack, &Asked { key, outside: Some(outside.as_bytes()) });
        assert_eq!(report.verdict, Verdict::Valid, "seed {seed}: {}", report.text());
        let report = verify(&s.pack, &Asked { key: None, outside: Some(outside.as_bytes()) });
        assert_eq!(report.verdict, Verdict::Unwitnessed, "seed {seed}: {}", report.text());
    }
}

#[test]
fn the_same_content_makes_the_same_bytes() {
    assert_eq!(sample(3).pack, sample(3).pack);
    assert_ne!(sample(3).pack, sample(4).pack);
}

#[test]
fn manifest_and_envelope_are_canonical_json() {
    let files = unpacked(&sample(5).pack);
    for name in ["manifest.json", "manifest.dsse.json"] {
        let value: serde_json::Value = serde_json::from_slice(&files[name]).unwrap();
        assert_eq!(serde_json::to_vec(&value).unwrap(), files[name], "{name}: sorted by key, without spaces");
    }
}

#[test]
fn a_pack_that_would_not_verify_is_not_handed_out() {
    let log = log(1, 40);
    let check = |what: &str, change: &dyn Fn(&mut governance::evidence::Content)| {
        let mut content = log.content(5, 20, 40, 1);
        build(&content, &log.key).unwrap();
        change(&mut content);
        assert!(build(&content, &log.key).is_err(), "{what}");
    };
    check("an entry left out", &|c| drop(c.leaves.remove(3)));
    check("entries in another order", &|c| c.leaves.swap(3, 4));
    check("an entry that is no event", &|c| c.leaves[2] = b"{}".to_vec());
    check("a period that begins before what is shown", &|c| c.about.from = at(0));
    check("a period that ends after what is shown", &|c| c.about.to = at(300));
    check("a period that ends before it begins", &|c| c.about.to = at(10));
    check("a payload of another", &|c| drop(c.payloads.insert("ab".repeat(32), b"salt and more bytes".to_vec())));
    check("a proof of an entry outside", &|c| {
        let mut proof = log.content(25, 35, 40, 9).proofs.remove(0);
        proof.checkpoint.clone_from(&c.checkpoint);
        c.proofs.push(proof);
    });
    check("another checkpoint", &|c| c.checkpoint = log.note(39));
    check("an earlier checkpoint's proof to another", &|c| c.earlier.push(log.since(2, 39)));
    for name in [
        "manifest.json",
        "manifest.dsse.json",
        "vkey",
        "proofs/0.tlog-proof",
        "proofs/x",
        "payloads/x",
        "../x",
        "README.TXT",
    ] {
        check(name, &|c| drop(c.documents.insert(name.into(), b"x".to_vec())));
    }
}

#[test]
fn the_report_says_what_was_looked_at_and_what_it_does_not_show() {
    let s = sample(7);
    let text = verify(&s.pack, &Asked { key: Some(s.log.key.verifier()), outside: None }).text();
    for word in [
        "container",
        "signature",
        "files",
        "checkpoint",
        "events",
        "period",
        "proofs",
        "payloads",
        "witness",
        "can rewrite",
    ] {
        assert!(text.contains(word), "{word} in {text}");
    }
    assert!(text.contains("VALID IN ITSELF") && !text.contains("INVALID"));
    let text = verify(b"PK not a pack", &Asked::default()).text();
    assert!(text.contains("FAIL") && text.contains("INVALID"));
}
