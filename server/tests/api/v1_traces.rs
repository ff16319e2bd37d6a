//! `POST /v1/traces`: executed tools from OpenTelemetry spans.
use crate::app::TestApp;
use axum::{body::Body, http::Request};
use governance::engine::Scope;
use serde_json::{Value, json};

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn tool(id: &str, agent: &str, name: &str) -> Value {
    json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": id, "name": format!("execute_tool {name}"),
        "endTimeUnixNano": "1763715600000000000",
        "attributes": [
            attribute("gen_ai.operation.name", "execute_tool"), attribute("gen_ai.tool.name", name),
            attribute("gen_ai.agent.name", agent), attribute("server.address", "files.example"),
        ],
    })
}

fn export(spans: &[Value]) -> Value {
    json!({ "resourceSpans": [{ "resource": { "attributes": [] }, "scopeSpans": [{ "spans": spans }] }] })
}

fn request(key: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method("POST").uri("/v1/traces").header("content-type", kind);
    request.header("authorization", format!("Bearer {key}")).body(body.into()).unwrap()
}

#[tokio::test]
async fn an_executed_tool_is_an_act_and_is_known_when_it_is_sent_again() {
    let app = TestApp::baseline().await;
    app.agent("invoice-07").await;
    let (_, gateway) = app.key(None, &[Scope::Act, Scope::Read]).await;
    let chat =
        json!({ "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "aa", "name": "chat", "attributes": [] });
    let sent = export(&[chat, tool("bb", "invoice-07", "crm.export")]);
    for _ in 0..2 {
        let reply = app.call(request(&gateway, "application/json", sent.to_string())).await.ok();
        assert_eq!(reply, json!({}));
    }
    let findings = app.get("/v1/findings", &gateway).await.ok();
    let rules: Vec<_> = findings["items"].as_array().unwrap().iter().filter_map(|f| f["rule"].as_str()).collect();
    assert!(rules.contains(&"executed_undecided"), "{rules:?}");
    let events = app.get("/v1/events?limit=1000", &gateway).await.ok();
    let reported = |e: &&Value| e["leaf"]["kind"] == "action.reported";
    assert_eq!(events["items"].as_array().unwrap().iter().filter(reported).count(), 1, "twice is once");
}

#[tokio::test]
async fn what_is_not_recorded_is_said_in_the_form_of_the_request() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Act]).await;
    // its own key speaks for nobody else
    app.agent("other").await;
    let reply = app.call(request(&own, "application/json", export(&[tool("01", "other", "x")]).to_string())).await.ok();
    assert_eq!(reply["partialSuccess"]["rejectedSpans"], "1");
    assert!(reply["partialSuccess"]["errorMessage"].as_str().unwrap().starts_with("act 1: "), "{reply}");
    let nobody = json!({ "spanId": "02", "attributes": [attribute("gen_ai.operation.name", "execute_tool")] });
    let both = export(&[nobody, tool("03", "invoice-07", "x")]);
    let reply = app.call(request(&own, "application/json", both.to_string())).await.ok();
    assert_eq!(reply["partialSuccess"]["rejectedSpans"], "1", "the other one is recorded: {reply}");

    // an empty request in protobuf is answered by an empty message in protobuf
    let reply = app.call(request(&own, "application/x-protobuf", Vec::new())).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
    assert_eq!(reply.headers["content-type"], "application/x-protobuf");
    let broken = app.call(request(&own, "application/x-protobuf", vec![0xff; 9])).await;
    assert_eq!(
        (broken.status.as_u16(), &broken.headers["content-type"]),
        (400, &"application/x-protobuf".parse().unwrap())
    );
    app.call(request(&own, "text/plain", "x")).await.problem(400);
    let (_, asks) = app.key(Some(agent), &[Scope::Ask]).await;
    app.call(request(&asks, "application/json", "{}")).await.problem(403);
}

#[tokio::test]
async fn a_secret_in_a_prompt_is_a_finding_and_the_prompt_is_not_kept() {
    let app = TestApp::baseline().await;
    app.agent("invoice-07").await;
    let (_, gateway) = app.key(None, &[Scope::Act, Scope::Read]).await;
    let token = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    let words = "tell me about the weather in Bonn. ".repeat(1_000);
    let messages =
        json!([{ "role": "user", "parts": [{ "type": "text", "content": format!("{words} Use {token}.") }] }]);
    let chat = json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "aa", "name": "chat",
        "attributes": [
            attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.agent.name", "invoice-07"),
            attribute("gen_ai.input.messages", &messages.to_string()),
        ],
    });
    for _ in 0..2 {
        let reply =
            app.call(request(&gateway, "application/json", export(std::slice::from_ref(&chat)).to_string())).await.ok();
        assert_eq!(reply, json!({}));
    }
    let found = app.get("/v1/findings?rule=secret_in_arguments", &gateway).await.ok();
    let items = found["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["words"], json!("invoice-07 put a GitHub token into a prompt; it was not stored."));
    assert_eq!(items[0]["evidence"].as_array().unwrap().len(), 1, "sent again it is known");
    let events = app.get("/v1/events?limit=1000", &gateway).await;
    assert!(
        !events.text.contains("weather") && !events.text.contains(&token) && !found.to_string().contains("weather")
    );
}
