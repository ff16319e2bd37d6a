//! Activity logs: what principals of a source were seen to do, brought down to the last time for each principal, action and
//! resource while it is read.
//!
//! A log tells of use and never of disuse: it may have gaps, leave kinds of calls out, or end. So what it shows is dated, and what
//! it does not show stays as it was.
mod anthropic;
mod cloudtrail;
mod entra;
mod gcp;
mod github;
mod kubernetes;
mod log;
mod names;
mod okta;
mod overlay;
mod stream;
mod uses;

pub use crate::source::Window;
pub use log::{Actor, File, Log};
pub use names::{Names, differ};
pub use overlay::overlay;
pub use uses::{ANY, Uses};

use super::read::At;
use super::snapshot::{Problem, Snapshot};
use crate::{identity, source, time::Timestamp};

/// The sources whose logs are read.
pub const READ: &[source::Kind] = &[
    source::Kind::AwsIam,
    source::Kind::Gcp,
    source::Kind::Kubernetes,
    source::Kind::Okta,
    source::Kind::Github,
    source::Kind::Entra,
    source::Kind::Anthropic,
];

/// What one event of a log says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    at: Timestamp,
    who: Who,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    /// One that the register may hold.
    Principal(Act),
    /// No non-human identity, or none of this source: the principal and the reason.
    Aside(String, &'static str),
}

/// What a principal did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Act {
    /// As the log calls it; [`Names`] has what inventories call it.
    principal: String,
    /// A person was signed in as it.
    by_person: bool,
    /// What people call it, where the log says.
    called: Option<String>,
    /// Action and resource, as far as the source let it be done; none where it refused.
    uses: Vec<(String, String)>,
}

/// Reads one entry: mostly one event, none where it tells of no call, several where it counts those of many.
fn events(of: source::Kind, at: &At<'_>) -> Result<Vec<Event>, Problem> {
    let one = match of {
        source::Kind::Anthropic => return anthropic::events(at),
        source::Kind::AwsIam => cloudtrail::event(at).map(Some),
        source::Kind::Entra => entra::event(at).map(Some),
        source::Kind::Gcp => gcp::event(at),
        source::Kind::Github => github::event(at).map(Some),
        source::Kind::Kubernetes => kubernetes::event(at),
        source::Kind::Okta => okta::event(at).map(Some),
        _ => Err(at.problem("no log of this source is read")),
    };
    one.map(|event| event.into_iter().collect())
}

/// Kind and name of a principal nobody knew, from what its source calls it.
#[must_use]
pub fn named(of: source::Kind, principal: &str) -> (identity::Kind, String) {
    match of {
        source::Kind::Anthropic => anthropic::named(principal),
        source::Kind::AwsIam => cloudtrail::named(principal),
        source::Kind::Entra => entra::named(principal),
        source::Kind::Gcp => gcp::named(principal),
        source::Kind::Github => github::named(principal),
        source::Kind::Okta => okta::named(principal),
        _ => kubernetes::named(principal),
    }
}

/// Why a principal that nobody knew is not to be registered, though it acts in the source: `scope` is what that speaks of, `known`
/// what it shows.
#[must_use]
pub fn foreign(of: source::Kind, scope: &str, known: &Snapshot, principal: &str) -> Option<&'static str> {
    match of {
        source::Kind::AwsIam => cloudtrail::foreign(scope, principal),
        source::Kind::Gcp => gcp::foreign(known, principal),
        source::Kind::Github => github::foreign(scope, principal),
        _ => None,
    }
}

/// A member that must be there and be a date.
fn date(at: &At<'_>, key: &str) -> Result<Timestamp, Problem> {
    at.date(key)?.ok_or_else(|| at.problem(format!("{key} is missing")))
}
