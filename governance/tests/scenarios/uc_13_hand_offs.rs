//! UC-13: an agent hands work to another. The chain is on record, every agent of it is asked about as if it asked itself, and
//! handing on never amplifies.
use super::world::World;
use chrono::TimeDelta;
use governance::engine::decisions::Inputs;
use governance::engine::identities::NewIdentity;
use governance::engine::{Actor, Ctx, Scope};
use governance::error::Kind as Wrong;
use governance::id::{DecisionId, IdentityId};
use governance::identity::{Kind, Status};
use governance::on_every_database;
use governance::policy::bundle::Bundle;
use governance::policy::files::Files;
use governance::revocation::Target;
use governance::store;
use governance::store::handoffs::Edge;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    only_what_every_agent_of_the_chain_may_do_is_permitted
    the_gates_of_all_links_stand_and_one_approval_is_for_one_chain
    who_owns_a_link_does_not_decide_alone
    stopping_any_of_eight_links_stops_what_was_handed_through_it
    a_decision_with_a_chain_replays_to_the_same_answer
}

fn publish(who: &str, through: &[&str]) -> Value {
    json!({
        "subject": { "type": "agent", "id": who, "properties": { "act": through } },
        "action": { "name": "report.publish" },
        "resource": { "type": "report", "id": "r-1" },
    })
}

/// An editor, a press officer, a writer, a planner, an assistant, and one agent without a team; the writer's key.
async fn begin(t: Fresh) -> (World, [Ctx; 2], Ctx) {
    let w = World { t };
    let people = [w.approver("edda", "editors").await, w.approver("piet", "press").await];
    w.activate("papers").await;
    let writer = w.agent("writer", "writers").await;
    for (name, team) in [("planner", "planners"), ("assistant", "assistants"), ("stranger", "nobody")] {
        w.agent(name, team).await;
    }
    let key = w.key(Some(writer), &[Scope::Ask, Scope::Act]).await;
    (w, people, key)
}

async fn named(w: &World, name: &str) -> IdentityId {
    let all = store::facts::subject(&mut w.t.gov.read().await.unwrap(), "agent", name).await;
    all.unwrap().unwrap().id
}

async fn only_what_every_agent_of_the_chain_may_do_is_permitted(t: Fresh) {
    let (w, _, own) = begin(t).await;
    let gateway = w.key(None, &[Scope::Ask]).await;
    let permit = json!({ "outcome": "permit", "rules": ["publish"], "valid_for_s": 5 });
    // the chain is believed when it narrows, whoever says it
    for ctx in [&own, &gateway] {
        assert_eq!(w.whole(ctx, publish("writer", &[])).await, permit);
        let refused = json!({
            "outcome": "deny",
            "reason": "chain_denied",
            "message": "link 2 of the chain, stranger, is denied no_rule: no rule permits this",
            "rules": [],
        });
        assert_eq!(w.whole(ctx, publish("writer", &["planner", "stranger"])).await, refused);
        let waits = w.whole(ctx, publish("writer", &["planner"])).await;
        assert_eq!((&waits["outcome"], &waits["rules"]), (&json!("escalate"), &json!(["planner-publishes"])));
        w.t.clock.advance(TimeDelta::seconds(1));
        assert_eq!(w.answer(ctx, publish("writer", &["nobody-knows"])).await.1, "deny unregistered");
        let circle = w.whole(ctx, publish("writer", &["planner", "writer"])).await;
        assert_eq!(circle["reason"], "chain_cycle");
        assert_eq!(circle["message"], "link 2 of the chain is writer, which asks: act names those before it alone");
        let twice = w.answer(ctx, publish("writer", &["planner", "stranger", "planner"])).await.1;
        assert!(twice.contains("goes in a circle: planner is link 1 and link 3"), "{twice}");
        let nine: Vec<String> = (0..9).map(|n| format!("a-{n}")).collect();
        let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
        assert!(w.answer(ctx, publish("writer", &nine)).await.1.contains("at most 8"));
    }
    // nor does a chain lend what its links may do
    assert_eq!(w.answer(&gateway, publish("stranger", &["writer"])).await.1, "deny no_rule");

    let id = named(&w, "assistant").await;
    let assistant = store::identities::get(&mut w.t.gov.read().await.unwrap(), id).await.unwrap().unwrap();
    let to = Status::Suspended;
    w.t.gov.identity_status(&w.t.operator(), assistant.id, assistant.version, to).await.unwrap();
    let suspended = w.whole(&gateway, publish("writer", &["assistant"])).await;
    assert_eq!(suspended["reason"], "chain_denied");
    assert_eq!(suspended["message"], "link 1 of the chain, assistant, is denied not_active: it is suspended");

    // who acted through whom is counted with the answers, in both directions each by itself
    let seen = w.t.gov.handoff_list(&w.t.operator(), 1).await.unwrap();
    let line = |e: &Edge| {
        let n = e.answers;
        format!("{} > {}: {} {} {}", e.from_name.clone().unwrap(), e.to_name, n.permits, n.escalates, n.denies)
    };
    let lines: Vec<_> = seen.edges.iter().map(line).collect();
    assert!(lines.contains(&"planner > stranger: 0 0 2".to_owned()), "{lines:?}");
    assert!(lines.contains(&"stranger > writer: 0 0 2".to_owned()), "{lines:?}");
    assert!(lines.contains(&"planner > writer: 0 2 2".to_owned()), "{lines:?}");
    assert!(lines.contains(&"writer > stranger: 0 0 1".to_owned()), "{lines:?}");
    assert!(!seen.more && seen.edges.iter().all(|e| e.from_name != Some(e.to_name.clone())), "{lines:?}");
    w.t.clock.advance(TimeDelta::days(1));
    assert!(w.t.gov.handoff_list(&w.t.operator(), 1).await.unwrap().edges.is_empty(), "today alone");
    assert_eq!(w.t.gov.handoff_list(&w.t.operator(), 2).await.unwrap().edges, seen.edges);
    assert_eq!(w.t.gov.handoff_list(&own, 1).await.unwrap_err().kind, Wrong::Forbidden);
}

async fn the_gates_of_all_links_stand_and_one_approval_is_for_one_chain(t: Fresh) {
    let (w, [edda, piet], own) = begin(t).await;
    let through = publish("writer", &["planner", "assistant"]);
    let waits = json!({
        "outcome": "escalate",
        "reason": "approval_required",
        "message": "The press office reads what an assistant had a hand in",
        "rules": ["assistant-publishes", "planner-publishes"],
        "tier": "high",
        "waits_for_s": 1_800,
    });
    assert_eq!(w.whole(&own, through.clone()).await, waits);
    let card = w.open(named(&w, "writer").await).await[0];
    w.approve(&edda, card).await;
    w.t.clock.advance(TimeDelta::seconds(60));
    assert_eq!(w.answer(&own, through.clone()).await.1, "escalate approval_required", "one route of two");
    w.approve(&piet, card).await;
    w.t.clock.advance(TimeDelta::seconds(1));

    // another chain is another question: the approval is not for it
    let turned = w.answer(&own, publish("writer", &["assistant", "planner"])).await;
    assert_eq!(turned.1, "escalate approval_required");
    let (answer, line) = w.answer(&own, through).await;
    assert_eq!(line, "permit");
    let answer = answer.unwrap();
    assert_eq!(answer.reason.as_deref(), Some("approved"));
    let grant = answer.grant.unwrap();
    assert_eq!(grant.expires_at, w.t.gov.now() + TimeDelta::minutes(5), "the shorter of the two gates");

    // the grant rests on both agents it came through
    let planner = named(&w, "planner").await;
    let revoked = w.t.gov.revoke(&w.t.operator(), &Target::Identity(planner), "it went astray").await.unwrap();
    assert_eq!((revoked.ended.grants, revoked.ended.escalations), (1, 1), "and so does what still waits");
    let late = w.t.gov.grant_redeem(&own, grant.id, None).await.unwrap_err();
    assert_eq!((late.kind, late.detail.as_str()), (Wrong::Conflict, "the grant was revoked"));
}

async fn who_owns_a_link_does_not_decide_alone(t: Fresh) {
    let w = World { t };
    let edda = w.approver("edda", "editors").await;
    w.approver("piet", "press").await;
    w.activate("papers").await;
    let Actor::Person { id: owner, .. } = edda.actor else { panic!("a person") };
    let writer = w.agent("writer", "writers").await;
    let planner =
        NewIdentity { owner: Some(owner), team: Some("planners".into()), ..NewIdentity::named("planner", Kind::Agent) };
    w.t.gov.identity_add(&w.t.operator(), planner).await.unwrap();
    let key = w.key(Some(writer), &[Scope::Ask]).await;
    let (_, line) = w.answer(&key, publish("writer", &["planner"])).await;
    assert_eq!(line, "deny no_approver", "the only editor owns the agent that handed it on");
    let emil = w.approver("emil", "editors").await;
    let (_, line) = w.answer(&key, publish("writer", &["planner"])).await;
    assert_eq!(line, "escalate approval_required");
    w.approve(&emil, w.open(writer).await[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.answer(&key, publish("writer", &["planner"])).await.1, "permit");
}

async fn stopping_any_of_eight_links_stops_what_was_handed_through_it(t: Fresh) {
    let (w, _, own) = begin(t).await;
    let names: Vec<String> = (1..=8).map(|n| format!("writer-{n}")).collect();
    let mut ids = Vec::new();
    for name in &names {
        ids.push(w.agent(name, "writers").await);
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(w.answer(&own, publish("writer", &all)).await.1, "permit");
    // from the last to the first: the shorter chain before the stopped one goes on
    for at in (0..8).rev() {
        let target = Target::Identity(ids[at]);
        let seq = w.t.gov.revoke(&w.t.operator(), &target, "stop").await.unwrap().log_seq;
        let (answer, line) = w.answer(&own, publish("writer", &all[..=at])).await;
        assert_eq!(line, "deny revoked", "link {} of {}", at + 1, at + 1);
        assert!(answer.unwrap().seq > seq);
        assert_eq!(w.answer(&own, publish("writer", &all[..at])).await.1, "permit", "{at} links");
    }
}

async fn a_decision_with_a_chain_replays_to_the_same_answer(t: Fresh) {
    let (w, _, own) = begin(t).await;
    let bundle = |change: fn(&str) -> String| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/papers");
        let mut files: Files = World::files(&folder);
        let rules = files.get_mut("policies/publishing.cedar").unwrap();
        *rules = change(std::str::from_utf8(rules).unwrap()).into_bytes();
        Bundle::from_files(&files).unwrap()
    };
    let same = bundle(str::to_owned);
    // planners may publish no more
    let narrower = bundle(|rules| rules.replace(r#"principal in Team::"planners" ||"#, ""));
    let inputs = async |id: DecisionId| -> Inputs {
        let stored = w.t.gov.decision_get(&w.t.operator(), id).await.unwrap();
        serde_json::from_str(&stored.inputs.unwrap()).unwrap()
    };
    for (through, is, would) in [
        (&[][..], "permit", "permit"),
        (&["planner"][..], "escalate", "deny"),
        (&["assistant", "planner"][..], "escalate", "deny"),
        (&["assistant", "stranger"][..], "deny", "deny"),
    ] {
        let answer = w.answer(&own, publish("writer", through)).await.0.unwrap();
        assert_eq!(answer.outcome.as_str(), is, "{through:?}");
        let recorded = inputs(answer.id).await;
        assert_eq!(recorded.links.len(), through.len());
        assert_eq!(recorded.clone().again(&same).united(), recorded.united(), "{through:?}");
        let outcome = serde_json::to_value(recorded.again(&narrower).united()).unwrap()["outcome"].clone();
        let want = if would == "escalate" { "gated" } else { would };
        assert_eq!(outcome, want, "{through:?}");
    }
}
