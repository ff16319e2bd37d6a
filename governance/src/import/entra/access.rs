//! App roles and delegated permissions: what a service principal may ask of other services.
use super::{
    directory::{self, Directory},
    files::{Page, Sort},
    principal::plain,
    privilege,
};
use crate::{
    entitlement::{Facts, Key, Privilege},
    import::{
        read::At,
        snapshot::{Parsed, Part, Problem},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// The most objects that Graph puts into an expanded relationship of the directory, without a word that there are more.
const EXPANDED: usize = 20;

/// The role of an assignment that names none: the application is assigned, and no role of it.
const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";

/// What was found on the way, for the notes.
#[derive(Default)]
pub struct Told {
    /// Roles whose resource is not among the files.
    pub unresolved: usize,
    /// Assignments of principals that no list shows.
    pub strangers: usize,
    /// Service principals whose expanded assignments may go on.
    pub cut_short: usize,
}

/// Reads all assignments and grants. `whole` says whether the last page of a list is there.
pub fn read(pages: &[Page], directory: &Directory, parsed: &mut Parsed, whole: impl Fn(&Page) -> bool) -> Told {
    let mut told = Told::default();
    for page in pages {
        let part = match page.sort {
            Sort::AppRoleAssignments | Sort::AppRoleAssignedTo => Part::AppRoleAssignments,
            Sort::PermissionGrants => Part::PermissionGrants,
            _ => continue,
        };
        let speaks = whole(page) && !page.is_single();
        match (&page.of, page.sort) {
            (Some(id), Sort::AppRoleAssignments | Sort::PermissionGrants) if speaks => spoken(id, part, parsed),
            (None, Sort::PermissionGrants) if speaks => {
                parsed.snapshot.principals.values_mut().for_each(|p| p.claim.shown_by.extend([part]));
            }
            _ => {}
        }
        for at in directory::items([page].into_iter(), parsed) {
            let result = match part {
                Part::PermissionGrants => grant(&at, directory, parsed, &mut told),
                _ => assignment(&at, directory, parsed, &mut told),
            };
            if let Err(problem) = result {
                let whose = if part == Part::PermissionGrants { "clientId" } else { "principalId" };
                let of = page.of.as_deref().filter(|_| page.sort != Sort::AppRoleAssignedTo);
                directory::doubt(&at, of, whose, parsed);
                parsed.problems.push(problem);
            }
        }
    }
    told
}

/// Reads the assignments that stand within a service principal.
pub fn expanded(
    at: &At<'_>,
    id: &str,
    directory: &Directory,
    parsed: &mut Parsed,
    told: &mut Told,
) -> Result<(), Problem> {
    for (member, part) in
        [("appRoleAssignments", Part::AppRoleAssignments), ("oauth2PermissionGrants", Part::PermissionGrants)]
    {
        let Some(list) = at.get(member)? else { continue };
        let items = list.items()?;
        if items.len() < EXPANDED && at.value.get(format!("{member}@odata.nextLink")).is_none() {
            spoken(id, part, parsed);
        } else if parsed.snapshot.principals.get(id).is_some_and(|p| !p.claim.shown_by.contains(&part)) {
            told.cut_short += 1;
        }
        for item in items {
            match part {
                Part::PermissionGrants => grant(&item, directory, parsed, told)?,
                _ => assignment(&item, directory, parsed, told)?,
            }
        }
    }
    Ok(())
}

/// All of this part that the principal has is in the files.
fn spoken(id: &str, part: Part, parsed: &mut Parsed) {
    if let Some(principal) = parsed.snapshot.principals.get_mut(id) {
        principal.claim.shown_by.insert(part);
    }
}

/// Gives a principal an entitlement; what is known of one whose list is not whole is not taken away.
pub fn give(id: &str, part: Part, (key, facts): (Key, Facts), parsed: &mut Parsed) {
    let Some(principal) = parsed.snapshot.principals.get_mut(id) else { return };
    if principal.claim.shown_by.insert(part) {
        parsed.partial.insert(id.into());
    }
    principal.entitlements.insert(key, facts);
}

fn assignment(at: &At<'_>, directory: &Directory, parsed: &mut Parsed, told: &mut Told) -> Result<(), Problem> {
    if at.text("principalType")?.is_some_and(|t| t != "ServicePrincipal") || at.get("deletedDateTime")?.is_some() {
        return Ok(()); // of people and groups, or no more
    }
    let (id, role, resource) = (at.need("principalId")?, at.need("appRoleId")?, at.need("resourceId")?);
    if !is_known(id, parsed, told) {
        return Ok(());
    }
    let value = directory.roles.get(&(resource.to_owned(), role.to_owned()));
    let (action, level) = match value {
        Some(value) => (plain(value), privilege::level(value)),
        None if role == NO_ROLE => ("default access".into(), Privilege::Unknown),
        None => {
            told.unresolved += 1;
            (format!("app role {role}"), Privilege::Unknown)
        }
    };
    let named = directory.names.get(resource).map(String::as_str).or(at.text("resourceDisplayName")?);
    let key = Key { action, resource: plain(named.unwrap_or(resource)), via: "app role".into() };
    let facts = facts(level, key.action.ends_with(".All"), false);
    give(id, Part::AppRoleAssignments, (key, facts), parsed);
    Ok(())
}

/// A delegated permission works only while a person is signed in, and never beyond what that person may: a condition.
fn grant(at: &At<'_>, directory: &Directory, parsed: &mut Parsed, told: &mut Told) -> Result<(), Problem> {
    let (id, resource) = (at.need("clientId")?, at.need("resourceId")?);
    let via = match at.need("consentType")? {
        "AllPrincipals" => "delegated permission, for every user",
        "Principal" => "delegated permission, for users who consented",
        _ => return Err(at.problem("consentType is neither AllPrincipals nor Principal")),
    };
    let scopes: BTreeSet<_> = at.text("scope")?.unwrap_or_default().split_whitespace().collect();
    if !is_known(id, parsed, told) {
        return Ok(());
    }
    let named = plain(directory.names.get(resource).map_or(resource, String::as_str));
    for scope in scopes {
        let key = Key { action: plain(scope), resource: named.clone(), via: via.into() };
        give(id, Part::PermissionGrants, (key, facts(privilege::level(scope), scope.ends_with(".All"), true)), parsed);
    }
    Ok(())
}

/// Whether a list shows the principal as an identity; one that none shows at all is counted.
pub fn is_known(id: &str, parsed: &Parsed, told: &mut Told) -> bool {
    let known = parsed.snapshot.principals.contains_key(id);
    if !known && !parsed.partial.contains(id) && !parsed.set_aside.iter().any(|s| s.principal == id) {
        told.strangers += 1;
    }
    known
}

pub const fn facts(privilege: Privilege, wildcard: bool, conditional: bool) -> Facts {
    Facts { wildcard, conditional, ..Facts::of(privilege) }
}

/// What of it a person should know.
pub fn notes(told: &Told) -> Vec<String> {
    let words = BTreeMap::from([
        (
            0,
            (
                told.unresolved,
                "app roles have no name: give the service principals whose roles they are, with appRoles",
            ),
        ),
        (
            1,
            (
                told.strangers,
                "assignments are of principals that the list of service principals does not show: passed over",
            ),
        ),
        (
            2,
            (
                told.cut_short,
                "lists of assignments are as long as $expand ever shows (20) and may go on: give \
                 /servicePrincipals/{id}/appRoleAssignments of those; till then nothing known of them is taken away",
            ),
        ),
    ]);
    words.into_values().filter(|(n, _)| *n > 0).map(|(n, text)| format!("{n} {text}")).collect()
}
