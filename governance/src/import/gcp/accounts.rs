//! The service accounts that a project lists.
use super::members;
use crate::{
    identity::{self},
    import::{
        read::At,
        redact,
        snapshot::{Claim, Parsed, Part, Principal, Problem},
    },
};
use std::collections::BTreeMap;

/// Addresses by the unique number of their account, by which resources and policies may call it.
pub type Numbers = BTreeMap<String, String>;

/// Reads them, by their addresses.
pub fn read(items: &[At<'_>], parsed: &mut Parsed) -> Numbers {
    let mut numbers = Numbers::new();
    for at in items {
        let result = account(at, parsed, &mut numbers);
        if let Err(problem) = result {
            match at.text("email") {
                Ok(Some(email)) => drop(parsed.partial.replace(email.to_owned())),
                _ => parsed.unnamed = true,
            }
            parsed.problems.push(problem);
        }
    }
    numbers
}

fn account(at: &At<'_>, parsed: &mut Parsed, numbers: &mut Numbers) -> Result<(), Problem> {
    let email = at.need("email")?;
    identity::check_name(email).map_err(|e| at.problem(e.detail))?;
    let mut claim = Claim::of(members::kind_of(email), email, Part::ServiceAccounts);
    for (key, note) in [("displayName", "display name"), ("description", "description")] {
        if let Some(text) = at.text(key)?.filter(|t| !t.is_empty()) {
            claim.notes.insert(note.into(), redact::args(&[text]).text);
        }
    }
    if let Some(number) = at.text("uniqueId")? {
        claim.notes.insert("unique id".into(), number.to_owned());
        numbers.insert(number.to_owned(), email.to_owned());
    }
    if at.get("disabled")?.is_some_and(|d| d.value == &serde_json::Value::Bool(true)) {
        claim.notes.insert("disabled".into(), "no one can act as it until it is switched on again".into());
    }
    match parsed.snapshot.principals.get(email) {
        Some(known) if known.claim != claim => Err(at.problem("the same account a second time, with other content")),
        _ => {
            parsed.snapshot.principals.insert(email.to_owned(), holder(claim));
            Ok(())
        }
    }
}

/// A principal that holds nothing yet.
pub const fn holder(claim: Claim) -> Principal {
    Principal { claim, entitlements: BTreeMap::new(), credentials: BTreeMap::new() }
}
