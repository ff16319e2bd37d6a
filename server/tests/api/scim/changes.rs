//! PATCH and versions.
use super::{Client, refused, user};
use crate::app::TestApp;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    a_change_that_fails_in_its_third_operation_changes_nothing
    of_two_changes_of_one_version_one_is_made
    parts_and_chosen_values_are_set_and_removed
}

async fn a_change_that_fails_in_its_third_operation_changes_nothing(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let path = format!("/Users/{}", c.user("ana@example.com").await);
    let (before, events) = (c.get(&path).await.ok(), c.events().await);
    for (third, scim_type) in [
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "replace", "path": "emails[type eq \"fax\"].value", "value": "a@b.c"}), "noTarget"),
        (json!({"op": "replace", "path": "shoeSize", "value": 1}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type eq", "value": 1}), "invalidFilter"),
        (json!({"op": "replace", "path": "id", "value": "per_1"}), "mutability"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "replace", "path": "active", "value": "perhaps"}), "invalidValue"),
        (json!({"op": "move", "path": "active"}), "invalidSyntax"),
    ] {
        let operations = json!([
            {"op": "replace", "path": "displayName", "value": "Changed"},
            {"op": "replace", "path": "active", "value": false},
            third,
        ]);
        let said = refused(&c.patch(&path, operations).await, 400, Some(scim_type));
        assert!(said.starts_with("Operations[2]"), "{said}");
        assert_eq!(c.get(&path).await.ok(), before, "{third}");
    }
    assert_eq!(c.events().await, events);
}

async fn of_two_changes_of_one_version_one_is_made(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let path = format!("/Users/{}", c.user("ana@example.com").await);
    let version = c.get(&path).await.header("etag").to_owned();
    let named = |name: &str| {
        let mut body = user("ana@example.com");
        body["displayName"] = json!(name);
        body
    };
    let (one, two) = (named("One"), named("Two"));
    let (a, b) = tokio::join!(
        c.send("PUT", &path, Some(&one), Some(&version)),
        c.send("PUT", &path, Some(&two), Some(&version))
    );
    let mut both = [a, b];
    both.sort_by_key(|r| r.status);
    assert_eq!(both[0].status, 200, "{}", both[0].text);
    refused(&both[1], 412, None);
    assert_eq!(c.get(&path).await.ok(), both[0].json());
    refused(&c.send("DELETE", &path, None, Some(&version)).await, 412, None);
    let now = c.get(&path).await.header("etag").to_owned();
    assert_eq!(c.send("DELETE", &path, None, Some(&now)).await.status, 204);
}

async fn parts_and_chosen_values_are_set_and_removed(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let path = format!("/Users/{}", c.user("ana@example.com").await);
    let change = async |operations: Value| c.patch(&path, operations).await.ok();
    let it = change(json!([
        {"op": "add", "value": {"name.givenName": "Ana", "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName": "Gil"}},
        {"op": "Add", "path": "emails[type eq \"home\"].value", "value": "ana@home.example"},
        {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "x"},
    ]))
    .await;
    assert_eq!(it["name"], json!({"givenName": "Ana", "familyName": "Gil"}));
    assert_eq!(it["emails"][1], json!({"type": "home", "value": "ana@home.example"}));
    let it = change(json!([
        {"op": "add", "path": "emails", "value": [{"value": "x@y.example", "primary": true}]},
        {"op": "remove", "path": "emails[type eq \"home\"]"},
        {"op": "remove", "path": "name.givenName"},
    ]))
    .await;
    assert_eq!(it["emails"].as_array().unwrap().len(), 2);
    assert_eq!((&it["emails"][0]["primary"], &it["emails"][1]["primary"]), (&json!(false), &json!(true)));
    assert_eq!(it["name"], json!({"familyName": "Gil"}));
    assert_eq!(change(json!([{"op": "remove", "path": "name"}])).await.get("name"), None);
}
