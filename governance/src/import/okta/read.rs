//! All files of one organisation to one snapshot.
use super::{
    access, credentials,
    files::{self, Page, Sort},
    principal,
};
use crate::{
    error::{Error, Result},
    import::{
        read::At,
        snapshot::{Parsed, Part, Principal, Problem},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Okta says in a header, and not in the answer, that more follow. These are the lengths of its pages.
const PAGES: [usize; 4] = [20, 50, 100, 200];

/// Reads the files of one organisation.
///
/// # Errors
/// `Invalid` when a file is none of Okta's, neither applications nor tokens are among them, or they are of several organisations.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Parsed> {
    let mut pages = vec![];
    for (file, bytes) in named {
        pages.extend(files::pages(file, bytes)?);
    }
    pages.sort_by(|a, b| a.file.cmp(&b.file));
    let mut parsed = Parsed { scope: organisation(&pages)?, ..Parsed::default() };
    for (sort, part) in
        [(Sort::Apps, Part::Apps), (Sort::ApiServices, Part::ApiServices), (Sort::ApiTokens, Part::ApiTokens)]
    {
        list(&pages, sort, part, &mut parsed);
    }
    if parsed.covered.is_empty() {
        return Err(Error::invalid(format!(
            "{}: neither applications nor API tokens are among the files, and all else refers to them: give /api/v1/apps too",
            pages.first().map_or("", |p| &p.file)
        )));
    }
    for page in &pages {
        match page.sort {
            Sort::Grants => of_app(page, Part::AppGrants, &mut parsed, |at, p| {
                p.entitlements.extend(access::grant(at)?);
                Ok(())
            }),
            Sort::Secrets => of_app(page, Part::AppCredentials, &mut parsed, |at, p| {
                credentials::secret(at, &mut p.credentials)
            }),
            Sort::Keys => of_app(page, Part::AppCredentials, &mut parsed, |at, p| credentials::key(at, &mut p.credentials)),
            Sort::Roles => roles(page, &mut parsed),
            Sort::Empty => parsed.notes.push(format!(
                "{}: an empty list that does not say of what: keep it under the path it was asked at (apps/ID/grants.json)",
                page.file
            )),
            Sort::Apps | Sort::ApiServices | Sort::ApiTokens => {}
        }
    }
    switch_off(&mut parsed);
    note(&mut parsed);
    Ok(parsed)
}

/// The organisation: the host of the links in its answers.
fn organisation(pages: &[Page]) -> Result<String> {
    let hosts: BTreeSet<_> = pages.iter().flat_map(|p| p.items()).flat_map(|at| files::hosts(&at)).collect();
    match hosts.iter().collect::<Vec<_>>().as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Error::invalid(
            "which organisation these files are of cannot be told: keep the answers whole, with their _links",
        )),
        several => Err(Error::invalid(format!(
            "the files are of {} organisations, by the hosts in their links: import each by itself",
            several.len()
        ))),
    }
}

/// Reads a list of principals.
fn list(pages: &[Page], sort: Sort, part: Part, parsed: &mut Parsed) {
    let of_sort: Vec<_> = pages.iter().filter(|p| p.sort == sort).collect();
    if of_sort.is_empty() {
        return;
    }
    parsed.covered.insert(part);
    let lengths: Vec<_> = of_sort.iter().map(|p| p.value.as_array().map_or(0, Vec::len)).collect();
    if of_sort.iter().all(|p| p.value.is_object()) || lengths.iter().all(|n| PAGES.contains(n)) {
        parsed.unnamed = true;
        parsed.notes.push(format!("the list of {part} may go on: none is taken to be gone"));
    }
    let mut seen = BTreeMap::new();
    for at in of_sort.iter().flat_map(|p| p.items()) {
        let Ok(id) = at.need("id").inspect_err(|problem| {
            parsed.unnamed = true;
            parsed.problems.push(problem.clone());
        }) else {
            continue;
        };
        let read = match seen.insert(id.to_owned(), at.value) {
            Some(before) if before != at.value => Err(at.problem("the same id a second time, with other content")),
            _ => match sort {
                Sort::Apps => principal::app(&at, id, parsed),
                Sort::ApiServices => principal::api_service(&at).map(Some),
                _ => principal::token(&at, id).map(Some),
            },
        };
        match read {
            Ok(Some(principal)) => drop(parsed.snapshot.principals.insert(id.into(), principal)),
            Ok(None) => {}
            Err(problem) => {
                parsed.partial.insert(id.into());
                parsed.problems.push(problem);
            }
        }
    }
}

/// Reads what a list says of one application each. The file's path or the links of its objects say whose it is.
fn of_app(page: &Page, part: Part, parsed: &mut Parsed, read: impl Fn(&At<'_>, &mut Principal) -> Result<(), Problem>) {
    if let Some(id) = &page.of {
        speak(id, part, parsed);
    }
    for at in page.items() {
        let linked = files::linked(&at, &["apps"]).or_else(|| at.text("clientId").ok().flatten().map(str::to_owned));
        let Some(id) = linked.or_else(|| page.of.clone()) else {
            doubt(
                at.problem("it does not say of which application it is: keep it under the path it was asked at"),
                parsed,
            );
            continue;
        };
        speak(&id, part, parsed);
        let result = parsed.snapshot.principals.get_mut(&id).map_or(Ok(()), |p| read(&at, p));
        if let Err(problem) = result {
            parsed.partial.insert(id);
            parsed.problems.push(problem);
        }
    }
}

/// Roles of an application, or of a person: then of every token of that person.
fn roles(page: &Page, parsed: &mut Parsed) {
    let holders = |id: &str, parsed: &Parsed| -> Vec<String> {
        let of = |(name, p): (&String, &Principal)| {
            let persons = p.claim.notes.get("person").is_some_and(|person| person == id);
            (name == id || persons).then(|| name.clone())
        };
        parsed.snapshot.principals.iter().filter_map(of).collect()
    };
    for id in page.of.iter().flat_map(|id| holders(id, parsed)).collect::<Vec<_>>() {
        speak(&id, Part::RoleAssignments, parsed);
    }
    for at in page.items() {
        let Some(id) = files::linked(&at, &["clients", "users"]).or_else(|| page.of.clone()) else {
            doubt(at.problem("it does not say whose role it is: keep it under the path it was asked at"), parsed);
            continue;
        };
        for holder in holders(&id, parsed) {
            let via = if holder == id { "administrator role" } else { "administrator role of its person" };
            speak(&holder, Part::RoleAssignments, parsed);
            match (access::role(&at, via), parsed.snapshot.principals.get_mut(&holder)) {
                (Ok(role), Some(principal)) => principal.entitlements.extend(role),
                (Ok(_), None) => {}
                (Err(problem), _) => {
                    parsed.partial.insert(holder);
                    parsed.problems.push(problem);
                }
            }
        }
    }
}

/// The files hold all that this part says of the principal.
fn speak(id: &str, part: Part, parsed: &mut Parsed) {
    if let Some(principal) = parsed.snapshot.principals.get_mut(id) {
        principal.claim.shown_by.insert(part);
    }
}

/// Whose it is cannot be told: nobody loses what they are known to hold.
fn doubt(problem: Problem, parsed: &mut Parsed) {
    parsed.partial.extend(parsed.snapshot.principals.keys().cloned());
    parsed.problems.push(problem);
}

fn switch_off(parsed: &mut Parsed) {
    for principal in parsed.snapshot.principals.values_mut().filter(|p| p.claim.notes.contains_key("disabled")) {
        principal.credentials.values_mut().for_each(|facts| facts.active = false);
    }
}

fn note(parsed: &mut Parsed) {
    let spoken: BTreeSet<_> = parsed.snapshot.principals.values().flat_map(|p| p.claim.shown_by.clone()).collect();
    parsed.covered.extend(spoken);
    let apps = parsed.snapshot.principals.values().filter(|p| p.claim.shown_by.contains(&Part::Apps));
    let silent = apps.filter(|p| !p.claim.shown_by.contains(&Part::AppGrants)).count();
    if silent > 0 {
        parsed.notes.push(format!("without /api/v1/apps/ID/grants it is not known what {silent} applications may do"));
    }
}
