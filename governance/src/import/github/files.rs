//! Which of GitHub's answers a file is, told by its content; of which repository it is, where the answer does not say, by the path
//! it was asked at: `repos/OWNER/NAME/actions/secrets.json`.
use crate::{
    error::{Error, Result},
    import::{
        read::{self, At},
        snapshot::Problem,
    },
};
use serde_json::Value;

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Installations,
    Tokens,
    /// The repositories that one token was given.
    TokenRepositories,
    DeployKeys,
    WorkflowPermissions,
    SubjectClaim,
    Secrets,
    Empty,
}

/// One answer.
#[derive(Debug)]
pub struct Page {
    pub file: String,
    pub value: Value,
    pub sort: Sort,
    pub place: Place,
}

/// What the file's path says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Place {
    /// The organization, or the owner of the repository.
    pub owner: Option<String>,
    pub repository: Option<String>,
    /// The token whose repositories these are.
    pub of: Option<String>,
}

impl Page {
    /// The objects of a list, or the one object.
    pub fn items(&self) -> Result<Vec<At<'_>>, Problem> {
        let top = At::top(&self.file, &self.value);
        match (&self.value, self.sort) {
            (Value::Array(_), _) => top.items(),
            (_, Sort::Installations) if self.value.get("installations").is_some() => top.list("installations"),
            (_, Sort::Secrets) => top.list("secrets"),
            (_, Sort::TokenRepositories) if self.value.get("repositories").is_some() => top.list("repositories"),
            _ => Ok(vec![top]),
        }
    }
    /// One object that was asked for by itself: it says nothing of others.
    pub fn is_single(&self) -> bool {
        self.value.is_object()
            && ["installations", "secrets", "repositories"].iter().all(|k| self.value.get(k).is_none())
    }
    /// The repository or organization, as the path of its settings: `repos/OWNER/NAME`.
    pub fn subject(&self) -> Option<String> {
        let owner = self.place.owner.as_ref()?;
        Some(match &self.place.repository {
            Some(repository) => format!("repos/{owner}/{repository}"),
            None => format!("orgs/{owner}"),
        })
    }
}

/// The answers in a file.
///
/// # Errors
/// `Invalid` for a file that holds none, is cut off, or does not say what it is about.
pub fn pages(file: &str, bytes: &[u8]) -> Result<Vec<Page>> {
    let values = read::documents(file, bytes, || wrong_kind(file))?;
    values.into_iter().map(|value| page(file, value)).collect()
}

fn page(file: &str, value: Value) -> Result<Page> {
    if value.get("message").is_some() && value.get("documentation_url").is_some() {
        return Err(Error::invalid(format!(
            "{file}: an error that GitHub answered with, and no list; ask again with the permission it wants"
        )));
    }
    let (by_path, place) = by_path(file);
    let sort = match value.as_array() {
        Some(list) if list.is_empty() => by_path.unwrap_or(Sort::Empty),
        Some(list) => list.iter().find_map(by_members).ok_or_else(|| wrong_kind(file))?,
        None => by_members(&value).ok_or_else(|| wrong_kind(file))?,
    };
    let needs_path = matches!(sort, Sort::WorkflowPermissions | Sort::SubjectClaim | Sort::Secrets)
        || sort == Sort::TokenRepositories && place.of.is_none();
    if needs_path && (by_path != Some(sort) || place.owner.is_none()) {
        return Err(Error::invalid(format!(
            "{file}: it does not say of which repository, organization or token it is: keep it under the path it was asked at, \
             as repos/OWNER/NAME/actions/secrets.json"
        )));
    }
    Ok(Page { file: file.into(), value, sort, place })
}

fn by_path(file: &str) -> (Option<Sort>, Place) {
    let parts = read::path_parts(file);
    let Some(at) = parts.iter().rposition(|p| matches!(*p, "orgs" | "repos")) else { return (None, Place::default()) };
    // names are the same in either case, and paths are written by hand
    let word = |i: usize| parts.get(at + i).map(|p| p.to_ascii_lowercase());
    let is_repository = parts[at] == "repos";
    let rest = parts.get(at + if is_repository { 3 } else { 2 }..).unwrap_or_default();
    let mut place = Place { owner: word(1), repository: if is_repository { word(2) } else { None }, of: None };
    let sort = match rest {
        ["installations"] => Some(Sort::Installations),
        ["personal-access-tokens"] => Some(Sort::Tokens),
        ["personal-access-tokens", id, "repositories"] => {
            place.of = Some((*id).to_owned());
            Some(Sort::TokenRepositories)
        }
        ["keys"] => Some(Sort::DeployKeys),
        ["actions", "permissions", "workflow"] => Some(Sort::WorkflowPermissions),
        ["actions", "oidc", "customization", "sub"] => Some(Sort::SubjectClaim),
        ["actions", "secrets"] => Some(Sort::Secrets),
        _ => None,
    };
    (sort, place)
}

fn by_members(item: &Value) -> Option<Sort> {
    let has = |key: &str| item.get(key).is_some();
    let signs = [
        (has("installations") || has("app_id") && has("app_slug"), Sort::Installations),
        (has("token_id") || has("access_granted_at"), Sort::Tokens),
        (has("default_workflow_permissions"), Sort::WorkflowPermissions),
        (has("include_claim_keys") || has("use_default"), Sort::SubjectClaim),
        (has("secrets"), Sort::Secrets),
        (has("read_only") && has("key"), Sort::DeployKeys),
        (has("repositories") || has("full_name"), Sort::TokenRepositories),
    ];
    signs.into_iter().find(|(sign, _)| *sign).map(|(_, sort)| sort)
}

fn wrong_kind(file: &str) -> Error {
    Error::invalid(format!(
        "{file}: not an answer of GitHub about installations, personal access tokens, deploy keys, workflow permissions, the \
         subject claim, or the names of secrets"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_known_by_its_content_and_its_path_says_whose_it_is() {
        let check = |file: &str, value: Value, want: Sort, subject: Option<&str>| {
            let got = page(file, value.clone()).unwrap();
            assert_eq!((got.sort, got.subject().as_deref()), (want, subject), "{file}: {value}");
        };
        check("a.json", json!({"total_count": 0, "installations": []}), Sort::Installations, None);
        check("orgs/acme/installations.json", json!([]), Sort::Installations, Some("orgs/acme"));
        check("a.json", json!([{"token_id": 1, "token_name": "x"}]), Sort::Tokens, None);
        check("a.json", json!([{"id": 1, "key": "ssh", "read_only": true}]), Sort::DeployKeys, None);
        check("x/repos/acme/shop.js/keys.json", json!([]), Sort::DeployKeys, Some("repos/acme/shop.js"));
        let workflow = json!({"default_workflow_permissions": "read"});
        check(
            "repos/acme/shop/actions/permissions/workflow.json",
            workflow,
            Sort::WorkflowPermissions,
            Some("repos/acme/shop"),
        );
        check("orgs/acme/actions/secrets.json", json!({"secrets": []}), Sort::Secrets, Some("orgs/acme"));
        check("none.json", json!([]), Sort::Empty, None);
    }

    #[test]
    fn what_is_none_or_does_not_say_whose_is_refused() {
        let check = |file: &str, value: Value, want: &str| {
            let got = page(file, value).unwrap_err().to_string();
            assert!(got.starts_with(&format!("{file}: ")) && got.contains(want), "{got}");
        };
        check("a.json", json!({"mcpServers": {}}), "not an answer of GitHub");
        check("a.json", json!([7]), "not an answer of GitHub");
        check(
            "a.json",
            json!({"message": "Not Found", "documentation_url": "x"}),
            "an error that GitHub answered with",
        );
        check("secrets.json", json!({"secrets": []}), "keep it under the path it was asked at");
        check("repos.json", json!([{"full_name": "acme/shop"}]), "keep it under the path it was asked at");
    }
}
