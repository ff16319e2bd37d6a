//! The audit log of a Kubernetes API server (`audit.k8s.io`): one event a stage of a request.
use super::{ANY, Act, Event, Who, date};
use crate::entitlement::Key;
use crate::identity::Kind;
use crate::import::kubernetes::{accounts, bindings};
use crate::import::read::At;
use crate::import::snapshot::Problem;
use bindings::Subject;

/// Stands for what is in no namespace, and for a request over all of them.
const CLUSTER: &str = "(cluster)";
/// The last code of an answer that is no refusal and no failure.
const GOOD: u64 = 399;

/// Reads one event; `None` for a stage at which the outcome is not known yet.
pub fn event(at: &At<'_>) -> Result<Option<Event>, Problem> {
    if !at.text("apiVersion")?.is_some_and(|v| v.starts_with("audit.k8s.io/")) {
        return Err(at.problem("apiVersion is not audit.k8s.io"));
    }
    // a request that goes on (watch) is answered at its start already
    if !matches!(at.need("stage")?, "ResponseComplete" | "ResponseStarted") {
        return Ok(None);
    }
    let when = at.date("requestReceivedTimestamp")?;
    let when = when.map_or_else(|| date(at, "stageTimestamp"), Ok)?;
    let user = at.get("user")?.ok_or_else(|| at.problem("user is missing"))?;
    let principal = match bindings::user(user.need("username")?.to_owned()) {
        Subject::Account(namespace, name) => accounts::principal(&namespace, &name),
        Subject::Machine(name) => name,
        Subject::Aside(who, reason) => return Ok(Some(Event { at: when, who: Who::Aside(who, reason) })),
        Subject::Accounts(..) => return Err(user.problem("username is a group")),
    };
    let uses = if allowed(at)? { vec![used(at)?] } else { vec![] };
    Ok(Some(Event { at: when, who: Who::Principal(Act { principal, uses, ..Act::default() }) }))
}

fn allowed(at: &At<'_>) -> Result<bool, Problem> {
    let forbidden = match at.get("annotations")? {
        Some(notes) => notes.text("authorization.k8s.io/decision")? == Some("forbid"),
        None => false,
    };
    let code = at.get("responseStatus")?.map(|status| status.number("code")).transpose()?.flatten();
    Ok(!forbidden && code.is_some_and(|code| code <= GOOD))
}

/// Action and place, as rights are named. Who acts as another used the right to do so; the rest is the other's.
fn used(at: &At<'_>) -> Result<(String, String), Problem> {
    if let Some(other) = at.get("impersonatedUser")? {
        return Ok(match accounts::parts(other.need("username")?) {
            Some((namespace, _)) => ("core/serviceaccounts:impersonate".into(), namespace.to_owned()),
            None => ("core/users:impersonate".into(), CLUSTER.into()),
        });
    }
    let verb = at.need("verb")?;
    let object = match at.get("objectRef")? {
        Some(object) if object.text("resource")?.is_some_and(|r| !r.is_empty()) => object,
        _ => {
            let path = at.need("requestURI")?.split(['?', '#']).next().unwrap_or_default();
            return Ok((format!("url:{verb}"), path.to_owned()));
        }
    };
    let group = object.text("apiGroup")?.filter(|g| !g.is_empty()).unwrap_or("core");
    let resource = object.need("resource")?;
    let resource = match object.text("subresource")?.filter(|s| !s.is_empty()) {
        Some(sub) => format!("{resource}/{sub}"),
        None => resource.to_owned(),
    };
    let place = object.text("namespace")?.filter(|n| !n.is_empty()).unwrap_or(CLUSTER);
    Ok((format!("{group}/{resource}:{verb}"), place.to_owned()))
}

/// Whether a right allows an action in a place, as the API server matches them. What holds for objects of one name alone is never
/// taken to be used: of names the uses are not kept apart.
pub fn covers(key: &Key, action: &str, place: &str) -> bool {
    if let (Some(given), Some(verb)) = (key.action.strip_prefix("url:"), action.strip_prefix("url:")) {
        let path = match key.resource.strip_suffix('*') {
            Some(begin) => place.starts_with(begin),
            None => key.resource == place,
        };
        return (given == "*" || given == verb) && (path || place == ANY);
    }
    let (Some(given), Some(done)) = (parts(&key.action), parts(action)) else { return false };
    let of_all = given.1.strip_prefix("*/").is_some_and(|sub| done.1.split_once('/').is_some_and(|(_, s)| s == sub));
    let any = |given: &str, done: &str| given == "*" || given == done;
    any(given.0, done.0)
        && (any(given.1, done.1) || of_all)
        && any(given.2, done.2)
        && (any(&key.resource, place) || (place == ANY && !key.resource.contains('/')))
}

/// Group, resource and verb of `apps/deployments/scale:get`.
fn parts(action: &str) -> Option<(&str, &str, &str)> {
    let (what, verb) = action.rsplit_once(':')?;
    let (group, resource) = what.split_once('/')?;
    Some((group, resource, verb))
}

/// What a principal nobody knew is called.
pub fn named(principal: &str) -> (Kind, String) {
    let name = accounts::parts(principal)
        .map_or_else(|| principal.to_owned(), |(namespace, name)| format!("{namespace}/{name}"));
    (Kind::ServiceAccount, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(more: &Value) -> String {
        let mut record = json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "stage": "ResponseComplete",
            "requestReceivedTimestamp": "2026-11-20T10:00:00.000000Z", "verb": "get", "requestURI": "/api/v1/x?watch=1",
            "user": {"username": "system:serviceaccount:shop:web"}, "responseStatus": {"code": 200},
            "objectRef": {"resource": "secrets", "namespace": "shop", "name": "db", "apiVersion": "v1"}});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match event(&At::top("f", &record)) {
            Ok(None) => "nothing".into(),
            Ok(Some(Event { who: Who::Aside(who, reason), .. })) => format!("aside {who}: {reason}"),
            Ok(Some(Event { who: Who::Principal(act), .. })) => {
                let uses: Vec<_> = act.uses.iter().map(|(a, r)| format!("{a} in {r}")).collect();
                format!("{} {}", act.principal, uses.join(", "))
            }
            Err(problem) => problem.to_string(),
        }
    }
    const WEB: &str = "system:serviceaccount:shop:web";

    #[test]
    fn a_finished_request_is_a_use_unless_it_was_refused() {
        let check = |more: Value, want: &str| assert_eq!(request(&more), want, "{more}");
        check(json!({}), &format!("{WEB} core/secrets:get in shop"));
        check(json!({"stage": "RequestReceived"}), "nothing");
        check(json!({"responseStatus": {"code": 403}}), &format!("{WEB} "));
        check(json!({"responseStatus": {}}), &format!("{WEB} "));
        check(json!({"annotations": {"authorization.k8s.io/decision": "forbid"}}), &format!("{WEB} "));
        check(
            json!({"objectRef": {"resource": "deployments", "subresource": "scale", "apiGroup": "apps", "namespace": "a"}}),
            &format!("{WEB} apps/deployments/scale:get in a"),
        );
        check(json!({"objectRef": {"resource": "nodes"}}), &format!("{WEB} core/nodes:get in (cluster)"));
        check(json!({"objectRef": null}), &format!("{WEB} url:get in /api/v1/x"));
        check(json!({"impersonatedUser": {"username": "ana"}}), &format!("{WEB} core/users:impersonate in (cluster)"));
        check(
            json!({"impersonatedUser": {"username": "system:serviceaccount:jobs:night"}}),
            &format!("{WEB} core/serviceaccounts:impersonate in jobs"),
        );
        check(
            json!({"user": {"username": "system:node:n1"}}),
            "aside user system:node:n1: a part of Kubernetes itself, which the cluster does not keep as an account",
        );
        check(json!({"user": {}}), "f: user: username is missing");
        check(json!({"apiVersion": "v1"}), "f: top: apiVersion is not audit.k8s.io");
        check(json!({"responseStatus": {"code": "x"}}), "f: responseStatus.code: expected a number, found text");
    }

    #[test]
    fn a_right_covers_what_the_server_would_allow_by_it() {
        let check = |action: &str, place: &str, done: &str, there: &str, want: bool| {
            let key = Key { action: action.into(), resource: place.into(), via: String::new() };
            assert_eq!(covers(&key, done, there), want, "{action} in {place}: {done} in {there}");
        };
        check("core/secrets:get", "shop", "core/secrets:get", "shop", true);
        check("core/secrets:get", "shop", "core/secrets:get", "jobs", false);
        check("core/secrets:get", "*", "core/secrets:get", CLUSTER, true);
        check("core/secrets:get", "shop", "core/secrets:get", CLUSTER, false);
        check("core/secrets:get", "shop/db", "core/secrets:get", "shop", false);
        check("*/*:*", "*", "apps/deployments/scale:update", "shop", true);
        check("apps/*/scale:*", "*", "apps/deployments/scale:update", "shop", true);
        check("apps/deployments:update", "*", "apps/deployments/scale:update", "shop", false);
        check("url:get", "/metrics", "url:get", "/metrics", true);
        check("url:*", "/debug/*", "url:get", "/debug/pprof", true);
        check("url:get", "/metrics", "url:get", "/logs", false);
        check("not in the export", "*", "core/secrets:get", "shop", false);
    }
}
