//! UC-10: a research agent retrieves. Every path to what was retrieved is on record: the agent, for whom, through whose hands,
//! in which run, who started it, by which rule, seen by whom; what cannot be attributed is not retrieved.
use super::world::{World, forbidden, no_rule, permitted, waits};
use chrono::TimeDelta;
use governance::engine::Scope;
use governance::engine::actions::Report;
use governance::on_every_database;
use governance::store::decisions::Filter;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    every_retrieval_is_on_record_with_all_that_led_to_it
    what_cannot_be_attributed_is_not_retrieved
}

fn read(corpus: &str, document: &str, run: Value) -> Value {
    json!({
        "subject": { "type": "agent", "id": "scout", "properties": run },
        "action": { "name": "document.read", "properties": { "document": document } },
        "resource": { "type": "corpus", "id": corpus },
    })
}

fn told() -> Value {
    json!({
        "on_behalf_of": "rae@example.com",
        "act": ["planner"],
        "run": "run-7",
        "initiator": { "type": "person", "id": "rae@example.com" },
    })
}

async fn every_retrieval_is_on_record_with_all_that_led_to_it(t: Fresh) {
    let w = World::of(t, "research").await;
    let rae = w.approver("rae", "readers").await;
    let (planner, scout) = (w.agent("planner", "research-agents").await, w.agent("scout", "research-agents").await);
    let gateway = w.key(None, &[Scope::Ask, Scope::Act]).await;
    for document in ["paper-1", "paper-2"] {
        w.t.clock.advance(TimeDelta::seconds(1));
        assert_eq!(w.whole(&gateway, read("papers", document, told())).await, permitted(&["retrieve"]));
    }
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.whole(&gateway, read("payroll", "list", told())).await, no_rule(), "a corpus nobody listed");

    // whoever asks later finds each of them, the denied one as well
    let filter = Filter { identity: Some(scout), ..Filter::default() };
    let found = w.t.gov.decision_list(&w.t.operator(), &filter, 10).await.unwrap();
    let rae = rae.actor.label();
    let row = |d: &governance::store::decisions::StoredDecision| {
        let inputs: Value = serde_json::from_str(d.inputs.as_ref().unwrap()).unwrap();
        json!({
            "read": inputs["question"]["input"]["document"],
            "from": d.resource_id,
            "outcome": d.outcome,
            "rules": d.rules,
            "for": d.acting_person,
            "through": inputs["chain"],
            "run": d.run,
            "started_by": [d.initiator, inputs["started_by"]],
            "observed_by": d.observed_by,
        })
    };
    let record = |document: &str, from: &str, outcome: &str, rules: &[&str]| {
        json!({
            "read": document,
            "from": from,
            "outcome": outcome,
            "rules": rules,
            "for": rae,
            "through": [planner.to_string()],
            "run": "run-7",
            "started_by": ["person", rae],
            "observed_by": "gateway",
        })
    };
    let want = [
        record("list", "payroll", "deny", &[]),
        record("paper-2", "papers", "permit", &["retrieve"]),
        record("paper-1", "papers", "permit", &["retrieve"]),
    ];
    assert_eq!(found.iter().map(row).collect::<Vec<_>>(), want);

    // what was executed is tied to its decision, and the log says the same as the register
    let report = Report {
        decision: Some(found[2].id),
        data_class: Some("public".into()),
        run: Some("run-7".into()),
        ..Report::default()
    };
    let reported = w.t.gov.action_report(&gateway, report, None).await.unwrap();
    assert_eq!((reported.decision, reported.observed_by.as_str()), (found[2].id, "gateway"));
    let events = w.t.gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    let of_run =
        |e: &&governance::store::events::StoredEvent| String::from_utf8_lossy(&e.leaf).contains(r#""run":"run-7""#);
    let kinds: Vec<_> = events.iter().filter(of_run).map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["decision.permit", "decision.permit", "decision.deny", "action.reported"]);
}

async fn what_cannot_be_attributed_is_not_retrieved(t: Fresh) {
    let w = World::of(t, "research").await;
    let dan = w.approver("dan", "data-owners").await;
    let scout = w.agent("scout", "research-agents").await;
    let agent = w.key(None, &[Scope::Ask]).await; // a gateway's word for who started it is believed
    let own = w.key(Some(scout), &[Scope::Ask]).await;
    let refused = forbidden("retrieval-attributable", "A retrieval names its run and who started it");
    for run in [json!({}), json!({ "run": "run-8" }), json!({ "initiator": "schedule" })] {
        assert_eq!(w.whole(&agent, read("papers", "paper-1", run.clone())).await, refused, "{run}");
    }
    let run = || json!({ "run": "run-8", "initiator": "schedule" });
    assert_eq!(w.whole(&agent, read("papers", "paper-1", run())).await, permitted(&["retrieve"]));
    assert_eq!(w.whole(&own, read("papers", "paper-1", run())).await, refused, "its own word is not");
    let held = waits(&["corpus-restricted"], "The corpus holds restricted data", "medium", 14_400);
    assert_eq!(w.whole(&agent, read("trial-subjects", "s-1", run())).await, held);
    w.approve(&dan, w.open(scout).await[0]).await;
    w.t.clock.advance(TimeDelta::seconds(11));
    let (answer, line) = w.answer(&agent, read("trial-subjects", "s-1", run())).await;
    assert_eq!(line, "permit", "after the ten seconds in which Dan could have undone it");
    assert!(answer.unwrap().grant.is_some());
    let elsewhere = w.whole(&agent, read("trial-subjects", "s-2", run())).await;
    assert_eq!(elsewhere, held, "for that document and no other");
}
