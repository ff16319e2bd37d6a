//! What a bundle must be before it is stored: it reads, validates, and passes its own tests.
use crate::error::{Error, Result};
use crate::policy::bundle::Bundle;
use crate::policy::fault::Fault;
use crate::policy::files::Files;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads a bundle away from the threads that answer questions: ten thousand rules take a while.
///
/// # Errors
/// `Invalid` with the first fault's place and how many more there are.
pub(super) async fn checked(files: Files) -> Result<Arc<Bundle>> {
    let read = tokio::task::spawn_blocking(move || {
        let bundle = Bundle::from_files(&files).map_err(|faults| refusal(&faults))?;
        let failed: Vec<_> = bundle.run_tests().into_iter().filter(|test| !test.passed).collect();
        match failed.first() {
            None => Ok(Arc::new(bundle)),
            Some(first) => {
                let place = Fault::new(&first.file, first.line, format!("test `{}`: {}", first.name, first.detail));
                Err(Error::invalid(format!("{place}{}", more(failed.len() - 1, "test fails", "tests fail"))))
            }
        }
    });
    read.await.map_err(Error::internal)?
}

fn refusal(faults: &[Fault]) -> Error {
    match faults {
        [] => Error::broken("a bundle was refused without a fault"),
        [first, rest @ ..] => Error::invalid(format!("{first}{}", more(rest.len(), "fault", "faults"))),
    }
}

fn more(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!(" (and 1 more {one})"),
        n => format!(" (and {n} more {many})"),
    }
}

/// The files as they are stored: a bundle that was read holds UTF-8 alone.
///
/// # Errors
/// `Invalid` for bytes that are not UTF-8.
pub(super) fn texts(files: &Files) -> Result<BTreeMap<String, String>> {
    let text = |(name, bytes): (&String, &Vec<u8>)| match String::from_utf8(bytes.clone()) {
        Ok(text) => Ok((name.clone(), text)),
        Err(_) => Err(Error::invalid(format!("{name}: is not UTF-8"))),
    };
    files.iter().map(text).collect()
}
