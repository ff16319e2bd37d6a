//! What no operation can be brought to do. The control tests stay: they would find it if the database said it anyway.
use chrono::TimeDelta;
use governance::decision::{Action, Ask, Entity, Way};
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::people::NewPerson;
use governance::engine::{Actor, Role, Scope};
use governance::error::Kind as Failure;
use governance::identity::Kind;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Map, json};

/// APR-02: nobody approves what is asked for them or by them. DEC-04: nothing is permitted without a bundle in force.
pub const REFUSED: &[&str] = &["APR-02", "DEC-04"];

on_every_database! {
    nobody_approves_what_is_asked_for_them
    without_a_policy_nothing_is_permitted
}

async fn asked(t: &Fresh, acting: Option<&str>) -> governance::error::Result<governance::decision::Answer> {
    let new = NewIdentity { team: Some("support-agents".into()), ..NewIdentity::named("desk-bot", Kind::Agent) };
    let id = t.gov.identity_add(&t.operator(), new).await.unwrap().id;
    let key = NewKey {
        identity: Some(id),
        name: "k".into(),
        patterns: vec![],
        scopes: [Scope::Ask].into(),
        submits: true,
        expires_at: None,
    };
    let made = t.gov.key_create(&t.operator(), key).await.unwrap();
    let ctx = t.gov.ctx(t.gov.key_authenticate(&made.secret).await.unwrap());
    let properties = acting.map(|a| ("on_behalf_of".to_owned(), json!(a))).into_iter().collect();
    let input = json!({"amount_minor": 120_000, "currency": "EUR", "customer": "Blum KG"});
    let ask = Ask {
        subject: Entity { kind: "agent".into(), id: "desk-bot".into(), properties },
        action: Action { name: "refund.create".into(), properties: input.as_object().cloned().unwrap() },
        resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: None,
    };
    t.gov.decide(&ctx, ask).await
}

async fn nobody_approves_what_is_asked_for_them(t: Fresh) {
    t.gov.policy_install().await.unwrap();
    let mut people = Vec::new();
    for name in ["ana", "bo"] {
        let new = NewPerson {
            email: format!("{name}@example.com"),
            name: name.into(),
            roles: [Role::Approver].into(),
            groups: ["finance-ops".to_owned()].into(),
            manager: None,
        };
        people.push(t.gov.person_add(&t.operator(), new).await.unwrap().id);
    }
    let id = asked(&t, Some("ana@example.com")).await.unwrap().escalation.unwrap().id;
    t.clock.advance(TimeDelta::seconds(20));
    let as_person = |id| t.gov.ctx(Actor::Person { id, roles: [Role::Approver].into() });
    let shown = t.gov.escalation_get(&as_person(people[0]), id).await.unwrap();
    let why = shown.seats.unwrap_err();
    assert!(why.contains("the agent acts for you"), "{why}");
    let cast = governance::engine::escalations::Cast {
        verdict: governance::escalation::Verdict::Approve,
        seat: None,
        digest: shown.record.escalation.digest,
        card_version: shown.record.escalation.card_version,
        code: Some(governance::escalation::ReasonCode::Planned),
        reason: Some("Agreed with the customer today".into()),
        shown_at: Some(t.gov.now() - TimeDelta::seconds(10)),
        echo: None,
        step_up: Some(governance::escalation::StepUp::OneTimeLink),
    };
    let refused = t.gov.escalation_vote(&as_person(people[0]), id, cast.clone()).await.unwrap_err();
    assert_eq!(refused.kind, Failure::Forbidden, "{refused}");
    // somebody else may
    t.gov.escalation_vote(&as_person(people[1]), id, cast).await.unwrap();
}

async fn without_a_policy_nothing_is_permitted(t: Fresh) {
    let refused = asked(&t, None).await.unwrap_err();
    assert_eq!(refused.kind, Failure::Unavailable);
    assert!(refused.detail.starts_with("sealed"), "{refused}");
}
