//! Logs of an Entra tenant: sign-ins of service principals (as Graph answers and as diagnostic settings write them), and Azure's
//! activity log (as diagnostic settings and as `az monitor activity-log list` write it).
use super::{Act, Event, Who, date};
use crate::identity::Kind;
use crate::import::entra::plain;
use crate::import::read::At;
use crate::import::retain::is_object_id;
use crate::import::snapshot::{Claim, Problem};
use crate::time::Timestamp;
use serde_json::Value;

/// The action of getting a token; its resource is the service that the token is for.
pub const SIGN_IN: &str = "sign in";
/// The user of a sign-in that is no user's.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// Results of what was done, or taken on. What has begun may still be refused.
const DONE: &[&str] = &["success", "succeeded", "accept", "accepted"];

/// Reads one entry.
pub fn event(at: &At<'_>) -> Result<Event, Problem> {
    let has = |key: &str| at.value.get(key).is_some_and(|v| !v.is_null());
    let category = at.value.get("category").and_then(Value::as_str).unwrap_or_default();
    if let Some(properties) = at.get("properties")?.filter(|_| category.ends_with("SignInLogs")) {
        // `time` is when it was written down
        let when = properties.date("createdDateTime")?.map_or_else(|| date(at, "time"), Ok)?;
        return sign_in(&properties, when);
    }
    if has("createdDateTime") && (has("appId") || has("servicePrincipalId")) {
        return sign_in(at, date(at, "createdDateTime")?);
    }
    let time = if has("eventTimestamp") { "eventTimestamp" } else { "time" };
    match has("operationName") && has(time) {
        true => activity(at, date(at, time)?),
        false => Err(at.problem("neither a sign-in nor an entry of Azure's activity log")),
    }
}

fn sign_in(at: &At<'_>, when: Timestamp) -> Result<Event, Problem> {
    let filled = |key: &str| Ok(at.text(key)?.filter(|text| !text.is_empty() && *text != NOBODY));
    let person = filled("userPrincipalName")?.or(filled("userId")?);
    let who = match (person, filled("servicePrincipalId")?.or(filled("appId")?)) {
        (Some(person), _) => Who::Aside(plain(person), "a person"),
        (None, None) => Who::Aside("unnamed".into(), "the log does not say who it was"),
        (None, Some(id)) => {
            let error = at.get("status")?.map(|status| status.number("errorCode")).transpose()?.flatten();
            let resource = filled("resourceDisplayName")?.or(filled("resourceId")?).unwrap_or_default();
            let uses = match error {
                Some(0) => vec![(SIGN_IN.to_owned(), plain(resource))],
                _ => vec![],
            };
            let called = filled("servicePrincipalName")?.or(filled("appDisplayName")?).map(plain);
            Who::Principal(Act { principal: id.to_ascii_lowercase(), by_person: false, called, uses })
        }
    };
    Ok(Event { at: when, who })
}

/// One entry of the activity log: something was done to a resource of Azure, or to a subscription.
fn activity(at: &At<'_>, when: Timestamp) -> Result<Event, Problem> {
    let operation = named_value(at, "operationName")?.unwrap_or_default();
    let claims = match at.get("identity")? {
        // a managed identity may stand there as text
        Some(identity) if identity.value.is_object() => identity.get("claims")?,
        _ => at.get("claims")?,
    };
    let caller = at.text("caller")?.unwrap_or_default();
    let who = match caller_of(claims.as_ref(), caller)? {
        Ok(id) => {
            let result = match at.get("resultType")? {
                Some(_) => named_value(at, "resultType")?,
                None => named_value(at, "status")?,
            };
            let done = result.is_some_and(|r| DONE.contains(&r.to_ascii_lowercase().as_str()));
            // the two ways to keep the log write names in different cases
            let on = at.text("resourceId")?.unwrap_or_default().to_ascii_lowercase();
            let uses = if done { vec![(operation.to_ascii_lowercase(), on)] } else { vec![] };
            Who::Principal(Act { principal: id, uses, ..Act::default() })
        }
        Err((who, reason)) => Who::Aside(plain(&who), reason),
    };
    Ok(Event { at: when, who })
}

/// A member that is text, or an object with its text in `value`.
fn named_value<'a>(at: &At<'a>, key: &str) -> Result<Option<&'a str>, Problem> {
    match at.get(key)? {
        Some(it) if it.value.is_object() => it.text("value"),
        _ => at.text(key),
    }
}

type Caller = Result<String, (String, &'static str)>;

/// The service principal that called, by what its token says, or by the caller's id alone.
fn caller_of(claims: Option<&At<'_>>, caller: &str) -> Result<Caller, Problem> {
    let claim = |names: [&str; 2]| -> Result<Option<&str>, Problem> {
        let Some(claims) = claims else { return Ok(None) };
        let found = claims.members()?.into_iter().find(|(key, _)| *key == names[0] || key.ends_with(names[1]));
        Ok(found.map(|(_, at)| at.as_text()).transpose()?.filter(|text| !text.is_empty()))
    };
    let kind = claim(["idtyp", "/idtyp"])?;
    // only who acts for a person has a scope, and only people have a name to sign in by
    let person = claim(["upn", "/upn"])?.or(claim(["unique_name", "/unique_name"])?);
    let delegated = claim(["scp", "/scope"])?;
    if kind == Some("user") || caller.contains('@') || person.is_some() || (delegated.is_some() && kind != Some("app"))
    {
        let who = person.filter(|_| !caller.contains('@')).unwrap_or(caller);
        return Ok(Err((if who.is_empty() { "unnamed" } else { who }.to_owned(), "a person")));
    }
    let id = claim(["oid", "/objectidentifier"])?.or(claim(["appid", "/appid"])?);
    Ok(match id.or(Some(caller).filter(|c| is_object_id(c))) {
        Some(id) => Ok(id.to_ascii_lowercase()),
        None => Err((if caller.is_empty() { "Azure" } else { caller }.to_owned(), "Azure itself")),
    })
}

/// Where a log has no object id, it has the id of the application.
pub fn logged_as(claim: &Claim) -> Option<String> {
    claim.notes.get("app id").map(|id| id.to_ascii_lowercase())
}

/// What a principal nobody knew is called.
pub fn named(principal: &str) -> (Kind, String) {
    (Kind::ServiceAccount, format!("service principal {principal}"))
}

#[cfg(test)]
#[path = "entra_tests.rs"]
mod tests;
