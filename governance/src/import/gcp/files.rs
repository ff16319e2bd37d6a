//! Which of gcloud's lists a file is, told by what its elements hold.
use crate::{
    error::{Error, Result},
    import::{
        read::{self, At},
        snapshot::Problem,
    },
};
use serde_json::Value;

/// One document of one file.
pub struct Document {
    file: String,
    value: Value,
}

/// The elements of all documents, by what they are.
#[derive(Default)]
pub struct Found<'a> {
    /// `iam service-accounts list`
    pub accounts: Vec<At<'a>>,
    /// `iam service-accounts keys list`
    pub keys: Vec<At<'a>>,
    /// `projects get-iam-policy`: of which project it does not say.
    pub policies: Vec<At<'a>>,
    /// `asset search-all-iam-policies`: each says which resource it is of.
    pub assets: Vec<At<'a>>,
    /// `recommender insights list`
    pub insights: Vec<At<'a>>,
    pub problems: Vec<Problem>,
    /// Files that hold an empty list, which does not say what of.
    pub empty: usize,
}

/// All documents of all files, in an order that does not depend on the order of the files.
///
/// # Errors
/// `Invalid` for a file that is cut off or no JSON.
pub fn documents(named: &[(String, Vec<u8>)]) -> Result<Vec<Document>> {
    let mut named: Vec<_> = named.iter().collect();
    named.sort();
    let mut all = vec![];
    for (file, bytes) in named {
        let other = || Error::invalid(format!("{file}: not JSON; give gcloud --format=json"));
        let values = read::documents(file, bytes, other)?;
        all.extend(values.into_iter().map(|value| Document { file: file.clone(), value }));
    }
    Ok(all)
}

/// Sorts out their elements.
///
/// # Errors
/// `Invalid` for a file in which nothing is of Google Cloud.
pub fn found(documents: &[Document]) -> Result<Found<'_>> {
    let mut found = Found::default();
    for document in documents {
        let top = At::top(&document.file, &document.value);
        if document.value.is_object() {
            if document.value.get("bindings").is_none() && document.value.get("etag").is_none() {
                return Err(wrong_kind(&document.file));
            }
            found.policies.push(top);
            continue;
        }
        let items = top.items().map_err(|_| wrong_kind(&document.file))?;
        found.empty += usize::from(items.is_empty());
        if !items.is_empty() && items.iter().all(|item| sort(item.value).is_none()) {
            return Err(wrong_kind(&document.file));
        }
        for item in items {
            match sort(item.value) {
                Some(Sort::Account) => found.accounts.push(item),
                Some(Sort::Key) => found.keys.push(item),
                Some(Sort::Asset) => found.assets.push(item),
                Some(Sort::Insight) => found.insights.push(item),
                None => found.problems.push(item.problem("neither service account, key, policy nor insight")),
            }
        }
    }
    Ok(found)
}

enum Sort {
    Account,
    Key,
    Asset,
    Insight,
}

fn sort(value: &Value) -> Option<Sort> {
    let has = |key: &str| value.get(key).is_some();
    if has("policy") && has("resource") {
        Some(Sort::Asset)
    } else if has("insightSubtype") || (has("content") && has("observationPeriod")) {
        Some(Sort::Insight)
    } else if has("keyType") || has("keyAlgorithm") || has("validAfterTime") {
        Some(Sort::Key)
    } else if has("email") && (has("uniqueId") || has("projectId")) {
        Some(Sort::Account)
    } else {
        None
    }
}

fn wrong_kind(file: &str) -> Error {
    Error::invalid(format!(
        "{file}: not a list of Google Cloud (gcloud iam service-accounts list, keys list, projects get-iam-policy, asset \
         search-all-iam-policies, recommender insights list, each with --format=json)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_known_by_its_members() {
        let check = |text: &str, want: [usize; 6]| {
            let documents = documents(&[("f".into(), text.into())]).unwrap();
            let f = found(&documents).unwrap();
            let got =
                [f.accounts.len(), f.keys.len(), f.policies.len(), f.assets.len(), f.insights.len(), f.problems.len()];
            assert_eq!(got, want, "{text}");
        };
        check(r#"[{"email": "a", "uniqueId": "1"}, {"x": 1}]"#, [1, 0, 0, 0, 0, 1]);
        check(r#"[{"name": "k", "keyType": "USER_MANAGED"}]"#, [0, 1, 0, 0, 0, 0]);
        check(r#"{"bindings": [], "etag": "x"}"#, [0, 0, 1, 0, 0, 0]);
        check(r#"[{"resource": "//x", "policy": {}}] [{"insightSubtype": "x", "content": {}}]"#, [0, 0, 0, 1, 1, 0]);
        check("[]", [0; 6]);
        for (text, want) in [
            ("[1]", "not a list of Google Cloud"),
            (r#"{"a": 1}"#, "not a list of Google Cloud"),
            ("EMAIL DISABLED", "not JSON"),
            (r#"[{"email": "#, "ends in the middle"),
        ] {
            let got = documents(&[("f".into(), text.into())]).and_then(|d| found(&d).map(|_| ()));
            assert!(got.unwrap_err().to_string().contains(want), "{text}");
        }
    }
}
