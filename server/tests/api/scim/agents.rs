//! `/Agents`: identities of a source, and what their state means for the next decision.
use super::{AGENT, Client, agent, refused};
use crate::app::TestApp;
use governance::engine::Scope;
use governance::identity::{Identity, Status};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    an_agent_is_registered_with_its_owner_and_what_it_holds
    a_suspended_agent_is_denied_the_next_decision
    what_people_suspended_scim_does_not_resume
    a_deleted_agent_is_retired_and_comes_back_as_itself
    no_agent_of_others_is_seen_or_taken_over
    both_drafts_names_are_one
    what_is_said_of_a_merged_agent_reaches_the_one_it_is
}

async fn identity(app: &TestApp, id: &Value) -> Identity {
    app.fresh.gov.identity_find(&app.fresh.operator(), id.as_str().unwrap()).await.unwrap()
}

async fn an_agent_is_registered_with_its_owner_and_what_it_holds(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let ana = c.user("ana@example.com").await;
    let body = json!({
        "schemas": [AGENT], "name": "invoice-07", "displayName": "Invoices", "agentType": "Assistant",
        "externalId": "0oa7", "subject": "0oa7", "description": "pays", "owners": [{"value": ana}],
        "protocols": [{"type": "A2A", "specificationUrl": "https://a.example/card"}],
        "entitlements": [{"value": "invoices.read"}], "roles": [{"value": "payer"}], "parent": {"value": "idn_1"},
    });
    let made = Client::made(&c.post("/Agents", &body).await);
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let it = identity(&app, &made["id"]).await;
    assert_eq!((it.name.as_str(), it.owner.map(|o| o.to_string())), ("invoice-07", Some(ana)));
    let record = app.fresh.gov.identity_show(&app.fresh.operator(), it.id).await.unwrap();
    let held = serde_json::to_string(&record).unwrap();
    assert!(held.contains("invoices.read") && held.contains("payer") && held.contains("scim okta"), "{held}");
    let path = format!("/Agents/{}", made["id"].as_str().unwrap());
    let less = c.patch(&path, json!([{"op": "remove", "path": "roles[value eq \"payer\"]"}])).await.ok();
    assert_eq!(less.get("roles"), None);
    let record = app.fresh.gov.identity_show(&app.fresh.operator(), it.id).await.unwrap();
    assert!(!serde_json::to_string(&record).unwrap().contains("payer"));
    let renamed = c.patch(&path, json!([{"op": "replace", "path": "name", "value": "other"}])).await;
    refused(&renamed, 400, Some("mutability"));
}

async fn a_suspended_agent_is_denied_the_next_decision(t: Fresh) {
    let app = TestApp::over(t);
    app.fresh.gov.policy_install().await.unwrap();
    let c = Client::new(&app).await;
    let made = Client::made(&c.post("/Agents", &agent("invoice-07")).await);
    let (_, key) = app.key(Some(identity(&app, &made["id"]).await.id), &[Scope::Ask]).await;
    let ask = json!({
        "subject": {"type": "agent", "id": "invoice-07"}, "action": {"name": "read_ticket"},
        "resource": {"type": "ticket", "id": "t-1"},
    });
    let reason = async || app.post("/access/v1/evaluation", &key, &ask).await.ok().to_string();
    let path = format!("/Agents/{}", made["id"].as_str().unwrap());
    assert!(!reason().await.contains("not_active"));
    let off = c.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await.ok();
    assert_eq!(off["active"], json!(false));
    assert!(reason().await.contains("not_active"), "{}", reason().await);
    c.patch(&path, json!([{"op": "replace", "value": {"active": true}}])).await.ok();
    assert!(!reason().await.contains("not_active"));
}

async fn what_is_said_of_a_merged_agent_reaches_the_one_it_is(t: Fresh) {
    let app = TestApp::over(t);
    let (okta, entra) = (Client::named(&app, "okta").await, Client::named(&app, "entra").await);
    let made = Client::made(&okta.post("/Agents", &agent("invoice-07")).await);
    let kept = Client::made(&entra.post("/Agents", &agent("invoices")).await);
    let (gone, keep) = (identity(&app, &made["id"]).await, identity(&app, &kept["id"]).await);
    let operator = app.fresh.operator();
    app.fresh.gov.identity_merge(&operator, (keep.id, keep.version), (gone.id, gone.version)).await.unwrap();
    let path = format!("/Agents/{}", made["id"].as_str().unwrap());
    let off = switched(&okta, &path, false).await;
    assert_eq!((off["id"].clone(), off["active"].clone()), (made["id"].clone(), json!(false)));
    assert_eq!(identity(&app, &kept["id"]).await.status, Status::Suspended);
    let on = switched(&okta, &path, true).await;
    assert_eq!((on["active"].clone(), identity(&app, &kept["id"]).await.status), (json!(true), Status::Active));
    let held = json!([{"op": "add", "path": "entitlements", "value": [{"value": "invoices.read"}]}]);
    okta.patch(&path, held).await.ok();
    let record = app.fresh.gov.identity_show(&operator, keep.id).await.unwrap();
    assert_eq!(record.entitlements.len(), 1, "it holds what is said of either");
}

async fn switched(c: &Client<'_>, path: &str, active: bool) -> Value {
    c.patch(path, json!([{"op": "replace", "value": {"active": active}}])).await.ok()
}

async fn what_people_suspended_scim_does_not_resume(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let made = Client::made(&c.post("/Agents", &agent("invoice-07")).await);
    let path = format!("/Agents/{}", made["id"].as_str().unwrap());
    // suspended here and resumed by people, then suspended by people
    c.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.ok();
    for to in [Status::Active, Status::Suspended] {
        app.wait(60);
        let it = identity(&app, &made["id"]).await;
        app.fresh.gov.identity_status(&app.fresh.operator(), it.id, it.version, to).await.unwrap();
    }
    assert_eq!(c.get(&path).await.ok()["active"], json!(false));
    let resumed = c.patch(&path, json!([{"op": "replace", "path": "active", "value": true}])).await;
    assert!(refused(&resumed, 409, None).contains("resume it there"));
    assert_eq!(identity(&app, &made["id"]).await.status, Status::Suspended);
}

async fn a_deleted_agent_is_retired_and_comes_back_as_itself(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let made = Client::made(&c.post("/Agents", &agent("invoice-07")).await);
    let path = format!("/Agents/{}", made["id"].as_str().unwrap());
    // with a key of ours an import would leave it alone
    app.key(Some(identity(&app, &made["id"]).await.id), &[Scope::Ask]).await;
    assert_eq!(c.delete(&path).await.status, 204);
    refused(&c.get(&path).await, 404, None);
    assert_eq!(identity(&app, &made["id"]).await.status, Status::Retired);
    let again = Client::made(&c.post("/Agents", &agent("invoice-07")).await);
    assert_eq!(again["id"], made["id"]);
    assert_eq!(identity(&app, &made["id"]).await.status, Status::Active);
    // one that people retired stays so
    app.wait(60);
    let it = identity(&app, &made["id"]).await;
    app.fresh.gov.identity_status(&app.fresh.operator(), it.id, it.version, Status::Retired).await.unwrap();
    app.wait(60);
    assert_eq!(c.delete(&path).await.status, 204);
    refused(&c.post("/Agents", &agent("invoice-07")).await, 409, Some("uniqueness"));
}

async fn no_agent_of_others_is_seen_or_taken_over(t: Fresh) {
    let app = TestApp::over(t);
    let (okta, entra) = (Client::new(&app).await, Client::named(&app, "entra").await);
    let by_hand = app.agent("by-hand").await;
    let made = Client::made(&okta.post("/Agents", &agent("invoice-07")).await);
    let path = format!("/Agents/{}", made["id"].as_str().unwrap());
    refused(&entra.get(&path).await, 404, None);
    refused(&entra.delete(&path).await, 404, None);
    refused(&entra.post("/Agents", &agent("invoice-07")).await, 409, Some("uniqueness"));
    refused(&okta.post("/Agents", &agent("by-hand")).await, 409, Some("uniqueness"));
    refused(&okta.get(&format!("/Agents/{by_hand}")).await, 404, None);
    assert_eq!(entra.get("/Agents").await.ok()["totalResults"], 0);
    // another key of the same name goes on with the same source
    assert_eq!(Client::new(&app).await.get(&path).await.ok(), made);
}

async fn both_drafts_names_are_one(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let made = Client::made(&c.post("/Agents", &json!({"schemas": [AGENT], "agentUserName": "a-1"})).await);
    assert_eq!((&made["name"], &made["agentUserName"]), (&json!("a-1"), &json!("a-1")));
    let both = json!({"schemas": [AGENT], "agentUserName": "a-2", "name": "a-3"});
    refused(&c.post("/Agents", &both).await, 400, Some("invalidValue"));
    let found = c.get("/Agents?filter=agentUserName%20eq%20%22a-1%22").await.ok();
    assert_eq!(found["Resources"][0]["id"], made["id"]);
}
