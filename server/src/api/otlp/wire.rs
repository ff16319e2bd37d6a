//! The two forms of an OTLP trace export (opentelemetry-proto, `collector/trace/v1`), as far as we read them: protobuf, and
//! its JSON with camelCase names, hexadecimal ids and 64-bit numbers as texts.
use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use governance::{
    error::{Error, Result},
    json::{Limits, read as strict},
};
use prost::Message;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Protobuf,
    Json,
}

/// One span, whichever form it came in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Span {
    /// Hexadecimal.
    pub trace: String,
    pub id: String,
    /// Empty: it has none.
    pub parent: String,
    /// Nanoseconds since 1970; zero: not said.
    pub ended: u64,
    pub failed: bool,
    pub attributes: Map<String, Value>,
    /// What happened within it: each with its name and attributes.
    pub events: Vec<(String, Map<String, Value>)>,
    /// Those of what sent it.
    pub resource: Map<String, Value>,
}

/// Values nested deeper than this are left out; prost itself reads at most 100 levels.
const DEEPEST: usize = 16;
/// `STATUS_CODE_ERROR`.
const ERROR: i64 = 2;

#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<ResourceSpans>,
}
#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeSpans>,
}
#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}
#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<ProtoSpan>,
}
#[derive(Clone, PartialEq, Message)]
struct ProtoSpan {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, repeated, tag = "11")]
    events: Vec<ProtoEvent>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
}
#[derive(Clone, PartialEq, Message)]
struct ProtoEvent {
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "3")]
    attributes: Vec<KeyValue>,
}
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "3")]
    code: i32,
}
#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}
#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 2, 3, 4, 5, 6")]
    value: Option<Any>,
}
#[derive(Clone, PartialEq, prost::Oneof)]
enum Any {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Array(Array),
    #[prost(message, tag = "6")]
    Pairs(Pairs),
}
#[derive(Clone, PartialEq, Message)]
struct Array {
    #[prost(message, repeated, tag = "1")]
    values: Vec<AnyValue>,
}
#[derive(Clone, PartialEq, Message)]
struct Pairs {
    #[prost(message, repeated, tag = "1")]
    values: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<Partial>,
}
#[derive(Clone, PartialEq, Message)]
struct Partial {
    #[prost(int64, tag = "1")]
    rejected_spans: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}
/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Failure {
    #[prost(string, tag = "2")]
    message: String,
}

/// Reads all spans of a request.
///
/// # Errors
/// `Invalid`, saying where.
pub fn read(form: Form, bytes: &[u8]) -> Result<Vec<Span>> {
    match form {
        Form::Protobuf => {
            let export =
                Export::decode(bytes).map_err(|e| Error::invalid(format!("the body is no OTLP export: {e}")))?;
            Ok(export.resources.into_iter().flat_map(of_resource).collect())
        }
        Form::Json => {
            // a prompt may be as long as all of it
            let limits = Limits { bytes: super::LARGEST, string_bytes: super::LARGEST, ..Limits::REQUEST };
            let value = strict(bytes, limits)?;
            Ok(list(&value, "resourceSpans").iter().flat_map(of_json).collect())
        }
    }
}

fn of_resource(r: ResourceSpans) -> Vec<Span> {
    let resource = pairs(r.resource.map(|r| r.attributes).unwrap_or_default(), 0);
    let spans = r.scopes.into_iter().flat_map(|s| s.spans);
    let span = |s: ProtoSpan| Span {
        trace: hex(&s.trace_id),
        id: hex(&s.span_id),
        parent: hex(&s.parent_span_id),
        ended: s.end_time_unix_nano,
        failed: s.status.is_some_and(|s| i64::from(s.code) == ERROR),
        attributes: pairs(s.attributes, 0),
        events: s.events.into_iter().map(|e| (e.name, pairs(e.attributes, 0))).collect(),
        resource: resource.clone(),
    };
    spans.map(span).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn pairs(all: Vec<KeyValue>, depth: usize) -> Map<String, Value> {
    all.into_iter().filter_map(|p| Some((p.key, any(p.value?.value?, depth)?))).collect()
}

fn any(value: Any, depth: usize) -> Option<Value> {
    if depth >= DEEPEST {
        return None;
    }
    Some(match value {
        Any::Text(text) => text.into(),
        Any::Bool(yes) => yes.into(),
        Any::Int(n) => n.into(),
        Any::Double(n) => n.into(),
        Any::Array(all) => all.values.into_iter().filter_map(|v| any(v.value?, depth + 1)).collect(),
        Any::Pairs(all) => pairs(all.values, depth + 1).into(),
    })
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn of_json(r: &Value) -> Vec<Span> {
    let resource = r.get("resource").map(|r| json_pairs(list(r, "attributes"), 0)).unwrap_or_default();
    let text = |s: &Value, name: &str| s.get(name).and_then(Value::as_str).unwrap_or("").to_ascii_lowercase();
    let spans = list(r, "scopeSpans").iter().flat_map(|s| list(s, "spans"));
    let span = |s: &Value| Span {
        trace: text(s, "traceId"),
        id: text(s, "spanId"),
        parent: text(s, "parentSpanId"),
        ended: s.get("endTimeUnixNano").and_then(whole).and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
        failed: s.pointer("/status/code").is_some_and(|c| c.as_i64() == Some(ERROR) || c == "STATUS_CODE_ERROR"),
        attributes: json_pairs(list(s, "attributes"), 0),
        events: list(s, "events").iter().map(|e| (named(e), json_pairs(list(e, "attributes"), 0))).collect(),
        resource: resource.clone(),
    };
    spans.map(span).collect()
}

fn named(event: &Value) -> String {
    event.get("name").and_then(Value::as_str).unwrap_or("").to_owned()
}

/// 64-bit numbers are texts in protobuf's JSON; small ones may be numbers.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn json_pairs(all: &[Value], depth: usize) -> Map<String, Value> {
    let pair = |p: &Value| Some((p.get("key")?.as_str()?.to_owned(), json_any(p.get("value")?, depth)?));
    all.iter().filter_map(pair).collect()
}

fn json_any(value: &Value, depth: usize) -> Option<Value> {
    if depth >= DEEPEST {
        return None;
    }
    let (kind, inner) = value.as_object()?.iter().next()?;
    match kind.as_str() {
        "stringValue" | "boolValue" | "doubleValue" => Some(inner.clone()),
        "intValue" => whole(inner).map(Value::from),
        "arrayValue" => Some(list(inner, "values").iter().filter_map(|v| json_any(v, depth + 1)).collect()),
        "kvlistValue" => Some(json_pairs(list(inner, "values"), depth + 1).into()),
        _ => None,
    }
}

/// What was not recorded, and why; nothing where all was.
pub fn answer(form: Form, rejected: usize, why: Option<&str>) -> Response {
    match (form, rejected) {
        (Form::Json, 0) => json_body(&json!({})),
        (Form::Json, n) => json_body(
            &json!({ "partialSuccess": { "rejectedSpans": n.to_string(), "errorMessage": why.unwrap_or("") } }),
        ),
        (Form::Protobuf, n) => {
            let partial = Partial {
                rejected_spans: i64::try_from(n).unwrap_or(i64::MAX),
                error_message: why.unwrap_or("").to_owned(),
            };
            protobuf(&Answer { partial_success: (n > 0).then_some(partial) })
        }
    }
}

pub fn failure(form: Form, why: &str) -> Response {
    match form {
        Form::Json => json_body(&json!({ "message": why })),
        Form::Protobuf => protobuf(&Failure { message: why.to_owned() }),
    }
}

fn json_body(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn protobuf(message: &impl Message) -> Response {
    ([(header::CONTENT_TYPE, "application/x-protobuf")], message.encode_to_vec()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &str, value: &str) -> KeyValue {
        KeyValue { key: key.into(), value: Some(AnyValue { value: Some(Any::Text(value.into())) }) }
    }

    #[test]
    fn both_forms_say_the_same() {
        let nested = Pairs { values: vec![text("city", "Bonn")] };
        let proto = Export {
            resources: vec![ResourceSpans {
                resource: Some(Resource { attributes: vec![text("service.name", "desk")] }),
                scopes: vec![ScopeSpans {
                    spans: vec![ProtoSpan {
                        trace_id: vec![0xab; 16],
                        span_id: vec![0xcd; 8],
                        parent_span_id: vec![],
                        end_time_unix_nano: 1_767_603_600_000_000_000,
                        attributes: vec![
                            text("gen_ai.tool.name", "weather"),
                            KeyValue { key: "n".into(), value: Some(AnyValue { value: Some(Any::Int(7)) }) },
                            KeyValue { key: "args".into(), value: Some(AnyValue { value: Some(Any::Pairs(nested)) }) },
                        ],
                        events: vec![ProtoEvent {
                            name: "gen_ai.user.message".into(),
                            attributes: vec![text("content", "hello")],
                        }],
                        status: Some(Status { code: 2 }),
                    }],
                }],
            }],
        };
        let json = json!({ "resourceSpans": [{
            "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "desk" } }] },
            "scopeSpans": [{ "scope": { "name": "x" }, "spans": [{
                "traceId": "AB".repeat(16), "spanId": "cd".repeat(8), "name": "execute_tool weather", "kind": 1,
                "endTimeUnixNano": "1767603600000000000",
                "attributes": [
                    { "key": "gen_ai.tool.name", "value": { "stringValue": "weather" } },
                    { "key": "n", "value": { "intValue": "7" } },
                    { "key": "args", "value": { "kvlistValue": { "values": [{ "key": "city", "value": { "stringValue": "Bonn" } }] } } },
                ],
                "events": [{ "timeUnixNano": "1", "name": "gen_ai.user.message",
                    "attributes": [{ "key": "content", "value": { "stringValue": "hello" } }] }],
                "status": { "code": 2 },
            }] }],
        }] });
        let of_proto = read(Form::Protobuf, &proto.encode_to_vec()).unwrap();
        let of_json = read(Form::Json, json.to_string().as_bytes()).unwrap();
        assert_eq!(of_proto, of_json);
        assert_eq!(of_proto[0].trace, "ab".repeat(16));
        assert!(of_proto[0].failed);
        assert_eq!(of_proto[0].events[0].1["content"], "hello");
        assert_eq!(
            Value::from(of_proto[0].attributes.clone()),
            json!({"gen_ai.tool.name": "weather", "n": 7, "args": {"city": "Bonn"}})
        );
    }

    #[test]
    fn what_is_no_export_is_refused() {
        assert!(read(Form::Protobuf, b"\xff\xff\xff").unwrap_err().detail.contains("no OTLP export"));
        assert!(read(Form::Json, b"{\"resourceSpans\":[],\"resourceSpans\":[]}").is_err());
        assert_eq!(read(Form::Json, b"{}").unwrap(), []);
        assert_eq!(read(Form::Protobuf, b"").unwrap(), []);
    }

    #[test]
    fn a_value_without_bottom_is_left_out() {
        let mut deep = AnyValue { value: Some(Any::Text("x".into())) };
        for _ in 0..DEEPEST + 1 {
            deep = AnyValue { value: Some(Any::Array(Array { values: vec![deep] })) };
        }
        let read = pairs(vec![KeyValue { key: "k".into(), value: Some(deep) }], 0);
        assert!(!Value::from(read).to_string().contains('x'));
    }
}
