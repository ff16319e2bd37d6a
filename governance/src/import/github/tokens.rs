//! Fine-grained personal access tokens that may reach the organization. Classic tokens are on no list that GitHub gives out.
use super::{permission, read::claim};
use crate::{
    credential,
    identity::Kind,
    import::{
        read::At,
        redact,
        snapshot::{Part, Principal, Problem},
    },
};
use std::collections::BTreeMap;

/// Reads a token. `named` are the repositories it was given, where the files say.
pub fn read(at: &At<'_>, organization: &str, named: Option<&[String]>) -> Result<(String, Principal), Problem> {
    let id = at.number("id")?.ok_or_else(|| at.problem("id is missing"))?;
    let owner = at.get("owner")?.ok_or_else(|| at.problem("owner is missing"))?.need("login")?;
    let name = match at.text("token_name")? {
        Some(name) if !name.trim().is_empty() => redact::args(&[name.trim()]).text,
        _ => format!("token {id} of {owner}"),
    };
    let expires_at = at.date("token_expires_at")?;
    let (repositories, wildcard) = permission::repositories(at, organization)?;
    let reach =
        permission::Reach { organization: organization.into(), repositories, via: "token", expires_at, wildcard };
    let mut entitlements = BTreeMap::new();
    if let Some(permissions) = at.get("permissions")? {
        for (member, own) in [("organization", true), ("repository", false), ("other", true)] {
            if let Some(some) = permissions.get(member)? {
                permission::read(&some, &reach, |_| own, &mut entitlements)?;
            }
        }
    }
    let mut held = credential::Facts::of(credential::Kind::Token);
    held.long_lived = true;
    // GitHub tells when it was let in, not when it was made: it is at least as old
    held.created_at = at.date("access_granted_at")?;
    (held.expires_at, held.expiry_reported) = (expires_at, at.value.get("token_expires_at").is_some());
    held.last_used_at = at.date("token_last_used_at")?;
    held.usage_reported = at.value.get("token_last_used_at").is_some();
    held.active = at.flag("token_expired")? != Some(true);
    let mut claim = claim(at, &name, Kind::ApiKey, Part::PersonalAccessTokens)?;
    claim.created_at = held.created_at;
    (claim.last_used_at, claim.usage_reported) = (held.last_used_at, held.usage_reported);
    claim.notes.insert("person".into(), redact::args(&[owner]).text);
    // the audit log names the token by an id that is not the grant's
    if let Some(token) = at.number("token_id")? {
        claim.notes.insert("token id".into(), token.to_string());
    }
    if !held.active {
        claim.notes.insert("disabled".into(), "expired".into());
    }
    if let Some(named) = named {
        claim.shown_by.insert(Part::TokenRepositories);
        claim.notes.insert("repositories".into(), named.join(", "));
    }
    let credentials = BTreeMap::from([(format!("token {id}"), held)]);
    Ok((format!("orgs/{organization}/personal-access-tokens/{id}"), Principal { claim, entitlements, credentials }))
}
