//! Pods: which workload runs as which service account, and whether its token is mounted.
use super::{
    accounts,
    files::{Kind, Objects},
    object,
};
use crate::import::{
    read::At,
    snapshot::{Parsed, Part, Problem, RUNS_AS_IT},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Workloads shown by name; the rest is counted.
const SHOWN: usize = 20;

/// Notes on every service account what runs as it.
pub fn read(objects: &Objects<'_>, parsed: &mut Parsed) {
    let mut running: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for at in objects.each(Kind::Pod) {
        match pod(at) {
            Ok((principal, workload)) => drop(running.entry(principal).or_default().insert(workload)),
            Err(problem) => {
                parsed.problems.push(problem);
                parsed.unnamed = true;
            }
        }
    }
    for (principal, workloads) in running {
        if let Some(principal) = parsed.snapshot.principals.get_mut(&principal) {
            principal.claim.shown_by.insert(Part::Pods);
            let more = workloads.len().saturating_sub(SHOWN);
            let mut words = workloads.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
            if more > 0 {
                words += &format!(" and {more} more");
            }
            principal.claim.notes.insert(RUNS_AS_IT.into(), words);
        }
    }
}

/// The service account and the words for what runs as it: `Deployment web`, `Pod debug (token not mounted)`.
fn pod(at: &At<'_>) -> Result<(String, String), Problem> {
    let (namespace, name) = object::in_namespace(at)?;
    let spec = at.get("spec")?.ok_or_else(|| at.problem("spec is missing"))?;
    let account = spec.text("serviceAccountName")?.unwrap_or("default");
    let mut words = workload(at, &name)?;
    if spec.get("automountServiceAccountToken")?.is_some_and(|m| m.value == &Value::Bool(false)) {
        words += " (token not mounted)";
    }
    Ok((accounts::principal(&namespace, account), words))
}

/// What made the pod, as far as it stays the same from day to day: the deployment of a replica set, the cron job of a job.
fn workload(at: &At<'_>, name: &str) -> Result<String, Problem> {
    let metadata = object::metadata(at)?;
    let owners = metadata.list("ownerReferences")?;
    let owner = owners.iter().find(|o| o.value.get("controller") == Some(&Value::Bool(true))).or(owners.first());
    let Some(owner) = owner else { return Ok(format!("Pod {name}")) };
    let (kind, name) = (owner.need("kind")?, owner.need("name")?);
    let hash = object::words(&metadata, "labels")?.remove("pod-template-hash");
    let deployment = hash.and_then(|hash| name.strip_suffix(&hash)?.strip_suffix('-').map(ToOwned::to_owned));
    let by_minute = |name: &str| {
        let (job, minute) = name.rsplit_once('-')?;
        (minute.len() >= 8 && minute.bytes().all(|b| b.is_ascii_digit())).then(|| job.to_owned())
    };
    Ok(match (kind, deployment, by_minute(name)) {
        ("ReplicaSet", Some(deployment), _) => format!("Deployment {deployment}"),
        ("Job", _, Some(cron)) => format!("CronJob {cron}"),
        _ => format!("{kind} {name}"),
    })
}
