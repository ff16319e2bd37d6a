//! Permissions of apps and fine-grained tokens: a resource and `read`, `write` or `admin`.
use crate::{
    entitlement::{Facts, Key, Privilege},
    import::{read::At, redact, snapshot::Problem},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// To write these gives access: members and their roles, tokens of others, collaborators and keys of a repository.
const GIVES_ACCESS: &[&str] = &[
    "administration",
    "members",
    "organization_custom_org_roles",
    "organization_custom_roles",
    "organization_personal_access_token_requests",
    "organization_personal_access_tokens",
];

/// The level of a permission (GitHub, Permissions required for GitHub Apps).
pub fn level(name: &str, value: &str) -> Privilege {
    match value {
        "read" => Privilege::Read,
        "admin" => Privilege::Administrative,
        "write" if name == "organization_administration" => Privilege::Administrative,
        "write" if GIVES_ACCESS.contains(&name) => Privilege::PermissionsManagement,
        "write" => Privilege::Write,
        _ => Privilege::Unknown,
    }
}

/// Where permissions hold.
pub struct Reach {
    /// The organization, for what is not of a repository.
    pub organization: String,
    /// Which repositories, by a pattern or in words.
    pub repositories: String,
    pub via: &'static str,
    pub expires_at: Option<Timestamp>,
    pub wildcard: bool,
}

/// Reads a map of permissions into entitlements. `of_organization` decides which hold for the organization itself.
pub fn read(
    at: &At<'_>,
    reach: &Reach,
    of_organization: impl Fn(&str) -> bool,
    held: &mut BTreeMap<Key, Facts>,
) -> Result<(), Problem> {
    for (name, value) in at.members()? {
        let value = value.as_text()?;
        let action = redact::args(&[&format!("{name}:{value}")]).text;
        let own = of_organization(name);
        let resource = if own { &reach.organization } else { &reach.repositories };
        let key = Key { action, resource: resource.clone(), via: reach.via.into() };
        let (wildcard, expires_at) = (reach.wildcard && !own, reach.expires_at);
        held.insert(key, Facts { wildcard, expires_at, ..Facts::of(level(name, value)) });
    }
    Ok(())
}

/// The repositories of a selection: all by a pattern, none, or what is not named here.
pub fn repositories(at: &At<'_>, organization: &str) -> Result<(String, bool), Problem> {
    match at.text("repository_selection")? {
        Some("all") => Ok((format!("{organization}/*"), true)),
        Some("none") => Ok((format!("public repositories of {organization}"), true)),
        Some("selected" | "subset") | None => Ok((format!("selected repositories of {organization}"), false)),
        Some(_) => Err(at.problem("repository_selection is none of all, selected, subset and none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Privilege::{Administrative, PermissionsManagement, Read, Unknown, Write};

    #[test]
    fn a_permission_has_a_level() {
        for (name, value, want) in [
            ("contents", "read", Read),
            ("contents", "write", Write),
            ("members", "read", Read),
            ("members", "write", PermissionsManagement),
            ("administration", "write", PermissionsManagement),
            ("organization_administration", "write", Administrative),
            ("organization_projects", "admin", Administrative),
            ("contents", "triage", Unknown),
        ] {
            assert_eq!(level(name, value), want, "{name}:{value}");
        }
    }
}
