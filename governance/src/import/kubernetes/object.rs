//! What all objects have: a name, a namespace, labels, a time.
use crate::{
    import::{read::At, snapshot::Problem},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// Namespace and name; no namespace for what belongs to the cluster.
pub type Name = (Option<String>, String);

/// The metadata of an object.
pub fn metadata<'a>(at: &At<'a>) -> Result<At<'a>, Problem> {
    at.get("metadata")?.ok_or_else(|| at.problem("metadata is missing"))
}

/// The name of an object in a namespace.
pub fn in_namespace(at: &At<'_>) -> Result<(String, String), Problem> {
    let metadata = metadata(at)?;
    Ok((segment(&metadata, "namespace")?, segment(&metadata, "name")?))
}

/// A member that is a name: one segment of a path (as the API server asks), which can be shown.
pub fn segment(at: &At<'_>, key: &str) -> Result<String, Problem> {
    let name = at.need(key)?;
    let bad = name.contains(['/', '%']) || crate::identity::check_name(name).is_err();
    if bad { Err(at.problem(format!("{key} is not a name of Kubernetes"))) } else { Ok(name.to_owned()) }
}

/// A member that is the name of a subject: users may be called anything that can be shown.
pub fn subject(at: &At<'_>, key: &str) -> Result<String, Problem> {
    let name = at.need(key)?;
    match crate::identity::check_name(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(_) => Err(at.problem(format!("{key} cannot be shown"))),
    }
}

/// Labels or annotations, by name.
pub fn words(metadata: &At<'_>, key: &str) -> Result<BTreeMap<String, String>, Problem> {
    let Some(found) = metadata.get(key)? else { return Ok(BTreeMap::new()) };
    found.members()?.into_iter().map(|(name, at)| Ok((name.to_owned(), at.as_text()?.to_owned()))).collect()
}

/// When it was made; `None` where it does not say.
pub fn created_at(metadata: &At<'_>) -> Result<Option<Timestamp>, Problem> {
    let Some(at) = metadata.get("creationTimestamp")? else { return Ok(None) };
    Timestamp::parse(at.as_text()?).map(Some).ok_or_else(|| at.problem("not a date"))
}

/// Keeps a thing under its name; the same again is nothing new.
pub fn once<K: Ord, V: PartialEq>(into: &mut BTreeMap<K, V>, key: K, value: V, at: &At<'_>) -> Result<(), Problem> {
    match into.get(&key) {
        Some(known) if *known != value => Err(at.problem("the same object a second time, with other content")),
        Some(_) => Ok(()),
        None => {
            into.insert(key, value);
            Ok(())
        }
    }
}
