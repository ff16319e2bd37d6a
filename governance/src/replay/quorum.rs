//! I5: who stands behind an approval.
use super::step::Terms;
use std::collections::BTreeSet;

/// A vote that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vote {
    pub by: String,
    /// Whose vote it is: `by`, or who gave it into their hands.
    pub seat: String,
    pub routes: BTreeSet<String>,
}

impl Vote {
    pub fn humans(&self) -> [&String; 2] {
        [&self.by, &self.seat]
    }
}

/// Everybody these terms bar.
pub(super) fn barred(terms: &Terms) -> BTreeSet<String> {
    let bars = &terms.bars;
    let sets = [&bars.requesters, &bars.acting, &bars.delegators, &bars.keyholders, &bars.authors];
    sets.into_iter().flatten().map(ToString::to_string).collect()
}

/// Why these approvals do not suffice; `None`: they do. That a role is younger than a day is not in the log and not looked at.
pub(super) fn lacking(votes: &[Vote], terms: &Terms) -> Option<String> {
    let owners: BTreeSet<String> = terms.bars.owners.iter().map(ToString::to_string).collect();
    let required = &terms.requirement;
    required.routes.iter().find_map(|route| {
        let on: Vec<&Vote> = votes.iter().filter(|v| v.routes.contains(route)).collect();
        // distinct by hand and by seat: a person with two votes is one
        let hands: BTreeSet<&String> = on.iter().map(|v| &v.by).collect();
        let seats: BTreeSet<&String> = on.iter().map(|v| &v.seat).collect();
        let people = u32::try_from(hands.len().min(seats.len())).unwrap_or(u32::MAX);
        if people < required.quorum {
            return Some(format!("{people} of {} people approved on route {route}", required.quorum));
        }
        let only_owners = on.iter().all(|v| v.humans().into_iter().any(|p| owners.contains(p)));
        only_owners.then(|| format!("owners alone approved on route {route}"))
    })
}
