//! `GET /.well-known/authzen-configuration`: AuthZEN's certification scenario, section Discovery; ARAP's metadata.
use crate::app::{TestApp, URL};
use axum::{body::Body, http::Request};

#[tokio::test]
async fn metadata_is_for_everybody_and_names_what_answers() {
    let app = TestApp::new().await;
    let reply = app.call(Request::get("/.well-known/authzen-configuration").body(Body::empty()).unwrap()).await;
    assert_eq!(reply.header("content-type"), "application/json");
    let metadata = reply.ok();
    assert_eq!(metadata["policy_decision_point"], URL);
    let capabilities = metadata["capabilities"].as_array().unwrap();
    assert!(capabilities.iter().any(|c| c == "urn:openid:authzen:capability:access-request"));
    assert!(metadata["access_request_approval_scope"].as_str().unwrap().contains("chain of hand-offs"));
    let endpoints: Vec<_> =
        metadata.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint")).collect();
    assert_eq!(endpoints.len(), 6);
    for (name, endpoint) in endpoints {
        let path = endpoint.as_str().unwrap().strip_prefix(URL).unwrap_or_else(|| panic!("{name}: {endpoint}"));
        // it is there: a stranger is told to show a key
        let there = app.call(Request::post(path).body(Body::empty()).unwrap()).await;
        assert_eq!(there.status, 401, "{name}");
        assert!(server::api::routes::listed().iter().any(|r| r.path == path), "{name}");
    }
}
