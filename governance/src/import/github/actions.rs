//! The workflows of a repository, or of all repositories of the organization: what their token may do, as whom they speak to clouds,
//! and which secrets they are handed.
use super::{
    files::{Page, Sort},
    read::claim,
};
use crate::{
    credential,
    entitlement::{Facts, Key, Privilege},
    identity::Kind,
    import::{
        read::At,
        redact,
        snapshot::{Part, Principal, Problem},
    },
};
use std::collections::BTreeMap;

/// The pipeline that stands for the workflows of a subject (`repos/OWNER/NAME`, `orgs/NAME`), with its name in the register.
pub fn pipeline(at: &At<'_>, subject: &str) -> Result<(String, Principal), Problem> {
    let name = subject.split_once('/').map_or(subject, |(_, name)| name);
    let mut claim = claim(at, &format!("workflows of {name}"), Kind::Pipeline, Part::WorkflowPermissions)?;
    claim.shown_by.clear();
    let principal = Principal { claim, entitlements: BTreeMap::new(), credentials: BTreeMap::new() };
    Ok((format!("{subject}/actions"), principal))
}

/// Reads one page about workflows into their pipeline.
pub fn read(page: &Page, subject: &str, into: &mut Principal) -> Result<(), Problem> {
    let of = subject.split_once('/').map_or(subject, |(_, name)| name);
    let resource = if page.place.repository.is_some() { of.to_owned() } else { format!("{of}/*") };
    let top = At::top(&page.file, &page.value);
    match page.sort {
        Sort::WorkflowPermissions => {
            into.claim.shown_by.insert(Part::WorkflowPermissions);
            permissions(&top, &resource, &mut into.entitlements)
        }
        Sort::SubjectClaim => {
            into.claim.shown_by.insert(Part::SubjectClaim);
            let keys: Vec<_> = top.texts("include_claim_keys")?.into_iter().map(|k| redact::args(&[k]).text).collect();
            let own = top.flag("use_default")? != Some(true) && !keys.is_empty();
            let words =
                if own { keys.join(", ") } else { "repository and branch, environment or event (the default)".into() };
            into.claim.notes.insert("subject of its tokens".into(), words);
            Ok(())
        }
        _ => {
            into.claim.shown_by.insert(Part::Secrets);
            for item in page.items()? {
                secret(&item, &mut into.credentials)?;
            }
            Ok(())
        }
    }
}

/// `read` gives each job a token that reads contents and packages, `write` one that writes everything in the repository; a workflow
/// may ask for less or, with `read`, for more.
fn permissions(at: &At<'_>, resource: &str, held: &mut BTreeMap<Key, Facts>) -> Result<(), Problem> {
    let actions: &[(&str, Privilege)] = match at.need("default_workflow_permissions")? {
        "read" => &[("contents:read", Privilege::Read), ("packages:read", Privilege::Read)],
        "write" => &[("*:write", Privilege::Write)],
        _ => return Err(at.problem("default_workflow_permissions is neither read nor write")),
    };
    let approves = at.flag("can_approve_pull_request_reviews")? == Some(true);
    let approve = approves.then_some(("pull_requests:approve", Privilege::Write));
    for (action, privilege) in actions.iter().copied().chain(approve) {
        let key = Key { action: action.into(), resource: resource.into(), via: "default workflow permissions".into() };
        let wildcard = action.starts_with('*') || resource.ends_with('*');
        held.insert(key, Facts { wildcard, ..Facts::of(privilege) });
    }
    Ok(())
}

fn secret(at: &At<'_>, held: &mut BTreeMap<String, credential::Facts>) -> Result<(), Problem> {
    let mut facts = credential::Facts::of(credential::Kind::Token);
    facts.long_lived = true;
    (facts.created_at, facts.last_rotated_at) = (at.date("created_at")?, at.date("updated_at")?);
    facts.detail = match at.text("visibility")? {
        Some("all") => "given to the workflows of all repositories".into(),
        Some("private") => "given to the workflows of private repositories".into(),
        Some("selected") => "given to the workflows of selected repositories".into(),
        _ => "given to its workflows".into(),
    };
    held.insert(format!("secret {}", redact::args(&[at.need("name")?]).text), facts);
    Ok(())
}
