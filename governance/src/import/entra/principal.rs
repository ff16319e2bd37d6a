//! A service principal to an identity: what it is, who is named for it, and what it authenticates with by itself.
use super::{
    credentials,
    directory::{Directory, Merged, is_microsoft},
};
use crate::{
    identity::{self, Kind},
    import::{
        read::At,
        redact,
        snapshot::{Claim, Parsed, Part, Principal, Problem, SetAside},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Reads one into `parsed`: as a principal, or set aside with the reason.
pub fn read(merged: &Merged, directory: &Directory, parsed: &mut Parsed) -> Result<(), Problem> {
    let at = merged.at();
    let typed = at.text("@odata.type")?.and_then(|t| t.rsplit('.').next()).unwrap_or_default();
    let sort = at.text("servicePrincipalType")?.unwrap_or("Application");
    let owner = at.text("appOwnerOrganizationId")?;
    let agent = typed == "agentIdentity" || at.text("agentIdentityBlueprintId")?.is_some();
    let reason = match (agent, sort) {
        (false, "SocialIdp") => Some("a social identity provider: people sign in by it, it does nothing itself"),
        (false, "Application" | "Legacy") if owner.is_some_and(|o| is_microsoft(o, &directory.tenant)) => {
            Some("an application of Microsoft's own services: Microsoft owns it and limits it")
        }
        _ => None,
    };
    if let Some(reason) = reason {
        parsed.set_aside.push(SetAside { principal: merged.id.clone(), reason: reason.into() });
        return Ok(());
    }
    let kind = match sort {
        _ if agent => Kind::Agent,
        "ManagedIdentity" => Kind::Workload,
        _ => Kind::ServiceAccount,
    };
    // some old ones have no name: then the application's, or the id
    let name = at.text("displayName")?.or(at.text("appDisplayName")?).map(str::trim).filter(|n| !n.is_empty());
    let name = name.map_or_else(|| merged.id.clone(), plain);
    identity::check_name(&name)
        .map_err(|_| at.problem("displayName is too long, or has control or invisible characters"))?;
    let mut held = BTreeMap::new();
    credentials::own(&at, &mut held)?;
    if let Some(blueprint) = at.text("agentIdentityBlueprintId")? {
        credentials::blueprint(blueprint, directory.apps.get(blueprint).map(String::as_str), &mut held);
    }
    if at.flag("accountEnabled")? == Some(false) {
        held.values_mut().for_each(|facts| facts.active = false);
    }
    let (notes, told) = notes(&at, sort, typed, directory)?;
    let created_at = at.date("createdDateTime")?;
    let mut claim = Claim { created_at, notes, ..Claim::of(kind, name, Part::ServicePrincipals) };
    claim.shown_by.extend(told);
    let principal = Principal { claim, entitlements: BTreeMap::new(), credentials: held };
    parsed.snapshot.principals.insert(merged.id.clone(), principal);
    Ok(())
}

type Notes = (BTreeMap<String, String>, BTreeSet<Part>);

fn notes(at: &At<'_>, sort: &str, typed: &str, directory: &Directory) -> Result<Notes, Problem> {
    let mut notes = BTreeMap::new();
    let mut note = |key: &str, text: String| drop(notes.insert(key.to_owned(), text));
    note("type", if typed == "agentIdentityBlueprintPrincipal" { "agent identity blueprint" } else { sort }.into());
    if at.flag("accountEnabled")? == Some(false) {
        note("disabled", "switched off: it gets no tokens".into());
    }
    if let Some(status) = at.text("disabledByMicrosoftStatus")?.filter(|s| *s != "NotDisabled") {
        note("disabled by Microsoft", plain(status));
    }
    if let Some(app) = at.text("appId")? {
        note("app id", app.into());
    }
    let named = |app: &str| directory.apps.get(app).map_or_else(|| app.to_owned(), |n| format!("{} ({app})", plain(n)));
    if let Some(app) = at.text("agentIdentityBlueprintId")? {
        note("blueprint", named(app));
    }
    if let Some(app) = at.text("createdByAppId")? {
        note("created by", named(app));
    }
    if let Some(owner) = at.text("appOwnerOrganizationId")?.filter(|o| *o != directory.tenant) {
        note("registered in another tenant", owner.into());
    }
    if let Some(publisher) = at.get("verifiedPublisher")?
        && let Some(name) = publisher.text("displayName")?
    {
        note("verified publisher", plain(name));
    }
    // of a managed identity: the Azure resource it belongs to
    if let Some(resource) = at.texts("alternativeNames")?.into_iter().find(|n| n.starts_with('/')) {
        note("Azure resource", resource.into());
    }
    let mut told = BTreeSet::new();
    for (member, part) in [("owners", Part::Owners), ("sponsors", Part::Sponsors)] {
        let Some(list) = at.get(member)? else { continue };
        told.insert(part);
        let people = list.items()?.iter().map(person).collect::<Result<BTreeSet<_>, _>>()?;
        if !people.is_empty() {
            note(member, people.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    Ok((notes, told))
}

/// A person, group or application by the name people know.
pub fn person(at: &At<'_>) -> Result<String, Problem> {
    let name = at.text("userPrincipalName")?.or(at.text("displayName")?);
    name.map_or_else(|| at.need("id"), Ok).map(plain)
}

/// Text of the directory as it is, unless it is a secret in a place where none belongs.
pub fn plain(text: &str) -> String {
    redact::args(&[text]).text
}
