//! Decisions on both databases, through the committer, on the baseline bundle.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::keys::NewKey;
use governance::engine::words::{Kept, Words};
use governance::engine::{Actor, Ctx, Scope};
use governance::error::{Error, Kind};
use governance::id::IdentityId;
use governance::on_every_database;
use governance::revocation::Target;
use governance::store;
use governance::testkit::Fresh;
use serde_json::{Map, Value, json};
use std::sync::Arc;

on_every_database! {
    a_permit_is_on_record_before_it_is_answered
    without_a_bundle_everything_is_sealed
    the_same_key_replays_the_same_answer
    an_agent_may_ask_only_for_itself
    an_unregistered_subject_is_denied
    a_revoked_identity_gets_no_later_permit
    a_revoke_and_decisions_at_once_leave_no_permit_behind_it
    sixty_four_asks_at_once_never_pass_the_budget
    a_key_revoked_while_it_asks_is_refused
    a_server_only_context_member_is_refused
    what_an_agent_says_is_kept_beside_the_log_and_can_be_erased
    observe_mode_permits_and_says_what_it_would_have_said
}

const BUNDLE: &[(&str, &str)] = &[
    (
        "bundle.toml",
        "name = \"test\"\ndescription = \"for tests\"\n[types]\nagent = \"Agent\"\n[counter.refunds_day]\naction = \"refund.create\"\nsum = \"input.amount_minor\"\nper = [\"principal\"]\nwindow = \"24h\"\n[action.\"refund.create\"]\nverb = \"refund\"\namount = \"input.amount_minor\"\n",
    ),
    (
        "schema.cedarschema",
        "entity Team;\nentity Agent in [Team] = { name: String, kind: String, status: String, mode: String, environment?: String, team?: String, owner?: String, backup?: String };\nentity account;\naction \"refund.create\" appliesTo { principal: [Agent], resource: [account], context: { input: { amount_minor: Long }, used: { refunds_day: Long } } };\naction \"read\" appliesTo { principal: [Agent], resource: [account], context: {} };\n",
    ),
    (
        "policies/a.cedar",
        "@id(\"refund\") permit (principal, action == Action::\"refund.create\", resource);\n@id(\"read\") permit (principal, action == Action::\"read\", resource);\n@id(\"budget\") forbid (principal, action == Action::\"refund.create\", resource) when { context.used.refunds_day + context.input.amount_minor > 1000 };\n",
    ),
    ("entities.json", "[]"),
];

struct Agent {
    id: IdentityId,
    ctx: Ctx,
}

/// Activates the bundle above and registers one agent with a key; rows are written as the operations write them.
async fn agent(t: &Fresh, name: &str, mode: &str) -> Agent {
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    let id = IdentityId::new(w.at(), w.random());
    w.tx.execute("insert into identities (id, name, kind, status, mode, registered_at) values ($1, $2, 'agent', 'active', $3, 0)", &[id.into(), name.into(), mode.into()]).await.unwrap();
    w.append(
        governance::log::event::Event::new(governance::log::event::EventKind::IdentityAdded, "operator:test")
            .subject(id),
    )
    .await
    .unwrap();
    w.commit().await.unwrap();
    let key = NewKey {
        identity: Some(id),
        name: name.into(),
        patterns: vec![],
        scopes: [Scope::Ask, Scope::Act].into(),
        submits: true,
        expires_at: None,
    };
    let made = t.gov.key_create(&t.operator(), key).await.unwrap();
    let actor = t.gov.key_authenticate(&made.secret).await.unwrap();
    Agent { id, ctx: t.gov.ctx(actor) }
}

async fn activate(t: &Fresh) {
    let files: std::collections::BTreeMap<String, String> =
        BUNDLE.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    let bytes = files.iter().map(|(a, b)| (a.clone(), b.clone().into_bytes())).collect();
    let bundle = governance::policy::bundle::Bundle::from_files(&bytes).unwrap_or_else(|f| panic!("{f:?}"));
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    let (_, version) = store::policies::active(&mut w.tx).await.unwrap();
    let at = w.at();
    store::policies::insert(&mut w.tx, bundle.hash(), "test", &files, "test", at).await.unwrap();
    store::policies::activate(&mut w.tx, bundle.hash(), version).await.unwrap();
    w.append(governance::log::event::Event::new(governance::log::event::EventKind::PolicyActivated, "operator:test"))
        .await
        .unwrap();
    w.commit().await.unwrap();
}

fn ask(name: &str, action: &str, input: Value) -> Ask {
    let properties = input.as_object().cloned().unwrap_or_default();
    Ask {
        subject: Entity { kind: "agent".into(), id: name.into(), properties: Map::new() },
        action: Action { name: action.into(), properties },
        resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: None,
    }
}

async fn refund(t: &Fresh, agent: &Agent, name: &str, amount: i64) -> Result<Answer, Error> {
    t.gov.decide(&agent.ctx, ask(name, "refund.create", json!({ "amount_minor": amount }))).await
}

async fn a_permit_is_on_record_before_it_is_answered(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "enforce").await;
    let answer = refund(&t, &a, "a", 100).await.unwrap();
    assert_eq!(answer.outcome, Outcome::Permit, "{answer:?}");
    assert_eq!(answer.valid_until, Some(answer.at + TimeDelta::seconds(5)));
    let mut tx = t.gov.read().await.unwrap();
    let event = store::events::get(&mut tx, i64::try_from(answer.seq).unwrap()).await.unwrap().unwrap();
    assert_eq!((event.kind.as_str(), event.decision_id), ("decision.permit", Some(answer.id.to_string())));
    let leaf: Value = serde_json::from_slice(&event.leaf).unwrap();
    let row = store::decisions::get(&mut tx, answer.id).await.unwrap().unwrap();
    let hash = governance::engine::salted_hash(&row.salt, row.inputs.unwrap().as_bytes());
    assert_eq!(leaf["payloads"]["inputs"], json!(hash));
    assert_eq!(leaf["bundle"], json!(answer.bundle));
}

async fn without_a_bundle_everything_is_sealed(t: Fresh) {
    let a = agent(&t, "a", "enforce").await;
    let error = refund(&t, &a, "a", 1).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.detail.starts_with("sealed"), "{}", error.detail);
}

async fn the_same_key_replays_the_same_answer(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "enforce").await;
    let keyed = |amount: i64| Ask {
        idempotency_key: Some("k1".into()),
        ..ask("a", "refund.create", json!({ "amount_minor": amount }))
    };
    let first = t.gov.decide(&a.ctx, keyed(600)).await.unwrap();
    let again = t.gov.decide(&a.ctx, keyed(600)).await.unwrap();
    assert_eq!(first, again);
    // one refund was counted, not two: 400 more still fit
    assert_eq!(refund(&t, &a, "a", 400).await.unwrap().outcome, Outcome::Permit);
    assert_eq!(t.gov.decide(&a.ctx, keyed(601)).await.unwrap_err().kind, Kind::KeyReused);
    t.clock.advance(TimeDelta::hours(25));
    assert_ne!(t.gov.decide(&a.ctx, keyed(600)).await.unwrap().id, first.id);
}

async fn an_agent_may_ask_only_for_itself(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "enforce").await;
    agent(&t, "b", "enforce").await;
    assert_eq!(refund(&t, &a, "b", 1).await.unwrap_err().kind, Kind::Forbidden);
    // Nor for what is called the same and is something else.
    for kind in ["pipeline", "user", "account"] {
        let mut asked = ask("a", "refund.create", json!({ "amount_minor": 1 }));
        asked.subject.kind = kind.into();
        assert_eq!(t.gov.decide(&a.ctx, asked).await.unwrap_err().kind, Kind::Forbidden, "{kind}");
    }
}

async fn an_unregistered_subject_is_denied(t: Fresh) {
    activate(&t).await;
    let key = NewKey {
        identity: None,
        name: "gateway".into(),
        patterns: vec![],
        scopes: [Scope::Ask].into(),
        submits: false,
        expires_at: None,
    };
    let made = t.gov.key_create(&t.operator(), key).await.unwrap();
    let ctx = t.gov.ctx(t.gov.key_authenticate(&made.secret).await.unwrap());
    let answer = t.gov.decide(&ctx, ask("ghost", "read", json!({}))).await.unwrap();
    assert_eq!((answer.outcome, answer.reason.as_deref()), (Outcome::Deny, Some("unregistered")));
}

async fn a_revoked_identity_gets_no_later_permit(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "enforce").await;
    assert_eq!(refund(&t, &a, "a", 1).await.unwrap().outcome, Outcome::Permit);
    let revoked = t.gov.revoke(&t.operator(), &Target::Identity(a.id), "test").await.unwrap();
    assert_eq!((revoked.paths.len(), revoked.paths[0].state.as_str()), (1, "stopped"));
    let after = refund(&t, &a, "a", 1).await.unwrap();
    assert_eq!((after.outcome, after.reason.as_deref()), (Outcome::Deny, Some("revoked")));
    assert!(after.seq > revoked.log_seq);
    // again: idempotent
    t.gov.revoke(&t.operator(), &Target::Identity(a.id), "test").await.unwrap();
}

async fn a_revoke_and_decisions_at_once_leave_no_permit_behind_it(t: Fresh) {
    activate(&t).await;
    let t = Arc::new(t);
    let a = Arc::new(agent(&t, "a", "enforce").await);
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let (t, a) = (t.clone(), a.clone());
            tokio::spawn(async move {
                let mut seqs = Vec::new();
                for _ in 0..40 {
                    let answer = t.gov.decide(&a.ctx, ask("a", "read", json!({}))).await.unwrap();
                    if answer.outcome == Outcome::Permit {
                        seqs.push(answer.seq);
                    }
                }
                seqs
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    let revoked = t.gov.revoke(&t.operator(), &Target::Identity(a.id), "race").await.unwrap();
    for task in asking {
        let seqs = task.await.unwrap();
        assert!(
            seqs.iter().all(|seq| *seq < revoked.log_seq),
            "a permit behind the revoke at {}: {seqs:?}",
            revoked.log_seq
        );
    }
}

async fn sixty_four_asks_at_once_never_pass_the_budget(t: Fresh) {
    activate(&t).await;
    let t = Arc::new(t);
    let a = Arc::new(agent(&t, "a", "enforce").await);
    let asks: Vec<_> = (0..64)
        .map(|_| {
            let (t, a) = (t.clone(), a.clone());
            tokio::spawn(async move { refund(&t, &a, "a", 90).await.unwrap().outcome == Outcome::Permit })
        })
        .collect();
    let mut permitted = 0;
    for task in asks {
        permitted += i32::from(task.await.unwrap());
    }
    assert_eq!(permitted, 11, "1,000 holds eleven times 90");
}

/// The caller was recognised from memory; what was remembered is looked at again under the lock.
async fn a_key_revoked_while_it_asks_is_refused(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "enforce").await;
    let asked = ask("a", "read", Value::Null);
    assert_eq!(t.gov.decide(&a.ctx, asked.clone()).await.unwrap().outcome, Outcome::Permit);
    let Actor::Key(key) = &a.ctx.actor else { panic!("not a key") };
    t.gov.key_revoke(&t.operator(), key.id).await.unwrap();
    let size = t.gov.log_size().await.unwrap();
    let refused = t.gov.decide(&a.ctx, asked).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.detail.as_str()),
        (Kind::Unauthenticated, "this key was revoked: ask for a new one")
    );
    assert_eq!(t.gov.log_size().await.unwrap(), size);
}

async fn a_server_only_context_member_is_refused(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "enforce").await;
    let mut q = ask("a", "read", json!({}));
    q.context.insert("used".into(), json!({}));
    assert_eq!(t.gov.decide(&a.ctx, q).await.unwrap_err().kind, Kind::Invalid);
}

async fn what_an_agent_says_is_kept_beside_the_log_and_can_be_erased(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "enforce").await;
    let mut q = ask("a", "refund.create", json!({ "amount_minor": 100 }));
    let secret = format!("{}{}", "AKIA", "IOSFODNN7QWERTYU");
    q.context.insert("words".into(), json!({ "prompt": format!("use {secret} and pay"), "rationale": "it is due" }));
    let answer = t.gov.decide(&a.ctx, q).await.unwrap();
    assert_eq!(answer.outcome, Outcome::Permit, "{answer:?}");
    let (system, operator) = (t.gov.ctx(Actor::System("test")), t.operator());
    let words = Words { prompt: Some("use [redacted] and pay".into()), rationale: Some("it is due".into()) };
    assert_eq!(
        t.gov.decision_words(&system, answer.id).await.unwrap(),
        Some(Kept::Words(words)),
        "secrets are taken out"
    );
    let row = t.gov.decision_get(&system, answer.id).await.unwrap();
    assert!(!row.inputs.unwrap().contains("it is due"), "no input of the decision");
    let quiet = refund(&t, &a, "a", 100).await.unwrap();
    assert_eq!(t.gov.decision_words(&system, quiet.id).await.unwrap(), None);

    assert_eq!(t.gov.decision_words_erase(&a.ctx, answer.id, "why").await.unwrap_err().kind, Kind::Forbidden);
    assert_eq!(t.gov.decision_words_erase(&operator, answer.id, " ").await.unwrap_err().kind, Kind::Invalid);
    assert_eq!(t.gov.decision_words_erase(&operator, quiet.id, "why").await.unwrap_err().kind, Kind::NotFound);
    let before = t.gov.event_list(&operator, 0, 1_000).await.unwrap().len();
    for _ in 0..2 {
        t.gov.decision_words_erase(&operator, answer.id, "the customer asked us to").await.unwrap();
    }
    let events = t.gov.event_list(&operator, 0, 1_000).await.unwrap();
    assert_eq!(events.len(), before + 1, "twice is once");
    assert_eq!(events.last().unwrap().kind, "words.erased");
    assert_eq!(t.gov.decision_words(&system, answer.id).await.unwrap(), Some(Kept::Erased));
    let checked = t.gov.log_check(&operator, None).await.unwrap();
    assert!(checked.problems.is_empty(), "the log stands: {checked:?}");
}

async fn observe_mode_permits_and_says_what_it_would_have_said(t: Fresh) {
    activate(&t).await;
    let a = agent(&t, "a", "observe").await;
    let answer = refund(&t, &a, "a", 5_000).await.unwrap();
    assert_eq!((answer.outcome, answer.would), (Outcome::Permit, Some(Outcome::Deny)));
    let system = t.gov.ctx(Actor::System("test"));
    let row = t.gov.decision_get(&system, answer.id).await.unwrap();
    assert_eq!(row.would.as_deref(), Some("deny"));
}
