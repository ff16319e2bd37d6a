//! Prompts in spans, looked through for secrets: nothing else of a prompt is taken in.
//!
//! Where they stand: `gen_ai.input.messages` and `gen_ai.system_instructions` (OpenTelemetry semantic conventions for generative
//! AI), `gen_ai.prompt` with what is under it (earlier conventions, OpenLLMetry), and events of a span that bear the same
//! attributes or are one message each (`gen_ai.user.message`, `gen_ai.system.message`, `gen_ai.assistant.message`,
//! `gen_ai.tool.message`).
use super::{LARGEST, wire::Span};
use governance::{
    json::{Limits, read},
    text::secrets::named,
};
use serde_json::{Map, Value};

/// What the secrets in a span's prompts are, in words.
pub fn secrets(span: &Span) -> Vec<String> {
    let mut found = of(&span.attributes, is_prompt);
    for (name, attributes) in &span.events {
        let message = name.starts_with("gen_ai.") && name.ends_with(".message");
        found.extend(of(attributes, |name| message || is_prompt(name)));
    }
    found
}

fn is_prompt(name: &str) -> bool {
    matches!(name, "gen_ai.input.messages" | "gen_ai.system_instructions" | "gen_ai.prompt")
        || name.starts_with("gen_ai.prompt.")
}

fn of(attributes: &Map<String, Value>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let prompts = attributes.iter().filter(|(name, _)| wanted(name));
    named(&prompts.map(|(name, value)| (name.clone(), parsed(value))).collect())
}

/// Messages come as a value, or as the JSON text of one.
fn parsed(value: &Value) -> Value {
    let Value::String(text) = value else { return value.clone() };
    if !text.starts_with(['{', '[']) {
        return value.clone();
    }
    let limits = Limits { bytes: LARGEST, string_bytes: LARGEST, ..Limits::REQUEST };
    // what no strict reader takes is looked through word by word
    read(text.as_bytes(), limits).unwrap_or_else(|_| text.replace(['"', '\\'], " ").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token() -> String {
        format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8")
    }
    fn found(attributes: Value, events: Vec<(String, Value)>) -> Vec<String> {
        let object = |value: Value| value.as_object().unwrap().clone();
        let events = events.into_iter().map(|(name, value)| (name, object(value))).collect();
        secrets(&Span { attributes: object(attributes), events, ..Span::default() })
    }

    #[test]
    fn a_secret_is_found_wherever_conventions_put_prompts() {
        let said = format!("log in with {}.", token());
        let messages = json!([{ "role": "user", "parts": [{ "type": "text", "content": said }] }]);
        let broken = format!("{{\"a\": 1, \"a\": \"{}\"}}", token());
        for attributes in [
            json!({ "gen_ai.input.messages": messages }),
            json!({ "gen_ai.input.messages": messages.to_string() }),
            json!({ "gen_ai.system_instructions": said }),
            json!({ "gen_ai.prompt": said }),
            json!({ "gen_ai.prompt.0.content": said }),
            json!({ "gen_ai.input.messages": broken }),
        ] {
            assert_eq!(found(attributes.clone(), vec![]), ["a GitHub token"], "{attributes}");
        }
        for (name, attributes) in [
            ("gen_ai.user.message", json!({ "content": said })),
            ("gen_ai.content.prompt", json!({ "gen_ai.prompt": said })),
            ("gen_ai.client.inference.operation.details", json!({ "gen_ai.input.messages": messages })),
        ] {
            assert_eq!(found(json!({}), vec![(name.into(), attributes)]), ["a GitHub token"], "{name}");
        }
    }

    #[test]
    fn what_is_no_prompt_or_no_secret_is_left_alone() {
        let said = format!("log in with {}.", token());
        assert!(
            found(json!({ "gen_ai.output.messages": said, "http.url": said, "gen_ai.prompt_tokens": 7 }), vec![])
                .is_empty()
        );
        assert!(found(json!({}), vec![("exception".into(), json!({ "content": said }))]).is_empty());
        let plain = json!({ "gen_ai.input.messages": "[{\"content\": \"who forgot the password?\"}]" });
        assert!(found(plain, vec![]).is_empty());
    }
}
