//! Which of the Admin API's answers a file is, told by the `type` of its objects.
use crate::{
    error::{Error, Result},
    import::{
        read::{self, At},
        snapshot::Problem,
    },
};
use serde_json::Value;

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// `/v1/organizations/me`
    Organization,
    Keys,
    Workspaces,
    /// A list with nothing in it does not say of what.
    Empty,
}

/// One answer.
#[derive(Debug)]
pub struct Page {
    pub file: String,
    pub value: Value,
    pub sort: Sort,
}

impl Page {
    /// The objects of a list, or the one object.
    pub fn items(&self) -> Result<Vec<At<'_>>, Problem> {
        let top = At::top(&self.file, &self.value);
        match self.value.get("data") {
            Some(_) => top.list("data"),
            None => Ok(vec![top]),
        }
    }

    /// Whether another page follows; one object that was asked for by itself says nothing of others.
    pub fn goes_on(&self) -> bool {
        self.value.get("data").is_none() || self.value.get("has_more").and_then(Value::as_bool) == Some(true)
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
    let sort = match (value.get("type").and_then(Value::as_str), value.get("data")) {
        (Some("error"), _) => {
            return Err(Error::invalid(format!(
                "{file}: an error that Anthropic answered with, and no list; ask again with an Admin API key"
            )));
        }
        (_, Some(Value::Array(list))) if list.is_empty() => Some(Sort::Empty),
        (_, Some(Value::Array(list))) => list.iter().find_map(|item| sort(item.get("type")?.as_str()?)),
        (Some(word), None) => sort(word),
        _ => None,
    };
    let sort = sort.ok_or_else(|| wrong_kind(file))?;
    Ok(Page { file: file.into(), value, sort })
}

fn sort(word: &str) -> Option<Sort> {
    match word {
        "organization" => Some(Sort::Organization),
        "api_key" => Some(Sort::Keys),
        "workspace" => Some(Sort::Workspaces),
        _ => None,
    }
}

fn wrong_kind(file: &str) -> Error {
    Error::invalid(format!(
        "{file}: not an answer of Anthropic's Admin API about the organization, its API keys or its workspaces"
    ))
}
