//! What the card of a new escalation says, gathered from the question, the register, the bundle and our own log.
use super::open::{GateStop, NewEscalation};
use crate::engine::Write;
use crate::engine::gated::{Gated, floor};
use crate::engine::runs::Joined;
use crate::error::{Error, Result};
use crate::escalation::Bars;
use crate::escalation::card::{Against, Amount, Checked, Claimed, Headline, Link, LinkKind, Refuted, Stop, Unknown};
use crate::escalation::normal::Normal;
use crate::id::PersonId;
use crate::policy::gate::{Gate, Requirement};
use crate::policy::question::Question;
use crate::store;
use crate::store::facts::Subject;
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Days that "normal" looks back, and how many permits at most (ux.md R8).
const WINDOW_DAYS: u32 = 90;
const MOST_PERMITS: i64 = 1_000;

/// Everything the card needs beyond what the state machine does.
///
/// # Errors
/// As the database says.
pub(crate) async fn draft(w: &mut Write, gated: &Gated<'_>, subject: &Subject, asking: Bars) -> Result<NewEscalation> {
    let (p, known, question) = (gated.p, gated.known, &gated.inputs.question);
    let floor = floor(known, &p.ask.action.name);
    let requirement =
        Requirement::of(gated.gates, floor).ok_or_else(|| Error::broken("an escalation without a gate"))?;
    let mut gates = Vec::with_capacity(gated.gates.len());
    for gate in gated.gates {
        let sole_author = store::policies::first_author(&mut w.tx, &gate.text).await?.and_then(|a| a.parse().ok());
        gates.push(GateStop { stop: stop(gate, question), sole_author });
    }
    let since = w.at() - TimeDelta::days(WINDOW_DAYS.into());
    // permits of the same commit are part of what is normal
    w.flush().await?;
    let history = store::decisions::permitted(&mut w.tx, subject.id, &question.action, since, MOST_PERMITS).await?;
    let acting = known.acting.as_ref();
    let (checked, unknown) = (checked(gated, subject, &history, w.at()), unknown(gated));
    Ok(NewEscalation {
        decision: gated.decision,
        key: p.key.id,
        agent: subject.id,
        agent_epoch: subject.epoch,
        acting: acting.map(|a| (a.named.clone(), a.person)),
        requesters: asking.requesters,
        delegators: asking.delegators,
        keyholders: asking.keyholders,
        also_owners: {
            let agents = known.chain.iter().flatten().flat_map(|s| [s.owner, s.backup]);
            // whoever answers for the tool or destination does not say alone that it may be used
            agents.chain(gated.inputs.register.iter().map(|listed| listed.owner)).flatten().collect()
        },
        chain: p.told.chain.clone(),
        action: question.action.clone(),
        resource_type: question.resource_type.clone(),
        resource_id: question.resource_id.clone(),
        parameters: gated.parameters.to_vec(),
        gates,
        requirement,
        headline: headline(gated, subject),
        refuted: refuted(gated, w.at()),
        checked,
        claimed: claimed(gated),
        unknown,
        normal: normal(question, &history),
        links: links(w, gated, subject).await?,
        words: gated.inputs.justification.clone(),
        bundle: known.world.bundle.hash().to_owned(),
        callback: None,
        task: known.task.as_ref().map(|t| t.id),
    })
}

fn stop(gate: &Gate, question: &Question) -> Stop {
    let short = |path: &str| path.strip_prefix("context.").unwrap_or(path).to_owned();
    let against = gate.limits.iter().filter(|l| l.holds(question) == Some(true)).filter_map(|limit| {
        let field = match &limit.plus {
            Some(plus) => format!("{} + {}", short(&limit.attribute), short(plus)),
            None => short(&limit.attribute),
        };
        let value = limit.value(question)?;
        Some(Against { field, operator: limit.operator.clone(), limit: limit.literal.clone(), value })
    });
    Stop {
        rule: gate.id.clone(),
        file: gate.file.clone(),
        line: gate.line,
        text_hash: gate.text_hash.clone(),
        route: gate.route.clone(),
        tier: gate.tier,
        quorum: gate.quorum,
        reason: gate.reason.clone(),
        limits: against.collect(),
    }
}

fn headline(gated: &Gated<'_>, subject: &Subject) -> Headline {
    let question = &gated.inputs.question;
    let words = gated.known.world.bundle.words(&question.action).cloned().unwrap_or_default();
    let verb = if words.verb.is_empty() { question.action.clone() } else { words.verb.clone() };
    let amount = words.amount.as_deref().and_then(|path| pick(gated, path)).map(|value| Amount {
        value: plain(&value),
        unit: words.unit.as_deref().and_then(|unit| match unit.starts_with("input.") {
            true => pick(gated, unit).map(|v| plain(&v)),
            false => Some(unit.to_owned()),
        }),
        minor_units: words.minor_units,
    });
    let target = pick(gated, &words.target).map_or_else(|| question.resource_id.clone(), |v| plain(&v));
    Headline { actor: subject.name.clone(), verb, amount, target, reversibility: words.reversibility }
}

/// A place that `bundle.toml` points at: `input.…`, `resource.id` or `resource.properties.…`, facts before claims.
fn pick(gated: &Gated<'_>, path: &str) -> Option<Value> {
    let question = &gated.inputs.question;
    match path.strip_prefix("resource.properties.") {
        _ if path == "resource.id" => Some(question.resource_id.as_str().into()),
        Some(name) => facts_of_resource(gated)
            .and_then(|f| f.get(name))
            .or_else(|| question.resource_properties.get(name))
            .cloned(),
        None => question.at(&format!("context.{path}")),
    }
}
fn facts_of_resource<'a>(gated: &'a Gated<'_>) -> Option<&'a Map<String, Value>> {
    let question = &gated.inputs.question;
    gated.known.world.bundle.facts(&question.resource_type, &question.resource_id)
}
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| crate::json::canonical(value), str::to_owned)
}

fn refuted(gated: &Gated<'_>, at: Timestamp) -> Vec<Refuted> {
    let listed = |r: &crate::policy::question::Refuted| {
        let name = r.property.strip_prefix("resource.properties.");
        name.is_some_and(|n| gated.inputs.question.resource.as_ref().is_some_and(|f| f.attrs.contains_key(n)))
    };
    let one = |r: &crate::policy::question::Refuted| Refuted {
        field: r.property.clone(),
        claimed: r.claimed.clone(),
        fact: r.fact.clone(),
        source: if r.property.starts_with("subject.") || listed(r) { "register" } else { "policy bundle" }.into(),
        as_of: at,
    };
    gated.inputs.evaluation.refuted.iter().map(one).collect()
}

fn checked(
    gated: &Gated<'_>,
    subject: &Subject,
    history: &[(Timestamp, Map<String, Value>)],
    at: Timestamp,
) -> Vec<Checked> {
    let (p, question) = (gated.p, &gated.inputs.question);
    let mut rows = Vec::new();
    let mut add = |what: String, value: Value, source: &str, as_of| {
        rows.push(Checked { what, value, source: source.into(), as_of });
    };
    if let Some(task) = &gated.known.task {
        add("task".into(), format!("{}: {}", task.reference, task.purpose).into(), "register", task.opened_at);
        add("task: ends".into(), task.ends_at.to_string().into(), "register", task.opened_at);
    }
    let initiator = p.initiator(gated.known);
    if initiator.checked {
        add("what started it".into(), initiator.kind.into(), "the gateway", at);
    }
    if let Some(class) = gated.known.run.as_ref().and_then(Joined::class) {
        add("the run: highest class of data so far".into(), class.as_str().into(), "our log", at);
    }
    for (name, value) in question.subject.iter().flat_map(|f| &f.attrs).filter(|(n, _)| *n != "owner" && *n != "backup")
    {
        add(format!("agent: {name}"), value.clone(), "register", at);
    }
    add("agent: has an owner".into(), subject.owner.is_some().into(), "register", at);
    for (name, value) in facts_of_resource(gated).into_iter().flatten() {
        add(format!("resource: {name}"), value.clone(), "policy bundle", at);
    }
    for listed in &gated.inputs.register {
        let name = format!("{} {}", listed.kind.as_str().replace('_', " "), listed.name());
        add(format!("{name}: trust"), listed.trust.as_str().into(), "register", at);
        if let Some(definition) = listed.definition {
            add(format!("{name}: definition"), definition.as_str().into(), "register", at);
        }
        if let Some(class) = &listed.data_class {
            add(format!("{name}: class of data"), class.as_str().into(), "register", at);
        }
    }
    for (counter, used) in &question.server.used {
        add(format!("{counter}: permitted so far"), (*used).into(), "our log", at);
    }
    for fact in gated.known.world.action_facts.get(&question.action).into_iter().flatten() {
        add("the action".into(), fact.replace('_', " ").into(), "register", at);
    }
    let what = format!("permits of this action in {WINDOW_DAYS} days");
    add(what, history.len().into(), "our log", at);
    if let Some((last, _)) = history.first() {
        add("last permit of this action".into(), last.to_string().into(), "our log", *last);
    }
    rows
}

fn claimed(gated: &Gated<'_>) -> Vec<Claimed> {
    let question = &gated.inputs.question;
    let refuted: BTreeSet<&str> = gated.inputs.evaluation.refuted.iter().map(|r| r.property.as_str()).collect();
    let facts = facts_of_resource(gated);
    let mut rows = Vec::new();
    let mut add = |prefix: &str, members: &Map<String, Value>, skip: &dyn Fn(&str) -> bool| {
        for (name, value) in members.iter().filter(|(name, _)| !skip(name)) {
            rows.push(Claimed { what: format!("{prefix}{name}"), value: value.clone() });
        }
    };
    add("", &question.input, &|_| false);
    let known = |name: &str| {
        facts.is_some_and(|f| f.contains_key(name)) || refuted.contains(format!("resource.properties.{name}").as_str())
    };
    add("resource: ", &question.resource_properties, &known);
    add("context: ", &question.context, &|_| false);
    let told = |name: &str| {
        matches!(name, "act" | "on_behalf_of")
            || (name == "task" && gated.known.task.is_some())
            || (name == "initiator" && gated.p.initiator(gated.known).checked)
            || refuted.contains(format!("subject.properties.{name}").as_str())
    };
    add("agent: ", &question.subject_properties, &told);
    rows
}

fn unknown(gated: &Gated<'_>) -> Vec<Unknown> {
    let (told, question) = (&gated.p.told, &gated.inputs.question);
    let bundle = &gated.known.world.bundle;
    let mut rows = Vec::new();
    let mut add = |missing: bool, what: &str, why: &str| {
        if missing {
            rows.push(Unknown { what: what.into(), why: why.into() });
        }
    };
    add(told.on_behalf_of.is_none(), "whom the agent acts for", "the request names nobody");
    add(told.initiator.is_none(), "what started the run", "the request does not say");
    let initiator = gated.p.initiator(gated.known);
    add(initiator.claimed.is_some(), "what started the run", "only the agent says so");
    let facts = gated.known.world.action_facts.get(&question.action);
    add(facts.is_none(), "what harm the action can do", "nobody has said so in the register");
    let undo = bundle.words(&question.action).and_then(|w| w.reversibility.as_ref());
    add(undo.is_none(), "whether it can be undone", "the policy bundle does not say");
    rows
}

/// A row for each number of the input, top level, from the same agent's and action's permits.
fn normal(question: &Question, history: &[(Timestamp, Map<String, Value>)]) -> Vec<Normal> {
    let row = |(name, value): (&String, &Value)| {
        let seen: Vec<Value> = history.iter().filter_map(|(_, input)| input.get(name).cloned()).collect();
        Normal::of(&format!("input.{name}"), value, &seen, WINDOW_DAYS)
    };
    question.input.iter().filter_map(row).collect()
}

/// Who asked whom, from what started it to the agent.
async fn links(w: &mut Write, gated: &Gated<'_>, subject: &Subject) -> Result<Vec<Link>> {
    let mut links = Vec::new();
    let told = &gated.p.told;
    let by_gateway = gated.p.key.is_gateway();
    match (&gated.known.acting, told.initiator.as_deref()) {
        (Some(acting), _) => {
            let name = match acting.person {
                Some(id) => store::electorate::name(&mut w.tx, id).await?.unwrap_or_else(|| acting.named.clone()),
                None => acting.named.clone(),
            };
            let broken = match acting.person {
                None => Some("no person of ours".to_owned()),
                Some(_) if !acting.checked => Some("the agent's own word".to_owned()),
                Some(_) => None,
            };
            let id = acting.person.map(|id: PersonId| id.to_string());
            links.push(Link { kind: LinkKind::Person, name, id, checked: acting.checked, attested_at: None, broken });
        }
        // who started it stands below, by name
        (None, _) if gated.known.started_by.is_some() => {}
        (None, Some(how @ ("schedule" | "event"))) => {
            let kind = if how == "schedule" { LinkKind::Schedule } else { LinkKind::Event };
            links.push(Link { kind, name: how.into(), id: None, checked: by_gateway, attested_at: None, broken: None });
        }
        (None, how) => {
            let broken = Some(
                if how == Some("self") { "nobody asked: the agent started by itself" } else { "nobody is named" }
                    .to_owned(),
            );
            links.push(Link {
                kind: LinkKind::Unknown,
                name: "unknown".into(),
                id: None,
                checked: false,
                attested_at: None,
                broken,
            });
        }
    }
    if let Some(id) =
        gated.known.started_by.filter(|id| gated.known.acting.as_ref().is_none_or(|a| a.person != Some(*id)))
    {
        links.push(person(w, id, by_gateway).await?);
    }
    for id in gated.known.handed_by.iter().flatten() {
        links.push(person(w, *id, by_gateway).await?);
    }
    for agent in gated.known.chain.iter().flatten().map(AsRef::as_ref).chain([subject]) {
        links.push(Link {
            kind: LinkKind::Agent,
            name: agent.name.clone(),
            id: Some(agent.id.to_string()),
            // the last of the chain asked us with a key of ours; the others are named by it
            checked: by_gateway || agent.id == subject.id,
            attested_at: store::facts::attested_at(&mut w.tx, agent.id).await?,
            broken: agent.owner.is_none().then(|| "nobody answers for it".to_owned()),
        });
    }
    Ok(links)
}

/// A person who started the work or handed it on.
async fn person(w: &mut Write, id: PersonId, checked: bool) -> Result<Link> {
    let name = store::electorate::name(&mut w.tx, id).await?.unwrap_or_else(|| id.to_string());
    let broken = (!checked).then(|| "the agent's own word".to_owned());
    Ok(Link { kind: LinkKind::Person, name, id: Some(id.to_string()), checked, attested_at: None, broken })
}
