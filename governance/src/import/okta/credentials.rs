//! Client secrets, public keys and API tokens: when they were made and when they end. A secret that stands in the export is dropped
//! and said.
use super::principal::plain;
use crate::{
    credential::{Facts, Kind, Storage},
    import::{read::At, snapshot::Problem},
    time::Timestamp,
};
use std::collections::BTreeMap;

type Held = BTreeMap<String, Facts>;

/// What stands within an application itself: its secret, where Okta shows it, and its public keys.
pub fn of_client(client: &At<'_>, settings: Option<&At<'_>>, held: &mut Held) -> Result<(), Problem> {
    if client.text("client_secret")?.is_some_and(|s| !s.is_empty()) {
        held.insert("client secret".into(), exposed());
    }
    let Some(settings) = settings else { return Ok(()) };
    if let Some(keys) = settings.get("jwks")? {
        for item in keys.list("keys")? {
            key(&item, held)?;
        }
    }
    if settings.text("jwks_uri")?.is_some() {
        let mut facts = Facts::of(Kind::Trust);
        facts.detail = "its public keys are fetched from an address of its own".into();
        held.insert("trust keys at an address".into(), facts);
    }
    Ok(())
}

/// One client secret of `/apps/ID/credentials/secrets`.
pub fn secret(at: &At<'_>, held: &mut Held) -> Result<(), Problem> {
    let shown = at.text("client_secret")?.is_some_and(|s| !s.is_empty());
    let mut facts = if shown { exposed() } else { long_lived(Kind::AccessKey) };
    facts.created_at = at.date("created")?;
    facts.active = at.text("status")? != Some("INACTIVE");
    held.insert(format!("client secret {}", plain(at.need("id")?)), facts);
    Ok(())
}

/// One public key: whoever has its private half may come.
pub fn key(at: &At<'_>, held: &mut Held) -> Result<(), Problem> {
    let mut facts = long_lived(Kind::Certificate);
    facts.created_at = at.date("created")?;
    facts.expires_at = at.date("expiresAt")?;
    facts.active = at.text("status")? != Some("INACTIVE");
    // the private half of a key has these members, and belongs in no export
    if ["d", "p", "q", "k"].iter().any(|m| at.value.get(m).is_some_and(serde_json::Value::is_string)) {
        (facts.exposed, facts.storage) = (true, Some(Storage::ConfigFile));
        facts.detail = "its private half stood in the export".into();
    }
    held.insert(format!("public key {}", plain(at.need("kid")?)), facts);
    Ok(())
}

/// An API token, of which Okta shows everything but the token.
pub fn api_token(
    created: Option<Timestamp>,
    expires: Option<Timestamp>,
    used: Option<Timestamp>,
    usage_reported: bool,
) -> Facts {
    let mut facts = long_lived(Kind::Token);
    (facts.created_at, facts.expires_at, facts.expiry_reported) = (created, expires, true);
    (facts.last_used_at, facts.usage_reported) = (used, usage_reported);
    facts
}

fn long_lived(kind: Kind) -> Facts {
    let mut facts = Facts::of(kind);
    facts.long_lived = true;
    facts
}

fn exposed() -> Facts {
    let mut facts = long_lived(Kind::AccessKey);
    (facts.exposed, facts.storage) = (true, Some(Storage::ConfigFile));
    facts.detail = "it stood in the export, as Okta shows it to administrators".into();
    facts
}
