//! UC-20: an agent starts something by itself. Policy knows what started the work and whether anybody but the agent says so;
//! what nobody asked for has tighter limits.
use super::world::World;
use governance::engine::decisions::Inputs;
use governance::engine::{Actor, Ctx, Scope};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    what_an_agent_begins_by_itself_has_tighter_limits
    what_the_agent_says_of_itself_is_recorded_and_does_not_widen
    the_card_says_who_says_what_started_it
}

fn mail(action: &str, initiator: Option<Value>) -> Value {
    let properties = initiator.map_or_else(|| json!({}), |it| json!({ "initiator": it }));
    json!({
        "subject": { "type": "agent", "id": "writer", "properties": properties },
        "action": { "name": action },
        "resource": { "type": "mailbox", "id": "news" },
    })
}

/// A person's mail, the agent's own key and a gateway's.
async fn begin(t: Fresh) -> (World, Ctx, Ctx, Ctx) {
    let w = World { t };
    let edda = w.approver("edda", "editors").await;
    w.approver("piet", "press").await;
    w.activate("papers").await;
    let writer = w.agent("writer", "writers").await;
    let own = w.key(Some(writer), &[Scope::Ask]).await;
    let gateway = w.key(None, &[Scope::Ask]).await;
    (w, edda, own, gateway)
}

async fn what_an_agent_begins_by_itself_has_tighter_limits(t: Fresh) {
    let (w, _, own, gateway) = begin(t).await;
    let begun = |kind: &str| mail("mail.send", Some(json!(kind)));
    for _ in 0..2 {
        assert_eq!(w.answer(&own, begun("self")).await.1, "permit");
    }
    let waits = json!({
        "outcome": "escalate",
        "reason": "approval_required",
        "message": "More than two mails a day that nobody asked for",
        "rules": ["mails-of-its-own"],
        "tier": "medium",
        "waits_for_s": 14_400,
    });
    assert_eq!(w.whole(&own, begun("self")).await, waits);
    for (ctx, initiator) in [(&gateway, Some("self")), (&own, None), (&gateway, None), (&own, Some("person"))] {
        w.t.clock.advance(chrono::TimeDelta::seconds(1));
        let asked = mail("mail.send", initiator.map(Value::from));
        assert_eq!(w.answer(ctx, asked).await.1, "escalate approval_required", "{initiator:?}");
    }
    // what a person, a schedule or an event began goes on, where the gateway says so
    for kind in ["person", "schedule", "event"] {
        assert_eq!(w.answer(&gateway, begun(kind)).await.1, "permit", "{kind}");
    }
}

async fn what_the_agent_says_of_itself_is_recorded_and_does_not_widen(t: Fresh) {
    let (w, edda, own, gateway) = begin(t).await;
    let Actor::Person { id: edda, .. } = edda.actor else { panic!("a person") };
    let person = json!({ "type": "person", "id": "edda@example.com" });
    let unknown = json!({ "kind": "unknown", "checked": false });
    for (ctx, said, known, claimed) in [
        (&own, Some(person.clone()), unknown.clone(), Some("person")),
        (&own, Some(json!("schedule")), unknown.clone(), Some("schedule")),
        (&own, Some(json!("self")), json!({ "kind": "self", "checked": false }), None),
        (&own, None, unknown.clone(), None),
        (&gateway, None, unknown, None),
        (&gateway, Some(json!("event")), json!({ "kind": "event", "checked": true }), None),
        (&gateway, Some(person), json!({ "kind": "person", "checked": true, "person": edda.to_string() }), None),
    ] {
        let answer = w.answer(ctx, mail("mail.draft", said.clone())).await.0.unwrap();
        let stored = w.t.gov.decision_get(&w.t.operator(), answer.id).await.unwrap();
        let inputs: Inputs = serde_json::from_str(&stored.inputs.unwrap()).unwrap();
        assert_eq!(inputs.question.server.initiator, Some(known), "{said:?}");
        assert_eq!(inputs.claimed_initiator.as_deref(), claimed, "{said:?}");
    }
    // a schema that declares a text gets the kind
    assert_eq!(w.answer(&own, mail("mail.draft", Some(json!("self")))).await.1, "deny forbidden");
    assert_eq!(w.answer(&own, mail("mail.draft", Some(json!("event")))).await.1, "permit");
}

async fn the_card_says_who_says_what_started_it(t: Fresh) {
    let (w, _, own, gateway) = begin(t).await;
    let planner = w.agent("planner", "planners").await;
    let publish = |initiator: &str| {
        json!({
            "subject": { "type": "agent", "id": "planner", "properties": { "initiator": initiator } },
            "action": { "name": "report.publish" },
            "resource": { "type": "report", "id": initiator },
        })
    };
    drop(own);
    let own = w.key(Some(planner), &[Scope::Ask]).await;
    for (ctx, checked, claimed, unknown) in [
        (&gateway, Some(json!("schedule")), None, None),
        (&own, None, Some(json!("schedule")), Some("only the agent says so")),
    ] {
        let open = w.answer(ctx, publish("schedule")).await.0.unwrap().escalation.unwrap();
        let card = w.t.gov.escalation_get(&w.t.operator(), open.id).await.unwrap().card.unwrap();
        let fact = card.checked.iter().find(|c| c.what == "what started it").map(|c| c.value.clone());
        assert_eq!(fact, checked);
        let word = card.claimed.iter().find(|c| c.what == "agent: initiator").map(|c| c.value.clone());
        assert_eq!(word, claimed);
        let why = card.unknown.iter().find(|u| u.what == "what started the run").map(|u| u.why.as_str());
        assert_eq!(why, unknown);
        let Some(open) = w.open(planner).await.first().copied() else { panic!("it waits") };
        w.t.gov.escalation_cancel(ctx, open).await.unwrap();
        w.t.clock.advance(chrono::TimeDelta::seconds(1));
    }
}
