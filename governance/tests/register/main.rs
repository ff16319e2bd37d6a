//! The register: imports, people, ownership, findings.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod a2a;
mod activity;
mod activity_services;
mod anthropic;
mod csv;
mod entra;
mod gcp;
mod github;
mod governing;
mod hostile;
mod identities;
mod importing;
mod imports;
mod kubernetes;
mod matching;
mod matching_model;
mod okta;
mod people;
mod reach;
mod secrets;
mod sources;
mod visibility;
mod ways;

use std::path::{Path, PathBuf};

/// Our own small inputs.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A real input, where the folder of them is at hand.
fn sample(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where real inputs are")]
    let folder = std::env::var("COUNTERSIGN_SAMPLES").ok();
    if folder.is_none() {
        eprintln!("skipped: COUNTERSIGN_SAMPLES is not set");
    }
    folder.map(|f| Path::new(&f).join("samples").join(name))
}

/// Files and whole folders as one import gets them: `(name, bytes)`.
fn files(paths: &[PathBuf]) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![];
    for path in paths {
        let mut found = if path.is_dir() {
            std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect()
        } else {
            vec![path.clone()]
        };
        found.sort();
        all.extend(
            found
                .into_iter()
                .map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&f).unwrap())),
        );
    }
    all
}
