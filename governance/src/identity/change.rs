//! What people say of an identity afterwards: what it is for, where it runs, its limits, when it ends.
use super::{Boundary, Criticality, Environment, Identity};
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// What is to be different. `None` leaves a part as it is, `Some(None)` empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// At most 1,000 characters.
    pub purpose: Option<Option<String>>,
    pub team: Option<Option<String>>,
    pub environment: Option<Option<Environment>>,
    pub criticality: Option<Option<Criticality>>,
    pub boundary: Option<Option<Boundary>>,
    /// Later than now.
    pub ends_at: Option<Option<Timestamp>>,
}

/// Entries of one list of a boundary, and characters of one entry.
const ENTRIES: usize = 100;
const ENTRY: usize = 256;

impl Change {
    /// Applies it and names the parts that are different now.
    ///
    /// # Errors
    /// `Invalid`, naming the part.
    pub fn apply(self, it: &mut Identity, now: Timestamp) -> Result<Vec<&'static str>> {
        self.check(it, now)?;
        let mut changed = Vec::new();
        let mut note = |name, different: bool| changed.extend(different.then_some(name));
        if let Some(purpose) = self.purpose {
            note("purpose", set(&mut it.purpose, filled(purpose)));
        }
        if let Some(team) = self.team {
            note("team", set(&mut it.team, filled(team)));
        }
        if let Some(environment) = self.environment {
            note("environment", set(&mut it.environment, environment));
        }
        if let Some(criticality) = self.criticality {
            note("criticality", set(&mut it.criticality, criticality));
        }
        if let Some(boundary) = self.boundary {
            note("boundary", set(&mut it.boundary, boundary.filter(|b| *b != Boundary::default())));
        }
        if let Some(end) = self.ends_at {
            note("end", set(&mut it.ends_at, end));
        }
        Ok(changed)
    }

    fn check(&self, it: &Identity, now: Timestamp) -> Result<()> {
        let long = |text: &Option<Option<String>>, most| {
            text.as_ref().and_then(Option::as_ref).is_some_and(|t| t.chars().count() > most)
        };
        if long(&self.purpose, 1_000) {
            return Err(Error::invalid("purpose: at most 1,000 characters"));
        }
        if long(&self.team, 256) {
            return Err(Error::invalid("team: at most 256 characters"));
        }
        if let Some(Some(end)) = self.ends_at
            && self.ends_at != Some(it.ends_at)
            && end <= now
        {
            return Err(Error::invalid("end date: it must be later than now; to end it now, stop or retire it"));
        }
        self.boundary.as_ref().and_then(Option::as_ref).map_or(Ok(()), check_boundary)
    }
}

fn check_boundary(b: &Boundary) -> Result<()> {
    let lists = [
        ("systems", &b.systems),
        ("tools", &b.tools),
        ("data classes", &b.data_classes),
        ("downstream", &b.downstream),
    ];
    for (name, list) in lists {
        if list.len() > ENTRIES || list.iter().any(|e| e.trim().is_empty() || e.chars().count() > ENTRY) {
            return Err(Error::invalid(format!("{name}: at most {ENTRIES} entries of 1 to {ENTRY} characters")));
        }
    }
    let hours = b.active_hours.as_ref().map(|h| ("active hours", h.as_str()));
    let limits = b.thresholds.iter().flat_map(|(name, limit)| [("limits", name.as_str()), ("limits", limit.as_str())]);
    if b.thresholds.len() > ENTRIES {
        return Err(Error::invalid(format!("limits: at most {ENTRIES}")));
    }
    for (name, text) in limits.chain(hours) {
        if text.trim().is_empty() || text.chars().count() > ENTRY {
            return Err(Error::invalid(format!("{name}: 1 to {ENTRY} characters each")));
        }
    }
    Ok(())
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn set<T: PartialEq>(at: &mut T, to: T) -> bool {
    let different = *at != to;
    *at = to;
    different
}
