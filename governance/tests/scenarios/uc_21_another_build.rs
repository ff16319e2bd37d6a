//! UC-21: an agent changes: another model, prompt or tools. Its digest differs, so nothing is permitted and no grant can be
//! redeemed until its owner says that the new one may act.
use super::world::{World, addressed};
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::decisions::Inputs;
use governance::engine::findings::Filter;
use governance::engine::identities::NewIdentity;
use governance::engine::notices::{Registered, Says};
use governance::engine::page::Want;
use governance::engine::people::{NewPerson, PersonChange};
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Kind as Wrong;
use governance::finding::{Rule, State};
use governance::id::{IdentityId, PersonId};
use governance::identity::Kind;
use governance::on_every_database;
use governance::person::Status;
use governance::testkit::Fresh;
use serde_json::{Value, json};
use std::sync::Arc;

on_every_database! {
    who_answers_for_it_is_told_of_another_build_once
    another_build_may_do_nothing_until_the_owner_approves_it
    who_never_named_a_build_is_asked_for_none
    a_build_is_approved_by_a_person_who_answers_for_it
    first_builds_at_once_leave_one_that_may_act
    what_a_changed_agent_handed_on_is_denied
}

fn digest(n: u8) -> String {
    format!("{n:02x}").repeat(32)
}

fn read(build: Option<u8>) -> Value {
    let properties = build.map_or_else(|| json!({}), |n| json!({ "build": digest(n) }));
    json!({
        "subject": { "type": "agent", "id": "writer", "properties": properties },
        "action": { "name": "mail.draft" },
        "resource": { "type": "mailbox", "id": "news" },
    })
}

struct Played {
    w: World,
    writer: IdentityId,
    own: Ctx,
    owner: Ctx,
}

async fn begin(t: Fresh) -> Played {
    let w = World { t };
    w.approver("edda", "editors").await;
    w.approver("piet", "press").await;
    w.activate("papers").await;
    let owner = person(&w, "olga", Role::Owner).await;
    let Actor::Person { id, .. } = owner.actor else { panic!("a person") };
    let new =
        NewIdentity { owner: Some(id), team: Some("writers".into()), ..NewIdentity::named("writer", Kind::Agent) };
    let writer = w.t.gov.identity_add(&w.t.operator(), new).await.unwrap().id;
    // drafts are redeemed, so that a grant is at hand
    let facts = [ActionFact::Irreversible].into();
    w.t.gov.action_facts_set(&w.t.operator(), "mail.draft", &facts).await.unwrap();
    let own = w.key(Some(writer), &[Scope::Ask, Scope::Act]).await;
    Played { w, writer, own, owner }
}

async fn person(w: &World, name: &str, role: Role) -> Ctx {
    let new = NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        roles: [role].into(),
        groups: Default::default(),
        manager: None,
    };
    let id: PersonId = w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id;
    w.t.gov.ctx(Actor::Person { id, roles: [role].into() })
}

async fn findings(w: &World, id: IdentityId) -> Vec<(State, String)> {
    let filter = Filter { rule: Some(Rule::BuildChanged), ..Filter::default() };
    let page = w.t.gov.finding_list(&w.t.operator(), &filter, &Want::default()).await.unwrap();
    let about = |f: &governance::finding::Finding| f.identity.as_ref().is_some_and(|a| a.id == id);
    page.items.into_iter().filter(about).map(|f| (f.state, f.found.words)).collect()
}

async fn another_build_may_do_nothing_until_the_owner_approves_it(t: Fresh) {
    let Played { w, writer, own, owner } = begin(t).await;
    let (answer, line) = w.answer(&own, read(Some(1))).await;
    assert_eq!(line, "permit", "the first build is kept on trust");
    let grant = answer.unwrap().grant.unwrap();
    assert!(findings(&w, writer).await.is_empty());

    let refused = w.whole(&own, read(Some(2))).await;
    assert_eq!((&refused["outcome"], &refused["reason"]), (&json!("deny"), &json!("build_changed")));
    let found = findings(&w, writer).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, State::Open);
    // neither does naming the old one help, nor naming none
    for build in [Some(1), None, Some(3)] {
        assert_eq!(w.answer(&own, read(build)).await.1, "deny build_changed", "{build:?}");
    }
    let late = w.t.gov.grant_redeem(&own, grant.id, None).await.unwrap_err();
    assert_eq!(
        (late.kind, late.detail.as_str()),
        (Wrong::Conflict, "writer runs another build: its owner looks first")
    );

    let waits = w.t.gov.identity_build(&owner, writer).await.unwrap().unwrap();
    assert_eq!((waits.digest, waits.changed), (digest(1), Some(digest(3))));
    let after = w.t.gov.identity_build_approve(&owner, writer, &digest(2)).await.unwrap();
    assert_eq!((after.digest, after.changed), (digest(2), None));
    assert!(findings(&w, writer).await.is_empty(), "what was open is resolved");
    w.t.gov.grant_redeem(&own, grant.id, None).await.unwrap();
    assert_eq!(w.answer(&own, read(Some(2))).await.1, "permit");
    assert_eq!(w.answer(&own, read(Some(1))).await.1, "deny build_changed", "the old one is another one now");

    let events = w.t.gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    let about: Vec<_> = events.iter().map(|e| e.kind.as_str()).filter(|k| k.starts_with("identity.build")).collect();
    let want = ["identity.build_seen", "identity.build_changed", "identity.build_approved", "identity.build_changed"];
    assert_eq!(about, want);
    let denied = events.iter().filter(|e| e.kind.as_str() == "decision.deny").map(|e| String::from_utf8_lossy(&e.leaf));
    assert!(denied.into_iter().any(|leaf| leaf.contains(&format!(r#""build":"{}""#, digest(3)))), "the leaf names it");
}

async fn who_answers_for_it_is_told_of_another_build_once(t: Fresh) {
    let Played { w, writer, own, owner } = begin(t).await;
    let bert = person(&w, "bert", Role::Owner).await;
    let (Actor::Person { id: olga, .. }, Actor::Person { id: bert, .. }) = (&owner.actor, &bert.actor) else {
        panic!()
    };
    w.t.gov.identity_own(&w.t.operator(), writer, *olga, Some(*bert)).await.unwrap();
    w.answer(&own, read(Some(1))).await.0.unwrap();
    assert!(w.told().await.is_empty(), "the first build is no news");
    let early = w.t.gov.now();
    w.answer(&own, read(Some(2))).await.0.unwrap();
    w.t.clock.advance(TimeDelta::seconds(1));
    w.answer(&own, read(Some(3))).await.0.unwrap();
    let told = w.told().await;
    assert_eq!(addressed(&told), ["build_changed to bert", "build_changed to olga", "build_changed to webhook"]);
    for (_, _, says) in &told {
        assert_eq!(says, &Says::Registered(Registered { name: "writer".into(), at: early }));
    }
    assert!(w.told().await.is_empty(), "once");
    // looked at before the message went out: there is nothing to tell any more
    w.t.gov.identity_build_approve(&owner, writer, &digest(1)).await.unwrap();
    w.answer(&own, read(Some(4))).await.0.unwrap();
    w.t.gov.identity_build_approve(&owner, writer, &digest(4)).await.unwrap();
    assert!(w.told().await.is_empty());
    // where nobody active answers, who could name somebody is told
    person(&w, "oscar", Role::Operator).await;
    person(&w, "ada", Role::Admin).await;
    for gone in [olga, bert] {
        let change = PersonChange { status: Some(Status::Inactive), ..PersonChange::default() };
        w.t.gov.person_change(&w.t.operator(), *gone, change).await.unwrap();
    }
    assert_eq!(addressed(&w.told().await), ["orphaned to ada", "orphaned to oscar", "orphaned to webhook"]);
    w.answer(&own, read(Some(5))).await.0.unwrap();
    let told = addressed(&w.told().await);
    assert_eq!(told, ["build_changed to ada", "build_changed to oscar", "build_changed to webhook"]);
}

async fn who_never_named_a_build_is_asked_for_none(t: Fresh) {
    let Played { w, writer, own, .. } = begin(t).await;
    assert_eq!(w.answer(&own, read(None)).await.1, "permit");
    assert!(w.t.gov.identity_build(&w.t.operator(), writer).await.unwrap().is_none());
    assert_eq!(w.answer(&own, read(Some(1))).await.1, "permit");
    assert_eq!(w.answer(&own, read(None)).await.1, "permit", "silence is no other build");
    let mut wrong = read(None);
    wrong["subject"]["properties"] = json!({ "build": "gpt-5" });
    let said = w.answer(&own, wrong).await.1;
    assert!(said.starts_with("Invalid: subject.properties.build must be a SHA-256 digest"), "{said}");
}

async fn a_build_is_approved_by_a_person_who_answers_for_it(t: Fresh) {
    let Played { w, writer, own, owner } = begin(t).await;
    w.answer(&own, read(Some(1))).await.0.unwrap();
    w.answer(&own, read(Some(2))).await.0.unwrap();
    let gateway = w.key(None, &[Scope::Ask, Scope::Act, Scope::Task]).await;
    for ctx in [&own, &gateway, &person(&w, "otto", Role::Owner).await, &person(&w, "ann", Role::Approver).await] {
        let refused = w.t.gov.identity_build_approve(ctx, writer, &digest(2)).await.unwrap_err();
        assert_eq!(refused.kind, Wrong::Forbidden, "{:?}", ctx.actor);
    }
    assert_eq!(w.answer(&own, read(Some(2))).await.1, "deny build_changed");
    let operator = person(&w, "oscar", Role::Operator).await;
    // it stays the one it was: the change was an error
    w.t.gov.identity_build_approve(&operator, writer, &digest(1)).await.unwrap();
    assert_eq!(w.answer(&own, read(Some(1))).await.1, "permit");
    assert_eq!(w.t.gov.identity_build_approve(&owner, writer, &digest(1)).await.unwrap_err().kind, Wrong::Conflict);
}

async fn first_builds_at_once_leave_one_that_may_act(t: Fresh) {
    let Played { w, writer, own, .. } = begin(t).await;
    let (w, own) = (Arc::new(w), Arc::new(own));
    let asking: Vec<_> = (1..=8_u8)
        .map(|n| {
            let (w, own) = (w.clone(), own.clone());
            tokio::spawn(async move { (n, w.answer(&own, read(Some(n))).await.1) })
        })
        .collect();
    let mut permitted = Vec::new();
    for task in asking {
        let (n, line) = task.await.unwrap();
        match line.as_str() {
            "permit" => permitted.push(n),
            other => assert_eq!(other, "deny build_changed"),
        }
    }
    let kept = w.t.gov.identity_build(&w.t.operator(), writer).await.unwrap().unwrap();
    assert_eq!(
        permitted.iter().map(|n| digest(*n)).collect::<Vec<_>>(),
        [kept.digest],
        "one, and the one that is kept"
    );
}

async fn what_a_changed_agent_handed_on_is_denied(t: Fresh) {
    let Played { w, writer, own, owner } = begin(t).await;
    let second = w.agent("second", "writers").await;
    let key = w.key(Some(second), &[Scope::Ask, Scope::Act]).await;
    w.answer(&own, read(Some(1))).await.0.unwrap();
    let handed = json!({
        "subject": { "type": "agent", "id": "second", "properties": { "act": ["writer"] } },
        "action": { "name": "mail.draft" },
        "resource": { "type": "mailbox", "id": "news" },
    });
    let grant = w.answer(&key, handed.clone()).await.0.unwrap().grant.unwrap();
    w.answer(&own, read(Some(2))).await.0.unwrap();
    w.t.clock.advance(TimeDelta::seconds(1));
    let refused = w.whole(&key, handed.clone()).await;
    assert_eq!(refused["reason"], "chain_denied");
    assert!(refused["message"].as_str().unwrap().starts_with("link 1 of the chain, writer, is denied build_changed"));
    let last = w.t.gov.decision_list(&w.t.operator(), &Default::default(), 1).await.unwrap();
    let inputs: Inputs = serde_json::from_str(last[0].inputs.as_ref().unwrap()).unwrap();
    assert!(inputs.links[0].build_changed, "on record, so that it replays");
    assert_eq!(w.t.gov.grant_redeem(&key, grant.id, None).await.unwrap_err().kind, Wrong::Conflict);
    w.t.gov.identity_build_approve(&owner, writer, &digest(2)).await.unwrap();
    assert_eq!(w.answer(&key, handed).await.1, "permit");
    w.t.gov.grant_redeem(&key, grant.id, None).await.unwrap();
}
