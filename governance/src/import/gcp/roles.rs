//! How much power a role gives. A policy names roles and not what they allow: the basic ones and those that lead to more are
//! known by name, the others by the word their name ends with, roles of the customer's own not at all.
use crate::entitlement::Privilege;

/// Roles that give access, or let their holder act as another. By name without `roles/`.
const GIVES_ACCESS: &[(&str, &str)] = &[
    ("iam.serviceAccountTokenCreator", "issues tokens of service accounts"),
    ("iam.serviceAccountOpenIdTokenCreator", "issues tokens of service accounts"),
    ("iam.workloadIdentityUser", "acts as service accounts"),
    ("iam.serviceAccountUser", "runs workloads as service accounts"),
    ("iam.serviceAccountKeyAdmin", "makes keys of service accounts"),
    ("iam.serviceAccountAdmin", "changes who may act as service accounts"),
    ("iam.serviceAccountCreator", "makes service accounts"),
    ("iam.securityAdmin", "changes policies"),
    ("iam.denyAdmin", "changes policies"),
    ("iam.principalAccessBoundaryAdmin", "changes policies"),
    ("iam.roleAdmin", "changes roles"),
    ("iam.organizationRoleAdmin", "changes roles"),
    ("iam.workloadIdentityPoolAdmin", "changes who may sign in from outside"),
    ("iam.workforcePoolAdmin", "changes who may sign in from outside"),
    ("resourcemanager.projectIamAdmin", "changes policies"),
    ("resourcemanager.folderIamAdmin", "changes policies"),
    ("resourcemanager.organizationAdmin", "changes policies"),
    ("resourcemanager.folderAdmin", "changes policies"),
    ("orgpolicy.policyAdmin", "changes policies"),
    ("secretmanager.secretAccessor", "reads secrets"),
    ("secretmanager.admin", "reads secrets"),
    ("cloudbuild.builds.editor", "runs builds as a service account"),
    ("deploymentmanager.editor", "deploys as the project's own service agent"),
];

/// The level of a role as a policy writes it, and by which way it leads to more.
pub fn level(role: &str) -> (Privilege, Option<&'static str>) {
    let Some(name) = role.strip_prefix("roles/") else { return (Privilege::Unknown, None) };
    match name {
        "owner" => return (Privilege::Administrative, Some("may do everything")),
        "editor" => return (Privilege::Administrative, Some("may change nearly everything")),
        "viewer" => return (Privilege::Read, None),
        "browser" => return (Privilege::List, None),
        _ => {}
    }
    if let Some((_, why)) = GIVES_ACCESS.iter().find(|(known, _)| *known == name) {
        return (Privilege::PermissionsManagement, Some(why));
    }
    (by_ending(name), None)
}

/// Whether the role is the customer's own: what it allows stands in no file.
pub fn is_custom(role: &str) -> bool {
    !role.starts_with("roles/")
}

fn by_ending(name: &str) -> Privilege {
    // compute.instanceAdmin.v1
    let mut parts = name.rsplit('.').filter(|p| !is_version(p));
    let last = parts.next().unwrap_or(name);
    let ends = |words: &[&str]| {
        words.iter().any(|w| {
            let capital = format!("{}{}", w[..1].to_ascii_uppercase(), &w[1..]);
            last == *w || last.ends_with(&capital)
        })
    };
    if ends(&["admin"]) {
        Privilege::Administrative
    } else if ends(&["lister"]) {
        Privilege::List
    } else if ends(&["viewer", "reader", "accessor", "subscriber", "auditor", "consumer"]) {
        Privilege::Read
    } else if ends(&[
        "editor",
        "writer",
        "creator",
        "publisher",
        "invoker",
        "developer",
        "operator",
        "user",
        "client",
        "runner",
        "updater",
        "deleter",
        "connector",
        "submitter",
        "signer",
        "encrypter",
        "decrypter",
    ]) {
        Privilege::Write
    } else {
        Privilege::Unknown
    }
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Privilege::{Administrative, List, PermissionsManagement, Read, Unknown, Write};

    #[test]
    fn a_role_has_a_level() {
        for (role, want) in [
            ("roles/owner", Administrative),
            ("roles/editor", Administrative),
            ("roles/viewer", Read),
            ("roles/browser", List),
            ("roles/storage.admin", Administrative),
            ("roles/compute.instanceAdmin.v1", Administrative),
            ("roles/storage.objectViewer", Read),
            ("roles/bigquery.jobUser", Write),
            ("roles/run.invoker", Write),
            ("roles/cloudkms.cryptoKeyEncrypterDecrypter", Write),
            ("roles/pubsub.subscriber", Read),
            ("roles/iam.serviceAccountTokenCreator", PermissionsManagement),
            ("roles/iam.serviceAccountUser", PermissionsManagement),
            ("roles/resourcemanager.projectIamAdmin", PermissionsManagement),
            ("roles/secretmanager.secretAccessor", PermissionsManagement),
            ("roles/container.serviceAgent", Unknown),
            ("projects/shop/roles/webAdmin", Unknown),
            ("organizations/1/roles/viewer", Unknown),
        ] {
            assert_eq!(level(role).0, want, "{role}");
        }
        assert_eq!(level("roles/owner").1, Some("may do everything"));
    }
}
