//! The console's own authorisation: one row an act. Four eyes and self-approval are not here: they live in the state
//! machines, where nobody can configure them away.
use super::ctx::{Actor, Scope};
use crate::error::{Error, Result};
pub use crate::person::Role;
use std::collections::BTreeSet;

macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident = $words:literal: $roles:expr, $scope:expr, $operator:literal;)*) => {
        /// What an operation does, as far as rights go. Few and uniform; the resource's own rules are in its state machine.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Act { $($(#[$doc])* $act,)* }
        impl Act {
            pub const ALL: &[Self] = &[$(Self::$act,)*];
            /// In words: "you may not …".
            #[must_use]
            pub const fn words(self) -> &'static str { match self { $(Self::$act => $words,)* } }
            /// The roles, the key's scope, and whether the command line may.
            #[must_use]
            pub const fn allowed(self) -> (&'static [Role], Option<Scope>, bool) {
                use Role::*;
                match self { $(Self::$act => ($roles, $scope, $operator),)* }
            }
        }
    };
}

acts! {
    /// Register, activity, inbox, policies.
    See = "look at this": &[Viewer, Auditor, Owner, Approver, Operator, PolicyAuthor, PolicyReleaser, Admin], Some(Scope::Read), true;
    /// Tables, packs.
    Export = "export": &[Auditor, Operator, Admin, Owner, Approver, PolicyAuthor, PolicyReleaser], Some(Scope::Read), true;
    MakeEvidence = "make an evidence pack": &[Auditor, Operator, Admin], None, true;
    Assess = "run the control tests": &[Auditor, Operator, Admin], None, true;
    Ask = "ask for a decision": &[], Some(Scope::Ask), false;
    Redeem = "redeem a grant": &[], Some(Scope::Act), false;
    Report = "report an action": &[], Some(Scope::Act), false;
    Vote = "decide on escalations": &[Approver], None, false;
    Revoke = "revoke": &[Operator, Owner, Approver, PolicyReleaser, Admin], Some(Scope::Revoke), true;
    /// Opens and closes what agents work for; an owner does for what is theirs.
    ManageTasks = "open or close tasks": &[Operator, Owner, Admin], Some(Scope::Task), true;
    /// Says which ticket or deployment system opens tasks, for which agent.
    ManageHooks = "set up or remove hooks": &[Operator, Admin], None, true;
    /// It takes two people; an owner speaks for what is theirs.
    UndoRevocation = "undo a revocation": &[Operator, Owner], None, false;
    /// Says what rules may do by themselves.
    SetReactions = "say what rules may do by themselves": &[Operator, Admin], None, true;
    Import = "import": &[Operator, Admin], Some(Scope::Import), true;
    /// People, groups and agents through SCIM: a key made for nothing else.
    Provision = "provision": &[], Some(Scope::Provision), false;
    ChangeRegister = "change the register": &[Operator, Admin], None, true;
    /// Says which build of an agent may act; an owner does for what is theirs.
    ApproveBuild = "approve a build": &[Operator, Owner], None, true;
    /// Says which definition of a tool may be used; its owner never does alone.
    ApproveDefinition = "approve a tool's definition": &[Operator, Approver], None, true;
    Attest = "attest": &[Owner], None, false;
    ManageKeys = "make or revoke keys": &[Operator, Admin], None, true;
    ManagePeople = "change people and roles": &[Admin], None, true;
    /// Erases what stands beside the log; the log itself stays.
    Erase = "erase what agents said": &[Admin], None, true;
    /// Lets the log go on after it was found set back; it takes two people.
    Unseal = "unseal the log": &[Admin], None, false;
    ChangeSettings = "change settings": &[Admin], None, true;
    WritePolicy = "store a policy bundle": &[PolicyAuthor, PolicyReleaser], None, true;
    /// What time makes due: releases, expiries, reminders.
    KeepHouse = "do what time makes due": &[], None, true;
    ReleasePolicy = "activate a policy bundle": &[PolicyReleaser], None, true;
}

impl Act {
    /// # Errors
    /// `Forbidden`, naming what the actor would need.
    pub fn allows(self, actor: &Actor) -> Result<()> {
        let (roles, scope, operator) = self.allowed();
        let ok = match actor {
            Actor::Person { roles: held, .. } => roles.iter().any(|r| held.contains(r)),
            Actor::Key(key) => scope.is_some_and(|s| key.scopes.contains(&s)),
            Actor::Operator { .. } => operator,
            // a signature opens and closes tasks, and nothing else
            Actor::Hook { .. } => self == Self::ManageTasks,
            Actor::System(_) => true,
        };
        if ok {
            return Ok(());
        }
        let need = match actor {
            Actor::Key(_) => scope.map_or("a person".into(), |s| format!("a key with the scope `{}`", s.as_str())),
            _ if roles.is_empty() => "an agent's or gateway's key".into(),
            _ => format!("one of the roles {}", roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", ")),
        };
        Err(Error::forbidden(format!("you may not {}: that takes {need}", self.words())))
    }
}

/// Refuses a set of roles that no one person may hold (product.md).
///
/// # Errors
/// `Invalid`, naming the pair.
pub fn roles_compatible(roles: &BTreeSet<Role>) -> Result<()> {
    match crate::person::conflict(roles) {
        None => Ok(()),
        Some((a, b)) => Err(Error::invalid(format!("one person cannot be {a} and {b}: give them to two people"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PersonId;
    use crate::time::Timestamp;

    #[test]
    fn an_admin_neither_votes_nor_releases() {
        let id = PersonId::new(Timestamp::EPOCH, [1; 10]);
        let admin = Actor::Person { id, roles: [Role::Admin].into() };
        assert!(Act::ManagePeople.allows(&admin).is_ok());
        for act in [Act::Vote, Act::ReleasePolicy, Act::Ask] {
            assert!(act.allows(&admin).is_err(), "{act:?}");
        }
        assert!(roles_compatible(&[Role::Admin, Role::Approver].into()).is_err());
        assert!(roles_compatible(&[Role::Operator, Role::Approver].into()).is_ok());
    }

    #[test]
    fn the_command_line_never_votes() {
        assert!(Act::Vote.allows(&Actor::Operator { host: "h".into() }).is_err());
    }
}
