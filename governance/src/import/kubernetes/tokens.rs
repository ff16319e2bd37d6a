//! Secrets that hold a token of a service account: long-lived, without an end. Their content is never looked at.
use super::{
    accounts,
    files::{Kind, Objects},
    object,
};
use crate::{
    credential::{self, Facts},
    import::{
        read::At,
        snapshot::{Parsed, Part, Problem},
    },
    time::Timestamp,
};
use std::collections::BTreeMap;

const OF: &str = "kubernetes.io/service-account.name";
/// The day of the last use, which the API server keeps on the secret (from Kubernetes 1.28 on).
const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
/// The day on which it was found unused for a year and switched off.
const INVALID: &str = "kubernetes.io/legacy-token-invalid-since";

/// Adds the tokens to their service accounts.
pub fn read(objects: &Objects<'_>, parsed: &mut Parsed) {
    let mut tokens = BTreeMap::new();
    for at in objects.each(Kind::Secret) {
        let result = token(at).and_then(|found| match found {
            Some((key, facts)) => object::once(&mut tokens, key, facts, at),
            None => Ok(()),
        });
        if let Err(problem) = result {
            parsed.problems.push(problem);
            parsed.unnamed = true;
        }
    }
    for ((namespace, account, secret), facts) in tokens {
        // the cluster itself removes a token whose service account is gone
        if let Some(principal) = parsed.snapshot.principals.get_mut(&accounts::principal(&namespace, &account)) {
            principal.claim.shown_by.insert(Part::TokenSecrets);
            principal.credentials.insert(format!("token secret {secret}"), facts);
        }
    }
}

type Key = (String, String, String);

fn token(at: &At<'_>) -> Result<Option<(Key, Facts)>, Problem> {
    if at.text("type")? != Some("kubernetes.io/service-account-token") {
        return Ok(None);
    }
    let (namespace, name) = object::in_namespace(at)?;
    let metadata = object::metadata(at)?;
    let annotations = object::words(&metadata, "annotations")?;
    let account = annotations.get(OF).ok_or_else(|| metadata.problem(format!("annotation {OF} is missing")))?;
    let labels = object::words(&metadata, "labels")?;
    let mut facts = Facts::of(credential::Kind::Token);
    (facts.long_lived, facts.expiry_reported) = (true, true);
    facts.created_at = object::created_at(&metadata)?;
    facts.active = !labels.contains_key(INVALID);
    if let Some(day) = labels.get(LAST_USED) {
        let at = Timestamp::parse(&format!("{day}T00:00:00Z"));
        facts.last_used_at = Some(at.ok_or_else(|| metadata.problem(format!("label {LAST_USED} is not a day")))?);
        facts.usage_reported = true;
    }
    Ok(Some(((namespace, account.clone(), name), facts)))
}
