//! What the files say of the service principals together: each one once, who offers which roles, and whose tenant it is.
use super::files::{Page, Sort};
use crate::{
    error::{Error, Result},
    import::{
        read::At,
        snapshot::{Parsed, Problem},
    },
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Tenants in which Microsoft registers the applications of its own services.
const MICROSOFT: [&str; 2] = ["f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"];

/// A service principal with all that the pages say of it.
pub struct Merged {
    pub file: String,
    pub path: String,
    pub value: Value,
    pub id: String,
}

/// Names and roles by which other objects refer to service principals.
#[derive(Default)]
pub struct Directory {
    pub tenant: String,
    /// By object id.
    pub names: BTreeMap<String, String>,
    /// The value of an app role, by the object id of who offers it and the role's id.
    pub roles: BTreeMap<(String, String), String>,
    /// Object ids by app id: one, save for what is broken.
    pub by_app: BTreeMap<String, BTreeSet<String>>,
    /// Names of applications by app id.
    pub apps: BTreeMap<String, String>,
}

impl Merged {
    pub fn at(&self) -> At<'_> {
        At { file: &self.file, path: self.path.clone(), value: &self.value }
    }
}

/// Whether an application is one of Microsoft's own services, seen from another tenant.
pub fn is_microsoft(owner: &str, tenant: &str) -> bool {
    owner != tenant && MICROSOFT.contains(&owner)
}

/// Every service principal once. The same one on several pages (an agent identity stands in two lists) is put together.
pub fn merge(pages: &[Page], parsed: &mut Parsed) -> Vec<Merged> {
    let mut all: BTreeMap<String, Merged> = BTreeMap::new();
    let lists = pages.iter().filter(|p| matches!(p.sort, Sort::ServicePrincipals | Sort::AgentIdentities));
    for item in items(lists, parsed) {
        let id = match item.need("id") {
            Ok(id) => id.to_owned(),
            Err(problem) => {
                parsed.unnamed = true;
                parsed.problems.push(problem);
                continue;
            }
        };
        let Some(known) = all.get_mut(&id) else {
            let merged =
                Merged { file: item.file.into(), path: item.path.clone(), value: item.value.clone(), id: id.clone() };
            all.insert(id, merged);
            continue;
        };
        if let (Some(known), Some(more)) = (known.value.as_object_mut(), item.value.as_object())
            && let Some(key) = add(known, more)
        {
            parsed.problems.push(item.problem(format!("the same id a second time, with another {key}")));
            parsed.partial.insert(id);
        }
    }
    all.into_values().collect()
}

/// Adds members; gives the name of one that says something else.
fn add(known: &mut Map<String, Value>, more: &Map<String, Value>) -> Option<String> {
    let mut other = None;
    for (key, value) in more.iter().filter(|(key, value)| !value.is_null() && *key != "@odata.context") {
        match known.get(key) {
            Some(before) if before == value => {}
            None | Some(Value::Null) => drop(known.insert(key.clone(), value.clone())),
            Some(_) => other = Some(key.clone()),
        }
    }
    other
}

/// The objects of pages; a page that is no list is a problem.
pub fn items<'a>(pages: impl Iterator<Item = &'a Page>, parsed: &mut Parsed) -> Vec<At<'a>> {
    let mut all = vec![];
    for page in pages {
        match page.items() {
            Ok(found) => all.extend(found),
            Err(problem) => {
                parsed.unnamed = true;
                if !parsed.problems.contains(&problem) {
                    parsed.problems.push(problem);
                }
            }
        }
    }
    all
}

/// Something in `at` could not be read: whom it is about, by `of` or by one of its members, loses nothing; if it does not even
/// say that, nobody does.
pub fn doubt(at: &At<'_>, of: Option<&str>, member: &str, parsed: &mut Parsed) {
    match of.or_else(|| at.value.get(member).and_then(Value::as_str)) {
        Some(id) => {
            parsed.partial.insert(id.into());
        }
        None => parsed.partial.extend(parsed.snapshot.principals.keys().cloned()),
    }
}

/// Reads names and roles.
///
/// # Errors
/// `Invalid` when the tenant cannot be told, or the files are of several.
pub fn directory(all: &[Merged], pages: &[Page], parsed: &mut Parsed) -> Result<Directory> {
    let mut it = Directory::default();
    for merged in all {
        let at = merged.at();
        if let Err(problem) = index(&at, &merged.id, &mut it) {
            parsed.problems.push(problem);
            parsed.partial.insert(merged.id.clone());
        }
    }
    for app in items(pages.iter().filter(|p| p.is_applications()), parsed) {
        if let (Ok(id), Ok(Some(name))) = (app.need("appId"), app.text("displayName")) {
            it.apps.insert(id.into(), name.into());
        }
    }
    it.tenant = tenant(all, &it, pages)?;
    Ok(it)
}

fn index(at: &At<'_>, id: &str, it: &mut Directory) -> Result<(), Problem> {
    if let Some(name) = at.text("displayName")? {
        it.names.insert(id.into(), name.into());
    }
    if let Some(app) = at.text("appId")? {
        it.by_app.entry(app.into()).or_default().insert(id.into());
        if let Some(name) = at.text("displayName")? {
            it.apps.insert(app.into(), name.into());
        }
    }
    for role in at.list("appRoles")? {
        if let Some(value) = role.text("value")?.filter(|v| !v.is_empty()) {
            it.roles.insert((id.into(), role.need("id")?.to_owned()), value.into());
        }
    }
    Ok(())
}

/// The tenant: as the organization says, else the one in which an application of the files is registered, else the one of the
/// applications that are for one tenant alone.
fn tenant(all: &[Merged], it: &Directory, pages: &[Page]) -> Result<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let texts = |of: &dyn Fn(&&Page) -> bool, key: &str| -> BTreeSet<_> {
        let items = pages.iter().filter(of).flat_map(|p| p.items().unwrap_or_default());
        items.filter_map(|at| text(at.value, key)).collect()
    };
    let said = texts(&|p| p.sort == Sort::Organization, "id");
    let apps = texts(&|p| p.is_applications(), "appId");
    let owners = |own: &dyn Fn(&Value) -> bool| -> BTreeSet<_> {
        all.iter().filter(|m| own(&m.value)).filter_map(|m| text(&m.value, "appOwnerOrganizationId")).collect()
    };
    let registered = owners(&|v| text(v, "appId").is_some_and(|id| apps.contains(&id)));
    let single = owners(&|v| text(v, "signInAudience").as_deref() == Some("AzureADMyOrg"));
    let found = [said, registered, single].into_iter().find(|set| !set.is_empty()).unwrap_or_default();
    match found.iter().collect::<Vec<_>>().as_slice() {
        [one] => Ok((*one).clone()),
        [] if all.is_empty() && it.names.is_empty() => Err(Error::invalid(
            "the list of service principals is empty: nothing says which tenant it is of; give GET /organization too",
        )),
        [] => Err(Error::invalid(
            "which tenant these files are of cannot be told from them: give the answer of GET /organization too",
        )),
        several => Err(Error::invalid(format!(
            "the files seem to be of {} tenants: import each by itself, and give the answer of its GET /organization too",
            several.len()
        ))),
    }
}
