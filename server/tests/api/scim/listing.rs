//! Lists: filters, pages, what of a resource is shown; and discovery.
use super::{AGENT, Client, USER, refused};
use crate::app::TestApp;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    a_filter_finds_what_it_says
    pages_are_bounded_and_say_how_many_there_are
    only_what_is_asked_for_is_shown
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

async fn three(c: &Client<'_>) {
    for (n, name) in ["ana", "bob", "kim"].iter().enumerate() {
        let body = json!({
            "schemas": [USER], "userName": format!("{name}@example.com"), "displayName": name.to_uppercase(),
            "name": {"familyName": format!("F{n}")}, "externalId": format!("x{n}"),
            "emails": [{"value": format!("{name}@work.example"), "type": "work"}, {"value": "h@home.example", "type": "home"}],
        });
        Client::made(&c.post("/Users", &body).await);
    }
}

async fn a_filter_finds_what_it_says(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    three(&c).await;
    for (filter, want) in [
        (r#"userName eq "ANA@example.com""#, 1),
        (r#"externalId eq "X1""#, 0),
        (r#"externalId eq "x1""#, 1),
        (r#"userName ne "ana@example.com""#, 2),
        (r#"userName sw "a" or userName ew "nothing""#, 1),
        (r#"displayName co "i" and active eq true"#, 1),
        (r#"not (displayName co "i") and active eq true"#, 2),
        (r#"title pr"#, 0),
        (r#"name.familyName gt "F0""#, 2),
        (r#"name.familyName le "F0""#, 1),
        (r#"emails[type eq "work" and value co "bob"]"#, 1),
        (r#"emails[type eq "home" and value co "bob"]"#, 0),
        (r#"emails co "work.example""#, 3),
        (r#"emails.type eq "home""#, 3),
        (r#"meta.created gt "2020-01-01T00:00:00Z""#, 3),
        (r#"meta.lastModified lt "2020-01-01T00:00:00Z""#, 0),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob@example.com""#, 1),
    ] {
        let found = c.get(&format!("/Users?filter={}", encoded(filter))).await.ok();
        assert_eq!(found["totalResults"], json!(want), "{filter}");
    }
    for bad in
        [r#"userName eq"#, r#"userName"#, r#"shoes eq "1""#, "(active eq true", r#"active gt true"#, "a b c", "[", ""]
    {
        refused(&c.get(&format!("/Users?filter={}", encoded(bad))).await, 400, Some("invalidFilter"));
    }
}

async fn pages_are_bounded_and_say_how_many_there_are(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    three(&c).await;
    for (query, want, start) in [
        ("", 3, 1),
        ("?count=2", 2, 1),
        ("?startIndex=3&count=2", 1, 3),
        ("?startIndex=9", 0, 9),
        ("?count=0", 0, 1),
        ("?startIndex=-4&count=-1", 0, 1),
        ("?count=99999999", 3, 1),
    ] {
        let list = c.get(&format!("/Users{query}")).await.ok();
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(3), &json!(start)), "{query}");
        assert_eq!((&list["itemsPerPage"], list["Resources"].as_array().unwrap().len()), (&json!(want), want));
    }
    refused(&c.get("/Users?count=many").await, 400, Some("invalidValue"));
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "active eq true", "count": 2});
    for path in ["/Users/.search", "/.search"] {
        let found = c.post(path, &search).await.ok();
        assert_eq!((&found["totalResults"], &found["itemsPerPage"]), (&json!(3), &json!(2)), "{path}");
    }
    refused(&c.post("/.search", &json!({})).await, 400, Some("invalidSyntax"));
    // of all kinds, those that have no such attribute have no such resource; an attribute that none has is an error
    let of = |filter: &str| json!({"schemas": search["schemas"], "filter": filter});
    let nobody = c.post("/.search", &of("userName eq \"nobody@example.com\"")).await.ok();
    assert_eq!(nobody["totalResults"], json!(0));
    refused(&c.post("/.search", &of("nonsense eq \"x\"")).await, 400, Some("invalidFilter"));
}

async fn only_what_is_asked_for_is_shown(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    three(&c).await;
    let names = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let first = async |query: &str| c.get(&format!("/Users?{query}")).await.ok()["Resources"][0].clone();
    let it = first("attributes=userName,emails.value").await;
    assert_eq!(names(&it), ["emails", "id", "schemas", "userName"].map(str::to_owned).into());
    assert_eq!(names(&it["emails"][0]), ["value".to_owned()].into());
    let it = first("excludedAttributes=emails,ID,meta").await;
    assert!(it.get("emails").is_none() && it.get("meta").is_none() && it.get("id").is_some());
    refused(&c.get("/Users?attributes=id&excludedAttributes=id").await, 400, Some("invalidValue"));
}

#[tokio::test]
async fn discovery_says_what_is_there() {
    let app = TestApp::sealed().await;
    let c = Client::new(&app).await;
    let service = c.get("/ServiceProviderConfig").await.ok();
    assert_eq!(service["agentExtension"]["agentsSupported"], json!(true));
    assert_eq!(service["bulk"]["supported"], json!(false));
    let kinds = c.get("/ResourceTypes").await.ok();
    assert_eq!(kinds["totalResults"], json!(3));
    assert_eq!(c.get(&format!("/Schemas/{AGENT}")).await.ok()["name"], "Agent");
    assert_eq!(c.get("/ResourceTypes/Agent").await.ok()["endpoint"], "/Agents");
    refused(&c.get("/Schemas/none").await, 404, None);
}
