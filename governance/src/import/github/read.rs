//! All files of one organization to one snapshot.
use super::{
    actions, apps,
    files::{self, Page, Sort},
    keys, tokens,
};
use crate::{
    error::{Error, Result},
    identity::{self, Kind},
    import::{
        read::At,
        snapshot::{Claim, Parsed, Part, Principal, Problem},
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// GitHub says in a header, and not in the answer, that more follow. These are the lengths of its pages.
const PAGES: [usize; 3] = [30, 50, 100];

/// Reads the files of one organization.
///
/// # Errors
/// `Invalid` when a file is none of GitHub's, does not say of what it is, or they are of several organizations.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Parsed> {
    let mut pages = vec![];
    for (file, bytes) in named {
        pages.extend(files::pages(file, bytes)?);
    }
    pages.sort_by(|a, b| a.file.cmp(&b.file));
    let organization = organization(&pages)?;
    let mut parsed = Parsed { scope: organization.clone(), ..Parsed::default() };
    let repositories = token_repositories(&pages, &mut parsed);
    for page in &pages {
        match page.sort {
            Sort::Installations => each(page, &mut parsed, |at| {
                (format!("orgs/{organization}/installations/"), apps::read(at, &organization))
            }),
            Sort::Tokens => each(page, &mut parsed, |at| {
                let named = at.number("id").ok().flatten().and_then(|id| repositories.get(&id.to_string()));
                let read = tokens::read(at, &organization, named.map(Vec::as_slice));
                (format!("orgs/{organization}/personal-access-tokens/"), read)
            }),
            Sort::DeployKeys => deploy_keys(page, &mut parsed),
            Sort::WorkflowPermissions | Sort::SubjectClaim | Sort::Secrets => workflows(page, &mut parsed),
            Sort::Empty => parsed.notes.push(format!(
                "{}: an empty list that does not say of what: keep it under the path it was asked at (repos/OWNER/NAME/keys.json)",
                page.file
            )),
            Sort::TokenRepositories => {}
        }
    }
    cover(&pages, Sort::Installations, Part::Installations, &mut parsed);
    cover(&pages, Sort::Tokens, Part::PersonalAccessTokens, &mut parsed);
    cover(&pages, Sort::DeployKeys, Part::DeployKeys, &mut parsed);
    let spoken: BTreeSet<_> = parsed.snapshot.principals.values().flat_map(|p| p.claim.shown_by.clone()).collect();
    parsed.covered.extend(spoken);
    if parsed.covered.contains(&Part::PersonalAccessTokens) {
        parsed
            .notes
            .push("classic tokens are on no list that GitHub gives out: these are the fine-grained ones".into());
    }
    Ok(parsed)
}

/// The organization: as the answers name it, or the paths they are kept under.
fn organization(pages: &[Page]) -> Result<String> {
    let mut names = BTreeSet::new();
    for page in pages {
        names.extend(page.place.owner.clone());
        for at in page.items().unwrap_or_default() {
            let account = at.value.get("account").and_then(|a| a.get("login")).and_then(Value::as_str);
            names.extend(account.map(str::to_ascii_lowercase));
            if page.sort == Sort::DeployKeys {
                names.extend(keys::repository(&at).map(|(owner, _)| owner));
            }
        }
    }
    match (names.len(), names.pop_first()) {
        (1, Some(name)) => Ok(name),
        (_, None) => Err(Error::invalid(
            "which organization these files are of cannot be told: keep them under the path they were asked at, as \
             orgs/NAME/personal-access-tokens.json",
        )),
        (several, _) => Err(Error::invalid(format!("the files are of {several} organizations: import each by itself"))),
    }
}

/// The repositories of each token, by the token's id.
fn token_repositories(pages: &[Page], parsed: &mut Parsed) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut bad = BTreeSet::new();
    for page in pages.iter().filter(|p| p.sort == Sort::TokenRepositories) {
        let Some(token) = &page.place.of else { continue };
        let names = page.items().and_then(|items| {
            items.iter().map(|at| at.need("full_name").map(str::to_ascii_lowercase)).collect::<Result<Vec<_>, _>>()
        });
        match names {
            Ok(names) => all.entry(token.clone()).or_default().extend(names),
            Err(problem) => {
                bad.insert(token.clone());
                parsed.problems.push(problem);
            }
        }
    }
    all.retain(|token, _| !bad.contains(token));
    all.into_iter().map(|(token, names)| (token, names.into_iter().collect())).collect()
}

/// Reads every object of a list. A broken one that says its id keeps what the register knows of it.
fn each<'a>(
    page: &'a Page,
    parsed: &mut Parsed,
    read: impl Fn(&At<'a>) -> (String, Result<(String, Principal), Problem>),
) {
    let items = page.items().unwrap_or_else(|problem| {
        parsed.unnamed = true;
        parsed.problems.push(problem);
        vec![]
    });
    for at in items {
        let (under, result) = read(&at);
        let result = result.and_then(|(name, principal)| match parsed.snapshot.principals.get(&name) {
            Some(known) if *known != principal => Err(at.problem("the same id a second time, with other content")),
            _ => {
                parsed.snapshot.principals.insert(name, principal);
                Ok(())
            }
        });
        if let Err(problem) = result {
            match at.number("id") {
                Ok(Some(id)) if !under.is_empty() => parsed.partial.extend([format!("{under}{id}")]),
                _ => parsed.unnamed = true,
            }
            parsed.problems.push(problem);
        }
    }
}

fn deploy_keys(page: &Page, parsed: &mut Parsed) {
    let place = page.place.owner.clone().zip(page.place.repository.clone());
    let mut spoken: BTreeSet<_> = place.clone().into_iter().collect();
    each(page, parsed, |at| match keys::repository(at).or_else(|| place.clone()) {
        Some((owner, name)) => (format!("repos/{owner}/{name}/keys/"), keys::read(at, (&owner, &name))),
        None => (String::new(), Err(at.problem("it does not say of which repository it is: url is missing"))),
    });
    spoken.extend(page.items().unwrap_or_default().iter().filter_map(keys::repository));
    let whole = !page.is_single() && page.value.as_array().is_none_or(|list| !PAGES.contains(&list.len()));
    if whole {
        parsed.pieces.extend(spoken.iter().map(|(owner, name)| format!("repos/{owner}/{name}/keys/")));
    }
}

fn workflows(page: &Page, parsed: &mut Parsed) {
    let Some(subject) = page.subject() else { return };
    let top = At::top(&page.file, &page.value);
    let (name, fresh) = match actions::pipeline(&top, &subject) {
        Ok(found) => found,
        Err(problem) => return parsed.problems.push(problem),
    };
    let into = parsed.snapshot.principals.entry(name.clone()).or_insert(fresh);
    let mut problems: Vec<_> = actions::read(page, &subject, into).err().into_iter().collect();
    problems.extend(short(page).map(|words| top.problem(words)));
    if !problems.is_empty() {
        parsed.partial.insert(name);
    }
    parsed.problems.extend(problems);
}

/// Whether a page that counts its objects holds fewer.
fn short(page: &Page) -> Option<&'static str> {
    let count = page.value.get("total_count").and_then(Value::as_u64)?;
    let found = u64::try_from(page.items().ok()?.len()).ok()?;
    (found < count)
        .then_some("total_count: more follow, and are not in this file: nothing that they may show is taken to be gone")
}

/// Notes that a list is among the files, and whether all of it is.
fn cover(pages: &[Page], sort: Sort, part: Part, parsed: &mut Parsed) {
    let of_sort: Vec<_> = pages.iter().filter(|p| p.sort == sort).collect();
    if of_sort.is_empty() {
        return;
    }
    parsed.covered.insert(part);
    if sort == Sort::DeployKeys {
        return; // comes by repository: whose keys were read stands in the pieces
    }
    let counted = of_sort.iter().filter_map(|p| p.value.get("total_count").and_then(Value::as_u64)).max();
    let lengths: Vec<_> = of_sort.iter().map(|p| p.items().map_or(0, |items| items.len())).collect();
    let found = u64::try_from(lengths.iter().sum::<usize>()).unwrap_or(u64::MAX);
    let single = of_sort.iter().all(|p| p.is_single());
    let open = match counted {
        Some(count) => found < count,
        None => single || lengths.iter().all(|n| PAGES.contains(n)),
    };
    if open {
        parsed.unnamed = true;
        parsed.notes.push(format!("the list of {part} may go on: none is taken to be gone"));
    }
}

/// A claim with what all of GitHub's principals have.
pub fn claim(at: &At<'_>, name: &str, kind: Kind, part: Part) -> Result<Claim, Problem> {
    identity::check_name(name)
        .map_err(|_| at.problem("its name is too long, or has control or invisible characters"))?;
    Ok(Claim::of(kind, name, part))
}
