//! Which objects of a cluster the files hold, by kind, and of which kinds they hold all.
use crate::{
    error::{Error, Result},
    import::{
        read::{self, At},
        snapshot::Problem,
        yaml,
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of object that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    ServiceAccount,
    Role,
    ClusterRole,
    RoleBinding,
    ClusterRoleBinding,
    Pod,
    Secret,
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "ServiceAccount" => Self::ServiceAccount,
            "Role" => Self::Role,
            "ClusterRole" => Self::ClusterRole,
            "RoleBinding" => Self::RoleBinding,
            "ClusterRoleBinding" => Self::ClusterRoleBinding,
            "Pod" => Self::Pod,
            "Secret" => Self::Secret,
            _ => return None,
        })
    }
}

/// One document of one file.
pub struct Document {
    file: String,
    /// Where in the file, when it is not the only one: `document 3`.
    path: String,
    value: Value,
    /// A list that ends where its writer ended it.
    whole: bool,
}

/// The objects of all documents.
#[derive(Default)]
pub struct Objects<'a> {
    pub of: BTreeMap<Kind, Vec<At<'a>>>,
    /// Kinds that came as lists: what the lists do not show was not there.
    pub whole: BTreeSet<Kind>,
    /// Objects of kinds that are not read.
    pub others: usize,
    pub problems: Vec<Problem>,
}

/// All documents of all files, in an order that does not depend on the order of the files.
///
/// # Errors
/// `Invalid` for a file that is cut off or no JSON or YAML.
pub fn documents(named: &[(String, Vec<u8>)]) -> Result<Vec<Document>> {
    let mut named: Vec<_> = named.iter().collect();
    named.sort();
    let mut all = vec![];
    for (file, bytes) in named {
        let text = read::text(file, bytes)?;
        let found: Vec<(Value, bool)> = if text.trim_start().starts_with(['{', '[']) {
            read::json(file, &text)?.into_iter().map(|value| (value, true)).collect()
        } else {
            let documents = yaml::documents(file, &text)?.into_iter();
            // a list cut between two of its items is still YAML: only what follows them shows that it is whole
            documents.map(|d| (d.value, d.last_key.is_some_and(|key| key != "items"))).collect()
        };
        if found.is_empty() {
            return Err(Error::invalid(format!("{file}: there is no document in it; export it again")));
        }
        let several = found.len() > 1;
        all.extend(found.into_iter().enumerate().map(|(i, (value, whole))| {
            let path = if several { format!("document {}", i + 1) } else { String::new() };
            Document { file: file.clone(), path, value, whole }
        }));
    }
    Ok(all)
}

/// Sorts out the objects: of `List`, of typed lists such as `RoleList` (whose items do not name their kind), and single ones.
///
/// # Errors
/// `Invalid` for a document that is none of these, and when a list says that more follows and its last page is not there.
pub fn objects(documents: &[Document]) -> Result<Objects<'_>> {
    let mut objects = Objects::default();
    let (mut open, mut ended) = (BTreeMap::new(), BTreeSet::new());
    for document in documents {
        let at = At { file: &document.file, path: document.path.clone(), value: &document.value };
        let word = at.text("kind").ok().flatten().ok_or_else(|| wrong_kind(&at))?;
        let items = document.value.get("items");
        let Some(of_list) = word.strip_suffix("List").filter(|_| items.is_some_and(Value::is_array)) else {
            if items.is_some() || document.value.get("metadata").is_none() {
                return Err(wrong_kind(&at));
            }
            objects.add(word, at);
            continue;
        };
        let more = at.value.pointer("/metadata/continue").and_then(Value::as_str).is_some_and(|t| !t.is_empty());
        match more {
            true => drop(open.insert(of_list, document.file.as_str())),
            false => drop(ended.insert(of_list)),
        }
        if document.whole {
            objects.whole.extend(Kind::of(of_list));
        }
        for item in at.list("items").map_err(|p| Error::invalid(p.to_string()))? {
            match item.text("kind").map(|k| k.or(Some(of_list).filter(|l| !l.is_empty()))) {
                Ok(Some(word)) => {
                    objects.whole.extend(Kind::of(word).filter(|_| document.whole));
                    objects.add(word, item);
                }
                Ok(None) => objects.problems.push(item.problem("kind is missing")),
                Err(problem) => objects.problems.push(problem),
            }
        }
    }
    match open.iter().find(|(list, _)| !ended.contains(*list)) {
        Some((list, file)) => Err(Error::invalid(format!(
            "{file}: metadata.continue: more pages of {list}List follow and the last one is not among the files; give them all"
        ))),
        None => Ok(objects),
    }
}

impl<'a> Objects<'a> {
    fn add(&mut self, word: &str, at: At<'a>) {
        match Kind::of(word) {
            Some(kind) => self.of.entry(kind).or_default().push(at),
            None => self.others += 1,
        }
    }
    /// The objects of a kind.
    pub fn each(&self, kind: Kind) -> &[At<'a>] {
        self.of.get(&kind).map_or(&[], Vec::as_slice)
    }
    /// Whether all of these kinds came whole, with objects of `kube-system` among those of `in_system`: then they are of the
    /// whole cluster, since the API server keeps some of each there.
    pub fn cluster_wide(&self, kinds: &[Kind], in_system: Kind) -> bool {
        let system =
            |at: &At<'_>| at.value.pointer("/metadata/namespace").and_then(Value::as_str) == Some("kube-system");
        kinds.iter().all(|k| self.whole.contains(k)) && self.each(in_system).iter().any(system)
    }
}

fn wrong_kind(at: &At<'_>) -> Error {
    let has = |key: &str| at.value.get(key).is_some();
    let guess = if has("UserDetailList") || has("RoleDetailList") {
        "; it looks like an export of AWS IAM: import aws-iam"
    } else if has("mcpServers") || has("servers") {
        "; it looks like an MCP configuration: import mcp-config"
    } else {
        ""
    };
    Error::invalid(format!(
        "{}: not a list of Kubernetes objects (kubectl get serviceaccounts,roles,… -A -o json), or cut off{guess}",
        at.file
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Sorted = (Vec<(Kind, usize)>, Vec<Kind>);

    fn kinds(files: &[(&str, &str)]) -> Result<Sorted> {
        let named: Vec<_> = files.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
        let documents = documents(&named)?;
        let objects = objects(&documents)?;
        Ok((objects.of.iter().map(|(k, v)| (*k, v.len())).collect(), objects.whole.into_iter().collect()))
    }

    #[test]
    fn lists_come_in_three_shapes() {
        use Kind::{Role, ServiceAccount};
        let check = |text: &str, want: &[(Kind, usize)], whole: &[Kind]| {
            assert_eq!(kinds(&[("f", text)]).unwrap(), (want.to_vec(), whole.to_vec()), "{text}");
        };
        check(r#"{"kind":"List","items":[{"kind":"Role"},{"kind":"Node"}]}"#, &[(Role, 1)], &[Role]);
        check(r#"{"kind":"RoleList","items":[{"metadata":{}}]}"#, &[(Role, 1)], &[Role]);
        check(r#"{"kind":"RoleList","items":[]}"#, &[], &[Role]);
        check(r#"{"kind":"List","items":[]}"#, &[], &[]);
        check(
            r#"{"kind":"Role","metadata":{}} {"kind":"ServiceAccount","metadata":{}}"#,
            &[(ServiceAccount, 1), (Role, 1)],
            &[],
        );
        check("items:\n- kind: Role\nkind: List\nmetadata: {}\n", &[(Role, 1)], &[Role]);
        check("kind: List\nitems:\n- kind: Role\n", &[(Role, 1)], &[]);
        check("kind: Role\nmetadata: {}\n---\nkind: Role\nmetadata: {}\n", &[(Role, 2)], &[]);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_one_clear_line() {
        let check = |files: &[(&str, &str)], want: &str| {
            let got = kinds(files).unwrap_err().to_string();
            assert!(got.contains(want) && !got.contains('\n'), "{got}");
        };
        check(&[("f", r#"{"kind":"List","items":[{"#)], "ends in the middle");
        check(&[("f", r#"{"kind":"RoleLis","items":[]}"#)], "not a list of Kubernetes objects");
        check(&[("f", "items:\n- kind: Role\n")], "or cut off");
        check(&[("f", "# nothing\n")], "no document");
        check(&[("f", r#"{"UserDetailList":[]}"#)], "import aws-iam");
        check(&[("f", "[1]")], "not a list of Kubernetes objects");
        let more = r#"{"kind":"RoleList","metadata":{"continue":"x"},"items":[]}"#;
        check(&[("f", more)], "f: metadata.continue: more pages of RoleList follow");
        assert!(kinds(&[("f", more), ("g", r#"{"kind":"RoleList","metadata":{},"items":[]}"#)]).is_ok());
    }
}
