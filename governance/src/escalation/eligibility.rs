//! Who may decide (semantics.md "Who decides", invariant I5): a pure function over what the register says of people now.
use super::delegation::{Delegation, reaching};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How long a role must have been held before its vote may be the only one.
const YOUNG: TimeDelta = TimeDelta::hours(24);

/// What the register says of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    pub id: PersonId,
    pub active: bool,
    /// Since when they hold the role approver; `None`: they do not.
    pub approver_since: Option<Timestamp>,
    /// Admin excludes approver, whatever else they hold.
    pub admin: bool,
    pub groups: BTreeSet<String>,
}

impl Approver {
    fn may_vote(&self) -> bool {
        self.active && self.approver_since.is_some() && !self.admin
    }
}

/// Who never votes on this request, and whose vote is never the only one (I5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    /// The person who asked, where a person did.
    pub requesters: BTreeSet<PersonId>,
    /// Acted for, checked or claimed.
    pub acting: BTreeSet<PersonId>,
    /// Handed the work on.
    pub delegators: BTreeSet<PersonId>,
    /// Made the key it was asked with: whoever has seen a key can ask with it.
    #[serde(default)]
    pub keyholders: BTreeSet<PersonId>,
    /// Wrote a gate that matched, alone.
    pub authors: BTreeSet<PersonId>,
    /// Answer for the identity, as owner or backup.
    pub owners: BTreeSet<PersonId>,
}

impl Bars {
    /// Barred at request time or at vote time is barred: both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let join = |a: &BTreeSet<_>, b: &BTreeSet<_>| a | b;
        Self {
            requesters: join(&self.requesters, &other.requesters),
            acting: join(&self.acting, &other.acting),
            delegators: join(&self.delegators, &other.delegators),
            keyholders: join(&self.keyholders, &other.keyholders),
            authors: join(&self.authors, &other.authors),
            owners: join(&self.owners, &other.owners),
        }
    }
    /// Why this person never votes here, in words; `None` if nothing bars them.
    #[must_use]
    pub fn why(&self, person: PersonId) -> Option<&'static str> {
        [
            (&self.requesters, "you asked for this yourself"),
            (&self.acting, "the agent acts for you"),
            (&self.delegators, "you handed this work on"),
            (&self.keyholders, "you made the key this was asked with"),
            (&self.authors, "you alone wrote the rule that stopped it"),
        ]
        .into_iter()
        .find_map(|(set, why)| set.contains(&person).then_some(why))
    }
}

/// Everyone who could be asked, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Electorate {
    pub people: Vec<Approver>,
    pub delegations: Vec<Delegation>,
    /// The bars as they are now, beside those frozen when the card opened.
    pub bars: Bars,
    /// The log's first event: within a day of it every role is young, so none is held against anyone.
    pub installed_at: Option<Timestamp>,
}

/// A vote a person may cast: their own, or one that was delegated to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Whose vote it is.
    pub person: PersonId,
    /// The routes it counts on.
    pub routes: BTreeSet<String>,
    /// It may be the only one that counts.
    pub alone: bool,
}

/// Whether a route can still be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answerable {
    pub route: String,
    /// Who could decide on it, delegates aside.
    pub people: Vec<PersonId>,
    /// Nobody active in the group: all approvers are asked instead, and a finding is due.
    pub empty_group: bool,
    /// Enough people, one of them not an owner.
    pub enough: bool,
}

impl Electorate {
    fn get(&self, id: PersonId) -> Option<&Approver> {
        self.people.iter().find(|p| p.id == id)
    }
    /// No approver of the group works here now.
    #[must_use]
    pub fn group_empty(&self, route: &str) -> bool {
        !self.people.iter().any(|p| p.may_vote() && p.groups.contains(route))
    }
    fn on_route(&self, person: &Approver, route: &str) -> bool {
        person.may_vote() && (person.groups.contains(route) || self.group_empty(route))
    }
    fn young(&self, person: &Approver, at: Timestamp) -> bool {
        let settled = self.installed_at.is_none_or(|start| at >= start + YOUNG);
        settled && person.approver_since.is_none_or(|since| at < since + YOUNG)
    }

    /// The votes `by` may cast on these routes: their own first, then those delegated to them.
    ///
    /// # Errors
    /// `Forbidden`, saying why they may cast none.
    pub fn seats(&self, frozen: &Bars, routes: &BTreeSet<String>, by: PersonId, at: Timestamp) -> Result<Vec<Seat>> {
        let bars = frozen.and(&self.bars);
        let voter = self.get(by).ok_or_else(|| Error::forbidden("you may not decide: only people vote"))?;
        if !voter.active {
            return Err(Error::forbidden("you may not decide: you are not active"));
        }
        if voter.admin {
            return Err(Error::forbidden("you may not decide: an admin never approves or denies"));
        }
        if voter.approver_since.is_none() {
            return Err(Error::forbidden("you may not decide: you do not have the role approver"));
        }
        if let Some(why) = bars.why(by) {
            return Err(Error::forbidden(format!("you may not decide: {why}")));
        }
        let own = routes.iter().filter(|route| self.on_route(voter, route)).map(|route| (voter, route.as_str()));
        let given = routes.iter().flat_map(|route| {
            let reached = reaching(&self.delegations, by, route, at).into_iter().filter_map(|(from, hands)| {
                let holder = self.get(from)?;
                let barred = hands.iter().chain([&from]).any(|p| bars.why(*p).is_some());
                (!barred && self.on_route(holder, route)).then_some(holder)
            });
            reached.map(|holder| (holder, route.as_str())).collect::<Vec<_>>()
        });
        let mut seats: Vec<Seat> = Vec::new();
        for (holder, route) in own.chain(given) {
            if let Some(seat) = seats.iter_mut().find(|s| s.person == holder.id) {
                seat.routes.insert(route.to_owned());
                continue;
            }
            let owner = [by, holder.id].iter().any(|p| bars.owners.contains(p));
            let young = self.young(voter, at) || self.young(holder, at);
            seats.push(Seat { person: holder.id, routes: [route.to_owned()].into(), alone: !owner && !young });
        }
        if seats.is_empty() {
            let names = routes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(Error::forbidden(format!("you may not decide: this waits for {names}")));
        }
        Ok(seats)
    }

    /// For each route who could decide, and whether that is enough: `quorum` people, not owners alone. A role's youth passes
    /// by itself and is not counted here.
    #[must_use]
    pub fn answerable(&self, frozen: &Bars, routes: &BTreeSet<String>, quorum: u32) -> Vec<Answerable> {
        let bars = frozen.and(&self.bars);
        let on = |route: &String| {
            let able = self.people.iter().filter(|p| self.on_route(p, route) && bars.why(p.id).is_none());
            let people: Vec<PersonId> = able.map(|p| p.id).collect();
            let counted = u32::try_from(people.len()).unwrap_or(u32::MAX);
            let enough = counted >= quorum && people.iter().any(|p| !bars.owners.contains(p));
            Answerable { route: route.clone(), people, empty_group: self.group_empty(route), enough }
        };
        routes.iter().map(on).collect()
    }
}

#[cfg(test)]
#[path = "eligibility_tests.rs"]
mod tests;
