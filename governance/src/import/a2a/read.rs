//! An agent card to a snapshot of one agent.
//!
//! A card is what an agent says of itself. Its skills are what it offers to do for others, not what it may reach: each is an
//! entitlement of unknown privilege, so that a skill that is new, or gone, shows. Nothing in a card is proven; a signature that it
//! carries is said, and said not to be checked.
use super::{interfaces, schemes};
use crate::{
    entitlement::{Facts, Key, Privilege},
    error::{Error, Result},
    identity::{self, Kind},
    import::{
        read::{self, At},
        redact,
        snapshot::{Claim, Parsed, Part, Principal, Problem},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Reads one card a file: each is a source of its own, known by the address that its agent prefers to be called at.
///
/// # Errors
/// `Invalid` when a file is cut off or no agent card, or two are of the same address.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Vec<Parsed>> {
    let mut all = BTreeMap::new();
    for (file, bytes) in named {
        let parsed = card(file, bytes)?;
        if all.insert(parsed.scope.clone(), parsed).is_some() {
            return Err(Error::invalid(format!(
                "{file}: another file is a card of the same address; give one of them"
            )));
        }
    }
    Ok(all.into_values().collect())
}

fn card(file: &str, bytes: &[u8]) -> Result<Parsed> {
    let text = read::text(file, bytes)?;
    let documents = read::json(file, &text)?;
    let [document] = documents.as_slice() else {
        return Err(wrong(file, "one card a file"));
    };
    let top = At::top(file, document);
    let is_card = ["name", "skills"].iter().all(|key| document.get(key).is_some())
        && ["url", "supportedInterfaces", "capabilities"].iter().any(|key| document.get(key).is_some());
    if !is_card {
        return Err(wrong(file, "expected name, skills, and url or supportedInterfaces"));
    }
    // without an address it is nobody: the whole file is of no use, as one that is cut off
    let unusable = |problem: Problem| Error::invalid(problem.to_string());
    let calls = interfaces::read(&top).map_err(unusable)?;
    let Some(address) = calls.first().map(|call| call.address.clone()) else {
        return Err(wrong(file, "it says no address"));
    };
    let mut parsed = Parsed { scope: address.clone(), covered: BTreeSet::from([Part::AgentCard]), ..Parsed::default() };
    match agent(&top, &calls, &mut parsed.problems) {
        Ok(principal) => {
            if principal.claim.notes.contains_key("signature") {
                parsed.notes.push(format!("{file}: the card is signed; the signature was not checked"));
            }
            if !parsed.problems.is_empty() {
                parsed.partial.insert(address.clone());
            }
            parsed.snapshot.principals.insert(address, principal);
        }
        Err(problem) => {
            parsed.partial.insert(address);
            parsed.problems.push(problem);
        }
    }
    Ok(parsed)
}

fn agent(top: &At<'_>, calls: &[interfaces::Call], problems: &mut Vec<Problem>) -> Result<Principal, Problem> {
    let name = plain(top.need("name")?.trim());
    identity::check_name(&name).map_err(|_| top.problem("name is too long, or has control or invisible characters"))?;
    let mut entitlements = BTreeMap::new();
    for skill in top.list("skills")? {
        match skill.need("id") {
            Ok(id) => entitlements.extend([offered(&plain(id), &calls[0].address)]),
            Err(problem) => problems.push(problem),
        }
    }
    let claim = Claim { notes: notes(top, calls)?, ..Claim::of(Kind::Agent, name, Part::AgentCard) };
    let mut credentials = BTreeMap::new();
    schemes::read(top, &mut credentials, problems)?;
    Ok(Principal { claim, entitlements, credentials })
}

fn offered(skill: &str, address: &str) -> (Key, Facts) {
    let key = Key { action: format!("a2a.skill {skill}"), resource: address.into(), via: "the agent card".into() };
    (key, Facts::of(Privilege::Unknown))
}

fn notes(top: &At<'_>, calls: &[interfaces::Call]) -> Result<BTreeMap<String, String>, Problem> {
    let mut notes = BTreeMap::new();
    let mut note = |key: &str, text: String| drop(notes.insert(key.to_owned(), text));
    note(
        "protocol",
        calls
            .iter()
            .map(|call| call.protocol.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join(", "),
    );
    if calls.len() > 1 {
        note("also at", calls[1..].iter().map(|call| call.address.clone()).collect::<Vec<_>>().join(", "));
    }
    if let Some(version) = top.text("version")? {
        note("version", plain(version));
    }
    if let Some(provider) = top.get("provider")? {
        note("provider", plain(provider.need("organization")?));
    }
    if let Some(capabilities) = top.get("capabilities")? {
        let on = capabilities.members()?.into_iter().filter(|(_, at)| at.value == &serde_json::Value::Bool(true));
        let on: BTreeSet<_> = on.map(|(name, _)| plain(name)).collect();
        if !on.is_empty() {
            note("capabilities", on.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    let signatures = top.list("signatures")?.len();
    if signatures > 0 {
        note("signature", format!("{signatures}, not checked"));
    }
    Ok(notes)
}

/// Words of the card as they are, unless one is a secret in a place where none belongs.
pub fn plain(text: &str) -> String {
    redact::args(&[text]).text
}

fn wrong(file: &str, why: &str) -> Error {
    Error::invalid(format!("{file}: not an A2A agent card (/.well-known/agent-card.json): {why}"))
}
