use crate::person::Role;

/// One of the demo's people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cast {
    pub email: &'static str,
    pub name: &'static str,
    /// What one can try as them, in a few words.
    pub does: &'static str,
    pub roles: &'static [Role],
    pub groups: &'static [&'static str],
}

const fn person(
    email: &'static str,
    name: &'static str,
    does: &'static str,
    roles: &'static [Role],
    groups: &'static [&'static str],
) -> Cast {
    Cast { email, name, does, roles, groups }
}

/// Whom a visitor is at first.
pub const HOST: &str = CAST[0].email;

/// The people a visitor can be. The first decides on most of what waits.
pub const CAST: &[Cast] = &[
    person(
        "maya.chen@northwind.example",
        "Maya Chen",
        "decides on most of it",
        &[Role::Approver],
        &["finance-ops", "support-leads", "data-owners", "platform-owners", "procurement"],
    ),
    person(
        "jonas.weber@northwind.example",
        "Jonas Weber",
        "decides on payments and purchases",
        &[Role::Approver],
        &["finance-ops", "procurement"],
    ),
    person("priya.nair@northwind.example", "Priya Nair", "decides on data", &[Role::Approver], &["data-owners"]),
    person(
        "tomas.ruiz@northwind.example",
        "Tomás Ruiz",
        "decides on the platform",
        &[Role::Approver],
        &["platform-owners", "identity-admins"],
    ),
    person(
        "aiko.sato@northwind.example",
        "Aiko Sato",
        "decides on the platform",
        &[Role::Approver],
        &["platform-owners", "identity-admins", "support-leads"],
    ),
    person("lena.fischer@northwind.example", "Lena Fischer", "owns agents", &[Role::Owner], &[]),
    person("sam.okafor@northwind.example", "Sam Okafor", "owns accounts and pipelines", &[Role::Owner], &[]),
    person("ingrid.dahl@northwind.example", "Ingrid Dahl", "operates: imports, revokes", &[Role::Operator], &[]),
    person("omar.haddad@northwind.example", "Omar Haddad", "audits: evidence", &[Role::Auditor], &[]),
    person("nora.quinn@northwind.example", "Nora Quinn", "administers people", &[Role::Admin], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::conflict;

    #[test]
    fn nobody_holds_roles_that_exclude_each_other_and_addresses_differ() {
        for (i, person) in CAST.iter().enumerate() {
            assert_eq!(conflict(&person.roles.iter().copied().collect()), None, "{}", person.email);
            assert!(CAST[..i].iter().all(|other| other.email != person.email), "{}", person.email);
        }
    }
}
