//! `/v1/runs/{id}`: what happened in a run, found by the id that a decision names.
use crate::app::TestApp;
use crate::v1_acting::refund;
use governance::engine::Scope;
use serde_json::json;

#[tokio::test]
async fn a_run_is_shown_with_its_agents_decisions_and_acts() {
    let app = TestApp::baseline().await;
    app.agent("invoice-07").await;
    let (_, gateway) = app.key(None, &[Scope::Ask, Scope::Act, Scope::Read]).await;
    let mut question = refund("invoice-07", 100);
    question["subject"]["properties"] = json!({"run": "night-12", "initiator": "schedule"});
    let asked = app.post("/access/v1/evaluation", &gateway, &question).await.ok();
    assert_eq!(asked["decision"], json!(true), "{asked}");
    let decision = app.get("/v1/decisions", &gateway).await.ok()["items"][0].clone();
    let report = json!({"decision": decision["id"], "outcome": "done", "data_class": "internal"});
    app.post("/v1/actions", &gateway, &report).await;
    let at = format!("/v1/runs/{}", decision["run_id"].as_str().unwrap());
    let run = app.get(&at, &gateway).await.ok();
    let said = (&run["name"], &run["named_by"], &run["initiator"], &run["data_class"], &run["next"]);
    assert_eq!(
        said,
        (&json!("night-12"), &json!("gateway"), &json!("schedule"), &json!("internal"), &json!(null)),
        "{run}"
    );
    assert_eq!(run["agents"][0]["name"], json!("invoice-07"));
    let items = run["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (&items[0]["kind"], &items[0]["id"], &items[0]["through"]),
        (&json!("decision"), &decision["id"], &json!([]))
    );
    assert_eq!((&items[1]["kind"], &items[1]["decision"]), (&json!("act"), &decision["id"]));
    let first = app.get(&format!("{at}?limit=1"), &gateway).await.ok();
    assert_eq!(first["items"].as_array().unwrap().len(), 1);
    let rest = app.get(&format!("{at}?limit=1&after={}", first["next"].as_str().unwrap()), &gateway).await.ok();
    assert_eq!((&rest["items"][0], &rest["next"]), (&items[1], &json!(null)));
    app.get("/v1/runs/run_1", &gateway).await.problem(404);
    app.get(&format!("{at}?after=x"), &gateway).await.problem(400);
}
