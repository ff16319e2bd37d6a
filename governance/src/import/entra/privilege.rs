//! How much power a permission of Microsoft's interfaces gives, by its name.
//!
//! Permissions are named `Resource.Operation.Constraint` (Microsoft Graph permissions reference). What can give access, to
//! itself or to others, stands in a list; the rest follows from the operation. A word we do not know is `unknown`.
use crate::entitlement::Privilege;

/// Beginnings of permissions whose holder can give access: assign roles, consent, set credentials of others, change who may
/// sign in and how, or fill groups that carry access.
const GIVES_ACCESS: &[&str] = &[
    "AdministrativeUnit.ReadWrite",
    "AgentIdentityBlueprint.AddRemoveCreds",
    "AgentIdentityBlueprint.ReadWrite",
    "AppRoleAssignment.ReadWrite",
    "Application.ReadWrite",
    "DelegatedPermissionGrant.ReadWrite",
    "DeviceManagementRBAC.ReadWrite",
    "Domain.ReadWrite",
    "EntitlementManagement.ReadWrite",
    "Group.ReadWrite",
    "GroupMember.ReadWrite",
    "IdentityProvider.ReadWrite",
    "OnPremDirectorySynchronization.ReadWrite",
    "Organization.ReadWrite",
    "Policy.ReadWrite",
    "PrivilegedAccess.ReadWrite",
    "PrivilegedAssignmentSchedule.ReadWrite",
    "PrivilegedEligibilitySchedule.ReadWrite",
    "PublicKeyInfrastructure.ReadWrite",
    "RoleAssignmentSchedule.ReadWrite",
    "RoleEligibilitySchedule.ReadWrite",
    "RoleManagement.ReadWrite",
    "RoleManagementPolicy.ReadWrite",
    "Synchronization.ReadWrite",
    "User-PasswordProfile.ReadWrite",
    "UserAuthenticationMethod.ReadWrite",
];

/// Permissions over all of a service or of the directory.
const EVERYTHING: &[&str] = &[
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
    "Exchange.ManageAsApp",
    "full_access_as_app",
    "full_access_as_user",
];

/// What OpenID Connect calls a scope and gives no access but to one's own profile.
const PROFILE: &[&str] = &["openid", "profile", "email", "offline_access"];

/// The level of a permission.
pub fn level(permission: &str) -> Privilege {
    let begins = |begin: &&str| permission.strip_prefix(*begin).is_some_and(|r| r.is_empty() || r.starts_with('.'));
    if EVERYTHING.contains(&permission) {
        Privilege::Administrative
    } else if GIVES_ACCESS.iter().any(begins) {
        Privilege::PermissionsManagement
    } else if PROFILE.contains(&permission) {
        Privilege::Read
    } else {
        permission.split('.').nth(1).map_or(Privilege::Unknown, operation)
    }
}

fn operation(word: &str) -> Privilege {
    const WRITES: &[&str] = &[
        "Write",
        "Send",
        "Create",
        "Update",
        "Delete",
        "Manage",
        "Invite",
        "Initiate",
        "Join",
        "Import",
        "Upload",
        "Migrate",
        "PrivilegedOperations",
        "Restore",
        "Submit",
        "AddRemove",
    ];
    if word == "FullControl" {
        Privilege::Administrative
    } else if word.starts_with("ReadWrite") || WRITES.iter().any(|w| word.starts_with(w)) {
        Privilege::Write
    } else if word.starts_with("Read") {
        Privilege::Read
    } else if word.starts_with("List") {
        Privilege::List
    } else {
        Privilege::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Privilege::{Administrative, PermissionsManagement, Read, Unknown, Write};

    #[test]
    fn a_permission_has_a_level() {
        for (permission, want) in [
            ("Directory.ReadWrite.All", Administrative),
            ("Directory.Read.All", Read),
            ("Sites.FullControl.All", Administrative),
            ("full_access_as_app", Administrative),
            ("RoleManagement.ReadWrite.Directory", PermissionsManagement),
            ("AppRoleAssignment.ReadWrite.All", PermissionsManagement),
            ("Application.ReadWrite.OwnedBy", PermissionsManagement),
            ("Application.Read.All", Read),
            ("Policy.ReadWrite.ConditionalAccess", PermissionsManagement),
            ("GroupMember.ReadWrite.All", PermissionsManagement),
            ("Mail.ReadWrite", Write),
            ("Mail.Send", Write),
            ("User.ReadBasic.All", Read),
            ("User.Invite.All", Write),
            ("Sites.Selected", Unknown),
            ("openid", Read),
            ("user_impersonation", Unknown),
            ("Applications.ReadWrite.All", Write),
            ("", Unknown),
        ] {
            assert_eq!(level(permission), want, "{permission}");
        }
    }
}
