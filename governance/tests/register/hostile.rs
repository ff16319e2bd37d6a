//! What every importer withstands: files in any order, cut at any byte, or changed at random.
use governance::{
    error::Result,
    import::{
        diff::{apply, diff},
        parse,
        retain::retain,
        snapshot::{Parsed, Snapshot},
    },
    source::Kind,
};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

type Files = Vec<(String, Vec<u8>)>;

fn one(kind: Kind, files: &Files) -> Parsed {
    parse(kind, files).unwrap().remove(0)
}

/// Whichever file comes first, the result is the same.
pub fn any_order(kind: Kind, files: &Files) {
    let want = one(kind, files);
    let mut turned = files.clone();
    for _ in 0..files.len() {
        turned.rotate_left(1);
        assert_eq!(one(kind, &turned), want);
        let mut back = turned.clone();
        back.reverse();
        assert_eq!(one(kind, &back), want);
    }
}

/// A file that is cut anywhere is refused, or it says all that the whole one says: against the register nothing changes.
pub fn any_cut(kind: Kind, files: &Files) {
    let full = one(kind, files).snapshot;
    for n in 0..files.len() {
        let mut cut = files.clone();
        // read first, so that what is refused is refused at once
        cut[n].0.insert(0, '0');
        for length in (0..files[n].1.len()).rev() {
            cut[n].1.truncate(length);
            let Ok(parsed) = parse(kind, &cut) else { continue };
            let next = retain(&full, &parsed[0]);
            assert_eq!(diff(&full, &next), [], "{} cut to {length} bytes", files[n].0);
        }
    }
}

/// Files changed at random never stop the reader, and what comes of them can be applied as a whole.
pub fn any_change(kind: Kind, files: &Files) {
    any_change_as(|files| parse(kind, files), files);
}

/// The same for what is read in another way.
pub fn any_change_as(read_as: impl Fn(&Files) -> Result<Vec<Parsed>>, files: &Files) {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let full = read_as(files).unwrap().remove(0).snapshot;
    let mut read = 0;
    for round in 0..600 {
        let mut changed = files.clone();
        for _ in 0..random.random_range(1..4) {
            let n = random.random_range(0..changed.len());
            mutate(&mut changed[n].1, &mut random);
        }
        let Ok(parsed) = read_as(&changed) else { continue };
        read += 1;
        for base in [&full, &Snapshot::default()] {
            let next = retain(base, &parsed[0]);
            assert_eq!(apply(&diff(base, &next), base.clone()), next, "seed {seed}, round {round}");
        }
    }
    assert!(read > 60, "seed {seed}: of 600 changed exports only {read} could be read: nothing was tried");
}

fn mutate(bytes: &mut Vec<u8>, random: &mut StdRng) {
    if bytes.is_empty() {
        return;
    }
    let from = random.random_range(0..bytes.len());
    let to = (from + random.random_range(1..40)).min(bytes.len());
    match random.random_range(0..5) {
        0 => bytes[from] = random.random(),
        1 => bytes[from] = b"0aZ-_/*:{}[]\", \n"[random.random_range(0..16)],
        2 => drop(bytes.drain(from..to)),
        3 => {
            let copy = bytes[from..to].to_vec();
            let at = random.random_range(0..bytes.len());
            bytes.splice(at..at, copy);
        }
        _ => {
            // a letter of a word: the shape stays, and what it says is something else
            let letter = bytes[from..].iter().position(u8::is_ascii_alphabetic);
            if let Some(at) = letter {
                bytes[from + at] = b'a' + random.random_range(0..26);
            }
        }
    }
}
