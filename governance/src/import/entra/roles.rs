//! Directory roles: Entra's own roles, assigned to service principals.
use super::{
    access::{self, Told},
    directory,
    files::{Page, Sort},
    principal::plain,
};
use crate::{
    entitlement::{Key, Privilege},
    import::{
        read::At,
        snapshot::{Parsed, Part, Problem},
    },
};
use std::collections::BTreeMap;

/// Roles that are the same in every tenant, by the id of their template (Microsoft Entra built-in roles): those that may give
/// access to themselves or to others, and the one that may do all.
const BUILT_IN: &[(&str, &str, Privilege)] = &[
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator", Privilege::Administrative),
    ("e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator", Privilege::PermissionsManagement),
    (
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Privileged Authentication Administrator",
        Privilege::PermissionsManagement,
    ),
    ("c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator", Privilege::PermissionsManagement),
    ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator", Privilege::PermissionsManagement),
    ("158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator", Privilege::PermissionsManagement),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator", Privilege::PermissionsManagement),
    ("fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator", Privilege::PermissionsManagement),
    ("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", "Conditional Access Administrator", Privilege::PermissionsManagement),
    ("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", "Hybrid Identity Administrator", Privilege::PermissionsManagement),
];

/// Reads the assignments of directory roles, which come as one list for the whole tenant.
pub fn read(pages: &[Page], parsed: &mut Parsed, told: &mut Told, whole: impl Fn(&Page) -> bool) {
    let mut names = BTreeMap::new();
    for at in directory::items(pages.iter().filter(|p| p.sort == Sort::RoleDefinitions), parsed) {
        match at.need("id").and_then(|id| Ok((id, at.need("displayName")?))) {
            Ok((id, name)) => drop(names.insert(id.to_owned(), name.to_owned())),
            Err(problem) => parsed.problems.push(problem),
        }
    }
    for page in pages.iter().filter(|p| p.sort == Sort::RoleAssignments) {
        if whole(page) && !page.is_single() {
            parsed.snapshot.principals.values_mut().for_each(|p| p.claim.shown_by.extend([Part::RoleAssignments]));
        }
        for at in directory::items([page].into_iter(), parsed) {
            let result = assignment(&at, &names, parsed, told);
            if let Err(problem) = result {
                directory::doubt(&at, None, "principalId", parsed);
                parsed.problems.push(problem);
            }
        }
    }
}

fn assignment(
    at: &At<'_>,
    names: &BTreeMap<String, String>,
    parsed: &mut Parsed,
    told: &mut Told,
) -> Result<(), Problem> {
    let (id, role) = (at.need("principalId")?, at.need("roleDefinitionId")?);
    if !parsed.snapshot.principals.contains_key(id) {
        return Ok(()); // of a person or a group, as most are
    }
    let expanded = at.get("roleDefinition")?.map(|r| r.text("displayName")).transpose()?.flatten();
    let known = BUILT_IN.iter().find(|(template, ..)| *template == role);
    let name = names.get(role).map(String::as_str).or(expanded).or(known.map(|(_, name, _)| *name));
    told.unresolved += usize::from(name.is_none());
    // a role of a name like a built-in one may be made by anyone: only the id tells those
    let level = known.map_or_else(|| name.map_or(Privilege::Unknown, by_name), |(.., level)| *level);
    let scope = match at.text("directoryScopeId")?.or(at.text("appScopeId")?) {
        Some("/") | None => "*",
        Some(scope) => scope,
    };
    let action = plain(name.map_or_else(|| format!("directory role {role}"), str::to_owned).as_str());
    let key = Key { action, resource: scope.into(), via: "directory role".into() };
    access::give(id, Part::RoleAssignments, (key, access::facts(level, scope == "*", false)), parsed);
    Ok(())
}

/// What Microsoft calls an administrator may do everything of one service; what it calls a reader may read.
fn by_name(name: &str) -> Privilege {
    if name.ends_with("Administrator") {
        Privilege::Administrative
    } else if name.contains("Reader") {
        Privilege::Read
    } else {
        Privilege::Unknown
    }
}
