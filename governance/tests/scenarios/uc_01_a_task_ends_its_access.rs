//! UC-01: a support agent gets access to the customer records for one support task. The grant is bound to the task, ends with
//! it, and a call after that is denied.
use super::world::World;
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::page::Want;
use governance::engine::tasks::NewTask;
use governance::engine::{Actor, Scope};
use governance::error::Kind;
use governance::grant;
use governance::on_every_database;
use governance::revocation::Ended;
use governance::store;
use governance::task::Status;
use governance::testkit::Fresh;
use std::sync::Arc;

on_every_database! {
    access_ends_with_the_task_it_was_for
    a_close_and_questions_at_once_leave_no_permit_behind_it
    a_task_ends_by_itself
    a_task_is_opened_for_an_agent_and_never_by_it
}

fn task(reference: &str, agent: &str) -> NewTask {
    NewTask {
        reference: reference.into(),
        purpose: "answer the customer's question".into(),
        agent: format!("agent:{agent}"),
        tools: ["crm.read".to_owned()].into(),
        data: ["customer".to_owned()].into(),
        link: Some("https://tickets.example/CRM-1".into()),
        ends_in_s: Some(3_600),
        ..NewTask::default()
    }
}

/// Customer records are restricted data, so a permit is redeemed just before the read.
async fn begin(t: Fresh) -> World {
    let w = World::of(t, "support").await;
    let facts = [ActionFact::RestrictedData].into();
    w.t.gov.action_facts_set(&w.t.operator(), "crm.read", &facts).await.unwrap();
    w
}

async fn access_ends_with_the_task_it_was_for(t: Fresh) {
    let w = begin(t).await;
    let (desk, other) = (w.agent("desk", "support-agents").await, w.agent("other", "support-agents").await);
    let (agent, stranger) =
        (w.key(Some(desk), &[Scope::Ask, Scope::Act]).await, w.key(Some(other), &[Scope::Ask, Scope::Act]).await);
    let gateway = w.key(None, &[Scope::Task]).await;
    assert_eq!(w.ask(&agent, "desk", "crm.read", None).await.1, "deny no_rule", "nothing stands without a task");
    assert_eq!(w.ask(&agent, "desk", "crm.read", Some("CRM-1")).await.1, "deny no_rule", "nor for one nobody opened");

    let open = w.t.gov.task_open(&gateway, &task("CRM-1", "desk"), None).await.unwrap();
    let twice = w.t.gov.task_open(&gateway, &task("CRM-1", "desk"), None).await.unwrap_err();
    assert_eq!(twice.kind, Kind::Conflict);
    let (answer, line) = w.ask(&agent, "desk", "crm.read", Some("CRM-1")).await;
    assert_eq!(line, "permit");
    let first = answer.unwrap().grant.unwrap();
    let issued = store::grants::get(&mut w.t.gov.read().await.unwrap(), first.id).await.unwrap().unwrap();
    assert_eq!((issued.task_id, issued.purpose.as_deref()), (Some(open.id), Some("answer the customer's question")));
    w.t.gov.grant_redeem(&agent, first.id, None).await.unwrap();
    assert_eq!(w.ask(&agent, "desk", "crm.note", Some("CRM-1")).await.1, "deny outside_task");
    assert_eq!(w.ask(&stranger, "other", "crm.read", Some("CRM-1")).await.1, "deny another_task");
    // the other agent says it was handed the work: its own word lends it no task; a gateway's does
    let handed = serde_json::json!({
        "subject": { "type": "agent", "id": "other", "properties": { "task": "CRM-1", "act": ["desk"] } },
        "action": { "name": "crm.read" },
        "resource": { "type": "crm_record", "id": "c-1" },
    });
    assert_eq!(w.answer(&stranger, handed.clone()).await.1, "deny another_task");
    let asking = w.key(None, &[Scope::Ask]).await;
    assert_eq!(w.answer(&asking, handed).await.1, "permit");
    let unused = w.ask(&agent, "desk", "crm.read", Some("CRM-1")).await.0.unwrap().grant.unwrap();

    let closed = w.t.gov.task_close(&gateway, "CRM-1", "answered", None).await.unwrap();
    assert_eq!(closed.ended, Ended { grants: 2, approvals: 0, escalations: 0 });
    let late = w.t.gov.grant_redeem(&agent, unused.id, None).await.unwrap_err();
    assert_eq!((late.kind, late.detail.as_str()), (Kind::Conflict, "the grant was revoked"));
    assert_eq!(w.ask(&agent, "desk", "crm.read", Some("CRM-1")).await.1, "deny task_over");
    assert_eq!(w.t.gov.task_close(&gateway, "CRM-1", "again", None).await.unwrap_err().kind, Kind::Conflict);

    // the same ticket may be taken up again: another task, and nothing of the first comes back
    w.t.gov.task_open(&gateway, &task("CRM-1", "desk"), None).await.unwrap();
    assert_eq!(w.ask(&agent, "desk", "crm.read", Some("CRM-1")).await.1, "permit");
    assert_eq!(w.t.gov.grant_redeem(&agent, unused.id, None).await.unwrap_err().kind, Kind::Conflict);
    let events = w.t.gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    let about: Vec<_> = events.iter().map(|e| e.kind.as_str()).filter(|kind| kind.starts_with("task.")).collect();
    assert_eq!(about, ["task.opened", "task.closed", "task.opened"]);
}

async fn a_close_and_questions_at_once_leave_no_permit_behind_it(t: Fresh) {
    let w = Arc::new(begin(t).await);
    let desk = w.agent("desk", "support-agents").await;
    let agent = Arc::new(w.key(Some(desk), &[Scope::Ask, Scope::Act]).await);
    w.t.gov.task_open(&w.t.operator(), &task("CRM-1", "desk"), None).await.unwrap();
    // the close comes when something was used, however busy the machine
    let used = Arc::new(tokio::sync::Notify::new());
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let (w, agent, used) = (w.clone(), agent.clone(), used.clone());
            tokio::spawn(async move {
                let mut last = Vec::new();
                for _ in 0..20 {
                    let answer = w.ask(&agent, "desk", "crm.read", Some("CRM-1")).await.0.unwrap();
                    let Some(grant) = answer.grant else { continue };
                    last.push(answer.seq);
                    last.extend(w.t.gov.grant_redeem(&agent, grant.id, None).await.map(|done| done.seq));
                    used.notify_one();
                }
                last
            })
        })
        .collect();
    used.notified().await;
    let closed = w.t.gov.task_close(&w.t.operator(), "CRM-1", "race", None).await.unwrap();
    let mut before = 0;
    for task in asking {
        let seqs = task.await.unwrap();
        before += seqs.len();
        assert!(seqs.iter().all(|seq| *seq < closed.log_seq), "used behind the close at {}: {seqs:?}", closed.log_seq);
    }
    assert!(before > 0, "nothing was permitted before the close either: this showed nothing");
}

async fn a_task_ends_by_itself(t: Fresh) {
    let w = begin(t).await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    w.t.gov.task_open(&w.t.operator(), &NewTask { ends_in_s: Some(60), ..task("CRM-2", "desk") }, None).await.unwrap();
    let grant = w.ask(&agent, "desk", "crm.read", Some("CRM-2")).await.0.unwrap().grant.unwrap();
    assert_eq!(grant.expires_at, w.t.gov.now() + TimeDelta::seconds(60), "no grant outlasts its task");
    w.t.clock.advance(TimeDelta::seconds(59));
    assert_eq!(w.ask(&agent, "desk", "crm.read", Some("CRM-2")).await.1, "permit");
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.ask(&agent, "desk", "crm.read", Some("CRM-2")).await.1, "deny task_over", "before anybody swept");
    let house = w.t.gov.ctx(Actor::System("sweep"));
    assert_eq!(w.t.gov.task_sweep(&house).await.unwrap(), 1);
    assert_eq!(w.t.gov.task_sweep(&house).await.unwrap(), 0);
    let ended = w.t.gov.task_get(&w.t.operator(), "CRM-2").await.unwrap();
    assert_eq!((ended.status, ended.ended_by.as_deref()), (Status::Ended, Some("system:sweep")));
    let found = store::grants::get(&mut w.t.gov.read().await.unwrap(), grant.id).await.unwrap().unwrap();
    assert_eq!((found.status, found.ended_reason.as_deref()), (grant::Status::Revoked, Some("its task is over")));
    let open = w.t.gov.task_list(&w.t.operator(), Some(desk), Some(Status::Open), &Want::default()).await.unwrap();
    assert!(open.items.is_empty());
}

async fn a_task_is_opened_for_an_agent_and_never_by_it(t: Fresh) {
    let w = begin(t).await;
    let desk = w.agent("desk", "support-agents").await;
    let before = w.t.gov.log_size().await.unwrap();
    let own = w.key(Some(desk), &[Scope::Ask, Scope::Task]).await;
    let unscoped = w.key(None, &[Scope::Ask]).await;
    for ctx in [&own, &unscoped] {
        assert_eq!(w.t.gov.task_open(ctx, &task("CRM-3", "desk"), None).await.unwrap_err().kind, Kind::Forbidden);
        assert_eq!(w.t.gov.task_close(ctx, "CRM-3", "done", None).await.unwrap_err().kind, Kind::Forbidden);
    }
    let gateway = w.key(None, &[Scope::Task]).await;
    let refused = async |new: NewTask| w.t.gov.task_open(&gateway, &new, None).await.unwrap_err();
    assert_eq!(refused(task("CRM-3", "nobody")).await.kind, Kind::NotFound);
    assert!(refused(NewTask { purpose: String::new(), ..task("CRM-3", "desk") }).await.detail.starts_with("purpose"));
    assert!(
        refused(NewTask { ends_at: Some(w.t.gov.now()), ..task("CRM-3", "desk") }).await.detail.contains("not both")
    );
    assert_eq!(w.t.gov.log_size().await.unwrap(), before + 3, "three keys, and nothing else");
    // a retry is answered as it was, and the key fits no other request
    let first = w.t.gov.task_open(&gateway, &task("CRM-3", "desk"), Some("k")).await.unwrap();
    assert_eq!(w.t.gov.task_open(&gateway, &task("CRM-3", "desk"), Some("k")).await.unwrap(), first);
    let other = w.t.gov.task_open(&gateway, &task("CRM-4", "desk"), Some("k")).await.unwrap_err();
    assert_eq!(other.kind, Kind::KeyReused);
}
