//! A log as it is read: what is left of any number of events.
use super::{Act, Event, READ, Uses, Who, Window, events, stream};
use crate::error::{Error, Result};
use crate::import::snapshot::Problem;
use crate::{identity, source, time::Timestamp};
use chrono::TimeDelta;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

/// Principals, actions and resources that are kept apart: what they take in memory is some hundred megabytes.
const MOST: usize = 1_000_000;
/// Problems that are named; the rest is counted.
const PROBLEMS: usize = 200;
/// Principals set aside that are named.
const ASIDE: usize = 100_000;
/// How far the clock of a source may be ahead of ours.
const AHEAD: TimeDelta = TimeDelta::hours(1);
/// The longest name of an action or resource that is kept, in bytes.
const LONGEST: usize = 1_024;

/// What one principal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Every event shows a person signed in as it.
    pub by_person: bool,
    /// What people called it last, where the log says.
    pub called: Option<(Timestamp, String)>,
    /// Of the empty action: when it last did anything, refused or not.
    pub uses: Uses,
}

impl Actor {
    /// When it last did anything.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.uses.last().unwrap_or(Timestamp::EPOCH)
    }
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub sha256: [u8; 32],
}

/// What any number of a source's activity logs come to, read one after the other in any order.
#[derive(Debug)]
pub struct Log {
    of: source::Kind,
    now: Timestamp,
    pub actors: BTreeMap<String, Actor>,
    /// Who is no non-human identity, with the reason.
    pub set_aside: BTreeMap<String, &'static str>,
    pub window: Option<Window>,
    pub events: u64,
    pub files: Vec<File>,
    problems: Vec<Problem>,
    /// More than are named.
    more: usize,
    /// Entries of all actors together.
    kept: usize,
}

impl Log {
    /// Nothing read yet; an event later than `now` is wrong.
    ///
    /// # Errors
    /// `Invalid` for a source whose logs are not read.
    pub fn new(of: source::Kind, now: Timestamp) -> Result<Self> {
        if !READ.contains(&of) {
            let read: Vec<_> = READ.iter().map(|k| k.as_str()).collect();
            return Err(Error::invalid(format!("no activity log of {of} is read: one of {}", read.join(", "))));
        }
        Ok(Self {
            of,
            now,
            actors: BTreeMap::new(),
            set_aside: BTreeMap::new(),
            window: None,
            events: 0,
            files: vec![],
            problems: vec![],
            more: 0,
            kept: 0,
        })
    }

    /// Whose logs these are.
    #[must_use]
    pub fn of(&self) -> source::Kind {
        self.of
    }

    /// How many principals, actions and resources are kept apart.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Malformed records, each with its place; the rest went in.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut all = self.problems.clone();
        if self.more > 0 {
            let words = format!("{} more records could not be read", self.more);
            all.push(Problem { file: "all files".into(), place: "elsewhere".into(), words });
        }
        all
    }

    /// Reads one file from its beginning to its end, record by record.
    ///
    /// # Errors
    /// `Invalid` for a file without a single event of this source, and where more principals, actions and resources come
    /// together than are kept. What was read is then of no use.
    pub fn read(&mut self, name: &str, from: impl Read) -> Result<()> {
        let (events, problems) = (self.events, self.problems.len());
        let mut none_else = true;
        let mut from = Hashing { from, hash: Sha256::new() };
        stream::records(name, BufReader::with_capacity(1 << 16, &mut from), |(place, found)| {
            none_else &= self.record(name, place, found);
        })?;
        if self.kept > MOST {
            return Err(Error::invalid(format!(
                "{name}: more than {MOST} principals, actions and resources come together; import fewer files at once"
            )));
        }
        if self.events == events && !none_else {
            let first =
                self.problems.get(problems).map_or_else(String::new, |p| format!(" ({}: {})", p.place, p.words));
            return Err(Error::invalid(format!("{name}: no event of a log of {} is in it{first}", self.of)));
        }
        self.files.push(File { name: name.to_owned(), sha256: from.hash.finalize().into() });
        Ok(())
    }

    /// Takes in one record; says whether it was one of such a log.
    fn record(&mut self, file: &str, place: &str, found: Result<&Value, &'static str>) -> bool {
        let read = found.map_err(ToOwned::to_owned).and_then(|value| stream::object(file, place, value));
        let read = read.map_err(|words| Problem { file: file.into(), place: place.into(), words });
        let result = read.and_then(|at| events(self.of, &at)).and_then(|events| {
            if events.iter().any(|event| event.at > self.now + AHEAD) {
                return Err(Problem {
                    file: file.into(),
                    place: place.into(),
                    words: "its time is in the future".into(),
                });
            }
            Ok(events)
        });
        match result {
            Ok(events) => {
                events.into_iter().for_each(|event| self.take(event));
                true
            }
            Err(problem) => {
                if self.problems.len() < PROBLEMS {
                    self.problems.push(problem);
                } else {
                    self.more += 1;
                }
                false
            }
        }
    }

    fn take(&mut self, event: Event) {
        self.events += 1;
        let here = Window { from: event.at, to: event.at };
        self.window = Some(self.window.map_or(here, |known| known.and(here)));
        match event.who {
            Who::Aside(principal, reason) => {
                if self.set_aside.len() < ASIDE || self.set_aside.contains_key(&principal) {
                    // of two reasons the same one in any order
                    let known = self.set_aside.entry(principal).or_insert(reason);
                    *known = reason.min(*known);
                }
            }
            Who::Principal(act) if identity::check_name(&act.principal).is_ok() => self.acted(act, event.at),
            Who::Principal(_) => drop(self.set_aside.insert("a name".into(), "it cannot be shown")),
        }
    }

    fn acted(&mut self, act: Act, at: Timestamp) {
        // what is too much is refused when the file has been read: until then nothing is added
        if self.kept > MOST {
            return;
        }
        let new = || Actor { by_person: true, called: None, uses: Uses::default() };
        let actor = self.actors.entry(act.principal).or_insert_with(new);
        actor.by_person &= act.by_person;
        let called = act.called.filter(|name| identity::check_name(name).is_ok()).map(|name| (at, name));
        actor.called = called.max(actor.called.take());
        let mut more = actor.uses.add("", "", at);
        for (action, resource) in act.uses.iter().filter(|(action, _)| !action.is_empty() && shown(action)) {
            let resource = if shown(resource) { resource.as_str() } else { "" };
            more += actor.uses.add(action, resource, at);
        }
        self.kept = self.kept.saturating_add_signed(more);
    }
}

/// Whether it can be kept as text: not too long, and nothing that databases or terminals take amiss.
fn shown(text: &str) -> bool {
    text.len() <= LONGEST && !text.chars().any(char::is_control)
}

/// What passes through is hashed.
struct Hashing<R> {
    from: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(into)?;
        self.hash.update(&into[..n]);
        Ok(n)
    }
}
