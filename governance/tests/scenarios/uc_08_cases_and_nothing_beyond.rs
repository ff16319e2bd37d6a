//! UC-08: a support agent reads cases. It cannot export them, not in small pieces either, and it cannot call administrative APIs
//! outside its domain.
use super::world::{World, forbidden, no_rule, permitted, waits};
use chrono::TimeDelta;
use governance::engine::Scope;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    it_reads_and_answers_cases_and_nothing_beyond_them
    reading_case_after_case_is_no_way_to_export_them
}

fn ask(action: &str, resource: (&str, &str), properties: Value) -> Value {
    json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": action, "properties": properties },
        "resource": { "type": resource.0, "id": resource.1 },
    })
}

async fn it_reads_and_answers_cases_and_nothing_beyond_them(t: Fresh) {
    let w = World::of(t, "support").await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask]).await;
    let asked = async |action: &str, resource: (&str, &str), properties: Value| -> Value {
        w.whole(&agent, ask(action, resource, properties)).await
    };
    let case = ("case", "case-1");
    for action in ["case.read", "case.reply", "case.close"] {
        assert_eq!(asked(action, case, json!({})).await, permitted(&["case"]), "{action}");
    }
    let out = json!({ "destination": "warehouse.internal", "cases": 1 });
    assert_eq!(
        asked("case.export", case, out).await,
        forbidden("cases-never-leave", "Cases are read here and taken nowhere")
    );
    let operation = || json!({ "operation": "user.create" });
    for system in ["directory", "payroll"] {
        assert_eq!(asked("admin.call", ("system", system), operation()).await, no_rule(), "{system}");
    }
    let unknown = json!({
        "outcome": "deny",
        "reason": "unknown_action",
        "message": "the schema has no action `directory.write`",
        "rules": [],
    });
    assert_eq!(asked("directory.write", ("system", "directory"), json!({})).await, unknown);
    assert!(w.open(desk).await.is_empty(), "nobody was even asked");
    let inside = waits(&["admin-with-a-person"], "Every administrative call needs a person", "high", 1_800);
    assert_eq!(
        asked("admin.call", ("system", "helpdesk"), operation()).await,
        inside,
        "in its domain a person decides"
    );
}

async fn reading_case_after_case_is_no_way_to_export_them(t: Fresh) {
    let w = World::of(t, "support").await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask]).await;
    for n in 0..300 {
        let read = w.whole(&agent, ask("case.read", ("case", &format!("case-{n}")), json!({}))).await;
        assert_eq!(read, permitted(&["case"]), "case {n}");
    }
    let next = async || -> Value { w.whole(&agent, ask("case.read", ("case", "case-300"), json!({}))).await };
    let many = "More than 300 cases and customers read within an hour";
    assert_eq!(next().await, waits(&["reads-over-300"], many, "medium", 14_400));
    w.t.clock.advance(TimeDelta::hours(1) + TimeDelta::minutes(1));
    assert_eq!(next().await, permitted(&["case"]), "an hour later it reads on");
}
