//! Google Cloud audit logs: entries of Cloud Logging whose payload is an `AuditLog`.
use super::{Act, Event, Who, date};
use crate::identity::Kind;
use crate::import::gcp::members::{self, Member};
use crate::import::read::At;
use crate::import::snapshot::{Problem, Snapshot};
use serde_json::Value;

/// Reads one entry; `None` for one that is of another log, or tells of no caller.
pub fn event(at: &At<'_>) -> Result<Option<Event>, Problem> {
    let when = date(at, "timestamp")?;
    let Some(payload) = at.get("protoPayload")? else { return Ok(None) };
    if !payload.text("@type")?.is_none_or(|sort| sort.ends_with("google.cloud.audit.AuditLog")) {
        return Ok(None);
    }
    let Some(caller) = payload.get("authenticationInfo")? else { return Ok(None) };
    let who = match principal(&caller)? {
        Ok(principal) => {
            let uses = if refused(&payload)? { vec![] } else { granted(&payload)? };
            Who::Principal(Act { principal, by_person: by_person(&caller)?, called: None, uses })
        }
        Err((who, reason)) => Who::Aside(who, reason),
    };
    Ok(Some(Event { at: when, who }))
}

type Outsider = (String, &'static str);

/// A service account or an identity from outside, or who it is instead and why that is none.
fn principal(caller: &At<'_>) -> Result<Result<String, Outsider>, Problem> {
    let email = caller.text("principalEmail")?.unwrap_or_default();
    let subject = caller.text("principalSubject")?.unwrap_or_default();
    let member = match (email, subject) {
        ("", "") => return Ok(Err(("unnamed".into(), "the log does not say who it was"))),
        ("system@google.com", _) => return Ok(Err((email.into(), "Google itself"))),
        (_, s) if ["principal://", "principalSet://"].iter().any(|scheme| s.starts_with(scheme)) => s.to_owned(),
        (e, _) if e.ends_with("gserviceaccount.com") && !e.contains(':') => format!("serviceAccount:{e}"),
        ("", s) => s.to_owned(),
        (e, _) if e.contains(':') => e.to_owned(),
        (e, _) => format!("user:{e}"),
    };
    let value = Value::String(member.clone());
    let at = At { file: caller.file, path: caller.path.clone(), value: &value };
    Ok(match members::read(&at)? {
        Member::Account(address) => Ok(address),
        Member::Outside(outside) => Ok(outside.principal),
        Member::Aside(reason) => Err((member, reason)),
        Member::Everyone => Err((member, "whoever does not sign in")),
    })
}

/// Whether the call failed: then it was no use, though some of it may have been granted.
fn refused(payload: &At<'_>) -> Result<bool, Problem> {
    let Some(status) = payload.get("status")? else { return Ok(false) };
    Ok(status.get("code")?.is_some_and(|code| code.value != 0))
}

fn granted(payload: &At<'_>) -> Result<Vec<(String, String)>, Problem> {
    let mut uses = vec![];
    for item in payload.list("authorizationInfo")? {
        if item.flag("granted")? == Some(true)
            && let Some(permission) = item.text("permission")?
        {
            uses.push((permission.to_owned(), item.text("resource")?.unwrap_or_default().to_owned()));
        }
    }
    Ok(uses)
}

/// Whether a person acts as the service account.
fn by_person(caller: &At<'_>) -> Result<bool, Problem> {
    for link in caller.list("serviceAccountDelegationInfo")? {
        let first = link.get("firstPartyPrincipal")?.map(|p| p.text("principalEmail")).transpose()?.flatten();
        if first.is_some_and(|email| !email.ends_with("gserviceaccount.com")) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a principal nobody knew is, and what it is called.
pub fn named(principal: &str) -> (Kind, String) {
    let value = Value::String(principal.to_owned());
    match members::read(&At { file: "", path: String::new(), value: &value }) {
        Ok(Member::Outside(outside)) => (outside.kind, outside.name),
        _ => (members::kind_of(principal), principal.to_owned()),
    }
}

/// One identity of a pool of which a set is known: which sets it is in, the log does not say.
pub fn foreign(known: &Snapshot, principal: &str) -> Option<&'static str> {
    let (pool, _) = principal.strip_prefix("principal://")?.split_once("/subject/")?;
    let sets = format!("principalSet://{pool}/");
    let held = known.principals.keys().any(|name| name.starts_with(&sets));
    held.then_some("one of a pool of which a set is registered: in which sets it is, the log does not say")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(caller: &Value, more: &Value) -> String {
        let mut payload = json!({"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "methodName": "storage.objects.get", "authenticationInfo": caller,
        "authorizationInfo": [
            {"resource": "projects/_/buckets/sales", "permission": "storage.objects.get", "granted": true},
            {"resource": "projects/_/buckets/sales", "permission": "storage.objects.list", "granted": false},
            {"permission": "storage.buckets.get"},
        ]});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let record = json!({"timestamp": "2026-11-20T10:00:00.123Z", "protoPayload": payload});
        match event(&At::top("f", &record)) {
            Ok(None) => "nothing".into(),
            Ok(Some(Event { who: Who::Aside(who, reason), .. })) => format!("aside {who}: {reason}"),
            Ok(Some(Event { who: Who::Principal(act), .. })) => {
                let uses: Vec<_> = act.uses.iter().map(|(a, r)| format!("{a} on {r}")).collect();
                format!("{}{} {}", act.principal, if act.by_person { " (person)" } else { "" }, uses.join(", "))
            }
            Err(problem) => problem.to_string(),
        }
    }
    const BOT: &str = "bot@shop.iam.gserviceaccount.com";

    #[test]
    fn what_was_granted_is_a_use_unless_the_call_failed() {
        let bot = json!({"principalEmail": BOT});
        let check = |more: Value, want: String| assert_eq!(entry(&bot, &more), want, "{more}");
        check(json!({}), format!("{BOT} storage.objects.get on projects/_/buckets/sales"));
        check(json!({"status": {}}), format!("{BOT} storage.objects.get on projects/_/buckets/sales"));
        check(json!({"status": {"code": 7, "message": "x"}}), format!("{BOT} "));
        check(json!({"@type": "type.googleapis.com/other"}), "nothing".into());
        check(json!({"authenticationInfo": null}), "nothing".into());
        check(
            json!({"authorizationInfo": [{"granted": "yes"}]}),
            "f: protoPayload.authorizationInfo[0].granted: expected true or false, found text".into(),
        );
    }

    #[test]
    fn who_called_is_a_principal_or_set_aside() {
        let check = |caller: Value, want: &str| {
            assert_eq!(entry(&caller, &json!({"authorizationInfo": null})), want, "{caller}");
        };
        let pool = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/x";
        check(json!({"principalSubject": pool}), &format!("{pool} "));
        check(
            json!({"principalSubject": "serviceAccount:shop.svc.id.goog[web/front]"}),
            "serviceAccount:shop.svc.id.goog[web/front] ",
        );
        check(json!({"principalEmail": "ana@shop.example"}), "aside user:ana@shop.example: a person");
        check(json!({"principalEmail": "system@google.com"}), "aside system@google.com: Google itself");
        check(json!({}), "aside unnamed: the log does not say who it was");
        let agent = "service-77@gcp-sa-pubsub.iam.gserviceaccount.com";
        let want = format!("aside serviceAccount:{agent}: a service agent: Google owns it and acts as it");
        check(json!({"principalEmail": agent}), &want);
        let by = |email: &str| {
            json!({"principalEmail": BOT,
                "serviceAccountDelegationInfo": [{"firstPartyPrincipal": {"principalEmail": email}}]})
        };
        check(by("ana@shop.example"), &format!("{BOT} (person) "));
        check(by("runner@shop.iam.gserviceaccount.com"), &format!("{BOT} "));
    }
}
