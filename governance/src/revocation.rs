//! A revocation: what is taken back, what ended with it, and where access is still live (semantics.md, Grants and
//! revocation).
use crate::error::{Error, Result};
use crate::id::{GrantId, IdentityId, PersonId, RevocationId, SourceId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Grant(GrantId),
    Identity(IdentityId),
    /// All that this person owns.
    Owner(PersonId),
    /// An action by its name.
    Tool(String),
    Source(SourceId),
    Everything,
}

impl Target {
    /// Reads `kind` and `id` as the API and the command line give them.
    ///
    /// # Errors
    /// `Invalid`, naming what is wrong.
    pub fn parse(kind: &str, id: &str) -> Result<Self> {
        let wrong = |e: crate::id::BadId| Error::invalid(format!("target.id: {e}"));
        Ok(match kind {
            "grant" => Self::Grant(id.parse().map_err(wrong)?),
            "identity" => Self::Identity(id.parse().map_err(wrong)?),
            "owner" => Self::Owner(id.parse().map_err(wrong)?),
            "tool" if !id.is_empty() => Self::Tool(id.to_owned()),
            "tool" => return Err(Error::invalid("target.id: name the action to stop")),
            "source" => Self::Source(id.parse().map_err(wrong)?),
            "everything" => Self::Everything,
            other => {
                return Err(Error::invalid(format!(
                    "target.kind `{other}` is none of grant, identity, owner, tool, source, everything"
                )));
            }
        })
    }
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Grant(_) => "grant",
            Self::Identity(_) => "identity",
            Self::Owner(_) => "owner",
            Self::Tool(_) => "tool",
            Self::Source(_) => "source",
            Self::Everything => "everything",
        }
    }
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Grant(id) => id.to_string(),
            Self::Identity(id) => id.to_string(),
            Self::Owner(id) => id.to_string(),
            Self::Tool(name) => name.clone(),
            Self::Source(id) => id.to_string(),
            Self::Everything => String::new(),
        }
    }
}

/// How many of each ended with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub grants: usize,
    pub approvals: usize,
    pub escalations: usize,
}

/// One way by which an identity can act: stopped here, or still live there with the command that ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    pub identity: IdentityId,
    pub path: String,
    /// `stopped` or `live`.
    pub state: String,
    pub command: Option<String>,
    pub detail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    pub id: RevocationId,
    /// No permit for the target gets a later place in the log.
    pub log_seq: u64,
    pub ended: Ended,
    pub paths: Vec<Path>,
}

/// A path as it stands: `closed_at` is when a later import or a denied question proved it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    #[serde(flatten)]
    pub path: Path,
    pub closed_at: Option<Timestamp>,
}

impl Standing {
    /// A platform may still accept it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.path.state == "live" && self.closed_at.is_none()
    }
}

/// One revocation as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    pub id: RevocationId,
    /// Its place in the log.
    pub log_seq: u64,
    pub at: Timestamp,
    /// `grant`, `identity`, `owner`, `tool`, `source` or `everything`.
    pub target_kind: String,
    pub target_id: String,
    pub reason: String,
    /// As the log names who did it.
    pub by: String,
    pub ended: Ended,
    /// Who said first that it may be undone, and when.
    pub undo_first: Option<(PersonId, Timestamp)>,
    pub undone_at: Option<Timestamp>,
    pub undone_by: Option<PersonId>,
    pub paths: Vec<Standing>,
}

/// The last accepted use of what was revoked, as gateways and sources reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    pub at: Timestamp,
    /// Uses after the revocation, until it was undone.
    pub after: i64,
}

impl LastUse {
    /// From the revocation to the last accepted use; nothing where there was none after it.
    #[must_use]
    pub fn latency(self, revoked_at: Timestamp) -> chrono::TimeDelta {
        if self.after == 0 { chrono::TimeDelta::zero() } else { self.at - revoked_at }
    }
}

/// What a person's word for undoing a revocation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undoing {
    /// It takes a second person.
    Begun,
    Lifted,
}

/// One line of the list of revocations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub id: RevocationId,
    pub at: Timestamp,
    pub target_kind: String,
    pub target_id: String,
    /// The name of the identity, person or source that was stopped.
    pub target_name: Option<String>,
    pub reason: String,
    /// As the log names who did it, and the person's name where it was one.
    pub by: String,
    pub by_name: Option<String>,
    /// It is what stops its target now.
    pub in_force: bool,
    /// Somebody said that it may be undone, and it waits for a second person.
    pub undo_begun: bool,
    pub undone_at: Option<Timestamp>,
    /// Paths that a platform may still accept.
    pub live: i64,
}

/// What stops an identity now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub revocation: RevocationId,
    /// What was revoked: the identity itself, its owner, its source or everything.
    pub kind: String,
    pub at: Timestamp,
}

/// The command that ends a path on its own platform; `None` where we know none.
///
/// `kind` is a credential's kind, or `principal` for the identity itself.
#[must_use]
pub fn end_command(source: Option<&str>, principal: Option<&str>, kind: &str, credential: &str) -> Option<String> {
    let name = principal?.rsplit('/').next().filter(|n| !n.is_empty())?;
    let q = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    match (source?, kind) {
        // a credential report numbers the keys and does not name them: the command names them itself
        ("aws-iam", "access_key") if !credential.starts_with("AKIA") => Some(format!(
            "aws iam list-access-keys --user-name {0} --query 'AccessKeyMetadata[].AccessKeyId' --output text | xargs -n1 aws iam update-access-key --user-name {0} --status Inactive --access-key-id",
            q(name)
        )),
        ("aws-iam", "access_key") => Some(format!(
            "aws iam update-access-key --user-name {} --access-key-id {} --status Inactive",
            q(name),
            q(credential)
        )),
        ("aws-iam", "password") => Some(format!("aws iam delete-login-profile --user-name {}", q(name))),
        ("aws-iam", "principal" | "trust") if principal?.contains(":role/") => Some(format!(
            "aws iam put-role-policy --role-name {} --policy-name countersign-stop --policy-document '{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}]}}'",
            q(name)
        )),
        ("aws-iam", "principal" | "trust") => Some(format!(
            "aws iam put-user-policy --user-name {} --policy-name countersign-stop --policy-document '{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}]}}'",
            q(name)
        )),
        ("entra", "principal") => Some(format!("az ad sp update --id {} --set accountEnabled=false", q(name))),
        ("github", "token") if principal?.contains("/personal-access-tokens/") => {
            Some(format!("gh api -X POST {} -f action=revoke", q(principal?)))
        }
        ("github", "access_key") if principal?.contains("/keys/") => {
            Some(format!("gh api -X DELETE {}", q(principal?)))
        }
        ("github", "principal") if principal?.starts_with("repos/") && name == "actions" => {
            Some(format!("gh api -X PUT {}/permissions -F enabled=false", q(principal?)))
        }
        ("okta", "token") => Some(format!(
            "curl -X DELETE -H \"Authorization: Bearer $OKTA_TOKEN\" \"$OKTA_URL\"/api/v1/api-tokens/{}",
            q(name)
        )),
        ("okta", "principal") if name.starts_with("0oa") => Some(format!(
            "curl -X POST -H \"Authorization: Bearer $OKTA_TOKEN\" \"$OKTA_URL\"/api/v1/apps/{}/lifecycle/deactivate",
            q(name)
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_quotes_what_it_was_given() {
        let user = Some("arn:aws:iam::1:user/it's");
        let command = end_command(Some("aws-iam"), user, "access_key", "AKIA1").unwrap();
        assert_eq!(
            command,
            "aws iam update-access-key --user-name 'it'\\''s' --access-key-id 'AKIA1' --status Inactive"
        );
        let numbered = end_command(Some("aws-iam"), user, "access_key", "access_key_1").unwrap();
        assert!(numbered.starts_with("aws iam list-access-keys --user-name 'it'\\''s' "), "{numbered}");
        assert!(!numbered.contains("access_key_1"), "no key has that id: {numbered}");
        assert_eq!(
            end_command(Some("entra"), Some("5-1"), "principal", "").unwrap(),
            "az ad sp update --id '5-1' --set accountEnabled=false"
        );
        let token = end_command(Some("okta"), Some("00T1"), "token", "api token 00T1").unwrap();
        assert!(token.ends_with("\"$OKTA_URL\"/api/v1/api-tokens/'00T1'"), "{token}");
        assert_eq!(end_command(Some("okta"), Some("svc1"), "principal", ""), None);
        assert_eq!(
            end_command(Some("github"), Some("orgs/acme/personal-access-tokens/7"), "token", "token 7").unwrap(),
            "gh api -X POST 'orgs/acme/personal-access-tokens/7' -f action=revoke"
        );
        assert_eq!(
            end_command(Some("github"), Some("repos/acme/shop/keys/7"), "access_key", "deploy key 7").unwrap(),
            "gh api -X DELETE 'repos/acme/shop/keys/7'"
        );
        assert_eq!(end_command(Some("github"), Some("repos/acme/shop/actions"), "token", "secret X"), None);
        assert_eq!(end_command(Some("mcp-config"), Some("x"), "token", "y"), None);
    }

    #[test]
    fn a_target_reads_what_it_prints() {
        assert_eq!(Target::parse("tool", "refund.create").unwrap().id(), "refund.create");
        assert!(Target::parse("tool", "").is_err());
        assert!(Target::parse("identity", "grt_1").is_err());
        assert_eq!(Target::parse("everything", "").unwrap(), Target::Everything);
    }
}
