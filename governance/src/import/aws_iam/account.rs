//! `get-account-authorization-details`: users and roles, and what their policies and groups give them.
use super::{files::Page, policy, policy::Given, reach, trust, values};
use crate::{
    entitlement,
    error::{Error, Result},
    identity::{Environment, Kind},
    import::{
        read::{At, elements},
        snapshot::{Claim, Document, Documents, Parsed, Part, Principal, Problem, SetAside},
    },
    privilege::aws::held::{BOUNDARY, TRUST},
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// What holds for every holder: managed policies by ARN, and what each group gives, by its name.
#[derive(Default)]
struct Shared {
    policies: BTreeMap<String, (Given, Option<Arc<Value>>)>,
    groups: BTreeMap<String, (Held, Read)>,
    /// Documents that were read: a hundred thousand roles have few that differ.
    texts: RefCell<HashSet<Arc<Value>>>,
    /// A managed policy did not say which it is: any that is missed may be that one.
    lost: bool,
}

/// What reading the policies of a holder came to, beside what they give.
#[derive(Debug, Default, Clone, Copy)]
struct Read {
    denials: usize,
    /// Something of them could not be read: what the register knows of the holder is not taken away.
    unsure: bool,
}

/// What policies come to: each right, and the policies themselves.
#[derive(Debug, Default, Clone)]
struct Held {
    entitlements: BTreeMap<entitlement::Key, entitlement::Facts>,
    documents: Documents,
}

/// Reads all pages, `(file, document)`, into `parsed`.
///
/// # Errors
/// `Invalid` for a list that is no JSON all through.
pub fn read(pages: &[(String, Page)], parsed: &mut Parsed) -> Result<()> {
    let mut shared = Shared::default();
    each(pages, "Policies", parsed, |at, parsed| managed(at, &mut shared, parsed))?;
    let mut groups = BTreeMap::new();
    each(pages, "GroupDetailList", parsed, |at, parsed| {
        let name = at.need("GroupName")?;
        let mut held = Held::default();
        let read = holdings(at, "GroupPolicyList", &shared, &format!(", group {name}"), &mut held, parsed)?;
        groups.insert(name.to_owned(), (held, read));
        Ok(())
    })?;
    shared.groups = groups;
    each(pages, "UserDetailList", parsed, |at, parsed| named(at, parsed, |arn, p| user(at, arn, &shared, p)))?;
    each(pages, "RoleDetailList", parsed, |at, parsed| named(at, parsed, |arn, p| role(at, arn, &shared, p)))?;
    reach::note(&mut parsed.snapshot);
    Ok(())
}

/// Every element of a list on every page; a broken one is a problem and is passed over.
fn each(
    pages: &[(String, Page)],
    list: &str,
    parsed: &mut Parsed,
    mut read: impl FnMut(&At<'_>, &mut Parsed) -> Result<(), Problem>,
) -> Result<()> {
    for (file, page) in pages {
        let Some(raw) = page.lists.get(list).filter(|raw| raw.get() != "null") else { continue };
        if !raw.get().starts_with('[') {
            let value = serde_json::from_str(raw.get()).unwrap_or_default();
            parsed.problems.extend(At { file, path: list.into(), value: &value }.items().err());
            parsed.unnamed = true;
            continue;
        }
        let mut at = 0;
        let read = elements(raw, |n, value| {
            at = n + 1;
            if let Err(problem) = read(&At { file, path: format!("{list}[{n}]"), value: &value }, parsed) {
                parsed.problems.push(problem);
            }
        });
        read.map_err(|_| Error::invalid(format!("{file}: {list}[{at}]: not valid JSON; export it again")))?;
    }
    Ok(())
}

/// Runs `read` for a user or role that says who it is; whatever is wrong in it, the register keeps what it knew.
fn named(
    at: &At<'_>,
    parsed: &mut Parsed,
    read: impl FnOnce(&str, &mut Parsed) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let arn = at.need("Arn").and_then(|arn| {
        if values::is_principal_arn(arn) { Ok(arn) } else { Err(at.problem("Arn is not the ARN of a user or role")) }
    });
    let arn = arn.inspect_err(|_| parsed.unnamed = true)?;
    let before = parsed.problems.len();
    let result = read(arn, parsed);
    if result.is_err() || parsed.problems.len() > before {
        parsed.partial.insert(arn.into());
    }
    result
}

fn managed(at: &At<'_>, shared: &mut Shared, parsed: &mut Parsed) -> Result<(), Problem> {
    let arn = at.need("Arn").inspect_err(|_| shared.lost = true)?;
    let (given, document) = match document_of(at) {
        Ok(document) => (policy::given(&document), text_of(&document, shared)),
        Err(problem) => (Given { problems: vec![problem], ..Given::default() }, None),
    };
    parsed.problems.extend(given.problems.iter().cloned());
    shared.policies.insert(arn.into(), (given, document));
    Ok(())
}

/// The document of a managed policy that is in force.
fn document_of<'a>(at: &At<'a>) -> Result<At<'a>, Problem> {
    let default = at.text("DefaultVersionId")?;
    let mut found = None;
    for version in at.list("PolicyVersionList")? {
        let flagged = version.get("IsDefaultVersion")?.is_some_and(|v| v.value == &Value::Bool(true));
        if flagged || (default.is_some() && version.text("VersionId")? == default) {
            found = version.get("Document")?;
        }
    }
    found.ok_or_else(|| at.problem("its default version has no Document"))
}

/// The document as an object, one for all that are the same; `None` where it is none, which reading it has said.
fn text_of(at: &At<'_>, shared: &Shared) -> Option<Arc<Value>> {
    let document = values::document(at).ok()?;
    let mut texts = shared.texts.borrow_mut();
    if let Some(known) = texts.get(document.as_ref()) {
        return Some(Arc::clone(known));
    }
    let text = Arc::new(document.into_owned());
    texts.insert(Arc::clone(&text));
    Some(text)
}

/// Two policies may have one name, in paths of their own.
fn keep(documents: &mut Documents, via: &str, document: Document) {
    let name = match (documents.get(via), &document.id) {
        (Some(known), Some(id)) if known.id != document.id => format!("{via} ({id})"),
        _ => via.to_owned(),
    };
    documents.insert(name, document);
}

/// What inline and attached policies give; `through` is the group, for the words of `via`.
fn holdings(
    at: &At<'_>,
    inline: &str,
    shared: &Shared,
    through: &str,
    held: &mut Held,
    parsed: &mut Parsed,
) -> Result<Read, Problem> {
    let mut read = Read::default();
    for item in at.list(inline)? {
        let via = format!("inline policy {}{through}", item.need("PolicyName")?);
        let document = item.get("PolicyDocument")?.ok_or_else(|| item.problem("PolicyDocument is missing"))?;
        let given = policy::given(&document);
        policy::hold(&mut held.entitlements, &given, &via);
        keep(&mut held.documents, &via, Document { id: None, text: text_of(&document, shared) });
        read.denials += given.denials;
        read.unsure |= !given.problems.is_empty();
        parsed.problems.extend(given.problems);
    }
    for item in at.list("AttachedManagedPolicies")? {
        let arn = item.need("PolicyArn")?;
        let name = item.text("PolicyName")?.unwrap_or_else(|| arn.rsplit('/').next().unwrap_or(arn));
        let via = format!("policy {name}{through}");
        match shared.policies.get(arn) {
            Some((given, document)) => {
                policy::hold(&mut held.entitlements, given, &via);
                keep(&mut held.documents, &via, Document { id: Some(arn.into()), text: document.clone() });
                read.denials += given.denials;
                read.unsure |= !given.problems.is_empty();
            }
            None => {
                policy::unseen(&mut held.entitlements, arn, &via);
                keep(&mut held.documents, &via, Document { id: Some(arn.into()), text: policy::well_known(arn) });
                read.unsure |= shared.lost;
            }
        }
    }
    Ok(read)
}

fn user(at: &At<'_>, arn: &str, shared: &Shared, parsed: &mut Parsed) -> Result<(), Problem> {
    let name = at.need("UserName")?;
    let mut claim = claim(at, Kind::ServiceAccount, name)?;
    let mut held = Held::default();
    let mut read = holdings(at, "UserPolicyList", shared, "", &mut held, parsed)?;
    for group in at.texts("GroupList")? {
        match shared.groups.get(group) {
            Some((given, of_group)) => {
                held.entitlements.extend(given.entitlements.iter().map(|(k, f)| (k.clone(), f.clone())));
                held.documents.extend(given.documents.iter().map(|(k, d)| (k.clone(), d.clone())));
                read.unsure |= of_group.unsure;
            }
            None => parsed.problems.push(at.problem(format!("GroupList: group {group} is not in the export"))),
        }
    }
    note_denials(&mut claim, read.denials);
    keep_if_unsure(arn, read, parsed);
    bound(at, shared, &mut held)?;
    claim.documents = held.documents;
    add(at, arn, Principal { claim, entitlements: held.entitlements, credentials: BTreeMap::new() }, parsed)
}

/// What bounds it, beside what it holds.
fn bound(at: &At<'_>, shared: &Shared, held: &mut Held) -> Result<(), Problem> {
    let Some(boundary) = at.get("PermissionsBoundary")? else { return Ok(()) };
    let arn = boundary.need("PermissionsBoundaryArn")?;
    let text = shared.policies.get(arn).map_or_else(|| policy::well_known(arn), |(_, document)| document.clone());
    held.documents.insert(format!("{BOUNDARY}{arn}"), Document { id: Some(arn.into()), text });
    Ok(())
}

fn role(at: &At<'_>, arn: &str, shared: &Shared, parsed: &mut Parsed) -> Result<(), Problem> {
    let name = at.need("RoleName")?;
    if arn.contains(":role/aws-service-role/") || at.text("Path")?.is_some_and(|p| p.starts_with("/aws-service-role/"))
    {
        return aside(arn, "a service-linked role: AWS owns it and limits it", parsed);
    }
    let trusted = at.get("AssumeRolePolicyDocument")?;
    let trusted = trusted.ok_or_else(|| at.problem("AssumeRolePolicyDocument is missing"))?;
    let trust = trust::read(&trusted)?;
    let Some(kind) = trust.kind() else {
        return aside(arn, "a role of people: only those who sign in by SAML may act as it", parsed);
    };
    let mut claim = claim(at, kind, name)?;
    if let Some(used) = at.get("RoleLastUsed")? {
        // AWS answers {} for a role that was not used in the 400 days it looks back
        claim.usage_reported = true;
        claim.last_used_at = values::opt_date(&used, "LastUsedDate")?;
    }
    note_profiles(&mut claim, at)?;
    let mut held = Held::default();
    let read = holdings(at, "RolePolicyList", shared, "", &mut held, parsed)?;
    note_denials(&mut claim, read.denials);
    keep_if_unsure(arn, read, parsed);
    bound(at, shared, &mut held)?;
    held.documents.insert(TRUST.into(), Document { id: None, text: text_of(&trusted, shared) });
    claim.documents = held.documents;
    add(at, arn, Principal { claim, entitlements: held.entitlements, credentials: trust.credentials }, parsed)
}

fn claim(at: &At<'_>, kind: Kind, name: &str) -> Result<Claim, Problem> {
    let mut notes = BTreeMap::new();
    if let Some(boundary) = at.get("PermissionsBoundary")? {
        notes.insert("permissions boundary".into(), boundary.need("PermissionsBoundaryArn")?.to_owned());
    }
    let mut environment = None;
    for tag in at.list("Tags")? {
        let (key, value) = (tag.need("Key")?, tag.text("Value")?.unwrap_or_default());
        match key.to_ascii_lowercase().as_str() {
            "environment" | "env" | "stage" => environment = Environment::guess(value).or(environment),
            "owner" | "team" | "purpose" if !value.is_empty() => {
                notes.insert(format!("tag {}", key.to_ascii_lowercase()), value.to_owned());
            }
            _ => {}
        }
    }
    let created_at = values::opt_date(at, "CreateDate")?;
    Ok(Claim { environment, created_at, notes, ..Claim::of(kind, name, Part::AuthorizationDetails) })
}

fn keep_if_unsure(arn: &str, read: Read, parsed: &mut Parsed) {
    if read.unsure {
        parsed.partial.insert(arn.into());
    }
}

/// The instance profiles that hold a role. Whether an instance was started with one, this export does not say.
fn note_profiles(claim: &mut Claim, at: &At<'_>) -> Result<(), Problem> {
    let profiles = at.list("InstanceProfileList")?;
    let names: BTreeSet<_> = profiles.iter().map(|p| p.need("InstanceProfileName")).collect::<Result<_, _>>()?;
    if !names.is_empty() {
        claim.notes.insert("instance profile".into(), names.into_iter().collect::<Vec<_>>().join(", "));
    }
    Ok(())
}

fn note_denials(claim: &mut Claim, denials: usize) {
    if denials > 0 {
        let words = format!("{denials}: what is allowed may be less than its entitlements say");
        claim.notes.insert("statements that deny".into(), words);
    }
}

fn aside(arn: &str, reason: &str, parsed: &mut Parsed) -> Result<(), Problem> {
    parsed.set_aside.push(SetAside { principal: arn.into(), reason: reason.into() });
    Ok(())
}

fn add(at: &At<'_>, arn: &str, principal: Principal, parsed: &mut Parsed) -> Result<(), Problem> {
    match parsed.snapshot.principals.get(arn) {
        Some(known) if *known != principal => Err(at.problem("the same Arn a second time, with other content")),
        _ => {
            parsed.snapshot.principals.insert(arn.into(), principal);
            Ok(())
        }
    }
}
