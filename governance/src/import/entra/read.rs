//! All files of one tenant to one snapshot.
use super::{
    access, activity, credentials, directory,
    files::{self, Page, Sort},
    principal, roles,
};
use crate::{
    error::{Error, Result},
    import::snapshot::{Parsed, Part, Problem},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Pages of one list: of the same sort, about the same object.
type List<'a> = (Sort, Option<&'a str>);

/// Reads the files of one tenant.
///
/// # Errors
/// `Invalid` when a file is none of Microsoft Graph's, the service principals are not among them, or their tenant cannot be told.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Parsed> {
    let mut pages = vec![];
    for (file, bytes) in named {
        pages.extend(files::pages(file, bytes)?);
    }
    pages.sort_by(|a, b| a.file.cmp(&b.file));
    if !pages.iter().any(|p| matches!(p.sort, Sort::ServicePrincipals | Sort::AgentIdentities)) {
        return Err(Error::invalid(format!(
            "{}: the list of service principals is not among the files, and all else refers to it: give GET /servicePrincipals too",
            pages.first().map_or("", |p| &p.file)
        )));
    }
    let mut parsed = Parsed::default();
    let all = directory::merge(&pages, &mut parsed);
    let directory = directory::directory(&all, &pages, &mut parsed)?;
    parsed.scope.clone_from(&directory.tenant);
    let cut = cut_lists(&pages, &mut parsed);
    let whole = |page: &Page| !cut.contains(&(page.sort, page.of.as_deref()));
    for merged in &all {
        named_one(&merged.id, &mut parsed, |parsed| principal::read(merged, &directory, parsed));
    }
    credentials::applications(&pages, &directory, &mut parsed, whole);
    // lists of their own first: they are whole where an expanded one may be cut
    let mut told = access::read(&pages, &directory, &mut parsed, whole);
    for merged in &all {
        named_one(&merged.id, &mut parsed, |parsed| {
            access::expanded(&merged.at(), &merged.id, &directory, parsed, &mut told)
        });
    }
    roles::read(&pages, &mut parsed, &mut told, whole);
    activity::read(&pages, &directory, &mut parsed);
    if !pages.iter().any(|p| p.sort == Sort::ServicePrincipals && !p.is_single()) {
        parsed.unnamed = true;
        parsed.notes.push("these are not all service principals of the tenant: none is taken to be gone".into());
    }
    parsed.notes.extend(access::notes(&told));
    cover(&pages, &mut parsed);
    Ok(parsed)
}

/// Runs `read` for a principal; whatever is wrong in it, the register keeps what it knew.
fn named_one(id: &str, parsed: &mut Parsed, read: impl FnOnce(&mut Parsed) -> Result<(), Problem>) {
    if let Err(problem) = read(parsed) {
        parsed.partial.insert(id.into());
        parsed.problems.push(problem);
    }
}

/// Lists whose last page is missing, or that hold fewer objects than they count. Nothing they could show is taken to be gone.
fn cut_lists<'a>(pages: &'a [Page], parsed: &mut Parsed) -> BTreeSet<List<'a>> {
    let mut lists: BTreeMap<List<'_>, Vec<&Page>> = BTreeMap::new();
    for page in pages.iter().filter(|p| !p.is_single()) {
        lists.entry((page.sort, page.of.as_deref())).or_default().push(page);
    }
    let mut cut = BTreeSet::new();
    for (list, pages) in lists {
        let count = pages.iter().filter_map(|p| p.value.get("@odata.count").and_then(Value::as_u64)).max();
        let found: usize = pages.iter().map(|p| p.items().map_or(0, |items| items.len())).sum();
        let place = if pages.iter().all(|p| p.has_next()) {
            "@odata.nextLink"
        } else if count.is_some_and(|count| u64::try_from(found).is_ok_and(|found| found < count)) {
            "@odata.count"
        } else {
            continue;
        };
        let words = "more pages follow, and not all of them are among the files: nothing that they may show is taken to be gone";
        let file = pages.last().map_or_else(String::new, |p| p.file.clone());
        parsed.problems.push(Problem { file, place: place.into(), words: words.into() });
        parsed.unnamed |= matches!(list.0, Sort::ServicePrincipals | Sort::AgentIdentities);
        cut.insert(list);
    }
    cut
}

fn cover(pages: &[Page], parsed: &mut Parsed) {
    parsed.covered.insert(Part::ServicePrincipals);
    let spoken: BTreeSet<_> = parsed.snapshot.principals.values().flat_map(|p| p.claim.shown_by.clone()).collect();
    parsed.covered.extend(spoken);
    let lacks = |part: Part| !parsed.covered.contains(&part);
    let mut missing = vec![];
    if lacks(Part::Applications) && !pages.iter().any(Page::is_applications) {
        missing.push("without /applications their secrets, certificates and trusts are not known");
    }
    if lacks(Part::AppRoleAssignments) {
        missing.push("without appRoleAssignments it is not known what applications may do by themselves");
    }
    if lacks(Part::SignInActivity) {
        missing.push("without /reports/servicePrincipalSignInActivities use is not known");
    }
    parsed.notes.extend(missing.into_iter().map(str::to_owned));
}
