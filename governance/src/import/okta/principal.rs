//! Applications that act by themselves, and API tokens, to identities.
use super::credentials;
use crate::{
    entitlement::{Facts, Key, Privilege},
    identity::{self, Kind},
    import::{
        read::At,
        redact,
        snapshot::{Claim, Parsed, Part, Principal, Problem, SetAside},
    },
    time::Timestamp,
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// Reads an application: one that gets tokens for itself is an identity, one that people sign in to is set aside.
pub fn app(at: &At<'_>, id: &str, parsed: &mut Parsed) -> Result<Option<Principal>, Problem> {
    let settings = at.get("settings")?.map(|s| s.get("oauthClient")).transpose()?.flatten();
    let (sort, grants) = match &settings {
        Some(settings) => (settings.text("application_type")?, settings.texts("grant_types")?),
        None => (None, vec![]),
    };
    if sort != Some("service") && !grants.contains(&"client_credentials") {
        let reason = "an application that people sign in to: it gets no tokens for itself";
        parsed.set_aside.push(SetAside { principal: id.into(), reason: reason.into() });
        return Ok(None);
    }
    let mut held = BTreeMap::new();
    let client = at.get("credentials")?.map(|c| c.get("oauthClient")).transpose()?.flatten();
    let mut notes = BTreeMap::new();
    if let Some(client) = &client {
        credentials::of_client(client, settings.as_ref(), &mut held)?;
        for (member, note) in [("client_id", "client id"), ("token_endpoint_auth_method", "authenticates by")] {
            if let Some(text) = client.text(member)? {
                notes.insert(note.to_owned(), plain(text));
            }
        }
    }
    if at.text("status")?.is_some_and(|s| s != "ACTIVE") {
        notes.insert("disabled".into(), "switched off: it gets no tokens".into());
        held.values_mut().for_each(|facts| facts.active = false);
    }
    let created = at.date("created")?;
    let claim = claim(at, at.need("label")?, Kind::ServiceAccount, Part::Apps, created, notes)?;
    Ok(Some(Principal { claim, entitlements: BTreeMap::new(), credentials: held }))
}

/// Reads an integration from Okta's catalogue that calls Okta by itself, with the scopes it was granted.
pub fn api_service(at: &At<'_>) -> Result<Principal, Problem> {
    let created = at.date("createdAt")?;
    let notes = BTreeMap::from([("type".to_owned(), "API service integration".to_owned())]);
    let mut entitlements = BTreeMap::new();
    for scope in at.texts("grantedScopes")? {
        entitlements.extend([super::access::scope(scope)]);
    }
    let claim = claim(at, at.need("name")?, Kind::ServiceAccount, Part::ApiServices, created, notes)?;
    Ok(Principal { claim, entitlements, credentials: BTreeMap::new() })
}

/// Reads an API token: it acts with all that its person may do, as long as that person may.
pub fn token(at: &At<'_>, id: &str) -> Result<Principal, Problem> {
    let (created, expires) = (at.date("created")?, at.date("expiresAt")?);
    let mut notes = BTreeMap::from([("person".to_owned(), plain(at.need("userId")?))]);
    if let Some(network) = at.get("network")?
        && let Some(connection) = network.text("connection")?
    {
        notes.insert("may come from".into(), plain(connection));
    }
    let mut claim = claim(at, at.need("name")?, Kind::ApiKey, Part::ApiTokens, created, notes)?;
    // Okta moves the end of a token by its window each time it is used, and tells the use in no other way
    if let (Some(window), Some(expires)) = (at.text("tokenWindow")?.and_then(days), expires) {
        let renewed = expires - window;
        claim.usage_reported = true;
        claim.last_used_at = created.is_none_or(|c| renewed - c > TimeDelta::minutes(1)).then_some(renewed);
    }
    let held = credentials::api_token(created, expires, claim.last_used_at, claim.usage_reported);
    let key = Key { action: "all that its person may do".into(), resource: "*".into(), via: "api token".into() };
    let facts = Facts {
        privilege: Privilege::Unknown,
        wildcard: true,
        conditional: false,
        expires_at: None,
        last_used_at: claim.last_used_at,
        usage_reported: claim.usage_reported,
    };
    Ok(Principal {
        claim,
        entitlements: BTreeMap::from([(key, facts)]),
        credentials: BTreeMap::from([(format!("api token {id}"), held)]),
    })
}

/// `P30D`: a number of days, as Okta writes the window of a token.
fn days(window: &str) -> Option<TimeDelta> {
    window.strip_prefix('P')?.strip_suffix('D')?.parse().ok().and_then(TimeDelta::try_days)
}

fn claim(
    at: &At<'_>,
    name: &str,
    kind: Kind,
    part: Part,
    created_at: Option<Timestamp>,
    notes: BTreeMap<String, String>,
) -> Result<Claim, Problem> {
    let name = plain(name.trim());
    identity::check_name(&name)
        .map_err(|_| at.problem("its name is too long, or has control or invisible characters"))?;
    Ok(Claim { created_at, notes, ..Claim::of(kind, name, part) })
}

/// Text that people wrote as it is, unless it is a secret in a place where none belongs.
pub fn plain(text: &str) -> String {
    redact::args(&[text]).text
}
