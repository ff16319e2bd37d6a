//! Deploy keys: each opens one repository, and is no person's.
use super::read::claim;
use crate::{
    credential,
    entitlement::{Facts, Key, Privilege},
    identity::Kind,
    import::{
        read::At,
        redact,
        snapshot::{Part, Principal, Problem},
    },
};
use std::collections::BTreeMap;

/// The repository of a key, as its own address says: `…/repos/OWNER/NAME/keys/1`.
pub fn repository(at: &At<'_>) -> Option<(String, String)> {
    let url = at.text("url").ok().flatten()?;
    let (_, rest) = url.split_once("/repos/")?;
    let mut parts = rest.split('/').map(str::to_ascii_lowercase);
    Some((parts.next()?, parts.next()?))
}

/// Reads a key of a repository.
pub fn read(at: &At<'_>, (owner, name): (&str, &str)) -> Result<(String, Principal), Problem> {
    let id = at.number("id")?.ok_or_else(|| at.problem("id is missing"))?;
    let read_only = at.flag("read_only")?.ok_or_else(|| at.problem("read_only is missing"))?;
    let mut held = credential::Facts::of(credential::Kind::AccessKey);
    held.long_lived = true;
    held.created_at = at.date("created_at")?;
    held.last_used_at = at.date("last_used")?;
    held.usage_reported = at.value.get("last_used").is_some();
    held.expiry_reported = true; // a deploy key has no end
    held.active = at.flag("enabled")? != Some(false) && at.flag("verified")? != Some(false);
    held.detail = at.text("added_by")?.map(|who| format!("added by {}", redact::args(&[who]).text)).unwrap_or_default();
    let title = at.text("title")?.map(str::trim).filter(|t| !t.is_empty()).map(|t| redact::args(&[t]).text);
    let mut claim = claim(at, &title.unwrap_or_else(|| format!("deploy key {id}")), Kind::ApiKey, Part::DeployKeys)?;
    claim.created_at = held.created_at;
    (claim.last_used_at, claim.usage_reported) = (held.last_used_at, held.usage_reported);
    let (action, privilege) =
        if read_only { ("contents:read", Privilege::Read) } else { ("contents:write", Privilege::Write) };
    let key = Key { action: action.into(), resource: format!("{owner}/{name}"), via: "deploy key".into() };
    let facts = Facts {
        privilege,
        wildcard: false,
        conditional: false,
        expires_at: None,
        last_used_at: held.last_used_at,
        usage_reported: held.usage_reported,
    };
    let principal = Principal {
        claim,
        entitlements: BTreeMap::from([(key, facts)]),
        credentials: BTreeMap::from([(format!("deploy key {id}"), held)]),
    };
    Ok((format!("repos/{owner}/{name}/keys/{id}"), principal))
}
