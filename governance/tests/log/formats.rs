//! What the pure part writes, foreign programs read, and the other way round.
use crate::foreign::{Exported, ORIGIN, entries, foreign_reader_accepts, hashes, key, tile_at};
use governance::log::merkle::Node;
use governance::log::tile::{self, Kind};
use governance::log::{Checkpoint, Frontier, proof, root};
use proptest::prelude::*;
use signed_note::{StandardVerifier, VerifierList};

#[test]
fn a_foreign_reader_verifies_the_checkpoint_we_sign() {
    let ours = Checkpoint { origin: ORIGIN.into(), size: 300, root: root(&hashes(&entries(300))) };
    let signed = ours.sign(&key()).unwrap();

    let verifier = StandardVerifier::new(&key().verifier().to_string()).unwrap();
    let note = signed_note::Note::from_bytes(signed.as_bytes()).unwrap();
    let (verified, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(verified.len(), 1);
    let theirs = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (ORIGIN, 300, ours.root));
    assert_eq!(String::from_utf8(theirs.to_bytes()).unwrap(), ours.body());

    let private = signed_note::StandardSigner::new(&key().to_private_text()).unwrap();
    let mut again = signed_note::Note::new(note.text(), &[]).unwrap();
    again.add_sigs(&[&private]).unwrap();
    assert_eq!(again.to_bytes(), signed.as_bytes(), "their signer and ours write the same note");
}

#[test]
fn a_foreign_reader_walks_the_tiles_we_write() {
    for size in [1, 2, 255, 256, 257, 513] {
        let all = entries(size);
        assert!(foreign_reader_accepts(&Exported::of(&all), root(&hashes(&all)), 0..size), "{size} entries");
    }
}

#[test]
fn a_foreign_reader_refuses_any_flipped_byte() {
    let all = entries(300);
    let (good, top) = (Exported::of(&all), root(&hashes(&all)));
    // the first and last of each tile stand for all: every tile of the tree lies on their paths
    assert!(foreign_reader_accepts(&good, top, [0, 255, 256, 299]));
    assert_eq!(good.files.len(), 5);
    for name in good.files.keys() {
        for at in 0..8 {
            let mut log = good.clone();
            let bytes = log.files.get_mut(name).unwrap();
            let at = at * (bytes.len() - 1) / 7;
            bytes[at] ^= 1;
            let which: Vec<u64> = if name.contains("entries") { (0..300).collect() } else { vec![0, 255, 256, 299] };
            assert!(!foreign_reader_accepts(&log, top, which), "byte {at} of {name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_foreign_reader_makes_and_takes_the_same_proofs(size in 1u64..1200, a in 0u64..1200, b in 1u64..1200) {
        let (index, old) = (a % size, b.min(size));
        let all = entries(size);
        let leaves = hashes(&all);
        let mut head = Frontier::new();
        leaves.iter().for_each(|l| head.push(*l));
        let (log, top) = (Exported::of(&all), tlog_tiles::Hash(head.root()));
        let lookup = |n: Node| {
            let (level, number, ..) = tile::tile_of(n);
            let row = if level == 0 { size } else { size / 256 };
            tile::node_in_tile(n, &log.files[&tile_at(Kind::Hashes { level }, number, row).path()])
        };
        let reader = tlog_tiles::TileHashReader::new(size, top, &log);

        let ours = proof::inclusion_plan(index, size).unwrap().prove(lookup).unwrap();
        let theirs = tlog_tiles::prove_record(size, index, &reader).unwrap();
        prop_assert_eq!(&ours, &theirs.iter().map(|h| h.0).collect::<Vec<_>>());
        proof::verify_inclusion(&leaves[usize::try_from(index).unwrap()], index, size, &top.0, &ours).unwrap();

        let ours = proof::consistency_plan(old, size).unwrap().prove(lookup).unwrap();
        let theirs = tlog_tiles::prove_tree(size, old, &reader).unwrap();
        let before = root(&leaves[..usize::try_from(old).unwrap()]);
        prop_assert_eq!(&ours, &theirs.iter().map(|h| h.0).collect::<Vec<_>>());
        proof::verify_consistency(old, size, &before, &top.0, &ours).unwrap();
        tlog_tiles::check_tree(&theirs, size, top, old, tlog_tiles::Hash(before)).unwrap();
    }
}
