//! Standing privilege by request instead: this product's own policy that lets an identity ask for a privileged right it holds,
//! a person say yes, and one grant follow, with an end.
//!
//! The narrower policy of the platform takes a right out; this one says how to come by it all the same. What asks here (a broker
//! that then acts in the platform, or hands on credentials for a moment) is to obey the answer: the text gives nothing there.
use super::reach::Reach;
use crate::identity::{Identity, Kind};
use crate::source;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The action that is asked for; which right of the platform is meant stands in its input, as `action` and `on`.
pub const ACTION: &str = "privilege.use";

/// Where the policy goes in a bundle.
pub const FILE: &str = "policies/just-in-time.cedar";

/// The most rights that one text speaks of: a person reads it before it decides.
pub const RIGHTS: usize = 50;

/// What a bundle's `schema.cedarschema` needs once, for all identities.
pub const SCHEMA: &str = r#"entity privilege_source;
action "privilege.use" appliesTo {
  principal: [Agent, ServiceAccount, Workload, Pipeline, ApiKey],
  resource: [privilege_source],
  context: { input: { action: String, on: String }, ticket?: String },
};
"#;

/// What a bundle's `bundle.toml` needs once, for all identities.
pub const WORDS: &str = r#"[action."privilege.use"]
verb = "use a privileged right in"
target = "input.action"
reversibility = "What was done with it stays done"
"#;

/// Texts to add to a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JustInTime {
    pub file: &'static str,
    /// Cedar: what may be asked for, and the gate that a person opens.
    pub policy: String,
    pub schema: &'static str,
    pub words: &'static str,
    /// Privileged standing rights that it speaks of.
    pub rights: usize,
    /// Those it does not: all but some actions, variables, or more than [`RIGHTS`].
    pub left_out: usize,
}

/// Words the policy for the privileged rights that an identity holds without end in one source; `None` where there are none that
/// can be worded.
#[must_use]
pub fn propose(identity: &Identity, reach: &Reach) -> Option<JustInTime> {
    let privileged = reach.rights.iter().filter(|r| r.privilege.is_privileged() && r.standing && r.nothing.is_none());
    let all: BTreeSet<(&str, &str)> = privileged.map(|r| (r.action.as_str(), r.resource.as_str())).collect();
    let worded =
        all.iter().filter(|(action, on)| [action, on].into_iter().all(|text| is_pattern(reach.source.kind, text)));
    let worded: Vec<_> = worded.take(RIGHTS).collect();
    if worded.is_empty() || !is_plain(&identity.name) {
        return None;
    }
    let (who, on) = (format!("{}::\"{}\"", cedar(identity.kind), identity.name), reach.source.id);
    let scope = format!("(principal == {who}, action == Action::\"{ACTION}\", resource == privilege_source::\"{on}\")");
    let id = format!("just-in-time-{}-{on}", identity.id);
    let mut policy = format!("// Privileged rights of {} in {}, by request.\n", identity.name, reach.source.id);
    for (n, (action, on)) in worded.iter().enumerate() {
        let when = format!("context.input.action like \"{action}\" && context.input.on like \"{on}\"");
        // writing to a String cannot fail
        let _ = write!(policy, "\n@id(\"{id}-{}\")\npermit {scope}\nwhen {{ {when} }};\n", n + 1);
    }
    let gate = "@approval(\"platform-owners\") @tier(\"high\") @grant(\"PT15M\")\n@reason(\"A privileged right is used with a person's approval, once\")";
    let _ = write!(policy, "\n@id(\"{id}-approval\")\n{gate}\nforbid {scope};\n");
    let (rights, left_out) = (worded.len(), all.len() - worded.len());
    Some(JustInTime { file: FILE, policy, schema: SCHEMA, words: WORDS, rights, left_out })
}

/// The type that the bundles this product comes with give identities of this kind.
const fn cedar(kind: Kind) -> &'static str {
    match kind {
        Kind::Agent => "Agent",
        Kind::ServiceAccount => "ServiceAccount",
        Kind::Workload => "Workload",
        Kind::Pipeline => "Pipeline",
        Kind::ApiKey => "ApiKey",
    }
}

/// Means in a Cedar string what it means outside: no escapes, no quotes.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| (c.is_ascii_graphic() || c == ' ') && c != '"' && c != '\\')
}

/// Means as a pattern of Cedar's `like` no more than it means to the platform: `*` is any text in both.
fn is_pattern(kind: source::Kind, text: &str) -> bool {
    let aws = kind == source::Kind::AwsIam && (text.contains('?') || text.contains("${"));
    is_plain(text) && !text.contains("* except ") && !aws
}

/// Whether it reads and validates strictly as part of the bundle that a new installation starts with.
#[cfg(feature = "engine")]
#[must_use]
pub fn validates(it: &JustInTime) -> bool {
    crate::policy::bundle::Bundle::from_files(&added(it)).is_ok()
}

/// The bundle that a new installation starts with, and these texts.
#[cfg(feature = "engine")]
#[must_use]
pub fn added(it: &JustInTime) -> crate::policy::files::Files {
    use crate::policy::files::{MANIFEST, SCHEMA};
    let mut files = crate::policy::baseline::baseline();
    for (name, text) in [(SCHEMA, it.schema), (MANIFEST, it.words), (it.file, &it.policy)] {
        let file = files.entry(name.to_owned()).or_default();
        file.extend_from_slice(b"\n");
        file.extend_from_slice(text.as_bytes());
    }
    files
}
