//! The last use for each action and resource of one principal, in bounded room.
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Resources of one action that are kept apart. Beyond them it is only known that it was used on one of many.
const RESOURCES: usize = 100;

/// Stands for the resources that were too many to keep apart.
pub const ANY: &str = "*";

/// By action, then by resource; an empty resource where the log names none.
///
/// Adding is the same in any order and in any pieces: once an action has more resources than are kept apart, it stays so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses(BTreeMap<String, BTreeMap<String, Timestamp>>);

impl Uses {
    /// Takes in one use; says how many entries there are more, or less.
    pub fn add(&mut self, action: &str, resource: &str, at: Timestamp) -> isize {
        if !self.0.contains_key(action) {
            self.0.insert(action.to_owned(), BTreeMap::new());
        }
        let Some(of) = self.0.get_mut(action) else { return 0 };
        let before = of.len();
        let resource = if of.contains_key(ANY) { ANY } else { resource };
        match of.get_mut(resource) {
            Some(last) => *last = at.max(*last),
            None => drop(of.insert(resource.to_owned(), at)),
        }
        if of.len() > 1 && (of.len() > RESOURCES || of.contains_key(ANY)) {
            let last = of.values().copied().max().unwrap_or(at);
            *of = BTreeMap::from([(ANY.to_owned(), last)]);
        }
        of.len().cast_signed() - before.cast_signed()
    }

    /// Takes in all of another.
    pub fn merge(&mut self, other: &Self) {
        for (action, resource, at) in other.iter() {
            self.add(action, resource, at);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Timestamp)> {
        let all = self.0.iter();
        all.flat_map(|(action, of)| of.iter().map(|(resource, at)| (action.as_str(), resource.as_str(), *at)))
    }

    #[must_use]
    pub fn get(&self, action: &str, resource: &str) -> Option<Timestamp> {
        self.0.get(action)?.get(resource).copied()
    }

    /// The last of them all.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.iter().map(|(_, _, at)| at).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::seq::SliceRandom as _;
    use rand::{Rng as _, SeedableRng as _};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn the_last_time_counts_and_never_goes_back() {
        let mut uses = Uses::default();
        assert_eq!(uses.add("a", "r", at(5)), 1);
        assert_eq!((uses.add("a", "r", at(3)), uses.get("a", "r")), (0, Some(at(5))));
        assert_eq!((uses.add("a", "", at(9)), uses.last()), (1, Some(at(9))));
    }

    #[test]
    fn too_many_resources_become_any_and_stay_so() {
        let mut uses = Uses::default();
        let kept: isize = (0..5_000).map(|n| uses.add("a", &format!("r{n}"), at(n))).sum();
        assert_eq!((kept, uses.iter().collect::<Vec<_>>()), (1, vec![("a", ANY, at(4_999))]));
    }

    #[test]
    fn any_order_and_any_pieces_come_to_the_same() {
        let seed: u64 = rand::random();
        eprintln!("seed {seed}");
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..50 {
            let many = random.random_range(1..200);
            let mut all: Vec<_> = (0..random.random_range(1..400))
                .map(|_| (random.random_range(0..3), random.random_range(0..many), random.random_range(0..1_000)))
                .collect();
            let sum = |all: &[(i32, i32, i64)]| {
                let mut uses = Uses::default();
                for (action, resource, time) in all {
                    uses.add(&action.to_string(), &resource.to_string(), at(*time));
                }
                uses
            };
            let want = sum(&all);
            all.shuffle(&mut random);
            let (one, other) = all.split_at(random.random_range(0..=all.len()));
            let (mut pieces, other) = (sum(one), sum(other));
            pieces.merge(&other);
            assert_eq!(pieces, want);
        }
    }
}
