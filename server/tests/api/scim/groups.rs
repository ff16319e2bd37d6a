//! `/Groups`: who is in the groups that policies ask.
use super::{Client, GROUP, refused};
use crate::app::TestApp;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    a_group_puts_people_into_the_groups_that_policies_know
    a_group_of_people_keeps_them
    members_are_people_who_are_there
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": [GROUP], "displayName": name, "members": members })
}

async fn groups_of(app: &TestApp, id: &str) -> Vec<String> {
    let person = app.fresh.gov.person_find(&app.fresh.operator(), id).await.unwrap();
    person.groups.into_iter().collect()
}

async fn a_group_puts_people_into_the_groups_that_policies_know(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let (ana, bob) = (c.user("ana@example.com").await, c.user("bob@example.com").await);
    let made = Client::made(&c.post("/Groups", &group("Finance ops", &[&ana])).await);
    let path = format!("/Groups/{}", made["id"].as_str().unwrap());
    assert_eq!(groups_of(&app, &ana).await, ["Finance-ops"]);
    assert_eq!(c.get(&format!("/Users/{ana}")).await.ok()["groups"][0]["display"], "Finance ops");
    let added = c.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": bob}]}])).await.ok();
    assert_eq!(added["members"].as_array().unwrap().len(), 2);
    // as Okta and as Entra take one out
    c.patch(&path, json!([{"op": "remove", "path": format!("members[value eq \"{ana}\"]")}])).await.ok();
    assert!(groups_of(&app, &ana).await.is_empty());
    c.patch(&path, json!([{"op": "Remove", "path": "members", "value": [{"value": bob}]}])).await.ok();
    assert!(groups_of(&app, &bob).await.is_empty());

    c.put(&path, &group("legal", &[&bob])).await.ok();
    assert_eq!(groups_of(&app, &bob).await, ["legal"]);
    refused(&c.post("/Groups", &group("legal", &[])).await, 409, Some("uniqueness"));
    assert_eq!(c.delete(&path).await.status, 204);
    assert!(groups_of(&app, &bob).await.is_empty());
    refused(&c.get(&path).await, 404, None);
}

async fn a_group_of_people_keeps_them(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let kim = app.approver("kim", "finance-ops").await.to_string();
    let ana = c.user("ana@example.com").await;
    let made = Client::made(&c.post("/Groups", &group("finance-ops", &[&ana])).await);
    assert_eq!(made["members"].as_array().unwrap().len(), 2, "{made}");
    assert_eq!(groups_of(&app, &kim).await, ["finance-ops"]);
    // who leaves through SCIM is in no group any more
    assert_eq!(c.delete(&format!("/Users/{kim}")).await.status, 204);
    let path = format!("/Groups/{}", made["id"].as_str().unwrap());
    assert_eq!(c.get(&path).await.ok()["members"].as_array().unwrap().len(), 1);
}

async fn members_are_people_who_are_there(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let before = c.events().await;
    for (members, what) in [
        (json!([{"value": "nobody"}]), "no User"),
        (json!([{"value": "per_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b"}]), "no User"),
        (json!([{"value": "grp_1", "type": "Group"}]), "not supported"),
        (json!([{"type": "User"}]), "value is missing"),
    ] {
        let body = json!({ "schemas": [GROUP], "displayName": "g", "members": members });
        assert!(refused(&c.post("/Groups", &body).await, 400, Some("invalidValue")).contains(what), "{members}");
    }
    assert_eq!(c.events().await, before);
}
