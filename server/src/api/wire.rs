//! An answer as AuthZEN and ARAP have it (protocols.md 1.3 and 10): escalate is a denial that can be requested.
use crate::config::Address;
use governance::{
    decision::{Answer, EscalationRef, GrantRef, Needed, Outcome},
    error::Error,
    grant::terms::renew_every_s,
};
use serde_json::{Map, Value, json};

/// Seconds after which to ask again with an approval that is not there yet.
const RETRY_AFTER: u64 = 5;

pub const REQUESTS: &str = "/access/v1/requests";

/// `{"decision": …, "context": {…}}`. `presented`: the question carried `context.approval`, so a denial says what to do
/// next (ARAP draft 1, Approval and Re-evaluation).
#[must_use]
pub fn decision(answer: &Answer, here: &Address, presented: bool) -> Value {
    let permit = answer.outcome == Outcome::Permit;
    let mut context = Map::new();
    let mut put = |name: &str, value: Value| {
        context.insert(name.to_owned(), value);
    };
    put("decision_id", json!(answer.id));
    put("evaluation_id", json!(answer.id));
    put("evaluated_at", json!(answer.at.to_string()));
    put("bundle", json!(answer.bundle));
    put("log_seq", json!(answer.seq));
    put("requires_approval", json!(answer.outcome == Outcome::Escalate));
    if let Some(reason) = &answer.reason {
        put("reason", json!(reason));
    }
    if let Some(message) = &answer.message {
        put("reason_user", json!({ "en": message }));
    }
    if !answer.rules.is_empty() {
        let word = answer.reason.as_deref().unwrap_or(answer.outcome.as_str());
        put("reason_admin", json!({ "en": format!("{word}, by {}", answer.rules.join(", ")) }));
        put("reasons", json!(answer.rules));
    }
    if let Some(until) = answer.valid_until.filter(|_| permit) {
        put("valid_until", json!(until.to_string()));
    }
    if let Some(would) = answer.would {
        put("would", json!(would));
    }
    if let Some(grant) = &answer.grant {
        put("grant", issued(grant, answer, here));
    }
    if let Some(approval) = answer.escalation.as_ref().filter(|_| permit) {
        put("approval", json!({ "id": approval.id, "approved_until": approval.expires_at.to_string() }));
    }
    if let Some(until) = answer.requestable_until() {
        put("access_request", access_request(answer.needed.as_ref(), &until.to_string(), here));
        if let Some(open) = &answer.escalation {
            put("task", task(open, here));
        }
    }
    if presented && !permit {
        let next = next_action(answer);
        put("next_action", json!(next));
        if next == "retry" {
            put("retry_after", json!(RETRY_AFTER));
        }
    }
    json!({ "decision": permit, "context": context })
}

/// A grant as the permit that issued it says: when it holds, how often, and what to call.
fn issued(grant: &GrantRef, answer: &Answer, here: &Address) -> Value {
    let own = format!("{}/v1/grants/{}", here.url, grant.id);
    let mut said = json!({
        "id": grant.id,
        "starts_at": grant.starts_at.unwrap_or(answer.at).to_string(),
        "expires_at": grant.expires_at.to_string(),
        "uses": grant.uses,
        "redeem_endpoint": format!("{own}/redeem"),
    });
    if let Some(lease_s) = grant.lease_s {
        said["lease"] = json!({
            "term_s": lease_s,
            "renew_every_s": renew_every_s(lease_s),
            "renew_endpoint": format!("{own}/renew"),
        });
    }
    said
}

fn access_request(needed: Option<&Needed>, until: &str, here: &Address) -> Value {
    let mut request = json!({
        "endpoint": format!("{}{REQUESTS}", here.url),
        "expires_at": until,
        "display": { "title": "Approval needed" },
    });
    if let Some(needed) = needed {
        request["template"] = json!(needed.routes.join("+"));
        request["tier"] = json!(needed.tier);
        if !needed.reasons.is_empty() {
            request["display"]["description"] = json!(needed.reasons.join("; "));
        }
    }
    request
}

/// The handle of an escalation that waits, as ARAP's submission returns it.
#[must_use]
pub fn task(open: &EscalationRef, here: &Address) -> Value {
    let mut task = handle(&open.id.to_string(), "pending", here);
    task["expires_at"] = json!(open.expires_at.to_string());
    task
}

/// `{id, status, status_endpoint, links}`; only what waits can be cancelled.
#[must_use]
pub fn handle(id: &str, status: &str, here: &Address) -> Value {
    let own = format!("{}{REQUESTS}/{id}", here.url);
    let mut task = json!({
        "id": id,
        "status": status,
        "status_endpoint": own,
        "links": { "review": format!("{}/inbox/{id}", here.url) },
    });
    if status == "pending" {
        task["links"]["cancel"] = json!(format!("{own}/cancel"));
    }
    task
}

/// What to do after a denial although an approval was shown: the reason's own default, and never `request` without the
/// means to.
fn next_action(answer: &Answer) -> &'static str {
    match answer.reason.as_deref() {
        Some("grant_pending") => "retry",
        _ if answer.outcome == Outcome::Escalate && answer.escalation.is_some() => "retry",
        _ if answer.requestable_until().is_some() => "request",
        _ => "none",
    }
}

/// An item of `evaluations` that could not be answered (AuthZEN 1.0, Errors).
#[must_use]
pub fn item_error(e: &Error) -> Value {
    let problem = e.problem();
    json!({ "decision": false, "context": { "error": { "status": problem.status, "message": problem.detail } } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use governance::{
        id::{DecisionId, EscalationId, GrantId},
        time::Timestamp,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000 + second * 1_000_000).unwrap()
    }
    fn here() -> Address {
        Address::parse("https://cs.example").unwrap()
    }
    fn answer(outcome: Outcome) -> Answer {
        Answer {
            id: DecisionId::new(at(0), [1; 10]),
            seq: 41,
            at: at(0),
            outcome,
            reason: None,
            message: None,
            rules: vec![],
            bundle: "b1".into(),
            valid_until: None,
            grant: None,
            would: None,
            escalation: None,
            needed: None,
        }
    }
    fn opened() -> EscalationRef {
        EscalationRef { id: EscalationId::new(at(0), [2; 10]), expires_at: at(1_800) }
    }

    #[test]
    fn a_permit_says_how_long_it_holds_and_what_to_redeem() {
        let id = GrantId::new(at(0), [3; 10]);
        let grant = GrantRef { id, starts_at: Some(at(60)), expires_at: at(900), uses: 2, lease_s: None };
        let permit = Answer {
            rules: vec!["refund".into()],
            valid_until: Some(at(5)),
            grant: Some(grant.clone()),
            escalation: Some(opened()),
            ..answer(Outcome::Permit)
        };
        let id = permit.id;
        let want = json!({"decision": true, "context": {
            "decision_id": id, "evaluation_id": id, "evaluated_at": "2027-01-15T08:00:00.000000Z",
            "bundle": "b1", "log_seq": 41, "requires_approval": false,
            "reason_admin": {"en": "permit, by refund"}, "reasons": ["refund"],
            "valid_until": "2027-01-15T08:00:05.000000Z",
            "grant": {"id": grant.id, "starts_at": "2027-01-15T08:01:00.000000Z",
                "expires_at": "2027-01-15T08:15:00.000000Z", "uses": 2,
                "redeem_endpoint": format!("https://cs.example/v1/grants/{}/redeem", grant.id)},
            "approval": {"id": opened().id, "approved_until": "2027-01-15T08:30:00.000000Z"},
        }});
        assert_eq!(decision(&permit, &here(), true), want);
        let lease = Answer { grant: Some(GrantRef { lease_s: Some(15), ..grant.clone() }), ..permit };
        assert_eq!(
            decision(&lease, &here(), true)["context"]["grant"]["lease"],
            json!({"term_s": 15, "renew_every_s": 10,
                "renew_endpoint": format!("https://cs.example/v1/grants/{}/renew", grant.id)})
        );
    }

    #[test]
    fn an_escalation_is_a_denial_that_can_be_requested() {
        let escalate = Answer {
            reason: Some("approval_required".into()),
            message: Some("A person must approve this".into()),
            escalation: Some(opened()),
            needed: Some(Needed {
                tier: "high".into(),
                routes: vec!["finance-ops".into(), "legal".into()],
                reasons: vec!["Refunds above 500 EUR".into()],
            }),
            ..answer(Outcome::Escalate)
        };
        let got = decision(&escalate, &here(), false);
        let own = format!("https://cs.example/access/v1/requests/{}", opened().id);
        assert_eq!(got["decision"], json!(false));
        assert_eq!(got["context"]["requires_approval"], json!(true));
        assert_eq!(
            got["context"]["access_request"],
            json!({"endpoint": "https://cs.example/access/v1/requests", "expires_at": "2027-01-15T08:30:00.000000Z",
                "template": "finance-ops+legal", "tier": "high",
                "display": {"title": "Approval needed", "description": "Refunds above 500 EUR"}})
        );
        assert_eq!(
            got["context"]["task"],
            json!({"id": opened().id, "status": "pending", "status_endpoint": own,
                "expires_at": "2027-01-15T08:30:00.000000Z",
                "links": {"review": format!("https://cs.example/inbox/{}", opened().id), "cancel": format!("{own}/cancel")}})
        );
        assert!(got["context"].get("next_action").is_none() && got["context"].get("approval").is_none());

        let unopened = Answer { escalation: None, ..escalate };
        let got = decision(&unopened, &here(), true);
        assert!(got["context"].get("task").is_none());
        assert_eq!(got["context"]["access_request"]["expires_at"], json!("2027-01-15T08:10:00.000000Z"));
        assert_eq!(got["context"]["next_action"], json!("request"));
    }

    #[test]
    fn a_denial_cannot_be_requested_and_says_so_where_an_approval_was_shown() {
        let deny = Answer { reason: Some("no_rule".into()), valid_until: Some(at(5)), ..answer(Outcome::Deny) };
        let got = decision(&deny, &here(), true);
        assert_eq!(got["decision"], json!(false));
        assert_eq!(got["context"]["next_action"], json!("none"));
        for absent in ["access_request", "task", "valid_until", "grant"] {
            assert!(got["context"].get(absent).is_none(), "{absent}");
        }
        assert!(decision(&deny, &here(), false)["context"].get("next_action").is_none());
    }

    #[test]
    fn an_approval_that_can_no_longer_be_used_leads_to_a_new_request() {
        let needed = Needed { tier: "high".into(), routes: vec!["finance-ops".into()], reasons: vec![] };
        for (reason, gated, want) in [
            ("approval_expired", true, "request"),
            ("out_of_scope", true, "request"),
            ("out_of_scope", false, "none"),
            ("grant_pending", true, "retry"),
            ("policy_denied", true, "none"),
            ("approval_unverifiable", true, "none"),
        ] {
            let needed = gated.then(|| needed.clone());
            let deny = Answer { reason: Some(reason.into()), needed, ..answer(Outcome::Deny) };
            let got = decision(&deny, &here(), true)["context"].clone();
            assert_eq!(
                (got["next_action"].as_str(), got.get("access_request").is_some()),
                (Some(want), want == "request"),
                "{reason}"
            );
            assert_eq!(got.get("retry_after").is_some(), want == "retry", "{reason}");
        }
    }

    #[test]
    fn observing_permits_and_says_what_enforcing_would_have_done() {
        let observed = Answer { would: Some(Outcome::Deny), ..answer(Outcome::Permit) };
        let got = decision(&observed, &here(), false);
        assert_eq!((&got["decision"], &got["context"]["would"]), (&json!(true), &json!("deny")));
    }
}
