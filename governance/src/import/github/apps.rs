//! Installations of GitHub Apps in the organization.
use super::{permission, read::claim};
use crate::{
    credential::{self, Storage},
    identity::Kind,
    import::{
        read::At,
        redact,
        snapshot::{Part, Principal, Problem},
    },
};
use std::collections::BTreeMap;

/// Permissions over the organization itself and not over repositories, besides those that say so by their beginning.
const OF_ORGANIZATION: &[&str] = &["members", "team_discussions"];

/// Reads an installation; its name in the register is the path it is asked for at.
pub fn read(at: &At<'_>, organization: &str) -> Result<(String, Principal), Problem> {
    let id = at.number("id")?.ok_or_else(|| at.problem("id is missing"))?;
    let name = at.need("app_slug")?;
    let (repositories, wildcard) = permission::repositories(at, organization)?;
    let reach = permission::Reach {
        organization: organization.into(),
        repositories,
        via: "installation",
        expires_at: None,
        wildcard,
    };
    let mut entitlements = BTreeMap::new();
    if let Some(permissions) = at.get("permissions")? {
        let own = |name: &str| name.starts_with("organization_") || OF_ORGANIZATION.contains(&name);
        permission::read(&permissions, &reach, own, &mut entitlements)?;
    }
    let mut notes = BTreeMap::new();
    let mut trust = credential::Facts::of(credential::Kind::Trust);
    trust.storage = Some(Storage::Platform);
    trust.detail = "GitHub gives one-hour tokens to whoever holds the app's private key".into();
    if let Some(when) = at.date("suspended_at")? {
        notes.insert("disabled".to_owned(), format!("suspended since {}", when.datetime().format("%Y-%m-%d")));
        trust.active = false;
    }
    let events: Vec<_> = at.texts("events")?.into_iter().map(|e| redact::args(&[e]).text).collect();
    if !events.is_empty() {
        notes.insert("is told of".into(), events.join(", "));
    }
    let app = at.number("app_id")?.ok_or_else(|| at.problem("app_id is missing"))?;
    notes.insert("app id".into(), app.to_string());
    // an app's number says which it is on one host alone
    if let Some(host) = at.text("html_url")?.and_then(host).filter(|host| host != "github.com") {
        notes.insert("host".into(), redact::args(&[&host]).text);
    }
    let mut claim = claim(at, name, Kind::ServiceAccount, Part::Installations)?;
    claim.created_at = at.date("created_at")?;
    claim.notes = notes;
    let credentials = BTreeMap::from([(format!("trust app {app}"), trust)]);
    Ok((format!("orgs/{organization}/installations/{id}"), Principal { claim, entitlements, credentials }))
}

fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    rest.split('/').next().filter(|host| !host.is_empty()).map(str::to_lowercase)
}
