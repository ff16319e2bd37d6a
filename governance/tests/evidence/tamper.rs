//! Five hundred tampered packs, each refused by whoever names the key.
use crate::sample::{Sample, log, packed, sample, unpacked};
use governance::evidence::manifest::sha256_hex;
use governance::evidence::{Asked, Verdict, build, dsse, verify};
use governance::log::SigningKey;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;
type Tamper = fn(&mut StdRng, &Sample) -> Vec<u8>;

const CLASSES: [(&str, Tamper); 26] = [
    ("flip a bit", |rng, s| {
        let mut pack = s.pack.clone();
        let at = rng.random_range(0..pack.len());
        pack[at] ^= 1 << rng.random_range(0..8);
        pack
    }),
    ("truncate", |rng, s| s.pack[..rng.random_range(0..s.pack.len())].to_vec()),
    ("append", |rng, s| [&s.pack[..], &rng.random::<[u8; 3]>()].concat()),
    ("cut a piece out", |rng, s| {
        let at = rng.random_range(0..s.pack.len() - 1);
        [&s.pack[..at], &s.pack[at + 1..]].concat()
    }),
    ("put a piece in", |rng, s| {
        let at = rng.random_range(0..s.pack.len());
        [&s.pack[..at], &[rng.random()], &s.pack[at..]].concat()
    }),
    ("edit a file", |rng, s| {
        with(s, |f| {
            let name = any_name(rng, f);
            edit(rng, f.get_mut(&name).unwrap());
        })
    }),
    ("edit a file and the manifest", |rng, s| {
        with(s, |f| {
            let name = any_content(rng, f);
            edit(rng, f.get_mut(&name).unwrap());
            follow(f, &name);
        })
    }),
    ("edit a file and the manifest, sign with another key", |rng, s| {
        with(s, |f| {
            let name = any_content(rng, f);
            edit(rng, f.get_mut(&name).unwrap());
            follow(f, &name);
            let other = SigningKey::from_seed(s.log.key.verifier().name(), &rng.random()).unwrap();
            let envelope = dsse::sign(&f["manifest.json"], &other).unwrap();
            f.insert("manifest.dsse.json".into(), envelope);
        })
    }),
    ("delete a file", |rng, s| {
        with(s, |f| {
            let name = any_name(rng, f);
            f.remove(&name);
        })
    }),
    ("extra file", |rng, s| {
        with(s, |f| drop(f.insert(format!("results/extra-{}.json", rng.random::<u16>()), b"{}".to_vec())))
    }),
    ("rename a file", |rng, s| {
        with(s, |f| {
            let name = any_name(rng, f);
            let bytes = f.remove(&name).unwrap();
            f.insert(format!("{name}-{}", rng.random::<u16>()), bytes);
        })
    }),
    ("swap two files", |rng, s| {
        with(s, |f| {
            let (a, b) = loop {
                let (a, b) = (any_name(rng, f), any_name(rng, f));
                if f[&a] != f[&b] {
                    break (a, b);
                }
            };
            let (of_a, of_b) = (f[&a].clone(), f[&b].clone());
            f.insert(a, of_b);
            f.insert(b, of_a);
        })
    }),
    ("swap two payloads", |rng, s| {
        with(s, |f| {
            let mut names: Vec<_> = f.keys().filter(|n| n.starts_with("payloads/")).cloned().collect();
            names.shuffle(rng);
            let [a, b, ..] = &names[..] else { return drop(f.remove("vkey")) };
            let (of_a, of_b) = (f[a].clone(), f[b].clone());
            f.insert(a.clone(), of_b);
            f.insert(b.clone(), of_a);
        })
    }),
    ("another payload under its own name", |rng, s| {
        with(s, |f| {
            let bytes: [u8; 40] = rng.random();
            let name = format!("payloads/{}", sha256_hex(&bytes));
            f.insert(name, bytes.to_vec());
        })
    }),
    ("leave an entry out", |rng, s| {
        with(s, |f| {
            events(f, |lines| {
                let at = rng.random_range(0..lines.len());
                lines.remove(at);
            })
        })
    }),
    ("an entry twice", |rng, s| {
        with(s, |f| {
            events(f, |lines| {
                let at = rng.random_range(0..lines.len());
                lines.insert(at, lines[at].clone());
            })
        })
    }),
    ("entries in another order", |rng, s| {
        with(s, |f| {
            events(f, |lines| {
                let at = rng.random_range(1..lines.len());
                lines.swap(at - 1, at);
            })
        })
    }),
    ("rewrite an entry", |rng, s| {
        with(s, |f| {
            events(f, |lines| {
                let at = rng.random_range(0..lines.len());
                lines[at] = lines[at].replace("\"idn_", "\"idn_x");
            })
        })
    }),
    ("other key", |rng, s| {
        let mut content = s.content.clone();
        let other = SigningKey::from_seed(s.log.key.verifier().name(), &rng.random()).unwrap();
        let sign = |_: &str| s.log.checkpoint(s.size).sign(&other).unwrap();
        content.checkpoint = sign(&content.checkpoint);
        content.proofs.iter_mut().for_each(|p| p.checkpoint = sign(&p.checkpoint));
        content.earlier.iter_mut().for_each(|p| p.checkpoint = sign(&p.checkpoint));
        build(&content, &other).unwrap()
    }),
    ("another key's file", |rng, s| {
        with(s, |f| {
            let other = SigningKey::from_seed(s.log.key.verifier().name(), &rng.random()).unwrap();
            f.insert("vkey".into(), format!("{}\n", other.verifier()).into_bytes());
        })
    }),
    ("old checkpoint", |rng, s| {
        with(s, |f| {
            let old = s.log.note(rng.random_range(1..s.size));
            f.insert("checkpoint".into(), old.into_bytes());
        })
    }),
    ("old checkpoint and manifest", |rng, s| {
        with(s, |f| {
            let old = s.log.note(rng.random_range(1..s.size));
            f.insert("checkpoint".into(), old.into_bytes());
            follow(f, "checkpoint");
        })
    }),
    ("signature of another pack", |rng, s| {
        with(s, |f| {
            let other = unpacked(&another_pack(rng, s));
            f.insert("manifest.dsse.json".into(), other["manifest.dsse.json"].clone());
        })
    }),
    ("manifest and signature of another pack", |rng, s| {
        with(s, |f| {
            let other = unpacked(&another_pack(rng, s));
            for name in ["manifest.json", "manifest.dsse.json"] {
                f.insert(name.into(), other[name].clone());
            }
        })
    }),
    ("manifest written otherwise", |rng, s| {
        with(s, |f| {
            let text = String::from_utf8(f["manifest.json"].clone()).unwrap();
            let at = text.match_indices(',').map(|(at, _)| at).collect::<Vec<_>>();
            let at = at.choose(rng).unwrap() + 1;
            f.insert("manifest.json".into(), format!("{} {}", &text[..at], &text[at..]).into_bytes());
        })
    }),
    ("headers that say something else", |rng, s| {
        // the same change in a file's own header and in the directory, so that both agree
        let (local, central) = headers(&s.pack);
        let n = rng.random_range(0..local.len());
        let field = rng.random_range(0..10);
        let mut pack = s.pack.clone();
        for at in [local[n] + 4 + field, central[n] + 6 + field] {
            pack[at] ^= 1;
        }
        pack
    }),
];

fn with(s: &Sample, change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let mut files = unpacked(&s.pack);
    change(&mut files);
    packed(&files)
}
fn any_name(rng: &mut StdRng, f: &Files) -> String {
    f.keys().collect::<Vec<_>>().choose(rng).unwrap().to_string()
}
fn any_content(rng: &mut StdRng, f: &Files) -> String {
    loop {
        let name = any_name(rng, f);
        if !name.starts_with("manifest") {
            return name;
        }
    }
}
fn edit(rng: &mut StdRng, bytes: &mut Vec<u8>) {
    match rng.random_range(0..3) {
        0 if !bytes.is_empty() => {
            let at = rng.random_range(0..bytes.len());
            bytes[at] = bytes[at].wrapping_add(rng.random_range(1..=255));
        }
        1 if !bytes.is_empty() => drop(bytes.pop()),
        _ => bytes.push(rng.random()),
    }
}
/// Writes the new digest and size of a file into the manifest, as a careful forger would.
fn follow(f: &mut Files, name: &str) {
    let mut manifest: serde_json::Value = serde_json::from_slice(&f["manifest.json"]).unwrap();
    for subject in manifest["subject"].as_array_mut().unwrap() {
        if subject["name"] == name {
            subject["digest"]["sha256"] = sha256_hex(&f[name]).into();
            subject["annotations"]["size"] = f[name].len().into();
        }
    }
    f.insert("manifest.json".into(), serde_json::to_vec(&manifest).unwrap());
}
fn events(f: &mut Files, change: impl FnOnce(&mut Vec<String>)) {
    let text = String::from_utf8(f["events.ndjson"].clone()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    f.insert("events.ndjson".into(), (lines.join("\n") + "\n").into_bytes());
    follow(f, "events.ndjson");
}
/// Another genuine pack of the same log and key.
fn another_pack(rng: &mut StdRng, s: &Sample) -> Vec<u8> {
    let content = s.log.content(0, s.size, s.size, rng.random());
    build(&content, &s.log.key).unwrap()
}
/// Where the local headers and the directory's entries begin.
fn headers(pack: &[u8]) -> (Vec<usize>, Vec<usize>) {
    let mut local = Vec::new();
    let mut at = 0;
    for (name, bytes) in unpacked(pack) {
        local.push(at);
        at += 30 + name.len() + bytes.len();
    }
    let mut central = Vec::new();
    for name in unpacked(pack).keys() {
        central.push(at);
        at += 46 + name.len();
    }
    (local, central)
}

#[test]
fn five_hundred_tampered_packs_are_all_refused() {
    let mut count = 0;
    for round in 0..20 {
        let s = sample(1000 + round);
        for (class, (name, tamper)) in CLASSES.iter().enumerate() {
            let seed = round * 100 + class as u64;
            let pack = tamper(&mut StdRng::seed_from_u64(seed), &s);
            assert_ne!(pack, s.pack, "{name}, seed {seed}: nothing was changed");
            let report = verify(&pack, &Asked { key: Some(s.log.key.verifier()), outside: None });
            assert_eq!(report.verdict, Verdict::Invalid, "{name}, seed {seed}: {}", report.text());
            assert_eq!(report.verdict.exit_code(), 1);
            count += 1;
        }
    }
    assert!(count >= 500, "{count}");
}

#[test]
fn without_a_key_only_a_whole_other_signer_passes_and_is_marked() {
    let s = sample(77);
    for (name, tamper) in CLASSES {
        let pack = tamper(&mut StdRng::seed_from_u64(5), &s);
        let report = verify(&pack, &Asked::default());
        let expected = if name == "other key" { Verdict::Unwitnessed } else { Verdict::Invalid };
        assert_eq!(report.verdict, expected, "{name}: {}", report.text());
        assert_eq!(
            name == "other key",
            report.text().contains("anybody could have made it") && report.failure().is_none()
        );
    }
}

#[test]
fn a_pack_of_another_log_with_the_same_name_is_refused() {
    let (ours, theirs) = (log(50, 20), log(51, 20));
    let pack = build(&theirs.content(0, 20, 20, 1), &theirs.key).unwrap();
    assert_eq!(verify(&pack, &Asked { key: Some(ours.key.verifier()), outside: None }).verdict, Verdict::Invalid);
}

#[test]
fn what_is_not_a_pack_is_refused_without_a_panic() {
    let mut rng = StdRng::seed_from_u64(1);
    for length in [0, 1, 22, 100, 5000] {
        let bytes: Vec<u8> = (0..length).map(|_| rng.random()).collect();
        assert_eq!(verify(&bytes, &Asked::default()).verdict, Verdict::Invalid);
    }
    // a zip in our form that holds something else
    let files = BTreeMap::from([("a.txt".to_owned(), b"a".to_vec())]);
    assert!(verify(&packed(&files), &Asked::default()).text().contains("no evidence pack"));
}
