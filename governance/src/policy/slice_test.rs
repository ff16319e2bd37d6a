//! Slicing may make an answer quicker, never another.
use super::bundle::Bundle;
use super::files::Files;
use super::question::{Facts, Question, ServerContext};
use proptest::prelude::*;
use serde_json::json;

const MANIFEST: &str = "name = \"random\"\n[types]\nagent = \"Agent\"\nteam = \"Team\"\n";

const SCHEMA: &str = r#"
entity Team in [Team];
entity Agent in [Team] { lead?: String };
entity folder in [folder] { owner?: Team, level?: Long };
entity box in [folder] { level?: Long };
action "all";
action "move" in ["all"];
action "open" in ["all"] appliesTo { principal: [Agent], resource: [box, folder], context: { input: { n: Long } } };
action "push" in ["move"] appliesTo { principal: [Agent], resource: [box], context: { input: { n: Long } } };
action "pull" in ["move", "all"] appliesTo { principal: [Agent], resource: [box, folder, Agent], context: { input: { n: Long } } };
"#;

const ENTITIES: &str = r#"[
  {"uid": {"type": "Team", "id": "t0"}, "attrs": {}, "parents": [{"type": "Team", "id": "t1"}]},
  {"uid": {"type": "Team", "id": "t1"}, "attrs": {}, "parents": [{"type": "Team", "id": "t2"}]},
  {"uid": {"type": "Team", "id": "t2"}, "attrs": {}, "parents": []},
  {"uid": {"type": "folder", "id": "f0"}, "attrs": {"owner": {"type": "Team", "id": "t0"}, "level": 1}, "parents": []},
  {"uid": {"type": "folder", "id": "f1"}, "attrs": {"level": 2}, "parents": [{"type": "folder", "id": "f0"}]},
  {"uid": {"type": "box", "id": "b0"}, "attrs": {"level": 3}, "parents": [{"type": "folder", "id": "f1"}]},
  {"uid": {"type": "Agent", "id": "a0"}, "attrs": {}, "parents": [{"type": "Team", "id": "t0"}]}
]"#;

fn pick(items: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(items)
}

/// One rule as text, without its id.
fn rule() -> impl Strategy<Value = String> {
    let head = (
        pick(&["permit", "permit", "forbid", "@approval(\"people\") forbid"]),
        pick(&[
            "principal",
            "principal is Agent",
            "principal == Agent::\"a0\"",
            "principal == Agent::\"a1\"",
            "principal in Team::\"t0\"",
            "principal in Team::\"t1\"",
            "principal is Agent in Team::\"t2\"",
        ]),
        pick(&[
            "action",
            "action == Action::\"pull\"",
            "action in Action::\"all\"",
            "action in [Action::\"move\"]",
            "action in [Action::\"pull\", Action::\"open\"]",
        ]),
        pick(&[
            "resource",
            "resource is box",
            "resource == box::\"b0\"",
            "resource in folder::\"f0\"",
            "resource is folder in folder::\"f1\"",
            "resource in folder::\"f1\"",
            "resource == Agent::\"a0\"",
        ]),
    );
    let condition = pick(&[
        "true",
        "context.input.n > 2",
        "context.input.n + 9223372036854775800 > 3",
        "resource is box && resource has level && resource.level > 2",
        "principal in Team::\"t2\"",
        "Team::\"t0\" in Team::\"t2\"",
        "resource in folder::\"f0\"",
        "resource is folder && resource has owner && resource.owner in Team::\"t1\"",
        "folder::\"f1\" has level && folder::\"f1\".level == 2",
        "principal == resource",
        "action in Action::\"move\"",
    ]);
    (head, condition).prop_map(|((effect, p, a, r), when)| format!("{effect} ({p}, {a}, {r}) when {{ {when} }};"))
}

fn question() -> impl Strategy<Value = Question> {
    let subject = (pick(&["a0", "a1", "a2"]), proptest::collection::vec(pick(&["t0", "t1", "t2"]), 0..2));
    let resource = pick(&["box:b0", "box:b1", "folder:f0", "folder:f1", "Agent:a0", "agent:a1"]);
    (subject, pick(&["open", "push", "pull"]), resource, 0..12_i64).prop_map(|((id, teams), action, resource, n)| {
        let (resource_type, resource_id) = resource.split_once(':').unwrap();
        Question {
            subject_type: "agent".into(),
            subject_id: id.into(),
            subject: Some(Facts {
                groups: teams.iter().map(|t| ("team".into(), (*t).into())).collect(),
                ..Facts::default()
            }),
            action: action.into(),
            input: json!({ "n": n }).as_object().unwrap().clone(),
            resource_type: resource_type.into(),
            resource_id: resource_id.into(),
            server: ServerContext::default(),
            ..Question::default()
        }
    })
}

/// A bundle of those rules that Cedar's validation lets pass; a random rule may be impossible.
fn bundle(rules: &[String]) -> Option<Bundle> {
    let files = |text: &str| -> Files {
        let all = [
            ("bundle.toml", MANIFEST),
            ("schema.cedarschema", SCHEMA),
            ("entities.json", ENTITIES),
            ("policies/r.cedar", text),
        ];
        all.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect()
    };
    let text = |refused: &[String]| -> String {
        let named = rules.iter().enumerate().map(|(n, rule)| (format!("r{n}"), rule));
        named.filter(|(id, _)| !refused.contains(id)).map(|(id, rule)| format!("@id(\"{id}\") {rule}\n")).collect()
    };
    match Bundle::from_files(&files(&text(&[]))) {
        Ok(bundle) => Some(bundle),
        Err(faults) => {
            let refused: Vec<String> = faults.into_iter().filter_map(|fault| fault.rule).collect();
            Bundle::from_files(&files(&text(&refused))).ok()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn a_slice_answers_as_the_whole_bundle_does(
        rules in proptest::collection::vec(rule(), 1..14),
        questions in proptest::collection::vec(question(), 24),
    ) {
        let Some(bundle) = bundle(&rules) else { return Ok(()) };
        for question in &questions {
            prop_assert_eq!(bundle.evaluate(question), bundle.evaluate_flat(question), "{:?}\n{:#?}", question, rules);
        }
    }
}

#[test]
fn of_many_rules_a_question_asks_only_those_that_can_apply() {
    let rules: String = (0..500)
        .map(|n| {
            format!("@id(\"r{n}\") permit (principal == Agent::\"a{n}\", action == Action::\"open\", resource);\n")
        })
        .collect();
    let all = [("bundle.toml", MANIFEST), ("schema.cedarschema", SCHEMA), ("policies/r.cedar", &rules)];
    let files = all.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect();
    let bundle = Bundle::from_files(&files).unwrap();
    let uid = |text: &str| text.parse().unwrap();
    let family = |text: &str| super::slice::Family { uid: uid(text), ancestors: vec![] };
    let index = &bundle.indexes["open"];
    let numbers = index.select(&bundle.rules, &family("Agent::\"a7\""), &family("box::\"b\""));
    assert_eq!(numbers, [7]);
    assert!(bundle.indexes["push"].select(&bundle.rules, &family("Agent::\"a7\""), &family("box::\"b\"")).is_empty());
}
