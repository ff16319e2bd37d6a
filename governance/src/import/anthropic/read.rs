//! All files of one organization to one snapshot.
use super::{
    files::{self, Page, Sort},
    keys, plain,
};
use crate::{
    error::{Error, Result},
    import::{
        read::At,
        snapshot::{Parsed, Part},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Reads the files of one organization.
///
/// # Errors
/// `Invalid` when a file is none of the Admin API's, no list of keys is among them, or not one organization is.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Parsed> {
    let mut pages = vec![];
    for (file, bytes) in named {
        pages.extend(files::pages(file, bytes)?);
    }
    pages.sort_by(|a, b| a.file.cmp(&b.file));
    let mut parsed = Parsed { scope: organization(&pages)?, ..Parsed::default() };
    let lists: Vec<_> = pages.iter().filter(|p| p.sort == Sort::Keys).collect();
    if lists.is_empty() && !pages.iter().any(|p| p.sort == Sort::Empty) {
        return Err(Error::invalid("no API keys are among the files: give /v1/organizations/api_keys too"));
    }
    parsed.covered.insert(Part::ApiKeys);
    if lists.is_empty() || lists.iter().all(|p| p.goes_on()) {
        parsed.unnamed = true;
        parsed.notes.push("the list of API keys may go on: none is taken to be gone".into());
    }
    let workspaces = workspaces(&pages, &mut parsed);
    let mut seen = BTreeMap::new();
    let all: Vec<_> = lists.into_iter().flat_map(|page| items(page, &mut parsed)).collect();
    for at in all {
        match at.need("id") {
            Err(problem) => {
                parsed.unnamed = true;
                parsed.problems.push(problem);
            }
            Ok(id) => {
                let read = match seen.insert(id.to_owned(), at.value) {
                    Some(before) if before != at.value => {
                        Err(at.problem("the same id a second time, with other content"))
                    }
                    _ => keys::read(&at, id, &workspaces),
                };
                match read {
                    Ok(principal) => drop(parsed.snapshot.principals.insert(id.into(), principal)),
                    Err(problem) => {
                        parsed.partial.insert(id.into());
                        parsed.problems.push(problem);
                    }
                }
            }
        }
    }
    Ok(parsed)
}

/// The objects of a page; one that is no list is a problem, and then any key may be missing.
fn items<'a>(page: &'a Page, parsed: &mut Parsed) -> Vec<At<'a>> {
    page.items().unwrap_or_else(|problem| {
        parsed.unnamed = true;
        parsed.problems.push(problem);
        vec![]
    })
}

/// The names of workspaces by id.
fn workspaces(pages: &[Page], parsed: &mut Parsed) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for at in pages.iter().filter(|p| p.sort == Sort::Workspaces).flat_map(|page| page.items().unwrap_or_default()) {
        match at.need("id").and_then(|id| Ok((id, at.need("name")?))) {
            Ok((id, name)) => drop(names.insert(id.to_owned(), plain(name))),
            Err(problem) => parsed.problems.push(problem),
        }
    }
    names
}

/// The organization, which no list of keys names.
fn organization(pages: &[Page]) -> Result<String> {
    let mut ids = BTreeSet::new();
    for page in pages.iter().filter(|p| p.sort == Sort::Organization) {
        let id = At::top(&page.file, &page.value).need("id").map(str::to_ascii_lowercase);
        ids.insert(id.map_err(|problem| Error::invalid(problem.to_string()))?);
    }
    match (ids.len(), ids.pop_first()) {
        (1, Some(id)) => Ok(id),
        (_, None) => Err(Error::invalid(
            "which organization these keys are of cannot be told: give the answer of /v1/organizations/me too",
        )),
        (several, _) => Err(Error::invalid(format!("the files are of {several} organizations: import each by itself"))),
    }
}
