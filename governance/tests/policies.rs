//! Bundles on both databases: storing, activating, rolling back, and what refuses each.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::keys::NewKey;
use governance::engine::policies::{PolicyState, Release};
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Kind;
use governance::id::{IdentityId, PersonId};
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::policy::files::Files;
use governance::store;
use governance::testkit::Fresh;
use serde_json::{Map, Value, json};

on_every_database! {
    the_first_start_activates_the_baseline_and_says_whom_it_misses
    a_bundle_with_a_fault_or_a_failing_test_changes_nothing
    a_route_nobody_could_answer_is_refused
    who_releases_is_not_who_wrote_it
    a_bundle_somebody_else_activated_meanwhile_is_not_overwritten
    an_earlier_hash_is_activated_again
    a_stored_bundle_that_was_changed_seals_the_decisions
    a_renamed_counter_is_no_new_budget
    a_replay_says_what_would_change
    what_is_said_of_an_action_is_on_record
}

const SCHEMA: &str = "entity Agent { status: String };\nentity account;\naction \"refund.create\" appliesTo { principal: [Agent], resource: [account], context: { input: { amount_minor: Long }, used: { DAY: Long } } };\n";
const RULES: &str = "@id(\"refund\") permit (principal, action, resource);\n@id(\"budget\") forbid (principal, action, resource) when { context.used.DAY + context.input.amount_minor > 1000 };\n";

/// A bundle whose counter has this name, with one more file of rules.
fn bundle(counter: &str, more: &str) -> Files {
    let manifest = format!(
        "name = \"shop\"\n[types]\nagent = \"Agent\"\n[counter.{counter}]\naction = \"refund.create\"\nsum = \"input.amount_minor\"\nper = [\"principal\"]\nwindow = \"24h\"\n"
    );
    let files = [
        ("bundle.toml", manifest),
        ("schema.cedarschema", SCHEMA.replace("DAY", counter)),
        ("policies/a.cedar", RULES.replace("DAY", counter)),
        ("policies/b.cedar", more.to_owned()),
    ];
    files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect()
}

const WEEK: std::time::Duration = std::time::Duration::from_secs(7 * 86_400);
const GATE: &str = "@id(\"big\") @approval(\"finance\") @quorum(\"2\") forbid (principal, action, resource) when { context.input.amount_minor > 100 };\n";

/// A person with these roles and groups, from an hour before the test began.
async fn person(t: &Fresh, mail: &str, roles: &[&str], groups: &[&str]) -> PersonId {
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    let (id, from) = (PersonId::new(w.at(), w.random()), w.at() - TimeDelta::hours(1));
    let sql = "insert into people (id, email, name, status, created_at) values ($1, $2, $2, 'active', 0)";
    w.tx.execute(sql, &[id.into(), mail.into()]).await.unwrap();
    for role in roles {
        let sql = "insert into person_roles (person_id, role, from_at) values ($1, $2, $3)";
        w.tx.execute(sql, &[id.into(), (*role).into(), from.into()]).await.unwrap();
    }
    for group in groups {
        let sql = "insert into person_groups (person_id, grp, from_at) values ($1, $2, $3)";
        w.tx.execute(sql, &[id.into(), (*group).into(), from.into()]).await.unwrap();
    }
    w.append(Event::new(EventKind::PersonAdded, "operator:test").subject(id)).await.unwrap();
    w.commit().await.unwrap();
    id
}

fn signed_in(t: &Fresh, id: PersonId, roles: &[Role]) -> Ctx {
    t.gov.ctx(Actor::Person { id, roles: roles.iter().copied().collect() })
}

async fn agent(t: &Fresh, name: &str) -> Ctx {
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    let id = IdentityId::new(w.at(), w.random());
    let sql = "insert into identities (id, name, kind, status, mode, registered_at) values ($1, $2, 'agent', 'active', 'enforce', 0)";
    w.tx.execute(sql, &[id.into(), name.into()]).await.unwrap();
    w.append(Event::new(EventKind::IdentityAdded, "operator:test").subject(id)).await.unwrap();
    w.commit().await.unwrap();
    let scopes = [Scope::Ask].into();
    let key =
        NewKey { identity: Some(id), name: name.into(), patterns: vec![], scopes, submits: true, expires_at: None };
    let made = t.gov.key_create(&t.operator(), key).await.unwrap();
    t.gov.ctx(t.gov.key_authenticate(&made.secret).await.unwrap())
}

async fn refund(t: &Fresh, ctx: &Ctx, kind: &str, name: &str, amount: i64) -> Answer {
    let ask = Ask {
        subject: Entity { kind: kind.into(), id: name.into(), properties: Map::new() },
        action: Action {
            name: "refund.create".into(),
            properties: json!({"amount_minor": amount}).as_object().unwrap().clone(),
        },
        resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: None,
    };
    t.gov.decide(ctx, ask).await.unwrap()
}

async fn events(t: &Fresh) -> u64 {
    t.gov.log_size().await.unwrap()
}

async fn activate(t: &Fresh, files: &Files) -> String {
    t.gov.policy_activate(&t.operator(), Release::Files(files), None).await.unwrap().hash
}

async fn the_first_start_activates_the_baseline_and_says_whom_it_misses(t: Fresh) {
    assert!(matches!(t.gov.policy_state().await.unwrap(), PolicyState::Sealed { .. }));
    let first = t.gov.policy_install().await.unwrap().unwrap();
    assert_eq!(first.name, "baseline");
    assert!(
        first.notes.iter().any(|n| n.starts_with("route `finance-ops` needs 2 approvers and has 0")),
        "{:?}",
        first.notes
    );
    assert_eq!(t.gov.policy_install().await.unwrap(), None);
    let state = t.gov.policy_state().await.unwrap();
    assert_eq!(state, PolicyState::Active { hash: first.hash.clone(), name: "baseline".into() });
    let mut tx = t.gov.read().await.unwrap();
    let event = store::events::get(&mut tx, i64::try_from(first.seq.unwrap()).unwrap()).await.unwrap().unwrap();
    let leaf: Value = serde_json::from_slice(&event.leaf).unwrap();
    assert_eq!(
        (&leaf["actor"], &leaf["kind"], &leaf["bundle"]),
        (&json!("system:install"), &json!("policy.activated"), &json!(first.hash))
    );
    drop(tx);
    let shown = t.gov.policy_show(&t.operator(), None).await.unwrap();
    assert!(shown.listed.active && shown.tests > 20);
    assert_eq!(shown.activations.len(), 1);
    assert!(shown.routes.iter().all(|r| r.unanswerable.is_some()));
    // An installation whose bundle was taken away is not given another one silently.
    activate(&t, &bundle("day", "")).await;
    assert_eq!(t.gov.policy_install().await.unwrap(), None);
}

async fn a_bundle_with_a_fault_or_a_failing_test_changes_nothing(t: Fresh) {
    let before = events(&t).await;
    let faulty = bundle("day", "\n@id(\"x\") forbid (principal, action, resource) when { principal.nothing == 1 };");
    let error = t.gov.policy_activate(&t.operator(), Release::Files(&faulty), None).await.unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.detail.starts_with("policies/b.cedar:2: rule `x`: "), "{}", error.detail);
    let mut failing = bundle("day", "");
    let test = "[[test]]\nname = \"n\"\nsubject = { type = \"agent\", id = \"a\", attrs = { status = \"active\" } }\naction = { name = \"refund.create\", properties = { amount_minor = 1 } }\nresource = { type = \"account\", id = \"x\" }\nexpect = \"deny\"\n";
    failing.insert("tests/t.toml".into(), test.into());
    for result in [
        t.gov.policy_activate(&t.operator(), Release::Files(&failing), None).await.map(drop),
        t.gov.policy_store(&t.operator(), &failing).await.map(drop),
    ] {
        assert_eq!(result.unwrap_err().detail, "tests/t.toml:1: test `n`: expected deny, got permit");
    }
    assert_eq!(events(&t).await, before);
    assert!(t.gov.policy_list(&t.operator(), 10).await.unwrap().is_empty());
}

async fn a_route_nobody_could_answer_is_refused(t: Fresh) {
    let gated = bundle("day", GATE);
    let refused = async |words: &str| {
        let error = t.gov.policy_activate(&t.operator(), Release::Files(&gated), None).await.unwrap_err();
        assert!(error.kind == Kind::Invalid && error.detail.contains(words), "{}", error.detail);
    };
    refused("policies/b.cedar:1: rule `big`: route `finance` needs 2 approvers and has 0").await;
    person(&t, "a@x", &["approver"], &["finance"]).await;
    // An admin never votes, whatever other roles they hold; somebody without the role does not either.
    person(&t, "admin@x", &["approver", "admin"], &["finance"]).await;
    person(&t, "viewer@x", &["viewer"], &["finance"]).await;
    refused("route `finance` needs 2 approvers and has 1").await;
    person(&t, "b@x", &["approver"], &["finance"]).await;
    let done = t.gov.policy_activate(&t.operator(), Release::Files(&gated), None).await.unwrap();
    assert_eq!(done.notes, ["the bundle has no tests"]);
    // A new route whose group has nobody is a name to mend, even where all approvers could be asked instead.
    let strange = bundle("day", &GATE.replace("finance", "finanse"));
    let error = t.gov.policy_activate(&t.operator(), Release::Files(&strange), None).await.unwrap_err();
    assert!(error.detail.contains("nobody is in the group `finanse`"), "{}", error.detail);
}

async fn who_releases_is_not_who_wrote_it(t: Fresh) {
    let (ada, bob) = (person(&t, "ada@x", &[], &[]).await, person(&t, "bob@x", &[], &[]).await);
    let ada = signed_in(&t, ada, &[Role::PolicyAuthor, Role::PolicyReleaser]);
    let bob = signed_in(&t, bob, &[Role::PolicyReleaser]);
    let files = bundle("day", "");
    let stored = t.gov.policy_store(&ada, &files).await.unwrap();
    assert!(!stored.known);
    // Storing it once more does not make somebody else its author.
    assert!(t.gov.policy_store(&bob, &files).await.unwrap().known);
    for release in [Release::Hash(&stored.hash), Release::Files(&files)] {
        assert_eq!(t.gov.policy_activate(&ada, release, None).await.unwrap_err().kind, Kind::Forbidden);
    }
    let done = t.gov.policy_activate(&bob, Release::Hash(&stored.hash[..12]), Some(None)).await.unwrap();
    assert_eq!(done.hash, stored.hash);
    let carol = signed_in(&t, person(&t, "carol@x", &[], &[]).await, &[Role::Admin, Role::PolicyAuthor]);
    assert_eq!(
        t.gov.policy_activate(&carol, Release::Hash(&stored.hash), None).await.unwrap_err().kind,
        Kind::Forbidden
    );
}

async fn a_bundle_somebody_else_activated_meanwhile_is_not_overwritten(t: Fresh) {
    let first = activate(&t, &bundle("day", "")).await;
    let second = activate(&t, &bundle("day", "// second")).await;
    let third = bundle("day", "// third");
    let error = t.gov.policy_activate(&t.operator(), Release::Files(&third), Some(Some(&first))).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    let done = t.gov.policy_activate(&t.operator(), Release::Files(&third), Some(Some(&second))).await.unwrap();
    assert_eq!(done.previous, Some(second));
}

async fn an_earlier_hash_is_activated_again(t: Fresh) {
    let first = activate(&t, &bundle("day", "")).await;
    let second = activate(&t, &bundle("day", "// second")).await;
    let back = t.gov.policy_activate(&t.operator(), Release::Hash(&first), None).await.unwrap();
    assert_eq!((back.previous.as_ref(), back.seq.is_some()), (Some(&second), true));
    let again = t.gov.policy_activate(&t.operator(), Release::Hash(&first), None).await.unwrap();
    assert_eq!(again.seq, None);
    let listed = t.gov.policy_list(&t.operator(), 10).await.unwrap();
    let active: Vec<_> = listed.iter().filter(|b| b.active).map(|b| b.hash.as_str()).collect();
    assert_eq!((active, listed.len()), (vec![first.as_str()], 2));
    assert_eq!(t.gov.policy_show(&t.operator(), Some(&first)).await.unwrap().activations.len(), 2);
    assert_eq!(t.gov.policy_files(&t.operator(), &second).await.unwrap(), bundle("day", "// second"));
    for (hash, kind) in [("0000000000", Kind::NotFound), ("xyz", Kind::Invalid), ("../../etc/passwd", Kind::Invalid)] {
        let error = t.gov.policy_activate(&t.operator(), Release::Hash(hash), None).await.unwrap_err();
        assert_eq!(error.kind, kind, "{hash}");
    }
}

async fn a_stored_bundle_that_was_changed_seals_the_decisions(t: Fresh) {
    let hash = activate(&t, &bundle("day", "")).await;
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    let files = serde_json::to_string(&json!({"bundle.toml": "name = \"other\""})).unwrap();
    w.tx.execute("update bundles set files = $1", &[files.into()]).await.unwrap();
    w.append(Event::new(EventKind::SettingChanged, "operator:test")).await.unwrap();
    w.commit().await.unwrap();
    // Another process has nothing in memory and reads what is stored.
    let other = t.again().await;
    let PolicyState::Sealed { why } = other.policy_state().await.unwrap() else { panic!("not sealed") };
    assert!(why.starts_with("sealed: "), "{why}");
    let error = other.policy_activate(&t.operator(), Release::Hash(&hash), None).await.unwrap_err();
    assert_eq!(error.kind, Kind::Internal);
    // A good bundle unseals.
    let done = other.policy_activate(&t.operator(), Release::Files(&bundle("day", "// good")), None).await.unwrap();
    assert_eq!(done.previous, Some(hash));
    assert!(matches!(other.policy_state().await.unwrap(), PolicyState::Active { .. }));
}

async fn a_renamed_counter_is_no_new_budget(t: Fresh) {
    activate(&t, &bundle("day", "")).await;
    let ctx = agent(&t, "a").await;
    assert_eq!(refund(&t, &ctx, "agent", "a", 700).await.outcome, Outcome::Permit);
    t.clock.advance(TimeDelta::hours(1));
    activate(&t, &bundle("renamed", "")).await;
    assert_eq!(refund(&t, &ctx, "agent", "a", 301).await.outcome, Outcome::Deny);
    assert_eq!(refund(&t, &ctx, "agent", "a", 200).await.outcome, Outcome::Permit);
    // Nor is another spelling of the agent's type.
    assert_eq!(refund(&t, &ctx, "Agent", "a", 101).await.outcome, Outcome::Deny);
    // Back to the first name: what was permitted meanwhile counts there, too.
    activate(&t, &bundle("day", "// again")).await;
    assert_eq!(refund(&t, &ctx, "agent", "a", 101).await.outcome, Outcome::Deny);
    assert_eq!(refund(&t, &ctx, "agent", "a", 100).await.outcome, Outcome::Permit);
    t.clock.advance(TimeDelta::hours(25));
    assert_eq!(refund(&t, &ctx, "agent", "a", 1_000).await.outcome, Outcome::Permit);
}

async fn a_replay_says_what_would_change(t: Fresh) {
    activate(&t, &bundle("day", "")).await;
    let ctx = agent(&t, "a").await;
    for amount in [50, 150, 160] {
        refund(&t, &ctx, "agent", "a", amount).await;
    }
    let stricter =
        bundle("day", "@id(\"small\") forbid (principal, action, resource) when { context.input.amount_minor > 100 };");
    let replay = t.gov.policy_replay(&t.operator(), &stricter, WEEK).await.unwrap();
    assert_eq!((replay.replayed, replay.erased, replay.cut), (3, 0, false));
    assert_eq!(replay.changes, [("permit → deny".to_owned(), 2)].into());
    assert_eq!(replay.examples[0].because, ["small"]);
    let done = t.gov.policy_activate(&t.operator(), Release::Files(&stricter), None).await.unwrap();
    assert_eq!(done.replay, replay);
    t.clock.advance(TimeDelta::days(8));
    assert_eq!(t.gov.policy_replay(&t.operator(), &stricter, WEEK).await.unwrap().replayed, 0);
}

async fn what_is_said_of_an_action_is_on_record(t: Fresh) {
    let facts = [ActionFact::MovesMoney, ActionFact::Irreversible].into();
    t.gov.action_facts_set(&t.operator(), "refund.create", &facts).await.unwrap();
    t.gov.action_facts_set(&t.operator(), "ticket.read", &std::collections::BTreeSet::new()).await.unwrap();
    let listed = t.gov.action_facts_list(&t.operator()).await.unwrap();
    let said: Vec<_> = listed.iter().map(|f| (f.action.as_str(), f.facts.join(" "))).collect();
    assert_eq!(said, [("refund.create", "irreversible moves_money".to_owned()), ("ticket.read", String::new())]);
    for bad in ["", "a b", "a\nb"] {
        assert_eq!(t.gov.action_facts_set(&t.operator(), bad, &facts).await.unwrap_err().kind, Kind::Invalid);
    }
    let key = agent(&t, "a").await;
    assert_eq!(t.gov.action_facts_set(&key, "x", &facts).await.unwrap_err().kind, Kind::Forbidden);
}
