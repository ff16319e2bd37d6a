//! Insights of the recommender: which roles were used in the days it looks back, and when accounts last signed in.
use super::{
    conditions,
    members::{self, Member},
    policies,
    project::Project,
};
use crate::import::{
    read::At,
    snapshot::{Claim, Parsed, Part, Problem, USED},
};
use crate::time::Timestamp;

/// The shortest look back that lets us call a role unused, in seconds: Google says 90 days and means a few minutes to hours less.
const LONG_ENOUGH: u64 = 89 * 24 * 3600;
/// Permissions that are shown by name; the rest is counted.
const SHOWN: usize = 20;

/// What to say of the insights.
#[derive(Default)]
pub struct Outcome {
    /// They look back too short for anything to be called unused.
    pub short: usize,
    /// They speak of a role that no policy among the files gives.
    pub unmatched: usize,
}

/// Adds what was used, after accounts and policies are known.
pub fn read(items: &[At<'_>], project: &Project, parsed: &mut Parsed) -> Outcome {
    let mut outcome = Outcome::default();
    for at in items {
        if let Err(problem) = insight(at, project, parsed, &mut outcome) {
            parsed.problems.push(problem);
            parsed.unnamed = true;
        }
    }
    outcome
}

fn insight(at: &At<'_>, project: &Project, parsed: &mut Parsed, outcome: &mut Outcome) -> Result<(), Problem> {
    let content = at.get("content")?.ok_or_else(|| at.problem("content is missing"))?;
    let until = at.date("lastRefreshTime")?.ok_or_else(|| at.problem("lastRefreshTime is missing"))?;
    let enough = period(at)? >= LONG_ENOUGH;
    if let Some(email) = content.text("email")? {
        let last = content.date("lastAuthenticatedTime")?;
        let Some(principal) = parsed.snapshot.principals.get_mut(email) else {
            outcome.unmatched += 1;
            return Ok(());
        };
        principal.claim.shown_by.insert(Part::IamInsights);
        principal.claim.usage_reported |= enough || last.is_some();
        principal.claim.last_used_at = principal.claim.last_used_at.max(last);
        looked_until(&mut principal.claim, until);
        outcome.short += usize::from(!enough && last.is_none());
        return Ok(());
    }
    let Some(member) = content.get("member")? else { return Ok(()) };
    let (principal, role) = match members::read(&member)? {
        Member::Account(email) => (email, content.need("role")?),
        Member::Outside(outside) => (outside.principal, content.need("role")?),
        Member::Aside(_) | Member::Everyone => return Ok(()),
    };
    let condition = conditions::read(&content)?;
    let mut used = vec![];
    for item in content.list("exercisedPermissions")? {
        used.push(item.need("permission")?);
    }
    for target in at.list("targetResources")? {
        let resource = project.short(&target)?;
        let key = policies::key(role, &resource, &condition);
        let principal = parsed.snapshot.principals.get_mut(&principal);
        let Some((claim, facts)) = principal.and_then(|p| Some((&mut p.claim, p.entitlements.get_mut(&key)?))) else {
            outcome.unmatched += 1;
            continue;
        };
        claim.shown_by.insert(Part::IamInsights);
        looked_until(claim, until);
        if used.is_empty() {
            facts.usage_reported |= enough;
            outcome.short += usize::from(!enough);
        } else {
            // some time in the days it looks back: the end of them is the latest it can have been
            (facts.usage_reported, facts.last_used_at) = (true, facts.last_used_at.max(Some(until)));
        }
        let of = content.get("currentTotalPermissionsCount")?.map(|n| n.value.to_string().trim_matches('"').to_owned());
        claim.notes.insert(format!("{USED}{role} on {resource}"), words(&used, of.as_deref()));
    }
    Ok(())
}

/// Of several insights, the one that is oldest bounds what all of them tell.
fn looked_until(claim: &mut Claim, until: Timestamp) {
    claim.usage_until = Some(claim.usage_until.map_or(until, |known| known.min(until)));
}

/// `2 of 5069: storage.objects.get, storage.objects.list`
fn words(used: &[&str], of: Option<&str>) -> String {
    let mut names: Vec<_> = used.to_vec();
    names.sort_unstable();
    let count = of.map_or_else(|| used.len().to_string(), |of| format!("{} of {of}", used.len()));
    let more = if used.len() > SHOWN { format!(" and {} more", used.len() - SHOWN) } else { String::new() };
    let shown = names.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
    if shown.is_empty() { count } else { format!("{count}: {shown}{more}") }
}

/// How far it looks back, in seconds: `7776000s`.
fn period(at: &At<'_>) -> Result<u64, Problem> {
    let Some(found) = at.get("observationPeriod")? else { return Ok(0) };
    let seconds = found.as_text()?.strip_suffix('s').and_then(|n| n.split('.').next()?.parse().ok());
    seconds.ok_or_else(|| found.problem("not a number of seconds"))
}
