//! `GET /.well-known/authzen-configuration` (AuthZEN 1.0, PDP Metadata; ARAP draft 1, PDP Metadata). For everybody.
use super::wire::REQUESTS;
use crate::state::AppState;
use axum::{Json, extract::State};
use serde_json::{Value, json};

pub const PATH: &str = "/.well-known/authzen-configuration";
/// Narrower than ARAP's default, which leaves `subject.properties.act` out.
const SCOPE: &str = "exact match of subject, action, resource and declared context, including the person acted for \
                     (subject.properties.on_behalf_of) and the chain of hand-offs (subject.properties.act); one use";

pub async fn show(State(state): State<AppState>) -> Json<Value> {
    let url = &state.address.url;
    Json(json!({
        "policy_decision_point": url,
        "access_evaluation_endpoint": format!("{url}/access/v1/evaluation"),
        "access_evaluations_endpoint": format!("{url}/access/v1/evaluations"),
        "search_subject_endpoint": format!("{url}/access/v1/search/subject"),
        "search_resource_endpoint": format!("{url}/access/v1/search/resource"),
        "search_action_endpoint": format!("{url}/access/v1/search/action"),
        "access_request_endpoint": format!("{url}{REQUESTS}"),
        "access_request_approval_scope": SCOPE,
        "capabilities": ["urn:openid:authzen:capability:access-request"],
    }))
}
