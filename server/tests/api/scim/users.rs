//! `/Users`: people come, change, leave and come back.
use super::{Client, refused, user};
use crate::app::TestApp;
use governance::engine::{Role, identities::NewIdentity, people::PersonChange};
use governance::identity::Kind;
use governance::on_every_database;
use governance::person::Status;
use governance::testkit::Fresh;
use serde_json::json;
use std::collections::BTreeSet;

on_every_database! {
    a_person_is_made_read_replaced_changed_and_deleted
    who_leaves_hands_over_to_the_backup
    who_comes_back_holds_no_role
    what_people_ended_scim_does_not_begin
    the_address_of_who_holds_a_role_stays
    people_of_the_register_are_there_without_being_provisioned
}

async fn a_person_is_made_read_replaced_changed_and_deleted(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let made = Client::made(&c.post("/Users", &user("Ana@Example.com")).await);
    let path = format!("/Users/{}", made["id"].as_str().unwrap());
    assert_eq!((&made["userName"], &made["active"]), (&json!("Ana@Example.com"), &json!(true)));
    assert_eq!(made["emails"][0]["value"], "ana@example.com");
    assert_eq!(c.get(&path).await.ok(), made);
    let person = app.fresh.gov.person_find(&app.fresh.operator(), "ana@example.com").await.unwrap();
    assert_eq!((person.name.as_str(), person.roles.len(), person.status), ("Ana Ruiz", 0, Status::Active));

    let mut body = user("ana.ruiz@example.com");
    body["name"] = json!({"givenName": "Ana", "familyName": "Ruiz Gil"});
    body["displayName"] = json!(null);
    body["title"] = json!("not kept");
    let replaced = c.put(&path, &body).await.ok();
    assert_eq!((&replaced["id"], replaced.get("displayName"), replaced.get("title")), (&made["id"], None, None));
    let person = app.fresh.gov.person_find(&app.fresh.operator(), "ana.ruiz@example.com").await.unwrap();
    assert_eq!(person.name, "Ana Ruiz Gil");

    let before = c.events().await;
    assert_eq!(c.put(&path, &body).await.ok(), replaced);
    assert_eq!(c.events().await, before, "what changes nothing leaves no event");

    assert_eq!(c.delete(&path).await.status, 204);
    refused(&c.get(&path).await, 404, None);
    refused(&c.delete(&path).await, 404, None);
    let gone = app.fresh.gov.person_find(&app.fresh.operator(), "ana.ruiz@example.com").await.unwrap();
    assert_eq!(gone.status, Status::Left);
}

async fn who_leaves_hands_over_to_the_backup(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let (olga, bob) = (c.user("olga@example.com").await, c.user("bob@example.com").await);
    let new = NewIdentity {
        owner: Some(olga.parse().unwrap()),
        backup: Some(bob.parse().unwrap()),
        ..NewIdentity::named("invoice-07", Kind::Agent)
    };
    let id = app.fresh.gov.identity_add(&app.fresh.operator(), new).await.unwrap().id;
    let left = c.patch(&format!("/Users/{olga}"), json!([{"op": "Replace", "path": "active", "value": "False"}])).await;
    assert_eq!(left.ok()["active"], json!(false));
    let it = app.fresh.gov.identity_find(&app.fresh.operator(), &id.to_string()).await.unwrap();
    assert_eq!((it.owner, it.backup), (Some(bob.parse().unwrap()), None));
}

async fn who_comes_back_holds_no_role(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let id = c.user("ana@example.com").await;
    let roles = PersonChange { roles: Some([Role::Admin].into()), ..PersonChange::default() };
    app.fresh.gov.person_change(&app.fresh.operator(), id.parse().unwrap(), roles).await.unwrap();
    let path = format!("/Users/{id}");
    for active in [false, true] {
        let set = json!([{"op": "replace", "value": {"active": active}}]);
        assert_eq!(c.patch(&path, set).await.ok()["active"], json!(active));
    }
    let person = app.fresh.gov.person_find(&app.fresh.operator(), &id).await.unwrap();
    assert_eq!((person.status, person.roles), (Status::Active, BTreeSet::new()));
    // deleted and made again: the same person
    assert_eq!(c.delete(&path).await.status, 204);
    assert_eq!(c.user("ana@example.com").await, id);
}

async fn what_people_ended_scim_does_not_begin(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let id = c.user("ana@example.com").await;
    let left = PersonChange { status: Some(Status::Left), ..PersonChange::default() };
    app.fresh.gov.person_change(&app.fresh.operator(), id.parse().unwrap(), left).await.unwrap();
    let path = format!("/Users/{id}");
    assert_eq!(c.get(&path).await.ok()["active"], json!(false));
    let back = c.patch(&path, json!([{"op": "replace", "path": "active", "value": true}])).await;
    assert!(refused(&back, 409, None).contains("take them back"));
    assert_eq!(c.delete(&path).await.status, 204);
    refused(&c.post("/Users", &user("ana@example.com")).await, 409, None);
}

async fn the_address_of_who_holds_a_role_stays(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let id = c.user("ana@example.com").await;
    let roles = PersonChange { roles: Some([Role::Viewer].into()), ..PersonChange::default() };
    app.fresh.gov.person_change(&app.fresh.operator(), id.parse().unwrap(), roles).await.unwrap();
    let reply = c.put(&format!("/Users/{id}"), &user("mallory@example.com")).await;
    assert!(refused(&reply, 403, None).contains("roles"));
    let admin = json!([{"op": "add", "value": {"roles": [{"value": "admin"}]}}]);
    assert_eq!(c.patch(&format!("/Users/{id}"), admin).await.ok().get("roles"), None);
    let person = app.fresh.gov.person_find(&app.fresh.operator(), &id).await.unwrap();
    assert_eq!((person.email.as_str(), person.roles), ("ana@example.com", [Role::Viewer].into()));
}

async fn people_of_the_register_are_there_without_being_provisioned(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let id = app.approver("kim", "finance-ops").await.to_string();
    let found = c.get("/Users?filter=userName%20eq%20%22KIM@example.com%22").await.ok();
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(id)));
    refused(&c.post("/Users", &user("kim@example.com")).await, 409, Some("uniqueness"));
    let mut body = user("kim@example.com");
    body["externalId"] = json!("00u1");
    assert_eq!(c.put(&format!("/Users/{id}"), &body).await.ok()["externalId"], "00u1");
    let person = app.fresh.gov.person_find(&app.fresh.operator(), &id).await.unwrap();
    assert_eq!(person.roles, [Role::Approver].into(), "roles of the console stay as they were");
}
