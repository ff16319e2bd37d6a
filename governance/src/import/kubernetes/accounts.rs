//! Service accounts, by the name under which the API server knows them: `system:serviceaccount:shop:web`.
use super::{
    files::{Kind, Objects},
    object,
};
use crate::{
    identity::{self, Environment},
    import::{
        read::At,
        redact,
        snapshot::{Claim, Parsed, Part, Principal, Problem},
    },
};
use std::collections::BTreeMap;

/// What a principal is called by the API server.
pub fn principal(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Namespace and name of such a principal.
pub fn parts(principal: &str) -> Option<(&str, &str)> {
    principal.strip_prefix("system:serviceaccount:")?.split_once(':')
}

/// Reads the service accounts that the files list.
pub fn read(objects: &Objects<'_>, parsed: &mut Parsed) {
    let mut accounts = BTreeMap::new();
    for at in objects.each(Kind::ServiceAccount) {
        let named = object::in_namespace(at).inspect_err(|_| parsed.unnamed = true);
        let result = named.and_then(|(namespace, name)| {
            let key = principal(&namespace, &name);
            let read =
                claim(at, &namespace, &name).and_then(|claim| object::once(&mut accounts, key.clone(), claim, at));
            if read.is_err() {
                parsed.partial.insert(key);
            }
            read
        });
        parsed.problems.extend(result.err());
    }
    for (key, claim) in accounts {
        parsed.snapshot.principals.insert(key, holder(claim));
    }
}

/// A principal that holds nothing yet.
pub const fn holder(claim: Claim) -> Principal {
    Principal { claim, entitlements: BTreeMap::new(), credentials: BTreeMap::new() }
}

fn claim(at: &At<'_>, namespace: &str, name: &str) -> Result<Claim, Problem> {
    let shown = format!("{namespace}/{name}");
    identity::check_name(&shown).map_err(|e| at.problem(e.detail))?;
    let metadata = object::metadata(at)?;
    let mut claim = Claim::of(identity::Kind::ServiceAccount, shown, Part::ServiceAccounts);
    claim.created_at = object::created_at(&metadata)?;
    for (key, value) in object::words(&metadata, "labels")? {
        match key.rsplit('/').next().unwrap_or(&key).to_ascii_lowercase().as_str() {
            "environment" | "env" | "stage" => claim.environment = Environment::guess(&value).or(claim.environment),
            word @ ("owner" | "team" | "part-of") => drop(claim.notes.insert(format!("label {word}"), plain(&value))),
            _ => {}
        }
    }
    for (key, value) in object::words(&metadata, "annotations")? {
        if let Some((_, what)) = ACTS_AS.iter().find(|(known, _)| *known == key) {
            claim.notes.insert((*what).into(), plain(&value));
        }
    }
    if let Some(mounts) = at.get("automountServiceAccountToken")?
        && mounts.value == &serde_json::Value::Bool(false)
    {
        claim.notes.insert("token".into(), "not mounted unless a pod asks for it".into());
    }
    Ok(claim)
}

/// The annotations by which clouds let a service account act as one of theirs.
const ACTS_AS: &[(&str, &str)] = &[
    ("eks.amazonaws.com/role-arn", "acts as the AWS role"),
    ("iam.gke.io/gcp-service-account", "acts as the Google service account"),
    ("azure.workload.identity/client-id", "acts as the Entra application"),
];

/// Words of the file as they are, unless they are a secret in a place where none belongs.
fn plain(text: &str) -> String {
    redact::args(&[text]).text
}
