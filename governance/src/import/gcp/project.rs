//! The one project an import is of, and the names of resources.
use super::files::Found;
use crate::{
    error::{Error, Result},
    import::{read::At, snapshot::Problem},
};
use std::collections::BTreeSet;

const PROJECTS: &str = "//cloudresourcemanager.googleapis.com/projects/";

/// A project by both of its names.
pub struct Project {
    pub id: String,
    /// Its number, where a file tells it.
    pub number: Option<String>,
}

/// The project that the service accounts and keys are of; without any, that of the policies.
///
/// # Errors
/// `Invalid` when the files are of several projects or name none.
pub fn of(found: &Found<'_>) -> Result<Project> {
    let text = |at: &At<'_>, key: &str| at.text(key).ok().flatten().map(ToOwned::to_owned);
    let listed = found.accounts.iter().filter_map(|at| text(at, "projectId"));
    let of_keys = found.keys.iter().filter_map(|at| text(at, "name")?.split('/').nth(1).map(ToOwned::to_owned));
    let mut ids: BTreeSet<String> = listed.chain(of_keys).filter(|id| !id.is_empty() && id != "-").collect();
    let policies: Vec<_> = found
        .assets
        .iter()
        .filter_map(|at| Some((text(at, "resource")?.strip_prefix(PROJECTS)?.to_owned(), text(at, "project"))))
        .collect();
    if ids.is_empty() {
        ids.extend(policies.iter().map(|(id, _)| id.clone()));
    }
    let names: Vec<_> = ids.into_iter().collect();
    match names.as_slice() {
        [id] => {
            let number = policies.into_iter().find(|(policy, _)| policy == id).and_then(|(_, number)| number);
            let number = number.and_then(|n| n.strip_prefix("projects/").map(ToOwned::to_owned));
            Ok(Project { id: id.clone(), number })
        }
        [] => Err(Error::invalid(
            "the files do not say which project they are of: give its list of service accounts too (gcloud iam \
             service-accounts list --format=json)",
        )),
        several => Err(Error::invalid(format!(
            "the files are of several projects ({}): import each project by itself",
            several.join(", ")
        ))),
    }
}

impl Project {
    /// The project's own name as a resource.
    pub fn resource(&self) -> String {
        format!("projects/{}", self.id)
    }

    /// The short name of a resource: `projects/shop`, `storage.googleapis.com/bucket`. The project's number becomes its id.
    pub fn short(&self, at: &At<'_>) -> Result<String, Problem> {
        let full = at.as_text()?;
        let short = full.strip_prefix("//").ok_or_else(|| at.problem("not the name of a resource (//service/…)"))?;
        let short = short.strip_prefix("cloudresourcemanager.googleapis.com/").unwrap_or(short);
        match short.strip_prefix("projects/") {
            Some(name) if self.is_number(name) => Ok(self.resource()),
            _ => Ok(short.to_owned()),
        }
    }

    /// Whether digits are this project's number. Where no file tells the number, the only one there is must be it.
    fn is_number(&self, name: &str) -> bool {
        let digits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        digits && self.number.as_ref().is_none_or(|number| number == name)
    }

    /// Whether a policy that a search found is one of this project's own resources.
    pub fn owns(&self, asset: &At<'_>, short: &str) -> bool {
        let of = asset.text("project").ok().flatten().and_then(|p| p.strip_prefix("projects/"));
        short == self.resource() || of.is_some_and(|name| name == self.id || self.is_number(name))
    }
}

/// Whether what is given on a resource holds for all that is in it.
pub fn holds_others(short: &str) -> bool {
    ["projects/", "folders/", "organizations/"].iter().any(|p| short.strip_prefix(p).is_some_and(|n| !n.contains('/')))
}
