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
    let check = |what: &str, why: &str, change: &dyn Fn(&mut governance::evidence::Content)| {
        let mut content = log.content(5, 20, 40, 1);
        build(&content, &log.key).unwrap();
        change(&mut content);
        let error = build(&content, &log.key).unwrap_err();
        let said = format!("{} {:?}", error.detail, error.source);
        assert!(said.contains(why), "{what}: {said}");
    };
    let order = "stands where";
    check("an entry left out", order, &|c| drop(c.leaves.remove(3)));
    check("the last entry left out", "entry 19 of the run 5 to 20 is missing", &|c| drop(c.leaves.pop()));
    check("an entry put in", "more entries than", &|c| c.leaves.push(log.leaves[20].clone()));
    check("entries in another order", order, &|c| c.leaves.swap(3, 4));
    check("an entry that is no event", "no event", &|c| c.leaves[2] = b"{}".to_vec());
    check("another subject", "another root", &|c| {
        c.leaves[2] = String::from_utf8(c.leaves[2].clone()).unwrap().replace("idn_7", "idn_8").into_bytes();
    });
    check("a period that begins before what is shown", "the one before it", &|c| c.about.from = at(0));
    check("a period that ends after what is shown", "the one after it", &|c| c.about.to = at(300));
    check("a period that ends before it begins", "ends before it begins", &|c| c.about.to = at(10));
    check("a payload of nothing here", "another digest", &|c| {
        c.payloads.insert("ab".repeat(32), b"salt and more bytes".to_vec());
    });
    check("a payload of another entry", "belongs to no entry", &|c| {
        c.payloads.extend(log.content(25, 35, 40, 9).payloads);
    });
    check("a proof of an entry outside", "not in the pack", &|c| c.proofs.extend(log.content(25, 35, 40, 9).proofs));
    check("a proof to another checkpoint", "another checkpoint", &|c| c.proofs = log.content(5, 20, 39, 1).proofs);
    check("a proof that leads elsewhere", "leads to another root", &|c| c.proofs[0].hashes[0][0] ^= 1);
    check("another checkpoint", "not of 39", &|c| {
        c.checkpoint = log.note(39);
        c.proofs.clear();
        c.earlier.clear();
    });
    check("an earlier one's way to another checkpoint", "another checkpoint", &|c| c.earlier.push(log.since(2, 39)));
    for name in ["manifest.json", "manifest.dsse.json", "vkey", "proofs/0.tlog-proof", "proofs/x", "payloads/x"] {
        check(name, "cannot be named", &|c| drop(c.documents.insert(name.into(), b"x".to_vec())));
    }
    check("a path that leads out", "cannot hold", &|c| drop(c.documents.insert("../x".into(), b"x".to_vec())));
    check("two names that are one", "cannot hold both", &|c| {
        drop(c.documents.insert("README.TXT".into(), b"x".to_vec()))
    });
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
