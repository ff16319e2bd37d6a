//! Who could answer for an identity that nobody answers for, each with the reasons (UC-17, UC-18). A proposal and no more: an
//! operator names the owner.
use super::identities::get;
use super::{Act, Ctx, Governance};
use crate::error::Result;
use crate::id::{IdentityId, PersonId};
use crate::person::Status;
use crate::store;
use crate::store::db::Tx;
use crate::store::successors::{Tie, tied};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// People that are proposed at most.
const MOST: usize = 5;
/// How often one tie counts at most: a hundred votes do not outweigh everything else.
const OFTEN: i64 = 5;

/// Somebody who could answer for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    /// Why, the strongest first.
    pub reasons: Vec<String>,
}

impl Governance {
    /// Who could answer for an identity instead of whoever does now, the likeliest first; at most five, all of them active.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn identity_successors(&self, ctx: &Ctx, id: IdentityId) -> Result<Vec<Successor>> {
        ctx.authorize(Act::See)?;
        of_identity(&mut self.read().await?, id).await
    }
}

pub(super) async fn of_identity(tx: &mut Tx, id: IdentityId) -> Result<Vec<Successor>> {
    let it = get(tx, id).await?;
    let mut found = Found::default();
    found.one(it.backup, 50, "is its backup owner");
    found.ties(tx, Tie::Voted(id), 6, |n| times(n, "voted on one of its cards", "of its cards", "voted on")).await?;
    found.ties(tx, Tie::Opened(id), 5, |n| times(n, "opened a task for it", "tasks for it", "opened")).await?;
    if let Some(owner) = it.owner {
        let manager = store::people::get(tx, owner).await?.and_then(|p| p.manager);
        found.one(manager, 20, "is the manager of its owner");
        found
            .ties(tx, Tie::Groups(owner), 3, |n| times(n, "is in a group of its owner", "groups of its owner", "is in"))
            .await?;
    }
    if let Some(team) = &it.team {
        found.ties(tx, Tie::Team(team), 4, |n| times(n, "owns one of its team", "of its team", "owns")).await?;
    }
    if let Some(source) = it.source {
        found.ties(tx, Tie::Source(source), 2, |n| times(n, "owns one of its source", "of its source", "owns")).await?;
    }
    found.people(tx, it.owner).await
}

/// Who could answer for a principal that asked and is not in the register.
pub(super) async fn of_stranger(tx: &mut Tx, name: &str) -> Result<Vec<Successor>> {
    let mut found = Found::default();
    found.ties(tx, Tie::ActedFor(name), 8, |n| times(n, "it asked for them", "times", "it asked for them")).await?;
    found
        .ties(tx, Tie::Keys(name), 6, |n| times(n, "made the key it asked with", "of the keys it asked with", "made"))
        .await?;
    found
        .ties(tx, Tie::SameRuns(name), 4, |n| {
            times(n, "owns one that took part in its runs", "that took part in its runs", "owns")
        })
        .await?;
    found
        .ties(tx, Tie::NamedAlike(name), 4, |n| times(n, "owns one of the same name", "of the same name", "owns"))
        .await?;
    found.people(tx, None).await
}

/// `one`, or for more `verb n many`.
fn times(n: i64, one: &str, many: &str, verb: &str) -> String {
    if n == 1 { one.to_owned() } else { format!("{verb} {n} {many}") }
}

/// People with the weight of each reason.
#[derive(Default)]
struct Found(BTreeMap<PersonId, Vec<(i64, String)>>);

impl Found {
    fn one(&mut self, person: Option<PersonId>, weight: i64, reason: &str) {
        if let Some(person) = person {
            self.0.entry(person).or_default().push((weight, reason.to_owned()));
        }
    }

    async fn ties(&mut self, tx: &mut Tx, tie: Tie<'_>, each: i64, words: impl Fn(i64) -> String) -> Result<()> {
        for (person, n) in tied(tx, tie).await? {
            self.0.entry(person).or_default().push((each * n.min(OFTEN), words(n)));
        }
        Ok(())
    }

    /// Those who are active, `but` one.
    async fn people(self, tx: &mut Tx, but: Option<PersonId>) -> Result<Vec<Successor>> {
        let mut ranked: Vec<_> = self.0.into_iter().filter(|(person, _)| Some(*person) != but).collect();
        let weight = |reasons: &[(i64, String)]| reasons.iter().map(|(weight, _)| weight).sum::<i64>();
        ranked.sort_by_key(|(person, reasons)| (std::cmp::Reverse(weight(reasons)), *person));
        let mut successors = Vec::new();
        for (person, mut reasons) in ranked {
            let known = store::people::get(tx, person).await?.filter(|p| p.status == Status::Active);
            let Some(known) = known else { continue };
            reasons.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
            let reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
            successors.push(Successor { person, name: known.name, email: known.email, reasons });
            if successors.len() == MOST {
                break;
            }
        }
        Ok(successors)
    }
}
