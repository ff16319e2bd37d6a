//! Access advisor: when each principal last used each service, and each action that AWS tracks, joined by the job's id.
use super::values;
use crate::{
    import::{
        read::At,
        snapshot::{Parsed, Part, Principal, Problem},
    },
    privilege::aws::pattern::covers,
    time::Timestamp,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The files of one import that are the advisor's.
#[derive(Default)]
pub struct Files {
    /// `(file, principal, job id)`
    pub jobs: Vec<(String, Option<String>, String)>,
    /// `(file, job id, document)`
    pub details: Vec<(String, String, Value)>,
}

/// Reads what was used into `parsed`, after users and roles are known.
pub fn read(files: &Files, parsed: &mut Parsed) {
    let mut whose = BTreeMap::new();
    for (file, principal, job) in &files.jobs {
        let place = |words: &str| Problem { file: file.clone(), place: "JobId".into(), words: words.into() };
        match principal {
            None => parsed
                .problems
                .push(place("whose job this is stands in the file's name: job_ARN.json, the ARN URL-encoded")),
            Some(_) if !files.details.iter().any(|(_, id, _)| id == job) => {
                parsed.problems.push(place("the answer of this job (JOBID.json) is not among the files"));
            }
            Some(arn) => drop(whose.insert(job.as_str(), arn.as_str())),
        }
    }
    for (file, job, value) in &files.details {
        let at = At::top(file, value);
        let result = services(&at).and_then(|(until, services)| {
            let arn = whose.get(job.as_str()).copied().map_or_else(|| entity(&at), |arn| Ok(arn.to_owned()))?;
            if parsed.set_aside.iter().any(|s| s.principal == arn) {
                return Ok(());
            }
            match parsed.snapshot.principals.get_mut(&arn) {
                Some(principal) => {
                    used(principal, until, &services);
                    Ok(())
                }
                None => Err(at.problem(format!("it speaks of {arn}, which no other file shows"))),
            }
        });
        parsed.problems.extend(result.err());
    }
}

/// When a service was last used.
struct Service {
    last: Option<Timestamp>,
    /// Of the actions that AWS tracks, as it writes them by their names in lower case: a report that was asked for at the level of actions has them, with those that
    /// were never tried in its period, and not those that AWS does not track.
    actions: BTreeMap<String, (String, Option<Timestamp>)>,
}

/// By their namespace.
type Services = BTreeMap<String, Service>;

/// Until when the advisor looked, and what it saw.
fn services(at: &At<'_>) -> Result<(Timestamp, Services), Problem> {
    if at.text("JobStatus")?.is_some_and(|s| s != "COMPLETED") {
        return Err(at.problem("the job was not complete: ask for its answer again"));
    }
    let until = values::opt_date(at, "JobCompletionDate")?;
    let until = until.ok_or_else(|| at.problem("JobCompletionDate is missing: until when it looked cannot be told"))?;
    let mut services = BTreeMap::new();
    for item in at.list("ServicesLastAccessed")? {
        let mut actions = BTreeMap::new();
        for action in item.list("TrackedActionsLastAccessed")? {
            let name = action.need("ActionName")?;
            let last = values::opt_date(&action, "LastAccessedTime")?;
            actions.insert(name.to_ascii_lowercase(), (name.to_owned(), last));
        }
        let last = values::opt_date(&item, "LastAuthenticated")?;
        services.insert(item.need("ServiceNamespace")?.to_owned(), Service { last, actions });
    }
    Ok((until, services))
}

/// Without its job file an answer is about the one entity it names, if it names one.
fn entity(at: &At<'_>) -> Result<String, Problem> {
    let mut named = Vec::new();
    for item in at.list("ServicesLastAccessed")? {
        named.extend(item.text("LastAuthenticatedEntity")?);
    }
    named.sort_unstable();
    named.dedup();
    match named.as_slice() {
        [one] if values::is_principal_arn(one) => Ok((*one).to_owned()),
        _ => Err(at.problem("whose use it is cannot be told: give the file with its JobId too, named job_ARN.json")),
    }
}

/// AWS lists every service the principal may reach: one it does not list, it says nothing of. An action that it tracks is dated by
/// itself; any other, and a pattern, which may take in more than is tracked, by its service.
fn used(principal: &mut Principal, until: Timestamp, services: &Services) {
    let last = services.values().map(|service| service.last).max().flatten();
    principal.claim.usage_until = Some(until);
    principal.claim.shown_by.insert(Part::AccessAdvisor);
    principal.claim.usage_reported = true;
    principal.claim.usage = under_patterns(principal, services);
    principal.claim.last_used_at = principal.claim.last_used_at.max(last);
    for (key, facts) in &mut principal.entitlements {
        let told = match key.action.split_once(':') {
            Some((service, name)) if !key.action.starts_with('*') => services
                .get(&service.to_ascii_lowercase())
                .map(|it| it.actions.get(&name.to_ascii_lowercase()).map_or(it.last, |(_, last)| *last)),
            _ => (!services.is_empty()).then_some(last),
        };
        if let Some(last) = told {
            (facts.usage_reported, facts.last_used_at) = (true, last);
        }
    }
}

/// What the report tells of single actions that a pattern takes in, and of services; nothing where no right is a pattern. A service
/// that was never used has no actions of its own: each is as unused as it.
fn under_patterns(principal: &Principal, services: &Services) -> BTreeMap<String, Option<Timestamp>> {
    let wild = |action: &&String| action.contains(['*', '?']);
    let patterns: BTreeSet<_> = principal.entitlements.keys().map(|key| &key.action).filter(wild).collect();
    let patterns: Vec<_> = patterns.into_iter().map(|action| action.to_ascii_lowercase()).collect();
    let takes_in = |action: &str| {
        let action = action.to_ascii_lowercase();
        patterns.iter().any(|p| p.starts_with("* except ") || covers(p, &action))
    };
    let mut usage = BTreeMap::new();
    for (service, used) in services.iter().filter(|_| !patterns.is_empty()) {
        usage.insert(format!("{service}:*"), used.last);
        let actions = used.actions.values().filter(|_| used.last.is_some());
        let named = actions.map(|(name, last)| (format!("{service}:{name}"), *last));
        usage.extend(named.filter(|(name, _)| takes_in(name)));
    }
    usage
}
