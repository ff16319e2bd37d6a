//! Which of Okta's answers a file is, told by its content; whom an empty list is about stands in the file's path alone.
use crate::{
    error::{Error, Result},
    import::read::{self, At},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What an answer is a list of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Apps,
    ApiServices,
    ApiTokens,
    Grants,
    Roles,
    Secrets,
    Keys,
    /// Nothing in it says what it is a list of.
    Empty,
}

/// One answer: a page of a list, or one object.
#[derive(Debug)]
pub struct Page {
    pub file: String,
    pub value: Value,
    pub sort: Sort,
    /// The application, client or person that the file's path names: `…/apps/ID/grants.json`.
    pub of: Option<String>,
}

impl Page {
    pub fn items(&self) -> Vec<At<'_>> {
        let top = At::top(&self.file, &self.value);
        top.items().unwrap_or_else(|_| vec![top])
    }
}

/// The answers in a file.
///
/// # Errors
/// `Invalid` for a file that holds none, or is cut off.
pub fn pages(file: &str, bytes: &[u8]) -> Result<Vec<Page>> {
    let values = read::documents(file, bytes, || wrong_kind(file))?;
    values.into_iter().map(|value| page(file, value)).collect()
}

fn page(file: &str, value: Value) -> Result<Page> {
    if value.get("errorCode").is_some() {
        return Err(Error::invalid(format!(
            "{file}: an error that Okta answered with, and no list; ask again with the scope or role it wants"
        )));
    }
    let (by_path, of) = by_path(file);
    let sort = match value.as_array() {
        Some(list) if list.is_empty() => by_path.unwrap_or(Sort::Empty),
        Some(list) => list.iter().find_map(by_members).ok_or_else(|| wrong_kind(file))?,
        None => by_members(&value).ok_or_else(|| wrong_kind(file))?,
    };
    Ok(Page { file: file.into(), value, sort, of })
}

/// What is asked for at a path of the interface, and about whom.
fn by_path(file: &str) -> (Option<Sort>, Option<String>) {
    let parts = read::path_parts(file);
    let of = |id: &str| Some(id.to_owned());
    match parts.as_slice() {
        [.., "apps", id, "grants"] => (Some(Sort::Grants), of(id)),
        [.., "apps", id, "credentials", "secrets"] => (Some(Sort::Secrets), of(id)),
        [.., "apps", id, "credentials", "jwks" | "keys"] => (Some(Sort::Keys), of(id)),
        [.., "clients" | "users", id, "roles"] => (Some(Sort::Roles), of(id)),
        [.., "api-tokens"] => (Some(Sort::ApiTokens), None),
        [.., "api-services"] => (Some(Sort::ApiServices), None),
        [.., "apps"] => (Some(Sort::Apps), None),
        _ => (None, None),
    }
}

fn by_members(item: &Value) -> Option<Sort> {
    let has = |key: &str| item.get(key).is_some();
    let signs = [
        (has("signOnMode"), Sort::Apps),
        (has("grantedScopes"), Sort::ApiServices),
        (has("tokenWindow") || has("clientName") && has("userId"), Sort::ApiTokens),
        (has("scopeId"), Sort::Grants),
        (has("assignmentType"), Sort::Roles),
        (has("secret_hash"), Sort::Secrets),
        (has("kty"), Sort::Keys),
    ];
    signs.into_iter().find(|(sign, _)| *sign).map(|(_, sort)| sort)
}

/// The last part of a link that follows one of these: `/apps/ID/…`, `/clients/ID`.
pub fn linked(at: &At<'_>, before: &[&str]) -> Option<String> {
    links(at.value).iter().find_map(|href| {
        let parts: Vec<_> = href.split(['/', '?']).collect();
        parts.windows(2).find(|two| before.contains(&two[0]) && !two[1].is_empty()).map(|two| two[1].to_owned())
    })
}

/// The host of Okta's own links, and of the issuer of a grant.
pub fn hosts(at: &At<'_>) -> BTreeSet<String> {
    let issuer = at.value.get("issuer").and_then(Value::as_str).into_iter();
    let own = |href: &str| {
        let (host, path) =
            href.strip_prefix("https://")?.split_once('/').unwrap_or((href.strip_prefix("https://")?, ""));
        let of_okta = path.starts_with("api/v1/") || path.starts_with("oauth2/") || path.starts_with("integrations/");
        // the console of administrators stands beside the organisation itself
        (of_okta || path.is_empty()).then(|| host.replacen("-admin.", ".", 1).to_ascii_lowercase())
    };
    links(at.value).iter().map(String::as_str).chain(issuer).filter_map(own).collect()
}

fn links(item: &Value) -> Vec<String> {
    let groups = ["_links", "_link"].into_iter().filter_map(|key| item.get(key).and_then(Value::as_object));
    let each = |link: &Value| -> Vec<Value> { link.as_array().cloned().unwrap_or_else(|| vec![link.clone()]) };
    let all = groups.flat_map(|group| group.values()).flat_map(each);
    all.filter_map(|link| link.get("href").and_then(Value::as_str).map(str::to_owned)).collect()
}

fn wrong_kind(file: &str) -> Error {
    Error::invalid(format!(
        "{file}: not an answer of Okta about applications, API tokens, grants, roles, or client secrets and keys"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_known_by_its_content_and_an_empty_one_by_its_path() {
        let check = |file: &str, value: Value, want: Sort, of: Option<&str>| {
            let got = page(file, value.clone()).unwrap();
            assert_eq!((got.sort, got.of.as_deref()), (want, of), "{file}: {value}");
        };
        check("a.json", json!([{"id": "0oa1", "signOnMode": "OPENID_CONNECT"}]), Sort::Apps, None);
        check("a.json", json!([{"scopeId": "okta.users.read"}]), Sort::Grants, None);
        check("x/apps/0oa1/grants.json", json!([]), Sort::Grants, Some("0oa1"));
        check("x/oauth2/v1/clients/0oa1/roles.json", json!([]), Sort::Roles, Some("0oa1"));
        check("api-tokens.json", json!([]), Sort::ApiTokens, None);
        check("none.json", json!([]), Sort::Empty, None);
        check("k.json", json!({"kty": "RSA", "kid": "k"}), Sort::Keys, None);
        assert!(page("x.json", json!({"UserDetailList": []})).is_err());
        assert!(page("x.json", json!([7])).is_err());
        let refused = page("x.json", json!({"errorCode": "E0000006"})).unwrap_err().to_string();
        assert!(refused.contains("an error that Okta answered with"), "{refused}");
    }

    #[test]
    fn links_say_whose_it_is_and_where() {
        let value = json!({"_links": {"app": {"href": "https://acme-admin.okta.example/api/v1/apps/0oa1/grants/g"},
            "logo": [{"href": "https://cdn.example/logo.png"}]}, "issuer": "https://acme.okta.example"});
        let at = At::top("f", &value);
        assert_eq!(linked(&at, &["apps"]).as_deref(), Some("0oa1"));
        assert_eq!(linked(&at, &["clients"]), None);
        assert_eq!(hosts(&at).into_iter().collect::<Vec<_>>(), ["acme.okta.example"]);
    }
}
