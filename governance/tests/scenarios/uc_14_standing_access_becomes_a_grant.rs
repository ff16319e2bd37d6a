//! UC-14: an agent asks for standing access. It is refused, or people turn it into a grant with an end.
use super::world::World;
use chrono::TimeDelta;
use governance::engine::Scope;
use governance::error::Kind;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::json;

on_every_database! {
    standing_access_is_refused_or_becomes_a_grant_with_an_end
}

async fn standing_access_is_refused_or_becomes_a_grant_with_an_end(t: Fresh) {
    let w = World { t };
    let (ida, jon) = (w.approver("ida", "identity-admins").await, w.approver("jon", "identity-admins").await);
    w.baseline().await;
    let (desk, responder) = (w.agent("desk", "support-agents").await, w.agent("responder", "security-agents").await);
    let support = w.key(Some(desk), &[Scope::Ask]).await;
    let security = w.key(Some(responder), &[Scope::Ask, Scope::Act]).await;
    let forever = |who: &str| {
        json!({
            "subject": { "type": "agent", "id": who },
            "action": { "name": "identity.write", "properties": { "change": "add to admins for good", "subject": who } },
            "resource": { "type": "directory", "id": "corp" },
        })
    };
    let refused = json!({ "outcome": "deny", "reason": "no_rule", "message": "no rule permits this", "rules": [] });
    assert_eq!(w.whole(&support, forever("desk")).await, refused);
    let waits = json!({
        "outcome": "escalate",
        "reason": "approval_required",
        "message": "Writing to an identity system needs two people",
        "rules": ["identity-write-always"],
        "tier": "critical",
        "waits_for_s": 900,
    });
    assert_eq!(w.whole(&security, forever("responder")).await, waits);
    let waiting = w.open(responder).await;
    w.approve(&ida, waiting[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    let after_one = w.whole(&security, forever("responder")).await;
    assert_eq!(after_one["outcome"], "escalate", "one of two is not enough");
    w.approve(&jon, waiting[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    let (answer, line) = w.answer(&security, forever("responder")).await;
    assert_eq!(line, "permit");
    let grant = answer.unwrap().grant.unwrap();
    assert_eq!(grant.expires_at, w.t.gov.now() + TimeDelta::minutes(15), "what was asked for good has an end");
    w.t.clock.advance(TimeDelta::minutes(15));
    let late = w.t.gov.grant_redeem(&security, grant.id, None).await.unwrap_err();
    assert_eq!(late.kind, Kind::Expired);
    assert_eq!(w.whole(&security, forever("responder")).await["outcome"], "escalate", "and the next time begins anew");
}
