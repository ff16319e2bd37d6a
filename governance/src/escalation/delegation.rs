//! Votes given into other hands: explicit, time-boxed, at most three hands deep, never in a circle (semantics.md, Who decides).
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How many hands a vote may pass through.
pub const MAX_DEPTH: usize = 3;

/// `from` lets `to` cast their vote in `[start, end)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    pub from: PersonId,
    pub to: PersonId,
    /// Only on this route; `None`: on all.
    pub route: Option<String>,
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Delegation {
    #[must_use]
    pub fn covers(&self, route: &str, at: Timestamp) -> bool {
        self.start <= at && at < self.end && self.route.as_deref().is_none_or(|r| r == route)
    }
    fn overlaps(&self, other: &Self) -> bool {
        let same_route = match (&self.route, &other.route) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        same_route && self.start < other.end && other.start < self.end
    }
}

/// Refuses a new delegation that has no end, goes to oneself, closes a circle or makes a chain of more than three.
///
/// # Errors
/// `Invalid`, saying which.
pub fn check(existing: &[Delegation], new: &Delegation) -> Result<()> {
    if new.end <= new.start {
        return Err(Error::invalid("a delegation ends after it starts: set an end"));
    }
    if new.from == new.to {
        return Err(Error::invalid("nobody can delegate to themselves"));
    }
    let live: Vec<_> = existing.iter().filter(|d| d.overlaps(new)).collect();
    let before = longest(&live, new.from, |d| d.to, |d| d.from, &mut vec![new.to]);
    let after = longest(&live, new.to, |d| d.from, |d| d.to, &mut vec![new.from]);
    match (before, after) {
        (Some(before), Some(after)) if before + 1 + after <= MAX_DEPTH => Ok(()),
        (Some(_), Some(_)) => Err(Error::invalid(format!("a vote passes through at most {MAX_DEPTH} hands"))),
        _ => Err(Error::invalid("this delegation closes a circle")),
    }
}

/// The longest chain from `person` on; `None` if it meets one of `path` again.
fn longest(
    live: &[&Delegation],
    person: PersonId,
    here: fn(&Delegation) -> PersonId,
    next: fn(&Delegation) -> PersonId,
    path: &mut Vec<PersonId>,
) -> Option<usize> {
    if path.contains(&person) {
        return None;
    }
    path.push(person);
    let mut most = 0;
    for d in live.iter().filter(|d| here(d) == person) {
        most = most.max(1 + longest(live, next(d), here, next, path)?);
    }
    path.pop();
    Some(most)
}

/// Every person whose vote has come into the hands of `by` on this route now, with the hands it passed through after
/// theirs (`by` last). Chains longer than [`MAX_DEPTH`] carry nothing.
#[must_use]
pub fn reaching(all: &[Delegation], by: PersonId, route: &str, at: Timestamp) -> Vec<(PersonId, Vec<PersonId>)> {
    let mut found = Vec::new();
    let mut open = vec![(by, vec![by])];
    while let Some((hand, hands)) = open.pop() {
        for d in all.iter().filter(|d| d.to == hand && d.covers(route, at)) {
            if hands.contains(&d.from) || hands.len() > MAX_DEPTH {
                continue;
            }
            found.push((d.from, hands.clone()));
            let further = [&[d.from], hands.as_slice()].concat();
            open.push((d.from, further));
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(minute: i64) -> Timestamp {
        Timestamp::from_micros(minute * 60_000_000).unwrap()
    }
    fn p(n: u8) -> PersonId {
        PersonId::new(t(0), [n; 10])
    }
    fn d(from: u8, to: u8) -> Delegation {
        Delegation { from: p(from), to: p(to), route: None, start: t(0), end: t(10) }
    }

    #[test]
    fn a_delegation_has_an_end_three_hands_and_no_circle() {
        #[track_caller]
        fn check(existing: &[Delegation], new: Delegation, want: Option<&str>) {
            let got = super::check(existing, &new).err().map(|e| e.detail);
            assert_eq!(got.as_deref(), want);
        }
        let circle = Some("this delegation closes a circle");
        let deep = Some("a vote passes through at most 3 hands");
        check(&[], d(1, 2), None);
        check(&[], d(1, 1), Some("nobody can delegate to themselves"));
        check(&[], Delegation { end: t(0), ..d(1, 2) }, Some("a delegation ends after it starts: set an end"));
        check(&[d(1, 2)], d(2, 1), circle);
        check(&[d(1, 2), d(2, 3)], d(3, 1), circle);
        check(&[d(1, 2), d(2, 3)], d(3, 4), None);
        check(&[d(1, 2), d(2, 3), d(3, 4)], d(4, 5), deep);
        check(&[d(2, 3), d(3, 4), d(4, 5)], d(1, 2), deep);
        check(&[d(1, 2), d(3, 4), d(4, 5)], d(2, 3), deep);
        let later = Delegation { start: t(10), end: t(20), ..d(2, 1) };
        check(&[d(1, 2)], later, None);
        let elsewhere = |r: &str| Some(r.to_owned());
        check(
            &[Delegation { route: elsewhere("a"), ..d(1, 2) }],
            Delegation { route: elsewhere("b"), ..d(2, 1) },
            None,
        );
    }

    #[test]
    fn a_vote_reaches_three_hands_within_its_time() {
        let chain = [d(1, 2), d(2, 3), d(3, 4), d(4, 5)];
        let reach = |by, at| reaching(&chain, p(by), "r", at).into_iter().map(|(from, _)| from).collect::<Vec<_>>();
        assert_eq!(reach(4, t(5)), [p(1), p(2), p(3)]);
        assert_eq!(reach(5, t(5)), [p(2), p(3), p(4)], "the vote of 1 would be four hands away");
        assert_eq!(reach(4, t(10)), []);
        assert_eq!(reach(1, t(5)), []);
        assert_eq!(reaching(&[d(1, 2), d(2, 1)], p(1), "r", t(5)), [(p(2), vec![p(1)])]);
    }
}
