//! Every address of the console, once: pages and links are made of these.

pub const HOME: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
/// What a first visitor sees: three doors.
pub const WELCOME: &str = "/welcome";
pub const WELCOME_INVENTORY: &str = "/welcome/inventory";
/// What the columns of a list mean.
pub const WELCOME_COLUMNS: &str = "/welcome/inventory/columns";
pub const WELCOME_AGENT: &str = "/welcome/agent";
/// Makes the demo, opens it, removes it.
pub const WELCOME_DEMO: &str = "/welcome/demo";
pub const WELCOME_DEMO_REMOVE: &str = "/welcome/demo/remove";
/// How the making of the demo goes on, as a stream.
pub const DEMO_LIVE: &str = "/live/demo";
/// What an agent that is being connected has asked, as a stream.
pub const AGENT_LIVE: &str = "/live/agent";
/// Everything of the demo installation is under this path, and nothing else is.
pub const DEMO: &str = "/demo";
/// Within the demo: be another of its people; go back to the real installation.
pub const ACT_AS: &str = "/act-as";
pub const LEAVE: &str = "/leave";
pub const SIGN_OUT: &str = "/sign-out";
pub const SETTINGS: &str = "/settings";
pub const OVERVIEW: &str = "/overview";
pub const ACTIVITY: &str = "/activity";

/// One decision, explained.
#[must_use]
pub fn decision(id: &str) -> String {
    format!("{ACTIVITY}/{id}")
}
pub const IDENTITIES: &str = "/identities";

/// One identity's governance record.
#[must_use]
pub fn identity(id: &str) -> String {
    format!("{IDENTITIES}/{id}")
}
/// What enforcing one identity would change.
#[must_use]
pub fn observation(id: &str) -> String {
    format!("{}/observation", identity(id))
}
/// What one identity reaches without asking, in a window of 90 days.
#[must_use]
pub fn reach(id: &str) -> String {
    format!("{}/reach", identity(id))
}
/// Standing and unused access: what can go today.
pub const PRIVILEGE: &str = "/privilege";
/// Long-lived credentials over all identities.
pub const SECRETS: &str = "/secrets";
/// What acts, and nobody answers for.
pub const VISIBILITY: &str = "/visibility";
/// What different sources show and may be one identity.
pub const MATCHES: &str = "/matches";

/// The step before two identities become one.
#[must_use]
pub fn merge(one: &str, other: &str) -> String {
    format!("{MATCHES}/merge?one={one}&other={other}")
}
/// Tools, destinations and memory stores.
pub const RESOURCES: &str = "/resources";

/// One tool, destination or memory store.
#[must_use]
pub fn resource(id: &str) -> String {
    format!("{RESOURCES}/{id}")
}
/// Who acted through whom.
pub const HANDOFFS: &str = "/handoffs";

/// What happened in one run.
#[must_use]
pub fn run(id: &str) -> String {
    format!("/runs/{id}")
}
/// Who holds what right now.
pub const GRANTS: &str = "/grants";

/// One grant.
#[must_use]
pub fn grant(id: &str) -> String {
    format!("{GRANTS}/{id}")
}
/// What is stopped, narrowed or suspended, by people and by rules.
pub const CONTAINMENT: &str = "/containment";

/// What one rule did to one identity.
#[must_use]
pub fn containment(id: &str) -> String {
    format!("{CONTAINMENT}#{id}")
}
/// What one revocation stopped.
#[must_use]
pub fn revocation(id: &str) -> String {
    format!("/revocations/{id}")
}
pub const INBOX: &str = "/inbox";
/// A stream of what changes in the viewer's inbox.
pub const INBOX_LIVE: &str = "/live/inbox";
pub const EVIDENCE: &str = "/evidence";

/// One run of the control tests.
#[must_use]
pub fn assessment(id: &str) -> String {
    format!("{EVIDENCE}/assessments/{id}")
}
/// One framework of a run.
#[must_use]
pub fn assessment_framework(id: &str, framework: &str) -> String {
    format!("{}/frameworks/{framework}", assessment(id))
}
/// One test of a run; `variant` names the thresholds that a control fixes.
#[must_use]
pub fn assessment_test(id: &str, test: &str, fixed: &str) -> String {
    let path = format!("{}/tests/{test}", assessment(id));
    if fixed.is_empty() { path } else { format!("{path}?{}", variant(fixed)) }
}
/// The part of an address that names fixed thresholds: letters, digits and `_ = ` alone, so it is escaped by hand.
#[must_use]
pub fn variant(fixed: &str) -> String {
    format!("variant={}", fixed.replace('=', "%3D").replace(' ', "%20"))
}
/// One evidence pack.
#[must_use]
pub fn pack(id: &str) -> String {
    format!("{EVIDENCE}/packs/{id}")
}
/// Where its bytes are asked for.
#[must_use]
pub fn pack_download(id: &str) -> String {
    format!("{}/download", pack(id))
}
