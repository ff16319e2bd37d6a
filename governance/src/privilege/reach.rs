//! What one identity reaches in its sources, each right with its path, its power, its use, and what bounds it.
use super::aws::{Held, State, escalation, risk};
use super::idle::Idle;
use super::just_in_time::JustInTime;
use super::right_size::{Proposal, propose};
use crate::entitlement::{Entitlement, Privilege, Use};
use crate::finding::rules::known_since;
use crate::identity::Identity;
use crate::import::snapshot::{Claim, POWER};
use crate::source::{self, Source};
use crate::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Windows one can choose, in days: a quarter, half a year, and the most that AWS looks back (for yearly work).
pub const WINDOWS: [i64; 3] = [90, 180, 400];

/// The most that it is shown to become.
pub const BECOMES: usize = 200;

/// One right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Right {
    pub action: String,
    pub resource: String,
    /// The policy, group, role or binding that gives it.
    pub via: String,
    pub privilege: Privilege,
    /// What it puts at risk, being on every resource; [`Reach::risks`] has those with a limit, too.
    pub risks: Vec<risk::Kind>,
    /// It has no end.
    pub standing: bool,
    #[serde(flatten)]
    pub used: Use,
    /// What takes some of it away; empty: nothing that was read.
    pub less: Vec<String>,
    /// What takes all of it away.
    pub nothing: Option<String>,
}

/// Somebody it can become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Becomes {
    pub principal: String,
    /// The register's identity of it, and its name there.
    pub identity: Option<(crate::id::IdentityId, String)>,
    /// Each step from the identity on: who, and how.
    pub path: Vec<(String, String)>,
    /// What that one's rights lead to.
    pub powers: Vec<String>,
}

/// What it reaches in one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    pub source: Source,
    pub principal: String,
    /// The source has not been heard of for so long that nothing of it is called unused.
    pub stale: bool,
    /// What it told of use ends here, too long ago for anything to be called unused by it.
    pub silent_since: Option<Timestamp>,
    pub rights: Vec<Right>,
    /// What its rights lead to, and where it holds them.
    pub powers: Vec<(String, String)>,
    /// What its rights put at risk, by the policies that give them.
    pub risks: Vec<risk::Risk>,
    pub becomes: Vec<Becomes>,
    /// Why it may reach less than this.
    pub upper_bound: Vec<String>,
    /// What to take out of its policies.
    pub proposals: Vec<Proposal>,
    /// Its privileged rights by request instead; `None`: it has none that can be worded.
    pub just_in_time: Option<JustInTime>,
}

/// How many rights were granted, used, are excess, and of which the source does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sets {
    pub granted: usize,
    pub used: usize,
    pub excess: usize,
    pub unknown: usize,
}

impl Reach {
    /// Puts it together for one sighting of an identity. `entitlements` are those of this source.
    #[must_use]
    pub fn of(
        identity: &Identity,
        (source, principal, claim): (Source, String, &Claim),
        entitlements: &[Entitlement],
        now: Timestamp,
        days: i64,
    ) -> Self {
        let stale = source.is_stale(now);
        let silent_since = claim.usage_until.filter(|_| !source.told(claim.usage_until).is_some_and(|t| t.counts(now)));
        let held = Held::of(&claim.documents);
        let mut states: BTreeMap<(String, String, String), State> = BTreeMap::new();
        for it in held.iter().flat_map(Held::reached) {
            let state = states.entry((it.action, it.resource, it.via)).or_insert_with(|| it.state.clone());
            // allowed twice, the wider counts
            *state = std::mem::replace(state, State::Whole).min(it.state);
        }
        let open = held.as_ref().map(escalation::open).unwrap_or_default();
        let risks = held.as_ref().map(risk::risks).unwrap_or_default();
        let used = |it: &Entitlement| it.used(known_since(identity, it), now, days);
        let mut rights: Vec<_> = entitlements
            .iter()
            .map(|it| {
                let key = (it.key.action.clone(), it.key.resource.clone(), it.key.via.clone());
                let state = states.get(&key).unwrap_or(&State::Whole);
                let (action, resource, via) = key.clone();
                let at_risk = resource == "*" && state.is_some();
                Right {
                    risks: if at_risk { risk::of_action(&action, &risks, &open) } else { vec![] },
                    action,
                    resource,
                    via,
                    privilege: it.facts.privilege,
                    standing: it.facts.is_standing(),
                    used: used(it),
                    less: if let State::Less(all) = state { all.iter().cloned().collect() } else { vec![] },
                    nothing: if let State::Nothing(why) = state { Some(why.clone()) } else { None },
                }
            })
            .collect();
        rights.sort_by(|a, b| {
            (b.privilege, &a.action, &a.resource, &a.via).cmp(&(a.privilege, &b.action, &b.resource, &b.via))
        });
        let powers = claim.notes.iter().filter_map(|(n, at)| Some((n.strip_prefix(POWER)?.to_owned(), at.clone())));
        let proposals = proposals((&principal, claim), entitlements, &used);
        Self {
            stale,
            silent_since,
            rights,
            powers: powers.collect(),
            risks,
            becomes: vec![],
            upper_bound: bounds(source.kind, held.as_ref()),
            proposals,
            just_in_time: None,
            source,
            principal,
        }
    }

    /// The three sets, and what is in none of them.
    #[must_use]
    pub fn sets(&self) -> Sets {
        let left: Vec<_> = self.rights.iter().filter(|r| r.nothing.is_none()).collect();
        let count = |is: fn(&Use) -> bool| left.iter().filter(|r| is(&r.used)).count();
        Sets {
            granted: left.len(),
            used: count(|u| matches!(u, Use::Used(_))),
            excess: count(|u| matches!(u, Use::Unused(_))),
            unknown: count(|u| matches!(u, Use::Unknown)),
        }
    }
}

fn proposals(
    (principal, claim): (&str, &Claim),
    entitlements: &[Entitlement],
    used: &dyn Fn(&Entitlement) -> Use,
) -> Vec<Proposal> {
    // the most that AWS takes inline (IAM user guide, "IAM and AWS STS quotas")
    let room = if principal.contains(":user/") { 2_048 } else { 10_240 };
    let idle = Idle::of(&claim.usage, entitlements, used, room);
    let known: BTreeMap<(&str, &str, &str), Use> = entitlements
        .iter()
        .map(|it| ((it.key.via.as_str(), it.key.action.as_str(), it.key.resource.as_str()), used(it)))
        .collect();
    let held = claim.documents.iter().filter(|(via, _)| {
        let via = via.as_str();
        via != super::aws::held::TRUST && !via.starts_with(super::aws::held::BOUNDARY)
    });
    held.filter_map(|(via, document)| {
        let usage = |action: &str, resource: &str| {
            known.get(&(via.as_str(), action, resource)).copied().unwrap_or(Use::Unknown)
        };
        propose((via, document.id.as_deref()), document.text.as_deref()?, usage, &idle)
    })
    .collect()
}

fn bounds(kind: source::Kind, held: Option<&Held>) -> Vec<String> {
    if kind == source::Kind::Kubernetes {
        return vec![
            "admission policies and authorisers other than RBAC are not among what this source shows".to_owned(),
            "whom it can become by commands in pods is told without asking which pods run".to_owned(),
        ];
    }
    let Some(held) = held else { return vec![] };
    let mut all = vec!["policies of the organisation and of resources are not among what this source shows".to_owned()];
    all.extend(held.unseen.iter().map(|p| format!("{p} is named and not shown: what it gives is not known")));
    let unread: usize = held.policies.values().map(|p| p.unread).sum();
    if unread > 0 {
        all.push(format!("{unread} of its statements could not be read"));
    }
    all
}
