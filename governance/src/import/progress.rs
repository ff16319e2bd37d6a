//! How far an import is, for whoever waits for it. Told by the one that works and read by another, at any time.
use crate::words;
use std::sync::Mutex;
use std::sync::PoisonError;

words! {
    /// What an import is at.
    #[derive(Default)]
    pub enum Phase("phase of an import") {
        /// Bytes of its files.
        #[default]
        Reading = "reading",
        /// What was read with what the register knows.
        Comparing = "comparing",
        /// Changes.
        Writing = "writing",
        /// Identities whose findings are looked at again.
        Findings = "findings",
    }
}

/// A phase, and how much of it is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    pub phase: Phase,
    pub done: u64,
    /// 0: nobody knows.
    pub of: u64,
}

/// Where an import is now.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Step>);

impl Progress {
    #[must_use]
    pub fn now(&self) -> Step {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A phase begins.
    pub fn begin(&self, phase: Phase, of: usize) {
        let of = u64::try_from(of).unwrap_or(u64::MAX);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Step { phase, done: 0, of };
    }

    /// More of the phase is done.
    pub fn add(&self, done: usize) {
        let mut step = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        step.done = step.done.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
    }
}
