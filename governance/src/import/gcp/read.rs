//! All files of one project to one snapshot.
use super::{
    accounts,
    files::{self, Found},
    insights, keys, policies,
    project::{self, Project},
};
use crate::{
    error::Result,
    import::{
        read::At,
        snapshot::{Parsed, Part, Problem},
    },
};

/// Reads the files of one project.
///
/// # Errors
/// `Invalid` when a file is cut off or not of Google Cloud, or they are of several projects or none.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Parsed> {
    let documents = files::documents(named)?;
    let found = files::found(&documents)?;
    let project = project::of(&found)?;
    let mut parsed = Parsed { scope: project.id.clone(), ..Parsed::default() };
    parsed.problems.clone_from(&found.problems);
    parsed.unnamed = !found.problems.is_empty();
    let numbers = accounts::read(&found.accounts, &mut parsed);
    let of_google = keys::read(&found.keys, &mut parsed);
    let mut outcome = policies::Outcome::default();
    for policy in &found.policies {
        let place =
            policies::Place { resource: project.resource(), part: Part::IamPolicy, own: true, numbers: &numbers };
        policies::read(policy, &place, &mut parsed, &mut outcome);
    }
    let mut project_policy = !found.policies.is_empty();
    for at in &found.assets {
        let result = asset(at, &project, &numbers).map(|(policy, place)| {
            project_policy |= place.part == Part::IamPolicy;
            policies::read(&policy, &place, &mut parsed, &mut outcome);
        });
        if let Err(problem) = result {
            parsed.problems.push(problem);
            parsed.unnamed = true;
        }
    }
    let used = insights::read(&found.insights, &project, &mut parsed);
    parsed.set_aside.sort_by(|a, b| a.principal.cmp(&b.principal));
    parsed.set_aside.dedup();
    let parts = [
        (Part::ServiceAccounts, !found.accounts.is_empty()),
        (Part::ServiceAccountKeys, !found.keys.is_empty()),
        (Part::IamPolicy, project_policy),
        (Part::AssetPolicies, !found.assets.is_empty()),
        (Part::IamInsights, !found.insights.is_empty()),
    ];
    parsed.covered = parts.into_iter().filter(|(_, there)| *there).map(|(part, _)| part).collect();
    if parsed.unnamed {
        // whom the unreadable object speaks of cannot be told: nobody loses what they are known to hold
        parsed.partial.extend(parsed.snapshot.principals.keys().cloned());
    }
    note(&found, of_google, &outcome, &used, &mut parsed);
    Ok(parsed)
}

/// The policy that a search found, and where it stands.
fn asset<'a, 'b>(
    at: &At<'a>,
    project: &Project,
    numbers: &'b accounts::Numbers,
) -> Result<(At<'a>, policies::Place<'b>), Problem> {
    let name = at.get("resource")?.ok_or_else(|| at.problem("resource is missing"))?;
    let resource = project.short(&name)?;
    let policy = at.get("policy")?.ok_or_else(|| at.problem("policy is missing"))?;
    let part = if resource == project.resource() { Part::IamPolicy } else { Part::AssetPolicies };
    let own = project.owns(at, &resource);
    Ok((policy, policies::Place { resource, part, own, numbers }))
}

fn note(
    found: &Found<'_>,
    of_google: usize,
    outcome: &policies::Outcome,
    used: &insights::Outcome,
    parsed: &mut Parsed,
) {
    let notes = &mut parsed.notes;
    for what in &outcome.everyone {
        notes.push(format!("everyone, known to Google or not, holds {what}"));
    }
    let mut count = |what: &str, n: usize, why: &str| {
        if n > 0 {
            notes.push(format!("{what}: {n}{why}"));
        }
    };
    count("keys left out, since Google holds and rotates them itself", of_google, "");
    count(
        "roles of your own",
        outcome.custom.len(),
        "; what they allow stands in none of these files, so their power is unknown",
    );
    count("trusts on service accounts named by a number", outcome.numbered, "; give the list of service accounts too");
    count("insights that look back less than 90 days", used.short, "; nothing is called unused by them");
    count("insights on what no other file shows", used.unmatched, "");
    count("files with an empty list", found.empty, "; it does not say what it is a list of");
    if found.assets.is_empty() && !found.policies.is_empty() {
        notes.push(
            "of policies only the project's own was given: roles on single resources, folders or the organisation are not known".into(),
        );
    }
    if found.insights.is_empty() {
        notes.push("without insights it is not known what was used".into());
    }
}
