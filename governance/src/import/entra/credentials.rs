//! What a service principal authenticates with: its own secrets and certificates, those of its application, and the issuers its
//! application trusts. Never a secret itself; Graph does not answer with any, but what was kept of a creation may hold one.
use super::{
    directory::{self, Directory},
    files::{Page, Sort},
    principal::plain,
};
use crate::{
    credential::{Facts, Kind, Storage},
    identity,
    import::{
        issuer,
        read::At,
        snapshot::{Parsed, Part, Problem},
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Held = BTreeMap<String, Facts>;

/// Secrets and certificates on the service principal itself.
pub fn own(at: &At<'_>, held: &mut Held) -> Result<(), Problem> {
    keys(at, "credential", held)
}

/// The blueprint of an agent identity gets tokens for it.
pub fn blueprint(app: &str, name: Option<&str>, held: &mut Held) {
    let mut facts = Facts::of(Kind::Trust);
    facts.storage = Some(Storage::Platform);
    facts.detail = name.map_or_else(String::new, |n| format!("its blueprint {} gets tokens for it", plain(n)));
    held.insert(format!("trust blueprint {app}"), facts);
}

fn keys(at: &At<'_>, label: &str, held: &mut Held) -> Result<(), Problem> {
    for item in at.list("passwordCredentials")? {
        let mut facts = key(&item, Kind::AccessKey)?;
        // a creation answers with the secret: whoever kept that answer has a secret in a file
        facts.exposed = item.text("secretText")?.is_some_and(|s| !s.is_empty());
        if facts.exposed {
            facts.storage = Some(Storage::ConfigFile);
        }
        held.insert(format!("{label} secret {}", item.need("keyId")?), facts);
    }
    for item in at.list("keyCredentials")? {
        // the other use signs SAML tokens for people: nothing authenticates with it
        if item.text("usage")? != Some("Sign") {
            held.insert(format!("{label} certificate {}", item.need("keyId")?), key(&item, Kind::Certificate)?);
        }
    }
    Ok(())
}

fn key(at: &At<'_>, kind: Kind) -> Result<Facts, Problem> {
    let mut facts = Facts::of(kind);
    facts.long_lived = true;
    facts.created_at = at.date("startDateTime")?;
    facts.expires_at = at.date("endDateTime")?;
    facts.expiry_reported = at.value.get("endDateTime").is_some();
    facts.detail = at.text("displayName")?.map(plain).unwrap_or_default();
    Ok(facts)
}

/// Reads the applications into the service principals that stand for them.
pub fn applications(pages: &[Page], directory: &Directory, parsed: &mut Parsed, whole: impl Fn(&Page) -> bool) {
    let mut seen: BTreeMap<String, Value> = BTreeMap::new();
    if pages.iter().any(|p| p.sort == Sort::Applications && !p.is_single() && whole(p)) {
        parsed.snapshot.principals.values_mut().for_each(|p| p.claim.shown_by.extend([Part::Applications]));
    }
    for at in directory::items(pages.iter().filter(|p| p.is_applications()), parsed) {
        let read = at.need("appId").map(|app| {
            let again = seen.insert(app.to_owned(), at.value.clone()).is_some_and(|before| before != *at.value);
            let other = || at.problem("the same appId a second time, with other content");
            let ids = directory.by_app.get(app).cloned().unwrap_or_default();
            let read = if again { Err(other()) } else { application(&at) };
            (ids, read)
        });
        let (ids, read) = match read {
            Ok(found) => found,
            Err(problem) => {
                directory::doubt(&at, None, "", parsed);
                parsed.problems.push(problem);
                continue;
            }
        };
        // an application may have no service principal here: then nothing acts for it
        match read {
            Ok(app) => ids.iter().for_each(|id| give(id, &app, parsed)),
            Err(problem) => {
                parsed.problems.push(problem);
                parsed.partial.extend(ids);
            }
        }
    }
}

/// What an application says of its service principal.
struct Application {
    held: Held,
    /// Whether it says which issuers are trusted; one of them runs pipelines.
    trusts: bool,
    is_pipeline: bool,
    people: Vec<(&'static str, Part, BTreeSet<String>)>,
}

fn application(at: &At<'_>) -> Result<Application, Problem> {
    let mut app = Application { held: Held::new(), trusts: false, is_pipeline: false, people: vec![] };
    app.trusts = at.get("federatedIdentityCredentials")?.is_some();
    keys(at, "app credential", &mut app.held)?;
    for item in at.list("federatedIdentityCredentials")? {
        let issuer = plain(item.need("issuer")?);
        let mut facts = Facts::of(Kind::Trust);
        facts.storage = Some(Storage::Platform);
        let subject = item.text("subject")?;
        facts.detail = match (subject, item.get("claimsMatchingExpression")?) {
            (Some(subject), _) => format!("subject {}", plain(subject)),
            (None, Some(rule)) => format!("subjects that match {}", plain(rule.need("value")?)),
            (None, None) => return Err(item.problem("neither subject nor claimsMatchingExpression")),
        };
        app.is_pipeline |= issuer::is_pipeline(&issuer);
        app.held.insert(format!("app trust {} of {issuer}", plain(item.need("name")?)), facts);
    }
    for (member, part) in [("owners", Part::Owners), ("sponsors", Part::Sponsors)] {
        if let Some(list) = at.get(member)? {
            let people = list.items()?.iter().map(super::principal::person).collect::<Result<_, _>>()?;
            app.people.push((member, part, people));
        }
    }
    Ok(app)
}

fn give(id: &str, app: &Application, parsed: &mut Parsed) {
    let Some(principal) = parsed.snapshot.principals.get_mut(id) else { return };
    let active = !principal.claim.notes.contains_key("disabled");
    principal.claim.shown_by.insert(Part::Applications);
    if app.trusts {
        principal.claim.shown_by.insert(Part::FederatedCredentials);
    }
    for (key, facts) in &app.held {
        principal.credentials.insert(key.clone(), Facts { active, ..facts.clone() });
    }
    if app.is_pipeline && principal.claim.kind == identity::Kind::ServiceAccount {
        principal.claim.kind = identity::Kind::Pipeline;
    }
    for (member, part, people) in &app.people {
        principal.claim.shown_by.insert(*part);
        if !people.is_empty() {
            let words = people.iter().cloned().collect::<Vec<_>>().join(", ");
            principal.claim.notes.insert(format!("{member} of the application"), words);
        }
    }
}
