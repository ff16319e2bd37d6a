//! A log in memory and packs made of it, from a seed.
use governance::evidence::zip::{self, Files};
use governance::evidence::{About, Content, build};
use governance::log::event::{Event, EventKind};
use governance::log::merkle::Node;
use governance::log::proof::{consistency_plan, inclusion_plan};
use governance::log::{Checkpoint, Hash, ProofFile, Range, SigningKey, Since, leaf_hash, root};
use governance::time::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

pub const ORIGIN: &str = "countersign/ins_0190";
const SECOND: i64 = 1_000_000;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000 * SECOND + seconds * SECOND).unwrap()
}

/// A log: one entry every ten seconds, some with payloads.
pub struct Log {
    pub key: SigningKey,
    pub leaves: Vec<Vec<u8>>,
    pub payloads: BTreeMap<String, Vec<u8>>,
    payload_of: BTreeMap<usize, String>,
}

pub fn log(seed: u64, entries: usize) -> Log {
    let mut rng = StdRng::seed_from_u64(seed);
    let key = SigningKey::from_seed(ORIGIN, &rng.random()).unwrap();
    let (mut leaves, mut payloads, mut payload_of) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for n in 0..entries {
        let kind = EventKind::ALL[rng.random_range(0..EventKind::ALL.len())];
        let mut event = Event::new(kind, format!("key_{}", rng.random_range(0..9))).subject(format!("idn_{n}"));
        if n % 3 == 1 {
            let bytes =
                [&rng.random::<[u8; 16]>()[..], format!("{{\"amount\":{}}}", rng.random::<u16>()).as_bytes()].concat();
            let hash = governance::evidence::manifest::sha256_hex(&bytes);
            event.payloads.insert("parameters", hash.clone());
            payload_of.insert(n, hash.clone());
            payloads.insert(hash, bytes);
        }
        leaves.push(event.leaf(n as u64, at(10 * n as i64)).unwrap());
    }
    Log { key, leaves, payloads, payload_of }
}

impl Log {
    fn hashes(&self) -> Vec<Hash> {
        self.leaves.iter().map(|l| leaf_hash(l)).collect()
    }
    pub fn checkpoint(&self, size: usize) -> Checkpoint {
        Checkpoint { origin: ORIGIN.into(), size: size as u64, root: root(&self.hashes()[..size]) }
    }
    pub fn note(&self, size: usize) -> String {
        self.checkpoint(size).sign(&self.key).unwrap()
    }
    pub fn since(&self, old: usize, new: usize) -> Since {
        let hashes = consistency_plan(old as u64, new as u64).unwrap().prove(self.lookup()).unwrap();
        Since { old: old as u64, hashes, checkpoint: self.note(new) }
    }
    fn lookup(&self) -> impl FnMut(Node) -> governance::error::Result<Hash> {
        let hashes = self.hashes();
        move |n| {
            let from = usize::try_from(n.index << n.level).unwrap();
            Ok(root(&hashes[from..from + (1usize << n.level)]))
        }
    }
    /// A pack of the entries `[begin, end)` of the log at `size`, for the period between the first and the last of them.
    pub fn content(&self, begin: usize, end: usize, size: usize, seed: u64) -> Content {
        let mut rng = StdRng::seed_from_u64(seed);
        let range = Range::new(begin as u64, end as u64, size as u64).unwrap().prove(self.lookup()).unwrap();
        let proof = |n: usize| ProofFile {
            index: n as u64,
            hashes: inclusion_plan(n as u64, size as u64).unwrap().prove(self.lookup()).unwrap(),
            checkpoint: self.note(size),
        };
        let picked: Vec<usize> = (begin..end).filter(|_| rng.random_bool(0.3)).collect();
        let inside = |n: &usize| (begin..end).contains(n);
        let payloads = self.payload_of.iter().filter(|(n, _)| inside(n));
        let payloads = payloads.map(|(_, hash)| (hash.clone(), self.payloads[hash].clone())).collect();
        let documents = (0..rng.random_range(2..6)).map(|n| {
            let body: String = (0..rng.random_range(1..200)).map(|_| rng.random_range('a'..='z')).collect();
            (format!("results/control-{n}.json"), body.into_bytes())
        });
        let mut documents: BTreeMap<String, Vec<u8>> = documents.collect();
        documents.insert("README.txt".into(), format!("pack {seed}").into_bytes());
        Content {
            about: About {
                created_at: at(100_000),
                framework: Some("SOC2".into()),
                from: at(10 * begin as i64 + if begin > 0 { 5 } else { 0 }),
                generator: "countersign test".into(),
                pack: format!("pck_{seed}"),
                to: at(10 * end as i64 - if end < size { 15 } else { 0 }),
            },
            documents,
            leaves: self.leaves[begin..end].to_vec(),
            range,
            checkpoint: self.note(size),
            proofs: picked.into_iter().map(proof).collect(),
            payloads,
            earlier: if begin > 1 { vec![self.since(1, size)] } else { vec![] },
        }
    }
}

/// A pack of random shape and the log it is of.
pub struct Sample {
    pub log: Log,
    pub content: Content,
    pub pack: Vec<u8>,
    pub size: usize,
}

pub fn sample(seed: u64) -> Sample {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x5eed);
    let entries = rng.random_range(12..70);
    let log = log(seed, entries);
    let size = rng.random_range(10..=entries);
    let begin = rng.random_range(0..size / 2);
    let end = rng.random_range(begin + 4..=size);
    let content = log.content(begin, end, size, seed);
    let pack = build(&content, &log.key).unwrap();
    Sample { log, content, pack, size }
}

/// The files of a pack, to be changed and put back as an attacker would.
pub fn unpacked(pack: &[u8]) -> BTreeMap<String, Vec<u8>> {
    zip::read(pack).unwrap().into_iter().map(|(n, b)| (n.to_owned(), b.to_vec())).collect()
}

pub fn packed(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    zip::write(&files.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect::<Files<'_>>()).unwrap()
}
