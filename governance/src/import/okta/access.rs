//! Scopes and administrator roles, with the power each gives.
use super::principal::plain;
use crate::{
    entitlement::{Facts, Key, Privilege},
    import::{read::At, snapshot::Problem},
};

/// What an application may ask Okta for. It also needs a role that allows it: a condition.
pub fn scope(name: &str) -> (Key, Facts) {
    let key = Key { action: plain(name), resource: "Okta".into(), via: "scope".into() };
    (key, facts(level_of_scope(name), true))
}

/// A grant of a scope; `None` when it was revoked.
pub fn grant(at: &At<'_>) -> Result<Option<(Key, Facts)>, Problem> {
    let active = at.text("status")?.is_none_or(|s| s == "ACTIVE");
    Ok(active.then_some(scope(at.need("scopeId")?)))
}

/// An administrator role; `via` says whose. `None` when it is switched off.
pub fn role(at: &At<'_>, via: &str) -> Result<Option<(Key, Facts)>, Problem> {
    if at.text("status")?.is_some_and(|s| s != "ACTIVE") {
        return Ok(None);
    }
    let sort = at.need("type")?;
    let name = at.text("label")?.map_or_else(|| plain(sort), plain);
    // a resource set narrows the role to what is in it
    let within = at.text("resource-set")?.map(plain);
    let resource = within.map_or_else(|| "*".to_owned(), |set| format!("resource set {set}"));
    Ok(Some((Key { action: name, resource, via: via.into() }, facts(level_of_role(sort), false))))
}

fn facts(privilege: Privilege, conditional: bool) -> Facts {
    Facts { conditional, ..Facts::of(privilege) }
}

/// The standard roles (Okta, Standard roles). What a custom role allows stands elsewhere.
fn level_of_role(sort: &str) -> Privilege {
    match sort {
        "SUPER_ADMIN" | "ORG_ADMIN" => Privilege::Administrative,
        "APP_ADMIN"
        | "USER_ADMIN"
        | "GROUP_MEMBERSHIP_ADMIN"
        | "HELP_DESK_ADMIN"
        | "API_ACCESS_MANAGEMENT_ADMIN"
        | "ACCESS_CERTIFICATIONS_ADMIN"
        | "ACCESS_REQUESTS_ADMIN" => Privilege::PermissionsManagement,
        "READ_ONLY_ADMIN" | "REPORT_ADMIN" => Privilege::Read,
        "MOBILE_ADMIN" | "WORKFLOWS_ADMIN" => Privilege::Write,
        _ => Privilege::Unknown,
    }
}

/// Scopes are `okta.RESOURCE.read` or `.manage`. To manage these gives access, to oneself or to others.
fn level_of_scope(scope: &str) -> Privilege {
    const GIVES_ACCESS: &[&str] = &[
        "apiTokens",
        "appGrants",
        "apps",
        "authenticators",
        "authorizationServers",
        "clients",
        "factors",
        "groups",
        "idps",
        "oauthIntegrations",
        "policies",
        "roles",
        "sessions",
        "users",
    ];
    let mut parts = scope.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("okta"), Some(of), Some("manage"), None) if GIVES_ACCESS.contains(&of) => {
            Privilege::PermissionsManagement
        }
        (Some("okta"), Some(_), Some("manage"), _) => Privilege::Write,
        (Some("okta"), Some(_), Some("read"), _) => Privilege::Read,
        _ => Privilege::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Privilege::{Administrative, PermissionsManagement, Read, Unknown, Write};

    #[test]
    fn a_scope_and_a_role_have_a_level() {
        for (scope, want) in [
            ("okta.users.read", Read),
            ("okta.users.manage", PermissionsManagement),
            ("okta.users.manage.self", Write),
            ("okta.logs.read", Read),
            ("okta.logStreams.manage", Write),
            ("okta.apps.manage", PermissionsManagement),
            ("interclient_access", Unknown),
            ("openid", Unknown),
        ] {
            assert_eq!(level_of_scope(scope), want, "{scope}");
        }
        for (role, want) in [
            ("SUPER_ADMIN", Administrative),
            ("HELP_DESK_ADMIN", PermissionsManagement),
            ("READ_ONLY_ADMIN", Read),
            ("CUSTOM", Unknown),
        ] {
            assert_eq!(level_of_role(role), want, "{role}");
        }
    }
}
