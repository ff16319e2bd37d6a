//! A clock that was set back lets nothing expire, so nothing that depends on time is allowed (semantics.md, Fail closed); on
//! both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::decision::{Action, Ask, Entity, Outcome, Way};
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::{Ctx, Scope};
use governance::error::{Error, Kind};
use governance::id::GrantId;
use governance::on_every_database;
use governance::revocation::Target;
use governance::store;
use governance::testkit::Fresh;
use serde_json::{Map, json};

on_every_database! {
    behind_the_log_nothing_is_permitted_or_redeemed
    a_little_behind_is_no_matter
    what_takes_access_back_works_all_the_same
}

async fn caller(t: &Fresh) -> Ctx {
    t.gov.policy_install().await.unwrap();
    let facts = [ActionFact::MovesMoney].into();
    t.gov.action_facts_set(&t.operator(), "refund.create", &facts).await.unwrap();
    let new = NewIdentity::named("invoice-07", governance::identity::Kind::Agent);
    let agent = t.gov.identity_add(&t.operator(), new).await.unwrap().id;
    let key = NewKey {
        identity: Some(agent),
        name: "test".into(),
        patterns: vec![],
        scopes: [Scope::Ask, Scope::Act].into(),
        submits: true,
        expires_at: None,
    };
    let made = t.gov.key_create(&t.operator(), key).await.unwrap();
    t.gov.ctx(t.gov.key_authenticate(&made.secret).await.unwrap())
}

/// A refund, whose permit comes with a grant.
async fn refund(t: &Fresh, ctx: &Ctx) -> Result<GrantId, Error> {
    let properties = json!({"amount_minor": 1, "currency": "EUR"});
    let ask = Ask {
        subject: Entity { kind: "agent".into(), id: "invoice-07".into(), properties: Map::new() },
        action: Action { name: "refund.create".into(), properties: properties.as_object().cloned().unwrap() },
        resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: None,
    };
    let answer = t.gov.decide(ctx, ask).await?;
    assert_eq!(answer.outcome, Outcome::Permit, "{answer:?}");
    Ok(answer.grant.unwrap().id)
}

fn behind<T: std::fmt::Debug>(answer: Result<T, Error>) {
    let refused = answer.unwrap_err();
    assert_eq!(refused.kind, Kind::Unavailable);
    assert!(refused.detail.contains("the clock is 3600 s behind the log"), "{refused}");
}

async fn behind_the_log_nothing_is_permitted_or_redeemed(t: Fresh) {
    let ctx = caller(&t).await;
    let (spent, kept) = (refund(&t, &ctx).await.unwrap(), refund(&t, &ctx).await.unwrap());
    // the control: before it is set back
    t.gov.grant_redeem(&ctx, spent, None).await.unwrap();
    let size = t.gov.log_size().await.unwrap();
    t.clock.advance(-TimeDelta::hours(1));
    behind(refund(&t, &ctx).await);
    behind(t.gov.grant_redeem(&ctx, kept, None).await);
    assert_eq!(t.gov.log_size().await.unwrap(), size, "nothing was recorded either");
    t.clock.advance(TimeDelta::hours(1));
    t.gov.grant_redeem(&ctx, kept, None).await.unwrap();
    refund(&t, &ctx).await.unwrap();
    // and the log says that somebody was refused meanwhile
    let events = store::events::after(&mut t.gov.read().await.unwrap(), -1, 1_000).await.unwrap();
    let gap = events.iter().find(|e| e.kind == "gap").unwrap();
    let leaf: serde_json::Value = serde_json::from_slice(&gap.leaf).unwrap();
    assert_eq!(leaf["reasons"][2], json!("refused 1"));
}

async fn a_little_behind_is_no_matter(t: Fresh) {
    let ctx = caller(&t).await;
    refund(&t, &ctx).await.unwrap();
    t.clock.advance(-TimeDelta::seconds(2));
    let grant = refund(&t, &ctx).await.unwrap();
    t.gov.grant_redeem(&ctx, grant, None).await.unwrap();
}

async fn what_takes_access_back_works_all_the_same(t: Fresh) {
    let ctx = caller(&t).await;
    let grant = refund(&t, &ctx).await.unwrap();
    t.clock.advance(-TimeDelta::hours(1));
    t.gov.revoke(&t.operator(), &Target::Everything, "the clock is wrong").await.unwrap();
    t.clock.advance(TimeDelta::hours(1));
    assert_eq!(t.gov.grant_redeem(&ctx, grant, None).await.unwrap_err().kind, Kind::Conflict);
}
