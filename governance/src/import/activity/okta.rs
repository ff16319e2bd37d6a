//! Okta's System Log (`/api/v1/logs`): one entry an event, of people, applications, API tokens and Okta itself.
use super::{Act, Event, Who, date};
use crate::entitlement::Key;
use crate::identity::Kind;
use crate::import::okta::plain;
use crate::import::read::At;
use crate::import::snapshot::{Claim, Problem};

/// Begins the action of a scope that a token was given with.
const SCOPE: &str = "scope ";
/// Events of the organisation's own authorization server; those of others (`app.oauth2.as.`) have scopes of their own.
const OWN_GRANT: &str = "app.oauth2.token.grant";
/// How Okta begins the ids of API tokens.
const TOKEN: &str = "00T";

/// Reads one entry.
pub fn event(at: &At<'_>) -> Result<Event, Problem> {
    let when = date(at, "published")?;
    let sort = at.need("eventType")?;
    let actor = at.get("actor")?.ok_or_else(|| at.problem("actor is missing"))?;
    let uses = if let_through(at)? { uses(at, sort)? } else { vec![] };
    let who = match api_token(at)? {
        // the log names the person beside it, but what acted is the token
        Some(token) => Who::Principal(Act { principal: token.to_owned(), uses, ..Act::default() }),
        None => match application(&actor)? {
            Ok(id) => {
                let called = actor.text("displayName")?.map(plain);
                Who::Principal(Act { principal: id.to_owned(), by_person: for_person(at, sort)?, called, uses })
            }
            Err((who, reason)) => Who::Aside(plain(who), reason),
        },
    };
    Ok(Event { at: when, who })
}

/// The API token that was used, if any.
fn api_token<'a>(at: &At<'a>) -> Result<Option<&'a str>, Problem> {
    let detail = at.get("transaction")?.map(|t| t.get("detail")).transpose()?.flatten();
    let token = detail.map(|d| d.text("requestApiTokenId")).transpose()?.flatten();
    Ok(token.filter(|id| !id.is_empty()))
}

/// The client that acted, or who it was instead and why that is none.
fn application<'a>(actor: &At<'a>) -> Result<Result<&'a str, (&'a str, &'static str)>, Problem> {
    let known = |text: Option<&'a str>| text.filter(|t| !t.is_empty() && *t != "unknown");
    let (id, named) = (known(actor.text("id")?), known(actor.text("alternateId")?));
    Ok(match (actor.need("type")?, id) {
        ("PublicClientApp", Some(id)) => Ok(id),
        ("User", _) => Err((named.or(id).unwrap_or("unnamed"), "a person")),
        ("SystemPrincipal", _) => Err(("Okta", "Okta itself")),
        (_, None) => Err(("unnamed", "the log does not say who it was")),
        (_, Some(id)) => Err((id, "neither an application nor an API token")),
    })
}

fn let_through(at: &At<'_>) -> Result<bool, Problem> {
    let outcome = at.get("outcome")?.map(|o| o.text("result")).transpose()?.flatten();
    Ok(matches!(outcome, Some("SUCCESS" | "ALLOW")))
}

fn of_debug<'a>(at: &At<'a>, key: &str) -> Result<Option<&'a str>, Problem> {
    let data = at.get("debugContext")?.map(|d| d.get("debugData")).transpose()?.flatten();
    data.map(|d| d.text(key)).transpose().map(Option::flatten)
}

/// Whether an application asked for a token because a person was signed in.
fn for_person(at: &At<'_>, sort: &str) -> Result<bool, Problem> {
    if !sort.starts_with("app.oauth2.") {
        return Ok(false);
    }
    if let Some(grant) = of_debug(at, "grantType")? {
        return Ok(grant != "client_credentials");
    }
    let types = at.list("target")?.iter().map(|t| t.text("type")).collect::<Result<Vec<_>, _>>()?;
    Ok(types.contains(&Some("User")))
}

/// The event, and the scopes of Okta's own interface that a token was given with.
fn uses(at: &At<'_>, sort: &str) -> Result<Vec<(String, String)>, Problem> {
    let mut uses = vec![(sort.to_owned(), String::new())];
    if sort.starts_with(OWN_GRANT) {
        let scopes = of_debug(at, "grantedScopes")?.unwrap_or_default();
        let each = scopes.split([',', ' ']).filter(|scope| !scope.is_empty());
        uses.extend(each.map(|scope| (format!("{SCOPE}{}", plain(scope)), String::new())));
    }
    Ok(uses)
}

/// Whether an entitlement was used: a scope by a token that was given with it, a token's one entitlement by whatever it did. Which
/// administrator role allowed what, the log does not say.
pub fn covers(key: &Key, action: &str) -> bool {
    match key.via.as_str() {
        "scope" => action.strip_prefix(SCOPE).is_some_and(|scope| scope == key.action),
        "api token" => true,
        _ => false,
    }
}

/// An application is called by its client id, which is its own id unless it was given another.
pub fn logged_as(principal: &str, claim: &Claim) -> Option<String> {
    claim.notes.get("client id").filter(|id| *id != principal).cloned()
}

/// What a principal nobody knew is.
pub fn named(principal: &str) -> (Kind, String) {
    match principal.starts_with(TOKEN) {
        true => (Kind::ApiKey, format!("API token {principal}")),
        false => (Kind::ServiceAccount, principal.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn entry(actor: &Value, more: &Value) -> String {
        let mut record = json!({"published": "2026-11-20T10:00:00.000Z", "eventType": "user.lifecycle.suspend",
            "actor": actor, "outcome": {"result": "SUCCESS"}, "transaction": {"type": "WEB", "id": "x", "detail": {}},
            "debugContext": {"debugData": {"requestUri": "/api/v1/users/1/lifecycle/suspend"}}});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match event(&At::top("f", &record)) {
            Ok(Event { who: Who::Aside(who, reason), .. }) => format!("aside {who}: {reason}"),
            Ok(Event { who: Who::Principal(act), .. }) => {
                let uses: Vec<_> = act.uses.into_iter().map(|(action, _)| action).collect();
                let person = if act.by_person { " (person)" } else { "" };
                format!("{}{person} {}", act.principal, uses.join(", "))
            }
            Err(problem) => problem.to_string(),
        }
    }
    fn app() -> Value {
        json!({"id": "0oa1", "type": "PublicClientApp", "alternateId": "0oa1", "displayName": "sync"})
    }
    fn grant(sort: &str, how: &str) -> Value {
        json!({"eventType": sort, "target": [{"type": "User", "id": "00u1"}],
            "debugContext": {"debugData": {"grantType": how, "grantedScopes": "okta.users.read, okta.logs.read",
                "clientSecret": "hunter2"}}})
    }

    #[test]
    fn an_application_or_a_token_acts_and_people_are_set_aside() {
        let check = |actor: Value, more: Value, want: &str| assert_eq!(entry(&actor, &more), want, "{actor} {more}");
        let ana = json!({"id": "00u1", "type": "User", "alternateId": "ana@acme.example", "displayName": "Ana"});
        check(app(), json!({}), "0oa1 user.lifecycle.suspend");
        check(ana.clone(), json!({}), "aside ana@acme.example: a person");
        let token = json!({"transaction": {"type": "WEB", "id": "x", "detail": {"requestApiTokenId": "00T1"}}});
        check(ana, token, "00T1 user.lifecycle.suspend");
        check(json!({"id": "okta", "type": "SystemPrincipal"}), json!({}), "aside Okta: Okta itself");
        let unknown = json!({"id": "unknown", "type": "PublicClientApp"});
        check(unknown, json!({}), "aside unnamed: the log does not say who it was");
        let other = json!({"id": "x1", "type": "AppInstance"});
        check(other, json!({}), "aside x1: neither an application nor an API token");
        check(json!({"id": "0oa1"}), json!({}), "f: actor: type is missing");
    }

    #[test]
    fn what_was_refused_is_no_use() {
        for result in ["FAILURE", "DENY", "SKIPPED", "CHALLENGE", "UNKNOWN"] {
            assert_eq!(entry(&app(), &json!({"outcome": {"result": result}})), "0oa1 ", "{result}");
        }
        assert_eq!(entry(&app(), &json!({"outcome": null})), "0oa1 ");
    }

    #[test]
    fn a_scope_is_used_by_a_token_of_the_organisations_own_server() {
        let own = "app.oauth2.token.grant.access_token";
        let want = format!("{own}, scope okta.users.read, scope okta.logs.read");
        assert_eq!(entry(&app(), &grant(own, "client_credentials")), format!("0oa1 {want}"));
        assert_eq!(entry(&app(), &grant(own, "authorization_code")), format!("0oa1 (person) {want}"));
        let other = "app.oauth2.as.token.grant.access_token";
        assert_eq!(entry(&app(), &grant(other, "client_credentials")), format!("0oa1 {other}"));
        let silent = json!({"eventType": other, "target": [{"type": "User", "id": "00u1"}]});
        assert_eq!(entry(&app(), &silent), format!("0oa1 (person) {other}"));
    }

    #[test]
    fn an_entitlement_is_covered_by_what_the_log_tells_of_it() {
        let check = |via: &str, given: &str, done: &str, want: bool| {
            let key = Key { action: given.into(), resource: "*".into(), via: via.into() };
            assert_eq!(covers(&key, done), want, "{via} {given}: {done}");
        };
        check("scope", "okta.users.read", "scope okta.users.read", true);
        check("scope", "okta.users.read", "scope okta.users.read.self", false);
        check("scope", "okta.users.read", "user.lifecycle.suspend", false);
        check("api token", "all that its person may do", "user.lifecycle.suspend", true);
        check("administrator role", "Super Administrator", "user.lifecycle.suspend", false);
    }
}
