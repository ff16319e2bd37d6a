//! A person: who owns, approves, audits. People are never identities of the register.
use crate::{
    error::{Error, Result},
    id::PersonId,
    time::Timestamp,
    words,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    /// What a person may do in the console (product.md, console roles). Roles add up, save for [`conflict`].
    pub enum Role("role") {
        Viewer = "viewer",
        Auditor = "auditor",
        Owner = "owner",
        Approver = "approver",
        Operator = "operator",
        PolicyAuthor = "policy_author",
        PolicyReleaser = "policy_releaser",
        Admin = "admin",
    }
}

words! {
    /// Whether the person works here. Only an active one may sign in, own or vote.
    pub enum Status("status of a person") {
        Active = "active",
        /// Away for a time: keeps what they own, decides nothing.
        Inactive = "inactive",
        /// Gone: what they own is orphaned or goes to the backup.
        Left = "left",
    }
}

impl Status {
    /// Said of a person: "… has left".
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Active => "is active",
            Self::Inactive => "is inactive",
            Self::Left => "has left",
        }
    }
}

/// One person as the register holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    /// Lower case; unique.
    pub email: String,
    pub name: String,
    pub manager: Option<PersonId>,
    pub roles: BTreeSet<Role>,
    pub groups: BTreeSet<String>,
    pub status: Status,
    pub created_at: Timestamp,
    pub left_at: Option<Timestamp>,
    /// Raised when roles or status change: sessions of a lower one are void.
    pub epoch: i64,
    pub version: i64,
}

/// Two roles one person may not hold together: an admin neither approves nor releases.
#[must_use]
pub fn conflict(roles: &BTreeSet<Role>) -> Option<(Role, Role)> {
    let clashes = |other| roles.contains(&Role::Admin) && roles.contains(&other);
    [Role::Approver, Role::PolicyReleaser].into_iter().find(|r| clashes(*r)).map(|r| (Role::Admin, r))
}

/// Refuses roles that exclude each other.
///
/// # Errors
/// `Invalid`, naming the two.
pub fn check_roles(roles: &BTreeSet<Role>) -> Result<()> {
    match conflict(roles) {
        Some((a, b)) => {
            Err(Error::invalid(format!("one person cannot be both {a} and {b}: give one of them to another")))
        }
        None => Ok(()),
    }
}

/// An e-mail address as we keep it: trimmed, lower case.
///
/// # Errors
/// `Invalid` when it has no name, no host, spaces, control characters, or is over 254 characters (RFC 5321 §4.5.3.1.3).
pub fn email(text: &str) -> Result<String> {
    let it = text.trim().to_lowercase();
    let fine = it.len() <= 254
        && it.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        })
        && !it.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'));
    if fine { Ok(it) } else { Err(Error::invalid(format!("{:?} is not an e-mail address", crate::word::short(text)))) }
}

/// A group's name: letters, digits, `-`, `_`, `.`; at most 64 characters, so that it can stand in a policy's route unquoted.
///
/// # Errors
/// `Invalid` otherwise.
pub fn check_group(name: &str) -> Result<()> {
    let fine = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fine {
        Ok(())
    } else {
        Err(Error::invalid(format!(
            "{:?} is not a group's name: letters, digits, '-', '_', '.', at most 64",
            crate::word::short(name)
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_neither_approves_nor_releases() {
        let check = |roles: &[Role], ok: bool| {
            assert_eq!(check_roles(&roles.iter().copied().collect()).is_ok(), ok, "{roles:?}");
        };
        check(&[Role::Admin, Role::Operator, Role::Auditor, Role::PolicyAuthor], true);
        check(&[Role::Approver, Role::PolicyReleaser, Role::Owner], true);
        check(&[Role::Admin, Role::Approver], false);
        check(&[Role::Admin, Role::PolicyReleaser], false);
        check(&[], true);
    }

    #[test]
    fn an_address_is_kept_in_one_form() {
        assert_eq!(email(" Ana.Ruiz@Example.COM ").unwrap(), "ana.ruiz@example.com");
        for bad in ["", "ana", "@example.com", "ana@", "a b@c.d", "ana@a@b", "Ana <ana@example.com>", "a@.c"] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_group_can_stand_in_a_policy() {
        for (name, ok) in [("finance-ops", true), ("eu.ops_2", true), ("", false), ("fin ops", false), ("ä", false)] {
            assert_eq!(check_group(name).is_ok(), ok, "{name:?}");
        }
    }
}
