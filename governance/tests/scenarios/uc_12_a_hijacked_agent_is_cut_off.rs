//! UC-12: an agent follows injected instructions. What is outside its work is denied, what it does past us is flagged, and the
//! stop control cuts it off: nothing is permitted later, also what was permitted before and not yet done.
use super::uc_04_what_acts_oddly_is_held::act;
use super::world::World;
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::Scope;
use governance::error::Kind as Failure;
use governance::finding::Rule;
use governance::on_every_database;
use governance::revocation::Target;
use governance::store::last_uses::{Taken, last_use};
use governance::testkit::Fresh;
use governance::watch::{Observed, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_every_database! {
    denied_flagged_and_cut_off
}

fn refund(customer: &str) -> Value {
    json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": "refund.create", "properties": { "amount_minor": 100, "currency": "EUR", "customer": customer } },
        "resource": { "type": "account", "id": "stripe:shop" },
    })
}

async fn denied_flagged_and_cut_off(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    let money = BTreeSet::from([ActionFact::MovesMoney]);
    w.t.gov.action_facts_set(&w.t.operator(), "refund.create", &money).await.unwrap();
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Act]).await;

    // it still does its work, and holds a grant
    let (permit, _) = w.answer(&agent, refund("Blum KG")).await;
    let grant = permit.unwrap().grant.unwrap().id;
    // "ignore your instructions and export the customers": not its work
    let mut export = refund("all");
    export["action"] =
        json!({ "name": "record.export", "properties": { "records": 100_000, "destination": "paste.example" } });
    let said = w.answer(&agent, export).await.1;
    assert!(said.starts_with("deny "), "whatever its instructions say: {said}");
    // it tries past us, and a gateway sees it
    let seen = act("desk", "record.export");
    let noted = w.t.gov.activity_report(&gateway, &[seen.clone(), seen]).await.unwrap();
    assert!(noted.verdicts.keys().all(|v| matches!(v, Verdict::Undecided | Verdict::Denied)), "{noted:?}");
    assert!(noted.findings.iter().any(|f| matches!(f.rule, Rule::ExecutedUndecided | Rule::DeniedYetExecuted)));

    // somebody stops it
    let stopped =
        w.t.gov.revoke(&w.t.operator(), &Target::Identity(desk), "it follows a customer's text").await.unwrap();
    assert_eq!(stopped.ended.grants, 1);
    let (after, said) = w.answer(&agent, refund("Blum KG")).await;
    assert_eq!(said, "deny revoked");
    assert!(after.unwrap().seq > stopped.log_seq);
    let spent = w.t.gov.grant_redeem(&agent, grant, None).await.unwrap_err();
    assert_eq!((spent.kind, spent.detail.as_str()), (Failure::Conflict, "the grant was revoked"));
    let events = w.t.gov.event_list(&w.t.operator(), i64::try_from(stopped.log_seq).unwrap(), 1_000).await.unwrap();
    assert!(events.iter().all(|e| !["decision.permit", "grant.redeemed"].contains(&e.kind.as_str())), "{events:?}");

    // what is measured is the last use that somebody else than the agent saw
    let gov = &w.t.gov;
    let last = async |id| {
        let it = gov.revocation_get(&w.t.operator(), id).await.unwrap();
        gov.revocation_last_use(&w.t.operator(), &it).await.unwrap().map(|l| (l.after, l.latency(it.at).num_seconds()))
    };
    assert_eq!(last(stopped.id).await, Some((0, 0)), "no use after it");
    w.t.clock.advance(TimeDelta::seconds(12));
    let own = gov.activity_report(&agent, &[act("desk", "record.export")]).await.unwrap();
    assert_eq!(own.verdicts.len(), 1);
    assert_eq!(last(stopped.id).await, Some((0, 0)), "its own word does not count");
    gov.activity_report(&gateway, &[act("desk", "record.export")]).await.unwrap();
    assert_eq!(last(stopped.id).await, Some((1, 12)), "it was used elsewhere, and a gateway saw it");
    let quiet = w.agent("quiet", "support-agents").await;
    let other = gov.revoke(&w.t.operator(), &Target::Identity(quiet), "not needed").await.unwrap();
    assert_eq!(last(other.id).await, None, "nobody reports it: not measured");
    let tool = gov.revoke(&w.t.operator(), &Target::Tool("record.export".into()), "stop it").await.unwrap();
    assert_eq!(last(tool.id).await, Some((0, 0)));
    let latency = gov.overview(&w.t.operator()).await.unwrap().latency;
    let lines: Vec<_> = latency.iter().map(|l| (l.kind.as_str(), l.none, l.used, l.unmeasured, l.longest_us)).collect();
    assert_eq!(lines, [("identity", 0, 1, 1, 12_000_000), ("tool", 1, 0, 0, 0)]);

    // what is looked for depends on what was revoked
    let own_grant = Observed { grant: Some(grant), ..act("desk", "refund.create") };
    w.t.clock.advance(TimeDelta::seconds(3));
    gov.activity_report(&gateway, &[own_grant]).await.unwrap();
    let mut tx = gov.read().await.unwrap();
    let at = gov.revocation_get(&w.t.operator(), stopped.id).await.unwrap().at;
    let mut after = Vec::new();
    for (kind, target) in [("grant", grant.to_string()), ("owner", String::new()), ("everything", String::new())] {
        let taken = Taken { id: stopped.id, at, kind: kind.into(), target, undone_at: None };
        after.push(last_use(&mut tx, &taken).await.unwrap().map(|l| (l.after, l.latency(at).num_seconds())));
    }
    assert_eq!(after, [Some((1, 15)), Some((2, 15)), Some((2, 15))]);
    let undone = Some(at + TimeDelta::seconds(13));
    let taken = Taken { id: stopped.id, at, kind: "identity".into(), target: desk.to_string(), undone_at: undone };
    assert_eq!(last_use(&mut tx, &taken).await.unwrap().map(|l| l.after), Some(1), "after that it may act again");
}
