//! UC-15: a secret is copied into what an agent asks with; it is taken out before anybody or anything sees it, and raised.
use super::world::World;
use governance::engine::Scope;
use governance::engine::actions::Report;
use governance::engine::page::Want;
use governance::error::Kind as Wrong;
use governance::finding::{Rule, Severity};
use governance::id::IdentityId;
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;
use governance::watch::reaction::{Measure, Mode};
use governance::watch::{Observed, Prompted, Thing};
use serde_json::json;

on_every_database! {
    it_is_seen_by_nobody_and_raised
    in_a_prompt_it_is_raised_and_nothing_of_the_prompt_is_kept
    in_the_name_of_a_resource_it_is_taken_out
}

async fn it_is_seen_by_nobody_and_raised(t: Fresh) {
    let w = World { t };
    w.approver("ana", "finance-ops").await;
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let secret = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    let question = json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": "refund.create", "properties": {
            "amount_minor": 60_000, "currency": "EUR", "customer": format!("Blum KG (their token is {secret})"),
        } },
        "resource": { "type": "account", "id": "stripe:shop" },
        "context": { "justification": format!("The customer wrote: log in with {secret}.") },
    });
    assert_eq!(w.answer(&agent, question.clone()).await.1, "escalate approval_required");
    let [open] = w.open(desk).await[..] else { panic!() };
    let card = w.t.gov.escalation_get(&w.t.operator(), open).await.unwrap().card;
    let card = serde_json::to_string(&card).unwrap();
    assert!(!card.contains(&secret), "{card}");
    assert!(card.contains("their token is [redacted]"), "{card}");
    assert!(card.contains("log in with [redacted]"), "{card}");
    // the same question with the same secret is the same question
    w.t.clock.advance(chrono::TimeDelta::seconds(2));
    w.answer(&agent, question).await;
    assert_eq!(w.open(desk).await, [open]);
    // nothing of it is in the log, nor beside it
    let mut tx = w.t.gov.read().await.unwrap();
    for event in store::events::after(&mut tx, -1, 1_000).await.unwrap() {
        assert!(!String::from_utf8_lossy(&event.leaf).contains(&secret));
    }
    let found = store::findings::of_subject(&mut tx, &desk.to_string()).await.unwrap();
    let found: Vec<_> = found.iter().filter(|f| f.found.rule == Rule::SecretInArguments).collect();
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!(found.found.severity, Severity::High);
    assert!(found.found.evidence.len() == 2 && found.found.evidence.iter().all(|line| !line.contains(&secret)));
}

fn token() -> String {
    format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8")
}

async fn found(w: &World, id: IdentityId) -> Vec<(String, Vec<String>)> {
    let mut tx = w.t.gov.read().await.unwrap();
    let found = store::findings::of_subject(&mut tx, &id.to_string()).await.unwrap();
    let secrets = found.into_iter().filter(|f| f.found.rule == Rule::SecretInArguments);
    secrets.map(|f| (f.found.words, f.found.evidence)).collect()
}

async fn in_a_prompt_it_is_raised_and_nothing_of_the_prompt_is_kept(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let gateway = w.key(None, &[Scope::Act]).await;
    let own = w.key(Some(desk), &[Scope::Act]).await;
    let prompt = |id: &str, agent: &str| Prompted {
        id: Some(id.into()),
        agent: Thing { kind: "agent".into(), id: agent.into() },
        at: None,
        secrets: vec!["a GitHub token".into(), "a private key".into()],
    };
    let gov = &w.t.gov;
    let noted = gov.prompt_report(&gateway, &[prompt("t:1", "desk"), prompt("t:2", "desk")]).await.unwrap();
    assert_eq!((noted.recorded, noted.known, noted.findings.len()), (2, 0, 1));
    let again = gov.prompt_report(&gateway, &[prompt("t:1", "desk")]).await.unwrap();
    assert_eq!((again.recorded, again.known), (0, 1), "a span that is sent again is known");
    let said = found(&w, desk).await;
    let [(words, evidence)] = &said[..] else { panic!("{said:?}") };
    assert_eq!(words, "desk put a GitHub token and 1 more into a prompt; it was not stored.");
    assert_eq!(evidence.len(), 2);
    // it may act like any rule that a gateway saw, and never on an agent's own word
    let on = async |mode| {
        let ctx = w.t.operator();
        gov.reaction_set(&ctx, Rule::SecretInArguments, mode, Measure::Suspend, 5).await.unwrap()
    };
    on(Mode::On).await;
    assert!(gov.prompt_report(&own, &[prompt("t:3", "desk")]).await.unwrap().contained.is_empty());
    let done = gov.prompt_report(&gateway, &[prompt("t:4", "desk")]).await.unwrap().contained;
    assert_eq!((done.len(), done[0].measure), (1, Measure::Suspend));
    // whoever is not in the register is a gap, and a key speaks for its own alone
    gov.prompt_report(&gateway, &[prompt("t:5", "ghost")]).await.unwrap();
    assert_eq!(gov.gap_list(&w.t.operator(), &Want::default()).await.unwrap().items.len(), 1);
    w.agent("other", "support-agents").await;
    assert_eq!(gov.prompt_report(&own, &[prompt("t:6", "other")]).await.unwrap_err().kind, Wrong::Forbidden);
}

async fn in_the_name_of_a_resource_it_is_taken_out(t: Fresh) {
    let w = World { t };
    w.approver("ana", "finance-ops").await;
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Act]).await;
    let (token, named) = (token(), "https://bot:[redacted]@git.example/shop");
    let name = format!("https://bot:{token}@git.example/shop");
    let question = json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": "refund.create", "properties": { "amount_minor": 60_000, "currency": "EUR" } },
        "resource": { "type": "account", "id": name },
    });
    assert_eq!(w.answer(&agent, question).await.1, "escalate approval_required");
    let [open] = w.open(desk).await[..] else { panic!() };
    let card = serde_json::to_string(&w.t.gov.escalation_get(&w.t.operator(), open).await.unwrap().card).unwrap();
    assert!(card.contains(named) && !card.contains(&token), "{card}");
    let act: Observed = serde_json::from_value(json!({
        "agent": { "type": "agent", "id": "desk" }, "action": "mail.send", "resource": { "type": "url", "id": name },
        "destination": name,
    }))
    .unwrap();
    let noted = w.t.gov.activity_report(&gateway, &[act]).await.unwrap();
    assert!(noted.findings.iter().any(|f| f.rule == Rule::SecretInArguments), "{noted:?}");
    let reported = Report {
        decision: Some(w.t.gov.decision_list(&w.t.operator(), &Default::default(), 1).await.unwrap()[0].id),
        input: json!({ "note": token }).as_object().cloned(),
        ..Report::default()
    };
    w.t.gov.action_report(&agent, reported, Some("once")).await.unwrap();
    let said = found(&w, desk).await;
    let [(words, evidence)] = &said[..] else { panic!("{said:?}") };
    assert!(words.contains("into the arguments of"), "{words}");
    assert!(evidence.len() == 3 && evidence.iter().all(|line| !line.contains(&token)), "{evidence:?}");
    // no table holds it
    let mut tx = w.t.gov.read().await.unwrap();
    for (sql, column) in [
        ("select resource_id as text from decisions", "decisions"),
        ("select inputs as text from decisions", "inputs"),
        ("select resource_id as text from actions", "actions"),
        ("select destination as text from actions", "destinations"),
        ("select fingerprint as text from idempotency", "keys"),
        ("select answer as text from idempotency", "answers"),
    ] {
        let rows = tx.all(sql, &[]).await.unwrap();
        assert!(!rows.is_empty(), "{column}");
        for row in rows {
            let text = row.some_text("text").unwrap().unwrap_or_default();
            assert!(!text.contains(&token), "{column}: {text}");
        }
    }
}
