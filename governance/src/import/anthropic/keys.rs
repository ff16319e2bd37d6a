//! An API key to an identity.
use super::plain;
use crate::{
    credential,
    entitlement::{Facts, Key, Privilege},
    identity::{self, Kind},
    import::{
        read::At,
        snapshot::{Claim, Part, Principal, Problem},
    },
};
use std::collections::BTreeMap;

/// Reads one key. `workspaces` are their names by id, where the files say.
pub fn read(at: &At<'_>, id: &str, workspaces: &BTreeMap<String, String>) -> Result<Principal, Problem> {
    let (name, status) = (plain(at.need("name")?.trim()), at.need("status")?);
    identity::check_name(&name)
        .map_err(|_| at.problem("its name is too long, or has control or invisible characters"))?;
    let mut held = credential::Facts::of(credential::Kind::Token);
    held.long_lived = true;
    (held.created_at, held.expires_at) = (at.date("created_at")?, at.date("expires_at")?);
    held.expiry_reported = at.value.get("expires_at").is_some();
    held.active = status == "active";
    let mut claim = Claim::of(Kind::ApiKey, name, Part::ApiKeys);
    claim.created_at = held.created_at;
    if !held.active {
        claim.notes.insert("disabled".into(), plain(status));
    }
    for (member, note, ids) in
        [("created_by", "created by", ["id", "id"]), ("principal", "acts as", ["user_id", "service_account_id"])]
    {
        if let Some(who) = at.get(member)? {
            // of a principal the documentation has two forms
            let id = who.text(ids[0])?.or(who.text(ids[1])?).or(who.text("id")?);
            claim.notes.extend(id.map(|id| (note.to_owned(), plain(id))));
        }
    }
    let (resource, wildcard) = reach(at, workspaces)?;
    let key = Key { action: "use of the Claude API".into(), resource, via: "api key".into() };
    let facts = Facts { wildcard, expires_at: held.expires_at, ..Facts::of(Privilege::Write) };
    Ok(Principal {
        claim,
        entitlements: BTreeMap::from([(key, facts)]),
        credentials: BTreeMap::from([(format!("api key {id}"), held)]),
    })
}

/// Where a key counts: in a workspace, the default one where none is named, or in the whole organization.
fn reach(at: &At<'_>, workspaces: &BTreeMap<String, String>) -> Result<(String, bool), Problem> {
    let scope = at.get("scope")?;
    let sort = scope.as_ref().map(|scope| scope.text("type")).transpose()?.flatten();
    if sort == Some("organization") {
        return Ok(("*".into(), true));
    }
    let within = scope.as_ref().map(|scope| scope.text("workspace_id")).transpose()?.flatten();
    Ok(match within.or(at.text("workspace_id")?) {
        Some(id) => (
            workspaces.get(id).map_or_else(|| format!("workspace {}", plain(id)), |name| format!("workspace {name}")),
            false,
        ),
        None => ("default workspace".into(), false),
    })
}
