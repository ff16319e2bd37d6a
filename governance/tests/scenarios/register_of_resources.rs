//! The register of tools, destinations and memory stores stands before what policy permits, whatever the bundle says.
use super::world::{World, addressed, permitted, waits};
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::decisions::Inputs;
use governance::engine::findings::Filter;
use governance::engine::notices::{Registered, Says};
use governance::engine::page::Want;
use governance::engine::people::NewPerson;
use governance::engine::resources::{Change, Kind, Resource, Trust};
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Kind as Wrong;
use governance::finding::Rule;
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;
use governance::watch::Observed;
use serde_json::{Value, json};
use std::sync::Arc;

on_every_database! {
    the_owner_of_a_tool_is_told_that_its_definition_changed
    another_definition_waits_for_a_person_and_for_that_one_alone
    a_report_of_another_definition_is_a_finding_and_holds_the_tool
    an_agents_own_report_holds_nothing
    an_untrusted_resource_waits_although_policy_permits
    who_answers_for_it_does_not_say_that_it_may_be_used
    trust_taken_back_while_a_question_is_decided_counts
    a_grant_is_not_spent_on_what_is_trusted_no_more
    a_list_is_imported_and_says_what_was_wrong
}

const TOOL: (&str, &str) = ("action", "ledger.read");

fn digest(n: u8) -> String {
    format!("{n:02x}").repeat(32)
}

fn read(tool: Option<u8>) -> Value {
    let properties = tool.map_or_else(|| json!({}), |n| json!({ "tool": digest(n) }));
    json!({
        "subject": { "type": "agent", "id": "clerk", "properties": properties },
        "action": { "name": "ledger.read" },
        "resource": { "type": "ledger", "id": "general" },
    })
}

struct Played {
    w: World,
    clerk: Ctx,
    gateway: Ctx,
    rita: Ctx,
}

async fn begin(t: Fresh) -> Played {
    let w = World::of(t, "finance").await;
    let id = w.agent("clerk", "finance-agents").await;
    let clerk = w.key(Some(id), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Ask, Scope::Act, Scope::Import]).await;
    let rita = w.approver("rita", "register").await;
    Played { w, clerk, gateway, rita }
}

async fn person(w: &World, name: &str, role: Role) -> Ctx {
    let email = format!("{name}@example.com");
    let new = NewPerson { email, name: name.into(), roles: [role].into(), ..NewPerson::default() };
    let id = w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id;
    w.t.gov.ctx(Actor::Person { id, roles: [role].into() })
}

async fn list(w: &World, name: (&str, &str), change: Change) -> Resource {
    w.t.gov.resource_set(&w.t.operator(), name, &change).await.unwrap()
}

async fn tool(w: &World) -> Resource {
    list(w, TOOL, Change { kind: Some(Kind::Tool), definition: Some(digest(1)), ..Change::default() }).await
}

fn used(tool: u8) -> Observed {
    serde_json::from_value(json!({
        "agent": { "type": "agent", "id": "clerk" },
        "action": "ledger.read",
        "resource": { "type": "ledger", "id": "general" },
        "tool": digest(tool),
    }))
    .unwrap()
}

fn held() -> Value {
    waits(&["ledger"], "The tool has another definition than the one that was approved", "high", 1_800)
}

async fn another_definition_waits_for_a_person_and_for_that_one_alone(t: Fresh) {
    let Played { w, clerk, rita, .. } = begin(t).await;
    assert_eq!(w.whole(&clerk, read(Some(9))).await, permitted(&["ledger"]), "a tool that is not listed is policy's");
    tool(&w).await;
    for build in [None, Some(1)] {
        assert_eq!(w.whole(&clerk, read(build)).await, permitted(&["ledger"]));
    }
    assert_eq!(w.whole(&clerk, read(Some(2))).await, held());
    let id = w.t.gov.identity_find(&w.t.operator(), "clerk").await.unwrap().id;
    let open = w.open(id).await;
    assert_eq!(open.len(), 1);
    let card = w.t.gov.escalation_get(&rita, open[0]).await.unwrap().card.unwrap();
    let checked: Vec<_> = card.checked.iter().map(|c| (c.what.as_str(), c.value.clone())).collect();
    assert!(checked.contains(&("tool action:ledger.read: definition", json!("changed"))), "{checked:?}");
    w.t.clock.advance(TimeDelta::seconds(1));
    w.approve(&rita, open[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    // the approval is for the definition that was shown
    assert_eq!(w.answer(&clerk, read(Some(3))).await.1, "escalate approval_required");
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.answer(&clerk, read(Some(2))).await.1, "permit");
    assert_eq!(w.answer(&clerk, read(Some(1))).await.1, "permit", "the asker's word is nobody else's");
}

async fn a_report_of_another_definition_is_a_finding_and_holds_the_tool(t: Fresh) {
    let Played { w, clerk, gateway, .. } = begin(t).await;
    let before = tool(&w).await;
    w.t.gov.activity_report(&gateway, &[used(1)]).await.unwrap();
    assert_eq!(w.answer(&clerk, read(None)).await.1, "permit");
    w.t.gov.activity_report(&gateway, &[used(2)]).await.unwrap();
    assert_eq!(w.whole(&clerk, read(None)).await, held());
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.answer(&clerk, read(Some(1))).await.1, "escalate approval_required", "its own word lifts nothing");
    w.t.gov.activity_report(&gateway, &[used(1)]).await.unwrap();
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.answer(&clerk, read(Some(1))).await.1, "escalate approval_required", "nor does going back");
    let it = w.t.gov.resource_get(&w.t.operator(), TOOL).await.unwrap();
    assert_eq!((it.seen, it.changed_at.is_some()), (Some(digest(1)), true));
    let waiting = w.t.gov.resource_list(&w.t.operator(), Some(Kind::Tool), true, &Want::default()).await.unwrap();
    assert_eq!(waiting.items.len(), 1);
    let filter = Filter { rule: Some(Rule::DefinitionChanged), ..Filter::default() };
    let found = w.t.gov.finding_list(&w.t.operator(), &filter, &Want::default()).await.unwrap().items;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].found.subject, before.id.to_string());
    assert!(found[0].found.evidence[0].ends_with(&format!("clerk · {}", digest(2))), "{:?}", found[0].found);
    let oscar = person(&w, "oscar", Role::Operator).await;
    w.t.gov.resource_approve(&oscar, TOOL, &digest(2)).await.unwrap();
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.answer(&clerk, read(None)).await.1, "escalate approval_required", "another one was seen last");
    w.t.gov.activity_report(&gateway, &[used(2)]).await.unwrap();
    assert_eq!(w.answer(&clerk, read(Some(2))).await.1, "permit");
    assert!(w.t.gov.finding_list(&w.t.operator(), &filter, &Want::default()).await.unwrap().items.is_empty());
    let events = w.t.gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    let about: Vec<_> = events.iter().map(|e| e.kind.as_str()).filter(|k| k.starts_with("resource.")).collect();
    assert_eq!(
        about,
        ["resource.added", "resource.seen", "resource.seen", "resource.seen", "resource.approved", "resource.seen"]
    );
}

async fn the_owner_of_a_tool_is_told_that_its_definition_changed(t: Fresh) {
    let Played { w, clerk, gateway, .. } = begin(t).await;
    person(&w, "olga", Role::Owner).await;
    let oscar = person(&w, "oscar", Role::Operator).await;
    tool(&w).await;
    let owned = Change { owner: Some(Some("olga@example.com".into())), ..Change::default() };
    list(&w, TOOL, owned).await;
    w.t.gov.activity_report(&gateway, &[used(1)]).await.unwrap();
    w.t.gov.activity_report(&clerk, &[used(2)]).await.unwrap();
    assert!(w.told().await.is_empty(), "an agent's own word holds nothing");
    let early = w.t.gov.now();
    for definition in [2, 3, 1] {
        w.t.gov.activity_report(&gateway, &[used(definition)]).await.unwrap();
        w.t.clock.advance(TimeDelta::seconds(1));
    }
    let told = w.told().await;
    assert_eq!(addressed(&told), ["definition_changed to olga", "definition_changed to webhook"]);
    assert_eq!(told[0].2, Says::Registered(Registered { name: "action:ledger.read".into(), at: early }));
    assert!(w.told().await.is_empty(), "once");
    // nobody answers for it any more: who may change the register is told
    w.t.gov.resource_approve(&oscar, TOOL, &digest(1)).await.unwrap();
    list(&w, TOOL, Change { owner: Some(None), ..Change::default() }).await;
    w.t.gov.activity_report(&gateway, &[used(2)]).await.unwrap();
    assert_eq!(addressed(&w.told().await), ["definition_changed to oscar", "definition_changed to webhook"]);
}

async fn an_agents_own_report_holds_nothing(t: Fresh) {
    let Played { w, clerk, .. } = begin(t).await;
    tool(&w).await;
    w.t.gov.activity_report(&clerk, &[used(2)]).await.unwrap();
    assert_eq!(w.answer(&clerk, read(None)).await.1, "permit");
    let filter = Filter { rule: Some(Rule::DefinitionChanged), ..Filter::default() };
    let found = w.t.gov.finding_list(&w.t.operator(), &filter, &Want::default()).await.unwrap().items;
    assert_eq!(found.len(), 1, "it is shown all the same");
    assert!(found[0].found.evidence[0].contains("by its own word"));
    assert_eq!(w.t.gov.resource_get(&w.t.operator(), TOOL).await.unwrap().seen, None);
}

async fn an_untrusted_resource_waits_although_policy_permits(t: Fresh) {
    let Played { w, clerk, .. } = begin(t).await;
    let store = |trust| Change {
        kind: Some(Kind::MemoryStore),
        trust: Some(trust),
        retention_days: Some(Some(30)),
        ..Change::default()
    };
    list(&w, ("ledger", "general"), store(Trust::Unknown)).await;
    assert_eq!(w.whole(&clerk, read(None)).await, permitted(&["ledger"]));
    list(&w, ("ledger", "general"), store(Trust::Untrusted)).await;
    assert_eq!(w.whole(&clerk, read(None)).await, waits(&["ledger"], "The memory store is not trusted", "high", 1_800));
    let last = w.t.gov.decision_list(&w.t.operator(), &Default::default(), 1).await.unwrap();
    let inputs: Inputs = serde_json::from_str(last[0].inputs.as_ref().unwrap()).unwrap();
    assert_eq!(inputs.register.len(), 1, "on record, so that it replays");
    assert_eq!(inputs.question.server.memory_store.unwrap()["retention_days"], json!(30));
    // policy's own gates stand beside it: both are asked
    let payee = ("payee", "acme");
    let change = json!({
        "subject": { "type": "agent", "id": "clerk" },
        "action": { "name": "payee.change", "properties": { "change": "bank account" } },
        "resource": { "type": "payee", "id": payee.1 },
    });
    let untrusted = Change { kind: Some(Kind::Destination), trust: Some(Trust::Untrusted), ..Change::default() };
    list(&w, payee, untrusted).await;
    let both = w.answer(&clerk, change).await.0.unwrap();
    assert_eq!(both.needed.unwrap().routes, ["finance-ops", "register"]);
}

async fn who_answers_for_it_does_not_say_that_it_may_be_used(t: Fresh) {
    let Played { w, gateway, .. } = begin(t).await;
    let olga = person(&w, "olga", Role::Operator).await;
    let oscar = person(&w, "oscar", Role::Operator).await;
    let gov = &w.t.gov;
    let owned = Change { kind: Some(Kind::Tool), owner: Some(Some("olga@example.com".into())), ..Change::default() };
    gov.resource_set(&olga, TOOL, &owned).await.unwrap();
    let trusted = Change { trust: Some(Trust::Trusted), ..Change::default() };
    let first = Change { definition: Some(digest(1)), ..Change::default() };
    for (ctx, change) in [(&olga, &trusted), (&olga, &first), (&gateway, &trusted), (&gateway, &first)] {
        let refused = gov.resource_set(ctx, TOOL, change).await.unwrap_err();
        assert_eq!(refused.kind, Wrong::Forbidden, "{:?} {change:?}", ctx.actor);
    }
    assert_eq!(gov.resource_approve(&olga, TOOL, &digest(1)).await.unwrap_err().kind, Wrong::Forbidden);
    assert_eq!(gov.resource_approve(&gateway, TOOL, &digest(1)).await.unwrap_err().kind, Wrong::Forbidden);
    assert_eq!(gov.resource_remove(&olga, TOOL).await.unwrap_err().kind, Wrong::Forbidden);
    // giving it away in the same breath is no way around it
    let away = Change { owner: Some(None), ..trusted.clone() };
    assert_eq!(gov.resource_set(&olga, TOOL, &away).await.unwrap_err().kind, Wrong::Forbidden);
    gov.resource_set(&oscar, TOOL, &trusted).await.unwrap();
    gov.resource_set(&oscar, TOOL, &first).await.unwrap();
    let other = Change { definition: Some(digest(2)), ..Change::default() };
    assert_eq!(gov.resource_set(&oscar, TOOL, &other).await.unwrap_err().kind, Wrong::Conflict, "approved, not set");
    // taking trust back takes nobody else, and a machine may
    gov.resource_set(&gateway, TOOL, &Change { trust: Some(Trust::Untrusted), ..Change::default() }).await.unwrap();
    let viewer = person(&w, "vera", Role::Viewer).await;
    assert_eq!(gov.resource_set(&viewer, TOOL, &Change::default()).await.unwrap_err().kind, Wrong::Forbidden);
}

async fn trust_taken_back_while_a_question_is_decided_counts(t: Fresh) {
    let Played { w, clerk, .. } = begin(t).await;
    let mut it = list(&w, ("ledger", "general"), Change { kind: Some(Kind::MemoryStore), ..Change::default() }).await;
    assert_eq!(w.answer(&clerk, read(None)).await.1, "permit", "evaluated on this register, and remembered");
    let (w, clerk) = (Arc::new(w), Arc::new(clerk));
    let mut write = w.t.gov.write(&w.t.operator()).await.unwrap();
    let asked = {
        let (w, clerk) = (w.clone(), clerk.clone());
        tokio::spawn(async move { w.answer(&clerk, read(None)).await.1 })
    };
    // it is evaluated by now and waits for the lock
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!asked.is_finished(), "nothing is answered beside the lock");
    it.trust = Trust::Untrusted;
    let event = Event::new(EventKind::ResourceChanged, "operator:test").subject(it.id);
    it.seq = i64::try_from(write.append(event).await.unwrap()).unwrap();
    store::resources::update(&mut write.tx, &it).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(asked.await.unwrap(), "escalate approval_required");
}

async fn a_grant_is_not_spent_on_what_is_trusted_no_more(t: Fresh) {
    let Played { w, clerk, .. } = begin(t).await;
    w.t.gov.action_facts_set(&w.t.operator(), "ledger.read", &[ActionFact::Irreversible].into()).await.unwrap();
    tool(&w).await;
    let grants = async |n: usize| {
        let mut all = Vec::new();
        for _ in 0..n {
            all.push(w.answer(&clerk, read(Some(1))).await.0.unwrap().grant.unwrap().id);
        }
        all
    };
    let grants = grants(2).await;
    w.t.gov.grant_redeem(&clerk, grants[0], None).await.unwrap();
    list(&w, TOOL, Change { trust: Some(Trust::Untrusted), ..Change::default() }).await;
    let late = w.t.gov.grant_redeem(&clerk, grants[1], None).await.unwrap_err();
    let words = "the register trusts action:ledger.read no longer, or its definition changed: ask again";
    assert_eq!((late.kind, late.detail.as_str()), (Wrong::Conflict, words));
    list(&w, TOOL, Change { trust: Some(Trust::Trusted), ..Change::default() }).await;
    w.t.gov.grant_redeem(&clerk, grants[1], None).await.unwrap();
}

async fn a_list_is_imported_and_says_what_was_wrong(t: Fresh) {
    let Played { w, gateway, .. } = begin(t).await;
    let csv = "type,id,kind,trust,owner\nhost,a.example,destination,trusted,\nhost,b.example,destination,,nobody@example.com\nhost,c.example,,,\nhost,d.example,destination,untrusted,\n";
    let (gov, ctx) = (&w.t.gov, w.t.operator());
    let dry = gov.resource_import(&ctx, "hosts.csv", csv.as_bytes(), true).await.unwrap();
    assert_eq!(dry.added, ["host:a.example", "host:d.example"]);
    assert!(gov.resource_list(&ctx, None, false, &Want::default()).await.unwrap().items.is_empty());
    let done = gov.resource_import(&ctx, "hosts.csv", csv.as_bytes(), false).await.unwrap();
    let places: Vec<_> = done.problems.iter().map(|p| p.place.as_str()).collect();
    assert_eq!((done.added, places), (dry.added, vec!["line 3", "line 4"]));
    // a machine's list makes nothing milder
    let lines = "{\"type\":\"host\",\"id\":\"a.example\",\"trust\":\"untrusted\"}\n{\"type\":\"host\",\"id\":\"d.example\",\"trust\":\"trusted\"}\n";
    let by_key = gov.resource_import(&gateway, "hosts.ndjson", lines.as_bytes(), false).await.unwrap();
    assert_eq!((by_key.changed.as_slice(), by_key.problems.len()), (&["host:a.example".to_owned()][..], 1));
    let again = gov.resource_import(&gateway, "hosts.ndjson", lines.as_bytes(), false).await.unwrap();
    assert_eq!((again.changed.len(), again.unchanged, again.problems.len()), (0, 1, 1));
}
