//! UC-05: a maintenance agent gets temporary write access to a database. The moment the maintenance ticket closes, everything
//! it was given for it is taken back: what was granted, what was approved and not used, what still waits.
use super::world::World;
use base64::Engine as _;
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::Scope;
use governance::engine::hooks::{Call, Delivered, NewHook, Root};
use governance::engine::tasks::NewTask;
use governance::error::Kind;
use governance::escalation::Phase;
use governance::hook::Preset;
use governance::on_every_database;
use governance::revocation::Ended;
use governance::testkit::Fresh;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

on_every_database! {
    the_ticket_closes_and_with_it_all_access
    so_it_does_where_the_ticket_system_says_so_itself
}

async fn the_ticket_closes_and_with_it_all_access(t: Fresh) {
    let w = World::of(t, "operations").await;
    let (ana, bob) = (w.approver("ana", "platform-owners").await, w.approver("bob", "platform-owners").await);
    let fixer = w.agent("fixer", "operations-agents").await;
    let agent = w.key(Some(fixer), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Task]).await;
    let ask = async |database: &str| {
        w.t.clock.advance(TimeDelta::seconds(2));
        w.ask_on(&agent, "fixer", "db.write", ("database", database), Some("OPS-1")).await
    };
    assert_eq!(ask("orders").await.1, "deny no_rule", "nobody opened the ticket");
    let ticket = NewTask {
        reference: "OPS-1".into(),
        purpose: "mend the index".into(),
        agent: "agent:fixer".into(),
        tools: ["db.write".to_owned()].into(),
        ..NewTask::default()
    };
    w.t.gov.task_open(&gateway, &ticket, None).await.unwrap();

    // three databases: one is written to, one is approved and not yet used, one still waits
    let mut waiting = Vec::new();
    for database in ["orders", "customers", "invoices"] {
        let (answer, line) = ask(database).await;
        assert_eq!(line, "escalate approval_required");
        waiting.push(answer.unwrap().escalation.unwrap().id);
    }
    let card = w.t.gov.escalation_get(&ana, waiting[0]).await.unwrap().card.unwrap();
    let task =
        card.checked.iter().find(|fact| fact.what == "task").map(|fact| (fact.value.clone(), fact.source.clone()));
    assert_eq!(task, Some(("OPS-1: mend the index".into(), "register".into())), "the card says what it is for");
    for escalation in &waiting[..2] {
        w.approve(&ana, *escalation).await;
    }
    let (answer, line) = ask("orders").await;
    assert_eq!(line, "permit", "once, for the very database that was shown");
    let grant = answer.unwrap().grant.unwrap();
    let closed = w.t.gov.task_close(&gateway, "OPS-1", "the maintenance is over", None).await.unwrap();
    assert_eq!(closed.ended, Ended { grants: 1, approvals: 1, escalations: 1 });

    let late = w.t.gov.grant_redeem(&agent, grant.id, None).await.unwrap_err();
    assert_eq!((late.kind, late.detail.as_str()), (Kind::Conflict, "the grant was revoked"));
    for database in ["orders", "customers", "invoices"] {
        assert_eq!(ask(database).await.1, "deny task_over");
    }
    let phase = async |id| w.t.gov.escalation_get(&bob, id).await.unwrap().record.escalation.phase();
    assert_eq!(phase(waiting[0]).await, Phase::Consumed);
    assert_eq!((phase(waiting[1]).await, phase(waiting[2]).await), (Phase::Revoked, Phase::Revoked));
    // a new ticket begins with nothing
    w.t.gov.task_open(&gateway, &ticket, None).await.unwrap();
    assert_eq!(ask("customers").await.1, "escalate approval_required");
}

/// The change request is implemented: its system opens the task, signed. It is closed there: everything ends in that commit.
async fn so_it_does_where_the_ticket_system_says_so_itself(t: Fresh) {
    let w = World::of(t, "operations").await;
    let fixer = w.agent("fixer", "operations-agents").await;
    let agent = w.key(Some(fixer), &[Scope::Ask, Scope::Act]).await;
    // a read is redeemed just before it, so that a grant is at hand
    w.t.gov.action_facts_set(&w.t.operator(), "db.read", &[ActionFact::RestrictedData].into()).await.unwrap();
    let root = Root::from([7; 32]);
    let new = NewHook {
        name: "tickets".into(),
        preset: Preset::Standard,
        agent: "fixer".into(),
        tools: ["db.read".to_owned(), "db.write".to_owned()].into(),
        data: Default::default(),
        ends_in_s: 3_600,
    };
    let made = w.t.gov.hook_add(&w.t.operator(), new, &root).await.unwrap();
    let send = async |id: &str, body: &str| {
        let base64 = base64::engine::general_purpose::STANDARD;
        let key = base64.decode(made.secret.strip_prefix("whsec_").unwrap()).unwrap();
        let time = w.t.gov.now().seconds().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{time}.{body}").as_bytes());
        let signature = format!("v1,{}", base64.encode(mac.finalize().into_bytes()));
        let headers = [("webhook-id", id.into()), ("webhook-timestamp", time), ("webhook-signature", signature)].into();
        w.t.gov.hook_deliver(&root, "tickets", &Call { headers, body: body.into() }).await.unwrap()
    };
    let database = ("database", "orders");
    assert_eq!(w.ask_on(&agent, "fixer", "db.read", database, Some("CHG-7")).await.1, "deny no_rule");
    send("m1", r#"{"action": "open", "ref": "CHG-7", "purpose": "mend the index"}"#).await;
    let (answer, line) = w.ask_on(&agent, "fixer", "db.read", database, Some("CHG-7")).await;
    assert_eq!(line, "permit");
    let grant = answer.unwrap().grant.unwrap();
    assert_eq!(w.ask_on(&agent, "fixer", "db.write", database, Some("CHG-7")).await.1, "escalate approval_required");
    assert_eq!(
        w.ask_on(&agent, "fixer", "config.change", ("service", "shop"), Some("CHG-7")).await.1,
        "deny outside_task"
    );
    let before = w.t.gov.log_size().await.unwrap();
    let done = send("m2", r#"{"action": "close", "ref": "CHG-7", "reason": "implemented"}"#).await;
    let Delivered::Closed { ended, log_seq, .. } = done else { panic!("closed: {done:?}") };
    assert_eq!(ended, Ended { grants: 1, approvals: 0, escalations: 1 });
    assert_eq!((log_seq + 1, before + 2), (w.t.gov.log_size().await.unwrap(), log_seq + 1), "one commit");
    let late = w.t.gov.grant_redeem(&agent, grant.id, None).await.unwrap_err();
    assert_eq!((late.kind, late.detail.as_str()), (Kind::Conflict, "the grant was revoked"));
    assert_eq!(w.ask_on(&agent, "fixer", "db.read", database, Some("CHG-7")).await.1, "deny task_over");
}
