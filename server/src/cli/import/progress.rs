//! How far an import is, on one line of a terminal; nothing where nobody looks.
use app::parts::count;
use governance::import::progress::{Phase, Progress, Step};
use std::{
    io::{IsTerminal as _, Read, Result, Write as _, stderr},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinHandle;

/// Wipes the line from its beginning.
const WIPE: &str = "\r\x1b[K";

/// Shows how far it is until it is dropped.
pub struct Shown(Option<JoinHandle<()>>);

impl Shown {
    pub fn new(progress: &Arc<Progress>) -> Self {
        if !stderr().is_terminal() {
            return Self(None);
        }
        let progress = Arc::clone(progress);
        Self(Some(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(250));
            loop {
                ticks.tick().await;
                let mut out = stderr().lock();
                // whoever closed the terminal misses nothing that matters
                let _ = write!(out, "{WIPE}{}", line(progress.now())).and_then(|()| out.flush());
            }
        })))
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            let _ = write!(stderr().lock(), "{WIPE}");
        }
    }
}

fn line(Step { phase, done, of }: Step) -> String {
    let number = |n: u64| count(i64::try_from(n).unwrap_or(i64::MAX));
    let of_all = |what: &str| match of {
        0 => format!("{} {what}", number(done)),
        of => format!("{} of {} {what}", number(done), number(of)),
    };
    match phase {
        Phase::Reading if of >> 20 == 0 => "reading".into(),
        Phase::Reading => format!("reading, {} of {} MiB", number(done >> 20), number(of >> 20)),
        Phase::Comparing => "comparing with the register".into(),
        Phase::Writing => format!("writing, {}", of_all("changes")),
        Phase::Findings => format!("looking for findings, {}", of_all("identities")),
    }
}

/// A file that tells how much of it was read.
pub struct Counted<R>(pub R, pub Arc<Progress>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let n = self.0.read(buffer)?;
        self.1.add(n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_done_and_how_much_there_is() {
        let check = |phase, done, of, want: &str| assert_eq!(line(Step { phase, done, of }), want);
        check(Phase::Reading, 430 << 20, 1 << 30, "reading, 430 of 1,024 MiB");
        check(Phase::Reading, 7, 900, "reading");
        check(Phase::Comparing, 0, 0, "comparing with the register");
        check(Phase::Writing, 40_960, 300_000, "writing, 40,960 of 300,000 changes");
        check(Phase::Findings, 256, 100_000, "looking for findings, 256 of 100,000 identities");
    }

    #[test]
    fn what_is_read_is_counted() {
        let progress = Arc::new(Progress::default());
        progress.begin(Phase::Reading, 10);
        let mut text = String::new();
        Counted(&b"0123456789"[..], Arc::clone(&progress)).read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), progress.now().done), ("0123456789", 10));
    }
}
