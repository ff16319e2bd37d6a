//! An agent's build: the digest of its model, prompt and tools. The first that is seen is kept on trust; another one is a
//! changed agent, which may do nothing until a person approves it (UC-21).
use crate::error::{Error, Result};
use crate::id::IdentityId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The build of one identity, as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    pub identity: IdentityId,
    /// What may act: hex SHA-256.
    pub digest: String,
    /// When it was first seen, or approved.
    pub since: Timestamp,
    /// As the log names who approved it; `None`: the first that was seen, kept on trust.
    pub approved_by: Option<String>,
    /// The latest other one that was seen and waits for a person; `None`: nothing waits.
    pub changed: Option<String>,
    /// When the first other one was seen.
    pub changed_at: Option<Timestamp>,
    pub version: i64,
}

/// What a question's build is to the one that may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is the one that may act.
    Same,
    /// Another, and the first time since a person looked.
    Changed,
    /// A person was asked already; this is what they were asked about, or yet another.
    Waits,
}

/// Refuses what is no digest.
///
/// # Errors
/// `Invalid`, naming the member.
pub fn check_digest(digest: &str, member: &str) -> Result<()> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digest.len() == 64 && digest.bytes().all(hex) {
        return Ok(());
    }
    Err(Error::invalid(format!("{member} must be a SHA-256 digest: 64 hex digits, lower case")))
}

impl Build {
    /// The first that is seen of an identity.
    #[must_use]
    pub fn first(identity: IdentityId, digest: &str, at: Timestamp) -> Self {
        Self {
            identity,
            digest: digest.to_owned(),
            since: at,
            approved_by: None,
            changed: None,
            changed_at: None,
            version: 0,
        }
    }

    /// Notes that the identity asked with this build.
    pub fn see(&mut self, digest: &str, at: Timestamp) -> Seen {
        let seen = match (&self.changed, digest == self.digest) {
            (None, true) => return Seen::Same,
            (None, false) => Seen::Changed,
            (Some(_), _) => Seen::Waits,
        };
        if digest != self.digest {
            self.changed = Some(digest.to_owned());
            self.changed_at.get_or_insert(at);
        }
        seen
    }

    /// A person says which build may act from now on: the changed one, or that it stays the one it was.
    ///
    /// # Errors
    /// `Invalid` for what is no digest; `Conflict` if that very build may act already and nothing waits.
    pub fn approve(mut self, digest: &str, by: &str, at: Timestamp) -> Result<Self> {
        check_digest(digest, "digest")?;
        if digest == self.digest && self.changed.is_none() && self.approved_by.is_some() {
            return Err(Error::conflict("this build may act already, and no other waits"));
        }
        (self.digest, self.since, self.approved_by) = (digest.to_owned(), at, Some(by.to_owned()));
        (self.changed, self.changed_at) = (None, None);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use chrono::TimeDelta;

    fn at(second: i64) -> Timestamp {
        Timestamp::EPOCH + TimeDelta::seconds(second)
    }
    fn digest(n: u8) -> String {
        format!("{n:064x}")
    }
    fn build() -> Build {
        Build::first(IdentityId::new(at(0), [1; 10]), &digest(1), at(0))
    }

    #[test]
    fn only_a_digest_is_a_build() {
        check_digest(&digest(7), "build").unwrap();
        let long = "0".repeat(65);
        for wrong in ["", "gpt-5", &digest(171).to_uppercase(), &long, &format!("sha256:{}", digest(1))] {
            assert!(check_digest(wrong, "build").unwrap_err().detail.starts_with("build must be"), "{wrong}");
        }
    }

    #[test]
    fn another_build_waits_until_a_person_says_which_may_act() {
        let mut it = build();
        assert_eq!(it.see(&digest(1), at(1)), Seen::Same);
        assert_eq!(it.see(&digest(2), at(2)), Seen::Changed);
        assert_eq!(it.see(&digest(3), at(3)), Seen::Waits);
        assert_eq!((it.changed.as_deref(), it.changed_at), (Some(digest(3).as_str()), Some(at(2))));
        // going back does not lift it: a person looks first
        assert_eq!(it.see(&digest(1), at(4)), Seen::Waits);
        assert_eq!(it.changed.as_deref(), Some(digest(3).as_str()));
        for said in [1, 3] {
            let mut after = it.clone().approve(&digest(said), "per_1", at(5)).unwrap();
            assert_eq!((after.approved_by.as_deref(), &after.changed, after.changed_at), (Some("per_1"), &None, None));
            assert_eq!(after.see(&digest(said), at(6)), Seen::Same);
            assert_eq!(after.see(&digest(2), at(6)), Seen::Changed);
        }
    }

    #[test]
    fn the_first_is_approved_once() {
        let after = build().approve(&digest(1), "per_1", at(1)).unwrap();
        assert_eq!(after.clone().approve(&digest(1), "per_1", at(2)).unwrap_err().kind, Kind::Conflict);
        assert_eq!(after.approve("no digest", "per_1", at(2)).unwrap_err().kind, Kind::Invalid);
    }
}
