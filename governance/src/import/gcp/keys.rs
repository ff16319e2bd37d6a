//! Keys of service accounts: those that somebody holds, which are long-lived. Google's own are rotated and never leave it.
use super::{accounts, members};
use crate::{
    credential::{Facts, Kind},
    identity,
    import::{
        read::At,
        snapshot::{Claim, Parsed, Part, Problem},
    },
    time::Timestamp,
};

/// Adds them to their accounts; says how many of Google's own were left out.
pub fn read(items: &[At<'_>], parsed: &mut Parsed) -> usize {
    let mut of_google = 0;
    for at in items {
        match key(at, parsed) {
            Ok(true) => {}
            Ok(false) => of_google += 1,
            Err(problem) => {
                parsed.problems.push(problem);
                match at.text("name").ok().flatten().and_then(parts) {
                    Some((email, _)) => drop(parsed.partial.replace(email.to_owned())),
                    None => parsed.unnamed = true,
                }
            }
        }
    }
    of_google
}

/// The address and the key's own name in `projects/P/serviceAccounts/ADDRESS/keys/KEY`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.split('/');
    let (_, _, _, email, _, key) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (email.contains('@') && !key.is_empty() && parts.next().is_none()).then_some((email, key))
}

fn key(at: &At<'_>, parsed: &mut Parsed) -> Result<bool, Problem> {
    let (email, name) = parts(at.need("name")?)
        .ok_or_else(|| at.problem("name is not that of a key (projects/…/serviceAccounts/…/keys/…)"))?;
    identity::check_name(email).and_then(|()| identity::check_name(name)).map_err(|e| at.problem(e.detail))?;
    let mut facts = Facts::of(Kind::AccessKey);
    facts.long_lived = true;
    facts.created_at = at.date("validAfterTime")?;
    facts.expires_at = at.date("validBeforeTime")?.filter(|end| !is_never(*end));
    facts.expiry_reported = at.get("validBeforeTime")?.is_some();
    facts.active = at.get("disabled")?.is_none_or(|d| d.value != &serde_json::Value::Bool(true));
    if at.text("keyOrigin")? == Some("USER_PROVIDED") {
        facts.detail = "made outside Google Cloud, its public half uploaded".into();
    }
    let kind = members::kind_of(email);
    let new = || accounts::holder(Claim::of(kind, email, Part::ServiceAccountKeys));
    let principal = parsed.snapshot.principals.entry(email.to_owned()).or_insert_with(new);
    // every account has a key of Google's own: its list was read, even if it holds no other
    principal.claim.shown_by.insert(Part::ServiceAccountKeys);
    match at.need("keyType")? {
        "SYSTEM_MANAGED" => Ok(false),
        "USER_MANAGED" => {
            let known = principal.credentials.insert(format!("key {name}"), facts.clone());
            if known.is_some_and(|known| known != facts) {
                return Err(at.problem("the same key a second time, with other content"));
            }
            Ok(true)
        }
        _ => Err(at.problem("keyType is neither USER_MANAGED nor SYSTEM_MANAGED")),
    }
}

/// Google writes the last second of the year 9999 for a key without an end.
fn is_never(end: Timestamp) -> bool {
    end.to_string().starts_with("9999-12-31")
}
