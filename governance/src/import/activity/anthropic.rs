//! What was done in an organization of Anthropic's: the activity feed of the Compliance API, and the buckets of the usage report, which
//! tell of calls to models.
use super::{Act, Event, Who, date};
use crate::entitlement::Key;
use crate::identity::Kind;
use crate::import::anthropic::plain;
use crate::import::read::At;
use crate::import::snapshot::Problem;

/// The action of calls to models.
const MESSAGES: &str = "messages";
/// The numbers of a usage report that say that something was used.
const USED: [&str; 3] = ["output_tokens", "uncached_input_tokens", "cache_read_input_tokens"];

/// Reads one activity, or one bucket of a usage report.
pub fn events(at: &At<'_>) -> Result<Vec<Event>, Problem> {
    if at.value.get("results").is_some() && at.value.get("starting_at").is_some() {
        return bucket(at);
    }
    let when = date(at, "created_at")?;
    let sort = at.need("type")?;
    let actor = at.get("actor")?.ok_or_else(|| at.problem("actor is missing"))?;
    let who = match principal(&actor)? {
        Ok(principal) => {
            let uses = if sort.ends_with("_failed") { vec![] } else { vec![(sort.to_owned(), String::new())] };
            Who::Principal(Act { principal, uses, ..Act::default() })
        }
        Err((who, reason)) => Who::Aside(who, reason),
    };
    Ok(vec![Event { at: when, who }])
}

type Found = Result<String, (String, &'static str)>;

fn principal(actor: &At<'_>) -> Result<Found, Problem> {
    let named = |key: &str| actor.text(key).map(|text| text.map_or_else(|| "unnamed".to_owned(), plain));
    Ok(match actor.need("type")? {
        "api_actor" => Ok(actor.need("api_key_id")?.to_owned()),
        "admin_api_key_actor" => Ok(actor.need("admin_api_key_id")?.to_owned()),
        "service_account_actor" => Ok(actor.need("service_account_id")?.to_owned()),
        "user_actor" => Err((named("email_address")?, "a person")),
        "unauthenticated_user_actor" => Err((named("unauthenticated_email_address")?, "a person")),
        "anthropic_actor" | "system_actor" => Err(("Anthropic".into(), "Anthropic itself")),
        "scim_directory_sync_actor" => Err((named("directory_id")?, "an identity provider that provisions people")),
        _ => Err(("unnamed".into(), "neither an API key nor a service account")),
    })
}

/// What each key used in one span of time: it is dated by the beginning of that, since more is not told.
fn bucket(at: &At<'_>) -> Result<Vec<Event>, Problem> {
    let when = date(at, "starting_at")?;
    let mut events = vec![];
    for result in at.list("results")? {
        let id = result.text("api_key_id")?.or(result.text("service_account_id")?);
        let mut used = false;
        for number in USED {
            used |= result.number(number)?.unwrap_or(0) > 0;
        }
        // without a key: what people do in the console, or a report that was not grouped by keys
        if let Some(id) = id.filter(|id| used && !id.is_empty()) {
            let uses = vec![(MESSAGES.to_owned(), String::new())];
            let act = Act { principal: id.to_owned(), uses, ..Act::default() };
            events.push(Event { at: when, who: Who::Principal(act) });
        }
    }
    Ok(events)
}

/// A key has one entitlement, which covers whatever it does.
pub fn covers(key: &Key) -> bool {
    key.via == "api key"
}

/// What a principal nobody knew is, and what it is called.
pub fn named(principal: &str) -> (Kind, String) {
    match principal.starts_with("svac_") {
        true => (Kind::ServiceAccount, format!("service account {principal}")),
        false => (Kind::ApiKey, format!("API key {principal}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(record: &Value) -> String {
        let said = |event: &Event| match &event.who {
            Who::Aside(who, reason) => format!("aside {who}: {reason}"),
            Who::Principal(act) => {
                let uses: Vec<_> = act.uses.iter().map(|(action, _)| action.as_str()).collect();
                format!("{} {} at {}", act.principal, uses.join(", "), event.at)
            }
        };
        match events(&At::top("f", record)) {
            Ok(events) => events.iter().map(said).collect::<Vec<_>>().join("; "),
            Err(problem) => problem.to_string(),
        }
    }
    const AT: &str = "at 2026-11-20T10:00:00.000000Z";

    #[test]
    fn keys_and_service_accounts_act_and_people_are_set_aside() {
        let check = |actor: Value, sort: &str, want: String| {
            let record =
                json!({"id": "activity_1", "created_at": "2026-11-20T10:00:00Z", "type": sort, "actor": actor});
            assert_eq!(read(&record), want, "{actor}");
        };
        let key = json!({"type": "api_actor", "api_key_id": "apikey_1", "ip_address": "192.0.2.1"});
        check(key.clone(), "compliance_api_accessed", format!("apikey_1 compliance_api_accessed {AT}"));
        check(key, "sso_login_failed", format!("apikey_1  {AT}"));
        let admin = json!({"type": "admin_api_key_actor", "admin_api_key_id": "apikey_2"});
        check(admin, "api_key_updated", format!("apikey_2 api_key_updated {AT}"));
        let person = json!({"type": "user_actor", "email_address": "ana@acme.example", "user_id": "user_1"});
        check(person, "claude_chat_created", "aside ana@acme.example: a person".into());
        check(json!({"type": "system_actor"}), "x", "aside Anthropic: Anthropic itself".into());
        check(json!({"type": "future_actor"}), "x", "aside unnamed: neither an API key nor a service account".into());
        check(json!({"type": "api_actor"}), "x", "f: actor: api_key_id is missing".into());
    }

    #[test]
    fn a_bucket_of_the_usage_report_dates_each_key_that_used_something() {
        let used = |id: Value, tokens: u64| json!({"api_key_id": id, "output_tokens": tokens, "model": "m"});
        let bucket = |results: Value| json!({"starting_at": "2026-11-20T10:00:00Z", "ending_at": "2026-11-21T00:00:00Z", "results": results});
        let two = bucket(json!([used(json!("apikey_1"), 7), used(json!("apikey_2"), 0), used(Value::Null, 7)]));
        assert_eq!(read(&two), format!("apikey_1 messages {AT}"));
        assert_eq!(read(&bucket(json!([]))), "");
        assert_eq!(
            read(&bucket(json!([{"api_key_id": 7}]))),
            "f: results[0].api_key_id: expected text, found a number"
        );
    }
}
