//! Each rule of semantics.md, "Policy: three answers from Cedar", against a small bundle.
use super::bundle::Bundle;
use super::fault::Fault;
use super::files::Files;
use super::gate::Tier;
use super::question::{Evaluation, Facts, Question, Reason, Tentative};
use serde_json::{Value, json};

const MANIFEST: &str = r#"
name = "shop"
[types]
agent = "Agent"
team = "Team"
[counter.refunds_day]
action = "refund.create"
sum = "input.amount_minor"
per = ["principal"]
window = "24h"
[action."refund.create"]
verb = "refund"
amount = "input.amount_minor"
minor_units = true
unit = "input.currency"
"#;

const SCHEMA: &str = r#"
entity Team;
entity Agent in [Team] { environment?: String, status: String };
entity account { frozen?: Bool, limit: decimal };
entity user;
action "refund.create" appliesTo { principal: [Agent], resource: [account],
  context: { input: { amount_minor: Long, currency: String, note?: String }, used: { refunds_day: Long }, ticket?: String, now?: __cedar::datetime } };
action "account.read" appliesTo { principal: [Agent, user], resource: [account], context: { ticket?: String } };
"#;

const RULES: &str = r#"
@id("refund") permit (principal in Team::"support-agents", action == Action::"refund.create", resource);
@id("refund-over-500") @approval("finance-ops") @tier("high") @quorum("1") @expires("PT30M") @grant("PT15M") @reason("Refunds above 500 EUR, alone or in a day")
forbid (principal, action == Action::"refund.create", resource)
when { context.input.currency != "EUR" || context.input.amount_minor > 50000 || context.used.refunds_day + context.input.amount_minor > 200000 };
@id("refund-over-10000") @approval("cfo") @tier("critical")
forbid (principal, action == Action::"refund.create", resource) when { context.input.amount_minor > 1000000 };
@id("frozen") forbid (principal, action, resource is account) when { resource has frozen && resource.frozen };
@id("read") permit (principal, action == Action::"account.read", resource);
"#;

const ENTITIES: &str = r#"[
  {"uid": {"type": "Team", "id": "support-agents"}, "attrs": {}, "parents": []},
  {"uid": {"type": "account", "id": "stripe:frozen"}, "attrs": {"frozen": true, "limit": "10.5"}, "parents": []}
]"#;

fn files(changes: &[(&str, &str)]) -> Files {
    let base = [
        ("bundle.toml", MANIFEST),
        ("schema.cedarschema", SCHEMA),
        ("policies/a.cedar", RULES),
        ("entities.json", ENTITIES),
    ];
    base.iter().chain(changes).map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

fn bundle() -> Bundle {
    Bundle::from_files(&files(&[])).unwrap()
}

fn with_rule(rule: &str) -> Result<Bundle, Vec<Fault>> {
    Bundle::from_files(&files(&[("policies/b.cedar", rule)]))
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn refund(amount: i64) -> Question {
    Question {
        subject_type: "agent".into(),
        subject_id: "desk".into(),
        subject: Some(Facts {
            attrs: object(json!({"status": "active"})),
            groups: vec![("team".into(), "support-agents".into())],
        }),
        action: "refund.create".into(),
        input: object(json!({"amount_minor": amount, "currency": "EUR"})),
        resource_type: "account".into(),
        resource_id: "stripe:test".into(),
        resource_properties: object(json!({"limit": 1})),
        server: super::question::ServerContext { used: [("refunds_day".to_owned(), 0)].into(), ..Default::default() },
        ..Question::default()
    }
}

#[track_caller]
fn denied(evaluation: &Evaluation, reason: Reason) {
    assert_eq!(evaluation.outcome, Tentative::Deny { reason }, "{evaluation:?}");
}

#[test]
fn inside_the_limit_it_is_permitted_by_the_rule_that_says_so() {
    let answer = bundle().evaluate(&refund(4_820));
    assert_eq!(answer.outcome, Tentative::Permit);
    assert_eq!(answer.determining, ["refund"]);
    assert_eq!(answer.errors, Vec::<String>::new());
}

#[test]
fn above_the_limit_the_gate_is_named_with_what_it_asks() {
    let answer = bundle().evaluate(&refund(482_000));
    let Tentative::Gated { gates } = &answer.outcome else { panic!("{answer:?}") };
    assert_eq!(gates.len(), 1);
    let gate = &gates[0];
    assert_eq!(
        (gate.id.as_str(), gate.route.as_str(), gate.tier, gate.quorum),
        ("refund-over-500", "finance-ops", Tier::High, 1)
    );
    assert_eq!((gate.expires_s, gate.grant_s, gate.line), (Some(1_800), Some(900), 3));
    assert_eq!(gate.reason.as_deref(), Some("Refunds above 500 EUR, alone or in a day"));
    assert_eq!(gate.limits[1].value(&refund(482_000)), Some(json!(482_000)));
    assert_eq!(
        gate.limits.iter().map(|l| l.holds(&refund(482_000))).collect::<Vec<_>>(),
        [Some(false), Some(true), Some(true)]
    );
    assert_eq!(answer.determining, ["refund-over-500"]);
    assert_eq!(answer.matched, ["refund", "refund-over-500"]);
}

#[test]
fn what_was_used_today_counts_towards_the_limit() {
    let mut question = refund(4_820);
    question.server.used.insert("refunds_day".into(), 199_000);
    assert!(matches!(bundle().evaluate(&question).outcome, Tentative::Gated { .. }));
}

#[test]
fn every_gate_that_matched_is_named() {
    let answer = bundle().evaluate(&refund(2_000_000));
    assert_eq!(answer.determining, ["refund-over-10000", "refund-over-500"]);
}

#[test]
fn an_action_the_schema_lacks_is_denied() {
    let question = Question { action: "refund.destroy".into(), ..refund(1) };
    denied(&bundle().evaluate(&question), Reason::UnknownAction);
}

#[test]
fn an_identity_that_is_not_in_the_register_is_denied_however_its_type_is_spelt() {
    for spelling in ["agent", "Agent"] {
        let question = Question { subject_type: spelling.into(), subject: None, ..refund(1) };
        denied(&bundle().evaluate(&question), Reason::Unregistered);
    }
}

#[test]
fn types_the_action_does_not_apply_to_are_denied() {
    denied(&bundle().evaluate(&Question { subject_type: "user".into(), ..refund(1) }), Reason::UnknownSubject);
    denied(&bundle().evaluate(&Question { resource_type: "not a type".into(), ..refund(1) }), Reason::UnknownResource);
}

#[test]
fn a_forbid_without_approval_denies_whatever_gates_say() {
    let question = Question { resource_id: "stripe:frozen".into(), ..refund(482_000) };
    let answer = bundle().evaluate(&question);
    denied(&answer, Reason::Forbidden);
    assert_eq!(answer.determining, ["frozen"]);
}

#[test]
fn without_a_permit_nothing_escalates() {
    let mut question = refund(482_000);
    question.subject = Some(Facts { attrs: object(json!({"status": "active"})), groups: vec![] });
    let answer = bundle().evaluate(&question);
    denied(&answer, Reason::NoRule);
    assert_eq!(answer.matched, ["refund-over-500"]);
}

#[test]
fn a_forbid_that_fails_denies_although_cedar_would_skip_it() {
    // The sum overflows: Cedar drops the gate and answers allow.
    let mut question = refund(4_820);
    question.server.used.insert("refunds_day".into(), i64::MAX);
    let answer = bundle().evaluate(&question);
    denied(&answer, Reason::PolicyError);
    assert!(answer.errors[0].contains("refund-over-500"), "{:?}", answer.errors);
}

#[test]
fn an_attribute_that_is_not_there_denies() {
    let mut question = refund(1);
    question.input.remove("currency");
    let answer = bundle().evaluate(&question);
    denied(&answer, Reason::PolicyError);
    assert_eq!(answer.errors, ["action.properties.currency is required by the schema and is not there"]);
    let mut question = refund(1);
    question.subject.as_mut().unwrap().attrs.clear();
    denied(&bundle().evaluate(&question), Reason::PolicyError);
    let mut question = refund(1);
    question.server.used.clear();
    denied(&bundle().evaluate(&question), Reason::PolicyError);
}

#[test]
fn adding_a_gate_only_tightens() {
    let gated = with_rule(r#"@id("all") @approval("ops") forbid (principal, action, resource);"#).unwrap();
    for amount in [1, 60_000, 2_000_000] {
        let (before, after) = (bundle().evaluate(&refund(amount)), gated.evaluate(&refund(amount)));
        assert_ne!(after.outcome, Tentative::Permit);
        assert!(before.determining.iter().all(|id| after.matched.contains(id)));
    }
    let mut stranger = refund(1);
    stranger.subject.as_mut().unwrap().groups.clear();
    denied(&gated.evaluate(&stranger), Reason::NoRule);
}

#[test]
fn a_fact_wins_over_a_claim_and_the_contradiction_is_shown() {
    let mut question = Question { resource_id: "stripe:frozen".into(), ..refund(1) };
    question.resource_properties = object(json!({"frozen": false, "limit": 99, "colour": "red"}));
    question.subject_properties = object(json!({"status": "retired", "team": "x"}));
    let answer = bundle().evaluate(&question);
    denied(&answer, Reason::Forbidden);
    let refuted: Vec<_> = answer.refuted.iter().map(|r| (r.property.as_str(), &r.claimed, &r.fact)).collect();
    assert_eq!(
        refuted,
        [
            ("subject.properties.status", &json!("retired"), &json!("active")),
            ("resource.properties.frozen", &json!(false), &json!(true)),
            ("resource.properties.limit", &json!(99), &json!("10.5")),
        ]
    );
    // The same number written otherwise contradicts nothing.
    question.resource_properties = object(json!({"limit": 10.5}));
    assert_eq!(bundle().evaluate(&question).refuted.len(), 1);
    // The register wins over the bundle, too.
    question.resource = Some(Facts { attrs: object(json!({"frozen": false})), groups: vec![] });
    assert_eq!(bundle().evaluate(&question).outcome, Tentative::Permit);
}

#[test]
fn an_identity_cannot_speak_for_its_own_facts() {
    let rule = r#"@id("prod") forbid (principal is Agent, action, resource) unless { principal has environment && principal.environment == "test" };"#;
    let mut question = refund(1);
    question.subject_properties = object(json!({"environment": "test"}));
    denied(&with_rule(rule).unwrap().evaluate(&question), Reason::Forbidden);
}

#[test]
fn a_number_is_never_a_float() {
    let bundle = bundle();
    let mut question = refund(1);
    question.input.insert("amount_minor".into(), json!(48.2));
    let error = bundle.question_check(&question).unwrap_err();
    assert_eq!(error.detail, "action.properties.amount_minor must be an integer, not a number with a fraction");
    denied(&bundle.evaluate(&question), Reason::PolicyError);
    let mut question = refund(1);
    question.resource_properties.insert("limit".into(), json!(1.23456));
    assert!(
        bundle.question_check(&question).unwrap_err().detail.starts_with("resource.properties.limit must be a decimal")
    );
    question.resource_properties.insert("limit".into(), json!(1.2345));
    assert!(bundle.question_check(&question).is_ok());
    // What is missing is answered and recorded, not refused.
    question.input.remove("currency");
    assert!(bundle.question_check(&question).is_ok());
}

#[test]
fn approval_and_justification_never_reach_cedar_and_other_context_is_not_evaluated() {
    let bundle = bundle();
    let mut question = refund(1);
    question.context =
        object(json!({"approval": {"id": "x"}, "justification": "please", "mood": 1.5, "ticket": "T-1"}));
    assert!(bundle.question_check(&question).is_ok());
    assert_eq!(bundle.evaluate(&question).outcome, Tentative::Permit);
    assert_eq!(bundle.declared_context("refund.create"), &["ticket".to_owned()].into());
    question.context.insert("used".into(), json!({"refunds_day": 0}));
    assert!(bundle.question_check(&question).is_err());
}

#[test]
fn a_users_claims_fill_what_nobody_knows() {
    let question = Question { action: "account.read".into(), subject_type: "user".into(), subject: None, ..refund(1) };
    assert_eq!(bundle().evaluate(&question).outcome, Tentative::Permit);
}

#[track_caller]
fn refused(changes: &[(&str, &str)], file: &str, line: Option<u32>, rule: Option<&str>, words: &str) {
    let faults = Bundle::from_files(&files(changes)).unwrap_err();
    let found = faults
        .iter()
        .any(|f| f.file == file && f.line == line && f.rule.as_deref() == rule && f.message.contains(words));
    assert!(found, "{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_bundle_with_a_mistake_is_refused_with_file_line_and_rule() {
    let rule = |text: &str, line: u32, id: Option<&str>, words: &str| {
        refused(&[("policies/b.cedar", &format!("// first\n{text}"))], "policies/b.cedar", Some(line), id, words);
    };
    // the forbid that reads an optional attribute without asking whether it is there
    rule("@id(\"x\") forbid (principal, action, resource is account)\nwhen { resource.frozen };", 3, Some("x"), "has");
    rule(
        "@id(\"x\") @approval(\"r\") forbid (principal, action == Action::\"refund.create\", resource)\nwhen {\n context.ticket == \"a\" };",
        4,
        Some("x"),
        "has",
    );
    rule("permit (principal, action, resource);", 2, None, "@id");
    rule("@id(\"refund\") permit (principal, action, resource);", 2, Some("refund"), "policies/a.cedar:2");
    rule("@id(\"a b\") permit (principal, action, resource);", 2, None, "must have 1 to 100");
    rule("@id(\"x\") permit (principal, action, resource)\n when { principal. };", 3, None, "unexpected token");
    rule("@id(\"x\") permit (principal, action, resource)", 2, None, "");
    rule("@id(\"x\") permit (principal == ?principal, action, resource);", 2, None, "template");
    rule(
        "@id(\"x\") permit (principal in Team::\"suport-agents\", action, resource);",
        2,
        Some("x"),
        "not in entities.json",
    );
    rule(
        "@id(\"x\") forbid (principal, action, resource)\nwhen { principal in Team::\"nobody\" };",
        2,
        Some("x"),
        "not in entities.json",
    );
    // the register's teams would be in none of its groups
    let untold = MANIFEST.replace("team = \"Team\"\n", "");
    assert_ne!(untold, MANIFEST);
    refused(&[("bundle.toml", &untold)], "policies/a.cedar", Some(2), Some("refund"), "no identity is ever in Team");
    rule("@id(\"x\") permit (principal is Robot, action, resource);", 2, Some("x"), "Robot");
    rule("@id(\"x\") permit (principal, action == Action::\"refund.creat\", resource);", 2, Some("x"), "refund.creat");
    rule("@id(\"x\") forbid (principal is Agent, action, resource) when { principal.status == 5 };", 2, Some("x"), "");
    rule("@id(\"x\") forbid (principal, action, resource) when { false };", 2, Some("x"), "impossible");
    rule("@id(\"x\") @approval(\"r\") permit (principal, action, resource);", 2, Some("x"), "belongs on a forbid");
    rule(
        "@id(\"x\") @tier(\"high\") forbid (principal, action, resource);",
        2,
        Some("x"),
        "@tier means nothing without",
    );
    for (annotation, words) in [
        ("@tier(\"huge\")", "low, medium, high or critical"),
        ("@quorum(\"0\")", "from 1 to 100"),
        ("@quorum(\"+1\")", "from 1 to 100"),
        ("@expires(\"30M\")", "ISO 8601"),
        ("@grant(\"PT9H\")", "at most 8 h"),
        ("@reason(\"\")", "1 to 300"),
    ] {
        rule(
            &format!("@id(\"x\") @approval(\"r\") {annotation} forbid (principal, action, resource);"),
            2,
            Some("x"),
            words,
        );
    }
}

#[test]
fn a_bundle_whose_parts_disagree_is_refused_with_file_and_line() {
    let manifest = |from: &str, to: &str, line: Option<u32>, words: &str| {
        refused(&[("bundle.toml", &MANIFEST.replace(from, to))], "bundle.toml", line, None, words);
    };
    manifest("agent = \"Agent\"", "agent = \"Robot\"", Some(4), "no entity type `Robot`");
    manifest("action = \"refund.create\"", "action = \"refund.make\"", Some(6), "no action `refund.make`");
    manifest("sum = \"input.amount_minor\"", "sum = \"input.currency\"", Some(6), "not a required Long");
    manifest("per = [\"principal\"]", "per = [\"input.note\"]", Some(6), "neither principal, resource");
    manifest("[counter.refunds_day]", "[counter.other]", Some(6), "nothing would read");
    manifest("verb = \"refund\"", "verb = \" \"", Some(11), "verb must say");
    manifest("amount = \"input.amount_minor\"", "amount = \"input.total\"", Some(11), "input.total");
    manifest("[action.\"refund.create\"]", "[action.\"refund.undo\"]", Some(11), "no action `refund.undo`");
    let schema = |from: &str, to: &str, line: Option<u32>, words: &str| {
        refused(&[("schema.cedarschema", &SCHEMA.replace(from, to))], "schema.cedarschema", line, None, words);
    };
    schema("in [Team]", "in [Teem]", Some(3), "Teem");
    schema("entity user;", "entity user", Some(6), "");
    schema("ticket?: String, now?: __cedar::datetime", "now?: String", Some(6), "context.now has the wrong type");
    schema("ticket?: String, now", "approval?: String, now", Some(6), "never reaches policy");
    schema("refunds_day: Long", "refunds_day: Long, other: Long", Some(6), "no [counter.other]");
    schema("status: String", "status: String, shoe_size: Long", Some(3), "the register has no such fact");
    schema("environment?: String", "environment: String", Some(3), "not always known");
    refused(&[("entities.json", "[\n{]")], "entities.json", Some(2), None, "");
    refused(
        &[("entities.json", &ENTITIES.replace("\"frozen\": true", "\"frozen\": 3"))],
        "entities.json",
        Some(3),
        None,
        "",
    );
    refused(&[("tests/a.toml", "\n[[test]]\nname = 3")], "tests/a.toml", Some(3), None, "");
    refused(&[("policies/a.txt", "")], "policies/a.txt", None, None, "does not belong");
    let empty = Bundle::from_files(&Files::new()).unwrap_err();
    assert_eq!(empty[0].to_string(), "bundle.toml: a bundle must hold this file");
    let mut bytes = files(&[]);
    bytes.insert("policies/a.cedar".into(), b"\n\xff".to_vec());
    assert_eq!(Bundle::from_files(&bytes).unwrap_err()[0].to_string(), "policies/a.cedar:2: is not UTF-8 here");
}

#[test]
fn a_bundles_own_tests_run_and_say_what_came_instead() {
    let tests = r#"
[subjects.desk]
type = "agent"
id = "desk"
attrs = { status = "active" }
groups = [["team", "support-agents"]]
[[test]]
name = "free"
subject = "desk"
action = { name = "refund.create", properties = { amount_minor = 1, currency = "EUR" } }
resource = { type = "account", id = "a", properties = { limit = 1 } }
expect = "permit"
rules = ["refund"]
[[test]]
name = "wrong on purpose"
subject = { type = "agent", id = "ghost", registered = false }
action = { name = "refund.create", properties = { amount_minor = 1, currency = "EUR" } }
resource = { type = "account", id = "a" }
expect = "permit"
"#;
    let bundle = Bundle::from_files(&files(&[("tests/a.toml", tests)])).unwrap();
    let outcomes = bundle.run_tests();
    assert!(outcomes[0].passed, "{:?}", outcomes[0]);
    assert!(!outcomes[1].passed);
    assert_eq!(outcomes[1].detail, "expected permit, got deny (unregistered); agent `ghost` is not in the register");
    assert_eq!(outcomes[1].line, Some(14));
}

#[test]
fn the_routes_carry_the_highest_quorum_any_gate_asks() {
    let bundle = bundle();
    assert_eq!(bundle.routes(), [("finance-ops", 1), ("cfo", 2)].into());
    assert_eq!(bundle.counters("refund.create").len(), 1);
    assert_eq!(bundle.counters("account.read").len(), 0);
    assert_eq!(bundle.valid_seconds("refund.create"), 5);
    assert_eq!(bundle.hash().len(), 64);
}
