//! UC-23: an organisation that dares not enforce yet. For two weeks an agent is observed: all it asks is permitted, and what
//! policy would have said is on record. Then a boundary and limits are drafted from its use, and it is enforced in one step.
use super::world::World;
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::decision::Outcome;
use governance::engine::policies::Release;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Kind as Wrong;
use governance::id::IdentityId;
use governance::identity::{Boundary, Mode};
use governance::observation::Observation;
use governance::on_every_database;
use governance::policy::bundle::Bundle;
use governance::policy::starters::starter;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    two_weeks_of_use_become_a_boundary_and_are_then_enforced
    what_is_drafted_holds_what_was_seen_and_stops_what_is_above_it
    the_floor_holds_and_rights_are_asked_for
}

fn ask(action: &str, resource: (&str, &str), input: Value) -> Value {
    json!({
        "subject": { "type": "agent", "id": "till-4" },
        "action": { "name": action, "properties": input },
        "resource": { "type": resource.0, "id": resource.1 },
    })
}

fn refund(amount: i64, order: usize) -> Value {
    ask(
        "refund.create",
        ("account", "stripe:shop"),
        json!({ "amount_minor": amount, "currency": "EUR", "order": order.to_string() }),
    )
}

/// An agent that nobody put into a team, observed; its key.
async fn begin(t: Fresh) -> (World, IdentityId, Ctx) {
    let w = World::of(t, "support").await;
    let desk = w.agent("till-4", "support-agents").await;
    w.t.gov.identity_mode(&w.t.operator(), desk, Mode::Observe).await.unwrap();
    let key = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    (w, desk, key)
}

/// Two weeks from a Saturday on: a reply and a refund each working day, and twice what no rule would permit.
async fn two_weeks(w: &World, key: &Ctx) {
    for day in 0..14 {
        w.t.clock.advance(TimeDelta::hours(24));
        if day % 7 < 1 || day % 7 > 5 {
            continue;
        }
        let read = ask("case.read", ("case", "c-1"), json!({}));
        for n in 0..2 {
            assert_eq!(w.answer(key, read.clone()).await.1, "permit");
            assert_eq!(w.answer(key, refund(10_000 + 1_000 * n, day)).await.1, "permit");
        }
    }
    let large = w.whole(key, refund(60_000, 99)).await;
    assert_eq!((&large["outcome"], &large["would"]), (&json!("permit"), &json!("escalate")));
    for _ in 0..2 {
        let export =
            w.whole(key, ask("case.export", ("case", "c-1"), json!({ "destination": "x.example", "cases": 9 }))).await;
        assert_eq!((&export["outcome"], &export["would"]), (&json!("permit"), &json!("deny")));
    }
}

async fn observed(w: &World, id: IdentityId) -> Observation {
    w.t.gov.identity_observation(&w.t.operator(), id, None).await.unwrap()
}

fn lines(o: &Observation) -> Vec<String> {
    o.stops.iter().map(|s| format!("{} {} {} by {}", s.n, s.action, s.answer.as_str(), s.because.join(", "))).collect()
}

async fn two_weeks_of_use_become_a_boundary_and_are_then_enforced(t: Fresh) {
    let (w, desk, key) = begin(t).await;
    two_weeks(&w, &key).await;
    let o = observed(&w, desk).await;
    assert_eq!((o.asked, o.permitted, o.to_a_person, o.denied, o.erased, o.cut), (43, 40, 1, 2, 0, false));
    assert_eq!(lines(&o), ["2 case.export deny by cases-never-leave", "1 refund.create escalate by refund-over-500"]);
    let drafted = o.boundary.clone().unwrap();
    let documented = Boundary {
        tools: vec!["case.read".into(), "refund.create".into()],
        thresholds: [("case.read a day".into(), "4 times".into()), ("refund.create a day".into(), "420.00 EUR".into())]
            .into(),
        active_hours: Some("Mon-Sat 09:00-10:00 UTC".into()),
        ..Boundary::default()
    };
    assert_eq!(drafted, documented);

    // enforced in one step, with the boundary in the same commit
    let operator = w.t.operator();
    let it = w.t.gov.identity_find(&operator, "till-4").await.unwrap();
    let stale = w.t.gov.identity_enforce(&operator, desk, it.version - 1, None).await.unwrap_err();
    assert_eq!(stale.kind, Wrong::Conflict);
    let after = w.t.gov.identity_enforce(&operator, desk, it.version, Some(drafted.clone())).await.unwrap();
    assert_eq!((after.mode, after.boundary), (Mode::Enforce, Some(drafted)));
    let export = ask("case.export", ("case", "c-1"), json!({ "destination": "x.example", "cases": 9 }));
    assert_eq!(w.answer(&key, export).await.1, "deny forbidden");
    assert_eq!(w.answer(&key, ask("case.read", ("case", "c-1"), json!({}))).await.1, "permit");
    w.t.clock.advance(TimeDelta::hours(24));
    assert_eq!(w.answer(&key, refund(60_000, 100)).await.1, "escalate approval_required");
    // what is enforced now is answered again as it was answered
    let o = observed(&w, desk).await;
    let held: usize = o.stops.iter().map(|s| s.held).sum();
    assert_eq!(held, 2, "{:?}", lines(&o));
}

async fn what_is_drafted_holds_what_was_seen_and_stops_what_is_above_it(t: Fresh) {
    let (w, desk, key) = begin(t).await;
    for n in 0..20 {
        w.t.clock.advance(TimeDelta::hours(12));
        assert_eq!(w.answer(&key, refund(10_000 + n, 0)).await.1, "permit");
    }
    let o = observed(&w, desk).await;
    let limit = &o.limits[0];
    assert_eq!((limit.action.as_str(), limit.unit.as_deref()), ("refund.create", Some("EUR")));
    assert_eq!((limit.largest, limit.day, limit.observations), (Some(10_019), 30_054, 20));
    let draft = limit.draft.clone().unwrap();
    assert_eq!((draft.largest, draft.day), (Some(11_000), 31_000));
    assert_eq!(limit.number(draft.day), "310.00 EUR");
    assert!(draft.manifest.is_empty(), "the bundle counts this already: {}", draft.manifest);

    // the rule goes into the bundle as it stands
    let mut files = starter("support").unwrap().files();
    files.insert("policies/drafted.cedar".into(), draft.rule.into_bytes());
    Bundle::from_files(&files).unwrap();
    w.t.gov.policy_activate(&w.t.operator(), Release::Files(&files), None).await.unwrap();
    let o = observed(&w, desk).await;
    assert_eq!((o.permitted, o.to_a_person), (20, 0), "nothing that was seen would be held back: {:?}", lines(&o));
    let it = w.t.gov.identity_find(&w.t.operator(), "till-4").await.unwrap();
    w.t.gov.identity_enforce(&w.t.operator(), desk, it.version, None).await.unwrap();
    w.t.clock.advance(TimeDelta::hours(25));
    let answer = w.answer(&key, refund(11_001, 1)).await.0.unwrap();
    assert_eq!((answer.outcome, answer.rules), (Outcome::Escalate, vec!["refund_create-above-its-use".to_owned()]));
    assert_eq!(w.answer(&key, refund(11_000, 2)).await.1, "permit");
    assert_eq!(w.answer(&key, refund(10_000, 3)).await.1, "permit");
    assert_eq!(w.answer(&key, refund(10_001, 4)).await.1, "escalate approval_required", "the day is full");
}

async fn the_floor_holds_and_rights_are_asked_for(t: Fresh) {
    let (w, desk, key) = begin(t).await;
    let gov = &w.t.gov;
    gov.action_facts_set(&w.t.operator(), "case.export", &[ActionFact::RestrictedData].into()).await.unwrap();
    let export = ask("case.export", ("case", "c-1"), json!({ "destination": "x.example", "cases": 9 }));
    assert_eq!(w.answer(&key, export).await.1, "deny forbidden", "above the floor it is enforced even then");
    let o = observed(&w, desk).await;
    assert_eq!(o.stops.iter().map(|s| (s.n, s.held)).collect::<Vec<_>>(), [(1, 1)]);
    assert_eq!((o.boundary, o.limits.len()), (None, 0), "too little history");

    let lea = w.approver("lea", "nobody").await;
    let it = gov.identity_find(&w.t.operator(), "till-4").await.unwrap();
    for days in [0, 91] {
        let wrong = gov.identity_observation(&w.t.operator(), desk, Some(days)).await.unwrap_err();
        assert_eq!(wrong.detail, "days: 1 to 90");
    }
    assert_eq!(gov.identity_enforce(&lea, desk, it.version, None).await.unwrap_err().kind, Wrong::Forbidden);
    assert_eq!(gov.identity_observation(&key, desk, None).await.unwrap_err().kind, Wrong::Forbidden);
    let Actor::Person { id, .. } = lea.actor else { unreachable!() };
    let operator = gov.ctx(Actor::Person { id, roles: [Role::Operator].into() });
    let wide = Boundary { tools: vec![String::new()], ..Boundary::default() };
    assert_eq!(gov.identity_enforce(&operator, desk, it.version, Some(wide)).await.unwrap_err().kind, Wrong::Invalid);
    assert_eq!(gov.identity_find(&operator, "till-4").await.unwrap().mode, Mode::Observe, "nothing is half done");
    gov.identity_enforce(&operator, desk, it.version, None).await.unwrap();
    let again = gov.identity_find(&operator, "till-4").await.unwrap();
    assert_eq!(gov.identity_enforce(&operator, desk, again.version, None).await.unwrap(), again, "twice is once");
}
