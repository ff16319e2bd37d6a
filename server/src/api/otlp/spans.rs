//! Which span is an act or carries a prompt, and of whom (OpenTelemetry semantic conventions for generative AI: `execute_tool`, and MCP's
//! `tools/call`). What those do not say can be said by attributes of our own: `countersign.agent`, `.action`,
//! `.resource.type`, `.resource.id`, `.decision`, `.grant`, `.run`, `.data_class`, `.destination`, `.tool` (digest of its definition).
use super::{prompts, wire::Span};
use governance::{
    json::{Limits, read},
    time::Timestamp,
    watch::{Came, Observed, Prompted, Thing},
};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What a request holds.
#[derive(Debug, Default)]
pub struct Seen {
    pub acts: Vec<Observed>,
    /// Prompts in which secrets stood.
    pub prompts: Vec<Prompted>,
    /// Executed tools and such prompts that cannot be recorded.
    pub rejected: usize,
    /// Why the first of them was not.
    pub why: Option<String>,
}

/// The executed tools among the spans and the prompts in which secrets stand, each with whose they are.
pub fn acts(spans: &[Span]) -> Seen {
    let by_id: HashMap<(&str, &str), &Span> = spans.iter().map(|s| ((s.trace.as_str(), s.id.as_str()), s)).collect();
    let mut seen = Seen::default();
    for span in spans.iter().filter(|s| is_tool(s)) {
        let line = line(span, &by_id);
        // the same call, told by the agent's framework and again by its MCP client
        if line.iter().skip(1).any(|above| is_tool(above) && text(above, TOOL) == text(span, TOOL)) {
            continue;
        }
        match act(span, &line) {
            Ok(act) => seen.acts.push(act),
            Err(why) => {
                seen.rejected += 1;
                seen.why.get_or_insert(why);
            }
        }
    }
    for span in spans {
        let secrets = prompts::secrets(span);
        if secrets.is_empty() {
            continue;
        }
        match prompted(span, &line(span, &by_id), secrets) {
            Ok(prompt) => seen.prompts.push(prompt),
            Err(why) => {
                seen.rejected += 1;
                seen.why.get_or_insert(why);
            }
        }
    }
    seen
}

const TOOL: &str = "gen_ai.tool.name";
/// Parents that are followed.
const ABOVE: usize = 32;

fn is_tool(s: &Span) -> bool {
    text(s, "gen_ai.operation.name") == Some("execute_tool") || text(s, "mcp.method.name") == Some("tools/call")
}

fn text<'a>(s: &'a Span, name: &str) -> Option<&'a str> {
    s.attributes.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
}

/// The span and those above it that came with it, the nearest first.
fn line<'a>(span: &'a Span, by_id: &HashMap<(&str, &str), &'a Span>) -> Vec<&'a Span> {
    let mut line = vec![span];
    while let Some(last) = line.last().filter(|s| !s.parent.is_empty() && line.len() < ABOVE) {
        match by_id.get(&(last.trace.as_str(), last.parent.as_str())) {
            Some(above) if line.iter().all(|s| s.id != above.id) => line.push(above),
            _ => break,
        }
    }
    line
}

/// The first of these attributes that the span has, or one above it.
fn near(line: &[&Span], names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| line.iter().find_map(|s| text(s, name))).map(str::to_owned)
}

fn agent(span: &Span, line: &[&Span]) -> Option<Thing> {
    let resource = |name: &str| span.resource.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = near(line, &["countersign.agent", "gen_ai.agent.name", "gen_ai.agent.id"])
        .or_else(|| resource("countersign.agent"))
        .or_else(|| resource("service.name"))?;
    Some(Thing { kind: near(line, &["countersign.agent.type"]).unwrap_or_else(|| "agent".into()), id })
}

fn ended(span: &Span) -> Option<Timestamp> {
    i64::try_from(span.ended / 1_000).ok().filter(|us| *us > 0).and_then(Timestamp::from_micros)
}

fn reference(span: &Span) -> Option<String> {
    (!span.id.is_empty()).then(|| format!("{}:{}", span.trace, span.id))
}

fn prompted(span: &Span, line: &[&Span], secrets: Vec<String>) -> Result<Prompted, String> {
    let agent = agent(span, line)
        .ok_or("a span of a prompt names no agent: gen_ai.agent.name, or the resource's service.name")?;
    let prompt = Prompted { id: reference(span), agent, at: ended(span), secrets };
    prompt.check().map_err(|e| e.detail)?;
    Ok(prompt)
}

fn act(span: &Span, line: &[&Span]) -> Result<Observed, String> {
    let own = |name: &str| text(span, name).map(str::to_owned);
    let agent = agent(span, line)
        .ok_or("a span of an executed tool names no agent: gen_ai.agent.name, or the resource's service.name")?;
    let tool = own(TOOL).ok_or("a span of an executed tool names no tool: gen_ai.tool.name")?;
    let id = |name: &str| own(name).map(|id| id.parse()).transpose().map_err(|_| format!("{name}: not an id of ours"));
    let grant = own("countersign.grant").map(|id| id.parse()).transpose();
    let act = Observed {
        id: reference(span),
        agent,
        action: own("countersign.action").unwrap_or_else(|| tool.clone()),
        resource: Thing {
            kind: own("countersign.resource.type").unwrap_or_else(|| "tool".into()),
            id: own("countersign.resource.id").unwrap_or(tool),
        },
        input: span.attributes.get("gen_ai.tool.call.arguments").and_then(arguments),
        outcome: if span.failed { Came::Failed } else { Came::Done },
        at: ended(span),
        decision: id("countersign.decision")?,
        grant: grant.map_err(|_| "countersign.grant: not an id of ours".to_owned())?,
        run: near(line, &["countersign.run", "gen_ai.conversation.id"]),
        data_class: own("countersign.data_class"),
        destination: own("countersign.destination").or_else(|| own("server.address")),
        created: None,
        tool: own("countersign.tool"),
    };
    act.check().map_err(|e| e.detail)?;
    Ok(act)
}

/// Arguments are an object, or the text of one.
fn arguments(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members.clone()),
        Value::String(text) => match read(text.as_bytes(), Limits::REQUEST) {
            Ok(Value::Object(members)) => Some(members),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn span(id: &str, parent: &str, attributes: Value) -> Span {
        Span {
            trace: "t".into(),
            id: id.into(),
            parent: parent.into(),
            ended: 1_767_603_600_000_000_000,
            attributes: attributes.as_object().unwrap().clone(),
            ..Span::default()
        }
    }
    fn tool(id: &str, parent: &str, name: &str) -> Span {
        span(id, parent, json!({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name }))
    }

    #[test]
    fn a_tool_is_an_act_of_the_agent_that_was_invoked_above_it() {
        let agent = json!({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "desk", "gen_ai.conversation.id": "c-1" });
        let spans = [
            tool("3", "2", "crm.read"),
            span("2", "1", json!({ "gen_ai.operation.name": "chat" })),
            span("1", "", agent),
        ];
        let seen = acts(&spans);
        assert_eq!((seen.acts.len(), seen.rejected), (1, 0), "a model's answer is no act");
        let act = &seen.acts[0];
        assert_eq!((act.agent.id.as_str(), act.action.as_str(), act.run.as_deref()), ("desk", "crm.read", Some("c-1")));
        assert_eq!((act.resource.kind.as_str(), act.resource.id.as_str()), ("tool", "crm.read"));
        assert_eq!(act.id.as_deref(), Some("t:3"));
        assert_eq!(act.at.unwrap().to_string(), "2026-01-05T09:00:00.000000Z");
    }

    #[test]
    fn one_call_told_twice_is_one_act() {
        let mcp =
            json!({ "mcp.method.name": "tools/call", "gen_ai.tool.name": "crm.read", "gen_ai.agent.name": "desk" });
        let mut outer = tool("1", "", "crm.read");
        outer.attributes.insert("gen_ai.agent.name".into(), "desk".into());
        assert_eq!(acts(&[outer.clone(), span("2", "1", mcp.clone())]).acts.len(), 1);
        assert_eq!(acts(&[span("2", "1", mcp)]).acts.len(), 1, "alone it is an act");
        let mut inner = tool("2", "1", "another");
        inner.attributes.insert("gen_ai.agent.name".into(), "helper".into());
        assert_eq!(acts(&[outer, inner]).acts.len(), 2, "a tool that is an agent uses others");
    }

    #[test]
    fn what_the_conventions_leave_out_is_said_by_attributes_of_ours() {
        let attributes = json!({
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund", "countersign.agent": "desk",
            "countersign.action": "refund.create", "countersign.resource.type": "account", "countersign.resource.id": "stripe:shop",
            "gen_ai.tool.call.arguments": "{\"amount_minor\":100}", "server.address": "api.example",
        });
        let mut one = span("1", "", attributes);
        one.failed = true;
        let act = acts(std::slice::from_ref(&one)).acts.remove(0);
        assert_eq!((act.action.as_str(), act.resource.id.as_str()), ("refund.create", "stripe:shop"));
        assert_eq!((act.outcome, act.destination.as_deref()), (Came::Failed, Some("api.example")));
        assert_eq!(act.input, json!({ "amount_minor": 100 }).as_object().cloned());
        one.attributes.insert("countersign.decision".into(), "nonsense".into());
        let seen = acts(std::slice::from_ref(&one));
        let why = Some("countersign.decision: not an id of ours");
        assert_eq!((seen.acts.len(), seen.rejected, seen.why.as_deref()), (0, 1, why));
    }

    #[test]
    fn what_names_nobody_is_rejected_and_said() {
        let mut nobody = tool("1", "", "x");
        assert!(acts(&[nobody.clone()]).why.unwrap().contains("names no agent"));
        nobody.resource.insert("service.name".into(), "desk".into());
        assert_eq!(acts(&[nobody.clone()]).acts[0].agent.id, "desk");
        nobody.attributes.remove("gen_ai.tool.name");
        assert!(acts(&[nobody]).why.unwrap().contains("names no tool"));
        let mut circle = tool("1", "1", "x");
        circle.resource.insert("service.name".into(), "desk".into());
        assert_eq!(acts(&[circle]).acts.len(), 1, "a span that is its own parent hides nothing");
    }
}
