//! Policies: who holds which role on which resource, under which condition; and on a service account, who may act as it.
use super::{
    accounts::{self, Numbers},
    conditions::{self, Condition},
    members::{self, Member},
    project, roles,
};
use crate::{
    credential::{self, Storage},
    entitlement::{Facts, Key},
    import::{
        read::At,
        snapshot::{Claim, POWER, Parsed, Part, Problem, SetAside, note},
    },
};
use std::collections::BTreeSet;

/// Where a policy stands.
pub struct Place<'a> {
    pub resource: String,
    /// The part of the source it belongs to.
    pub part: Part,
    /// A resource of this project: then its members count though they are not this project's.
    pub own: bool,
    pub numbers: &'a Numbers,
}

/// What to say of the policies.
#[derive(Default)]
pub struct Outcome {
    /// Bindings that give something to everyone.
    pub everyone: BTreeSet<String>,
    /// Roles of the customer's own.
    pub custom: BTreeSet<String>,
    /// Policies on service accounts that are named by a number, and no list tells whose.
    pub numbered: usize,
}

/// Reads one policy; whom an unreadable binding speaks of cannot be told, so nobody loses anything.
pub fn read(policy: &At<'_>, place: &Place<'_>, parsed: &mut Parsed, outcome: &mut Outcome) {
    let bindings = policy.list("bindings").unwrap_or_else(|problem| {
        parsed.problems.push(problem);
        parsed.unnamed = true;
        vec![]
    });
    for at in bindings {
        if let Err(problem) = binding(&at, place, parsed, outcome) {
            parsed.problems.push(problem);
            parsed.unnamed = true;
        }
    }
}

fn binding(at: &At<'_>, place: &Place<'_>, parsed: &mut Parsed, outcome: &mut Outcome) -> Result<(), Problem> {
    let role = at.need("role")?;
    let condition = conditions::read(at)?;
    for item in at.list("members")? {
        match members::read(&item) {
            Ok(member) => hold((role, &condition), &item, member, place, parsed, outcome)?,
            Err(problem) => {
                parsed.problems.push(problem);
                parsed.unnamed = true;
            }
        }
    }
    Ok(())
}

/// What makes an entitlement: the role, what it holds for, and the policy with its condition.
pub fn key(role: &str, resource: &str, condition: &Condition) -> Key {
    let under = condition.title.as_ref().map_or_else(String::new, |title| format!(", condition {title}"));
    let on = if project::holds_others(resource) { format!("* in {resource}") } else { resource.to_owned() };
    Key { action: role.to_owned(), resource: on, via: format!("policy of {resource}{under}") }
}

fn hold(
    (role, condition): (&str, &Condition),
    at: &At<'_>,
    member: Member,
    place: &Place<'_>,
    parsed: &mut Parsed,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    trust((role, condition), at, &member, place, parsed, outcome)?;
    let (principal, new) = match member {
        Member::Account(email) => {
            let claim = Claim::of(members::kind_of(&email), email.as_str(), place.part);
            (email, claim)
        }
        Member::Outside(outside) => {
            let claim = Claim::of(outside.kind, outside.name.as_str(), place.part);
            (outside.principal, claim)
        }
        Member::Everyone => {
            if place.own {
                outcome.everyone.insert(format!("{role} on {}", place.resource));
            }
            return Ok(());
        }
        Member::Aside(reason) => {
            if place.own {
                parsed.set_aside.push(SetAside { principal: at.as_text()?.to_owned(), reason: reason.to_owned() });
            }
            return Ok(());
        }
    };
    if !place.own && !parsed.snapshot.principals.contains_key(&principal) {
        return Ok(());
    }
    if roles::is_custom(role) {
        outcome.custom.insert(role.to_owned());
    }
    let holder = parsed.snapshot.principals.entry(principal).or_insert_with(|| accounts::holder(new));
    holder.claim.shown_by.insert(place.part);
    let (privilege, why) = roles::level(role);
    let key = key(role, &place.resource, condition);
    if let Some(why) = why {
        note(&mut holder.claim.notes, &format!("{POWER}{why}"), &place.resource);
    }
    let facts = Facts {
        wildcard: key.resource.starts_with('*'),
        conditional: condition.more,
        expires_at: condition.expires_at,
        ..Facts::of(privilege)
    };
    let known = holder.entitlements.entry(key).or_insert_with(|| facts.clone());
    // two conditions of one title: whatever either allows
    known.conditional &= facts.conditional;
    known.expires_at = known.expires_at.zip(facts.expires_at).map(|(a, b)| a.max(b));
    Ok(())
}

/// On a service account, the role by which identities from outside act as it: how it authenticates.
fn trust(
    (role, condition): (&str, &Condition),
    at: &At<'_>,
    member: &Member,
    place: &Place<'_>,
    parsed: &mut Parsed,
    outcome: &mut Outcome,
) -> Result<(), Problem> {
    let account = place.resource.strip_prefix("iam.googleapis.com/").and_then(|r| r.split_once("/serviceAccounts/"));
    let Some((_, account)) = account.filter(|_| role == "roles/iam.workloadIdentityUser" && place.own) else {
        return Ok(());
    };
    let open = match member {
        Member::Everyone => true,
        Member::Outside(outside) => outside.whole_pool,
        Member::Account(_) => false,
        Member::Aside(_) => return Ok(()),
    };
    let Some(email) = place.numbers.get(account).map(String::as_str).or(account.contains('@').then_some(account))
    else {
        outcome.numbered += 1;
        parsed.unnamed = true;
        return Ok(());
    };
    let mut facts = credential::Facts::of(credential::Kind::Trust);
    (facts.storage, facts.trust_wildcard) = (Some(Storage::Platform), open);
    facts.detail = match (open, condition.title.is_some()) {
        (true, _) => "every identity of the pool".into(),
        (false, true) => "under a condition".into(),
        (false, false) => String::new(),
    };
    let new = || accounts::holder(Claim::of(members::kind_of(email), email, place.part));
    let principal = parsed.snapshot.principals.entry(email.to_owned()).or_insert_with(new);
    principal.claim.shown_by.insert(place.part);
    principal.credentials.insert(format!("trust {}", at.as_text()?), facts);
    Ok(())
}
