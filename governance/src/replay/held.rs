//! I3: who is held back without being stopped, and that two people undo what was.
use super::report::{Invariant, Report};
use crate::log::Entry;
use crate::log::event::EventKind;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// The first person's word waits so long for the second's.
const SECOND_WITHIN: TimeDelta = TimeDelta::hours(24);

#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    /// Another build of these waits for a person: they may do nothing.
    builds: BTreeSet<String>,
    /// A rule narrowed these: each of their acts needs a person.
    narrowed: BTreeSet<String>,
    /// Who said first that a revocation or a containment may be undone, and when.
    begun: BTreeMap<String, (String, Timestamp)>,
}

impl Held {
    /// `stands`: the revocation it is about stops something now.
    pub fn step(&mut self, event: &Entry, stands: bool, report: &mut Report) {
        let subject = event.subject.clone().unwrap_or_default();
        let narrow = event.outcome.as_deref() == Some("narrow");
        match event.kind {
            EventKind::IdentityBuildChanged => drop(self.builds.insert(subject)),
            EventKind::IdentityBuildApproved => drop(self.builds.remove(&subject)),
            EventKind::ContainmentMade if narrow && event.reasons.iter().any(|r| r == "active") => {
                self.narrowed.insert(subject);
            }
            EventKind::RevocationUndoBegun => self.begin(event, "revocation"),
            EventKind::ContainmentUndoBegun => self.begin(event, "containment"),
            EventKind::RevocationUndone => {
                self.by_two(event, "revocation", report);
                if !stands {
                    problem(event, "revocation", "it was undone and stopped nothing", report);
                }
            }
            EventKind::ContainmentUndone => {
                if event.ids.contains_key("first") {
                    self.by_two(event, "containment", report);
                } else {
                    report.untold(Invariant::I3, "containments that one person undid: how severe is not in the log");
                }
                if narrow {
                    self.narrowed.remove(&subject);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, event: &Entry, name: &str) {
        let id = event.ids.get(name).cloned().unwrap_or_default();
        self.begun.insert(id, (event.actor.clone(), event.time));
    }

    fn by_two(&mut self, event: &Entry, name: &str, report: &mut Report) {
        let begun = event.ids.get(name).and_then(|id| self.begun.remove(id));
        let second = |(first, at): (String, Timestamp)| {
            event.ids.get("first") == Some(&first) && event.actor != first && event.time < at + SECOND_WITHIN
        };
        if !begun.is_some_and(second) {
            problem(event, name, "it was undone without the word of two people within a day", report);
        }
    }

    /// One of these that a rule narrowed.
    pub fn narrowed<'a>(&self, mut who: impl Iterator<Item = &'a String>) -> Option<&'a String> {
        who.find(|id| self.narrowed.contains(*id))
    }
    /// One of these of which another build waits.
    pub fn rebuilt<'a>(&self, mut who: impl Iterator<Item = &'a String>) -> Option<&'a String> {
        who.find(|id| self.builds.contains(*id))
    }

    /// Why these could not be permitted. What is only observed may run another build; what handed it on may not.
    pub fn forbids(&self, event: &Entry, approved: bool, observed: bool) -> Option<String> {
        let asks = |id: &&String| event.subject.as_ref() == Some(*id);
        if let Some(id) = self.narrowed(event.epochs.keys()).filter(|_| !approved) {
            return Some(format!("without a person although {id} was narrowed"));
        }
        let id = self.rebuilt(event.epochs.keys().filter(|id| !(observed && asks(id))))?;
        Some(format!("while another build of {id} waited"))
    }
}

fn problem(event: &Entry, name: &str, words: &str, report: &mut Report) {
    let id = event.ids.get(name).cloned().unwrap_or_default();
    report.problem(Invariant::I3, Some(event.seq), &id, words);
}
