//! UC-24: an agent or its owner changes role. What the old role gave ends in that commit or is asked about: grants, approvals
//! that were not used, cards that wait, and what it holds without an end.
use super::uc_11_a_refund_above_the_threshold::refund;
use super::world::World;
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::attestation::Answer;
use governance::decision::Outcome;
use governance::engine::escalations::Cast;
use governance::engine::findings::Filter;
use governance::engine::identities::NewIdentity;
use governance::engine::identity_changes::Change;
use governance::engine::imports::ImportInput;
use governance::engine::page::Want;
use governance::engine::people::{NewPerson, PersonChange};
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Kind as Wrong;
use governance::escalation::{Phase, ReasonCode, StepUp, Verdict};
use governance::finding::Rule;
use governance::id::{EscalationId, IdentityId, PersonId};
use governance::identity::{Environment, Kind};
use governance::on_every_database;
use governance::source;
use governance::testkit::Fresh;
use serde_json::json;

on_every_database! {
    another_team_ends_what_the_old_one_gave
    an_owner_who_loses_a_group_takes_what_it_gave_along
    what_was_handed_on_by_it_ends_too
    what_it_holds_without_an_end_is_asked_about
    another_purpose_is_no_other_role
    one_that_is_merged_into_another_loses_what_it_was_given
}

struct Played {
    w: World,
    ana: Ctx,
    desk: IdentityId,
    own: Ctx,
    olga: PersonId,
}

async fn begin(t: Fresh) -> Played {
    let w = World { t };
    let ana = w.approver("ana", "finance-ops").await;
    w.baseline().await;
    let new = NewPerson {
        email: "olga@example.com".into(),
        name: "Olga".into(),
        roles: [Role::Owner].into(),
        groups: ["support".to_owned(), "crm".into()].into(),
        manager: None,
    };
    let olga = w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id;
    let new = NewIdentity {
        owner: Some(olga),
        team: Some("support-agents".into()),
        ..NewIdentity::named("desk", Kind::Agent)
    };
    let desk = w.t.gov.identity_add(&w.t.operator(), new).await.unwrap().id;
    let own = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    Played { w, ana, desk, own, olga }
}

async fn change(w: &World, id: IdentityId, change: Change) {
    let it = w.t.gov.identity_find(&w.t.operator(), &id.to_string()).await.unwrap();
    w.t.gov.identity_change(&w.t.operator(), id, it.version, change).await.unwrap();
}

fn team(name: &str) -> Change {
    Change { team: Some(Some(name.into())), ..Change::default() }
}

/// A grant of the floor that runs, an approval that was not used, and a card that waits.
async fn given(p: &Played) -> (governance::id::GrantId, EscalationId, EscalationId) {
    let gov = &p.w.t.gov;
    gov.action_facts_set(&p.w.t.operator(), "refund.create", &[ActionFact::MovesMoney].into()).await.unwrap();
    let grant = p.w.answer(&p.own, refund(4_820)).await.0.unwrap().grant.unwrap().id;
    let mut cards = Vec::new();
    for amount in [60_000, 70_000] {
        let answer = p.w.answer(&p.own, refund(amount)).await.0.unwrap();
        assert_eq!(answer.outcome, Outcome::Escalate);
        cards.push(answer.escalation.unwrap().id);
        p.w.t.clock.advance(TimeDelta::seconds(1));
    }
    p.w.approve(&p.ana, cards[0]).await;
    p.w.t.clock.advance(TimeDelta::seconds(1));
    (grant, cards[0], cards[1])
}

async fn phase(p: &Played, id: EscalationId) -> Phase {
    p.w.t.gov.escalation_get(&p.ana, id).await.unwrap().record.escalation.phase()
}

async fn leaves(w: &World, kind: &str) -> Vec<String> {
    let events = w.t.gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    let of = events.into_iter().filter(|e| e.kind.as_str() == kind);
    of.map(|e| String::from_utf8(e.leaf).unwrap()).collect()
}

async fn another_team_ends_what_the_old_one_gave(t: Fresh) {
    let p = begin(t).await;
    let (grant, approved, waiting) = given(&p).await;
    let shown = p.w.t.gov.escalation_get(&p.ana, waiting).await.unwrap().record.escalation;
    change(&p.w, p.desk, team("finance-agents")).await;
    let late = p.w.t.gov.grant_redeem(&p.own, grant, None).await.unwrap_err();
    assert_eq!(late.kind, Wrong::Conflict);
    let ended = p.w.t.gov.grant_get(&p.w.t.operator(), grant).await.unwrap();
    assert_eq!(ended.ended_reason.as_deref(), Some("role_changed"));
    assert_eq!((phase(&p, approved).await, phase(&p, waiting).await), (Phase::Revoked, Phase::Pending));
    let said = leaves(&p.w, "identity.role_changed").await;
    assert_eq!(said.len(), 1);
    assert!(said[0].contains(r#""reasons":["its team changed","grants 1","approvals 1"]"#), "{}", said[0]);
    assert!(said[0].contains(&format!(r#""epochs":{{"{}":1}}"#, p.desk)), "{}", said[0]);
    // the card that waits is another one: a vote on the old one does not count
    let cast = Cast {
        verdict: Verdict::Approve,
        seat: None,
        digest: shown.digest,
        card_version: shown.card_version,
        code: Some(ReasonCode::Planned),
        reason: Some("as planned with the team".into()),
        shown_at: Some(p.w.t.gov.now() - TimeDelta::seconds(30)),
        echo: None,
        step_up: Some(StepUp::OneTimeLink),
    };
    let stale = p.w.t.gov.escalation_vote(&p.ana, waiting, cast).await.unwrap_err();
    assert_eq!(stale.kind, Wrong::Conflict);
    assert_eq!(leaves(&p.w, "escalation.refreshed").await.len(), 1);
    // the new team may not refund, and nothing of the old approval is left
    assert_eq!(p.w.answer(&p.own, refund(60_000)).await.1, "deny no_rule");
    change(&p.w, p.desk, team("support-agents")).await;
    assert_eq!(p.w.answer(&p.own, refund(60_000)).await.1, "escalate approval_required", "and none comes back");
}

async fn an_owner_who_loses_a_group_takes_what_it_gave_along(t: Fresh) {
    let p = begin(t).await;
    let (grant, approved, waiting) = given(&p).await;
    let groups = |groups: &[&str]| PersonChange {
        groups: Some(groups.iter().map(|g| (*g).to_owned()).collect()),
        ..PersonChange::default()
    };
    // one more group gives nothing that was there before
    p.w.t.gov.person_change(&p.w.t.operator(), p.olga, groups(&["support", "crm", "leads"])).await.unwrap();
    assert_eq!(phase(&p, approved).await, Phase::Approved);
    p.w.t.gov.person_change(&p.w.t.operator(), p.olga, groups(&["support", "leads"])).await.unwrap();
    assert_eq!((phase(&p, approved).await, phase(&p, waiting).await), (Phase::Revoked, Phase::Pending));
    assert_eq!(p.w.t.gov.grant_redeem(&p.own, grant, None).await.unwrap_err().kind, Wrong::Conflict);
    let said = leaves(&p.w, "identity.role_changed").await;
    assert!(said.len() == 1 && said[0].contains("the role of its owner changed"), "{said:?}");
    // what the register permits by itself it may do as before
    assert_eq!(p.w.answer(&p.own, refund(4_000)).await.1, "permit");
}

async fn what_was_handed_on_by_it_ends_too(t: Fresh) {
    let p = begin(t).await;
    let gov = &p.w.t.gov;
    gov.action_facts_set(&p.w.t.operator(), "refund.create", &[ActionFact::MovesMoney].into()).await.unwrap();
    let second = p.w.agent("second", "support-agents").await;
    let key = p.w.key(Some(second), &[Scope::Ask, Scope::Act]).await;
    let handed = |amount| {
        let mut question = refund(amount);
        question["subject"] = json!({ "type": "agent", "id": "second", "properties": { "act": ["desk"] } });
        question
    };
    let grant = p.w.answer(&key, handed(4_820)).await.0.unwrap().grant.unwrap().id;
    let card = p.w.answer(&key, handed(60_000)).await.0.unwrap().escalation.unwrap().id;
    p.w.t.clock.advance(TimeDelta::seconds(1));
    p.w.approve(&p.ana, card).await;
    change(&p.w, p.desk, Change { environment: Some(Some(Environment::Test)), ..Change::default() }).await;
    assert_eq!(phase(&p, card).await, Phase::Revoked);
    assert_eq!(gov.grant_redeem(&key, grant, None).await.unwrap_err().kind, Wrong::Conflict);
}

async fn what_it_holds_without_an_end_is_asked_about(t: Fresh) {
    let w = World { t };
    let config = json!({ "mcpServers": { "files": { "command": "npx", "args": ["files"] } } });
    let input = ImportInput {
        kind: source::Kind::McpConfig,
        files: vec![("mcp.json".into(), serde_json::to_vec(&config).unwrap())],
        name: None,
        allow_removals: false,
    };
    w.t.gov.import_apply(&w.t.operator(), &input).await.unwrap();
    let all = w.t.gov.identity_list(&w.t.operator(), &Default::default(), &Want::default()).await.unwrap().items;
    let mut asked = Vec::new();
    for line in all {
        let record = w.t.gov.identity_show(&w.t.operator(), line.identity.id).await.unwrap();
        if record.scope.entitlements > 0 {
            asked.push(line.identity);
        }
    }
    let it = asked.remove(0);
    let new = NewPerson {
        email: "olga@example.com".into(),
        name: "Olga".into(),
        roles: [Role::Owner].into(),
        ..NewPerson::default()
    };
    let olga = w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id;
    w.t.gov.identity_own(&w.t.operator(), it.id, olga, None).await.unwrap();
    let found = async || {
        let filter = Filter { rule: Some(Rule::AttestAgain), ..Filter::default() };
        let page = w.t.gov.finding_list(&w.t.operator(), &filter, &Want::default()).await.unwrap();
        page.items.into_iter().map(|f| f.found.words).collect::<Vec<_>>()
    };
    assert!(found().await.is_empty());
    w.t.clock.advance(TimeDelta::seconds(1));
    change(&w, it.id, team("data-agents")).await;
    let open = found().await;
    assert!(open.len() == 1 && open[0].contains("has another role since 2026-11-21 (its team changed)"), "{open:?}");
    w.t.clock.advance(TimeDelta::seconds(1));
    let version = w.t.gov.identity_find(&w.t.operator(), &it.id.to_string()).await.unwrap().version;
    let owner = w.t.gov.ctx(Actor::Person { id: olga, roles: [Role::Owner].into() });
    w.t.gov.identity_attest(&owner, it.id, version, Answer::Keep, None).await.unwrap();
    assert!(found().await.is_empty(), "its owner answered for it");
}

async fn another_purpose_is_no_other_role(t: Fresh) {
    let p = begin(t).await;
    let (grant, approved, _) = given(&p).await;
    change(&p.w, p.desk, Change { purpose: Some(Some("refunds".into())), ..Change::default() }).await;
    assert_eq!(phase(&p, approved).await, Phase::Approved);
    p.w.t.gov.grant_redeem(&p.own, grant, None).await.unwrap();
    assert!(leaves(&p.w, "identity.role_changed").await.is_empty());
}

async fn one_that_is_merged_into_another_loses_what_it_was_given(t: Fresh) {
    let p = begin(t).await;
    let (grant, approved, waiting) = given(&p).await;
    let (gov, ctx) = (&p.w.t.gov, p.w.t.operator());
    let kept = p.w.agent("front-desk", "support-agents").await;
    let ends = gov.identity_merge_ends(&ctx, kept, p.desk).await.unwrap();
    assert_eq!((ends.grants, ends.escalations, ends.keys), (1, 2, 1));
    let version = async |id: IdentityId| gov.identity_find(&ctx, &id.to_string()).await.unwrap().version;
    let (k, d) = (version(kept).await, version(p.desk).await);
    let (merge, _) = gov.identity_merge(&ctx, (kept, k), (p.desk, d)).await.unwrap();
    assert_eq!((phase(&p, approved).await, phase(&p, waiting).await), (Phase::Revoked, Phase::Revoked));
    let ended = gov.grant_get(&ctx, grant).await.unwrap();
    assert_eq!(ended.ended_reason.as_deref(), Some("merged"));
    let said = leaves(&p.w, "identity.merged").await;
    assert!(said[0].contains(r#""reasons":["sightings 0","grants 1","escalations 2","keys 1"]"#), "{}", said[0]);
    assert_eq!(leaves(&p.w, "key.revoked").await.len(), 1);
    // an undoing brings none of it back
    gov.identity_unmerge(&ctx, merge.identity).await.unwrap();
    assert_eq!(gov.identity_find(&ctx, &p.desk.to_string()).await.unwrap().status.as_str(), "active");
    assert_eq!(gov.grant_get(&ctx, grant).await.unwrap().ended_reason.as_deref(), Some("merged"));
    assert_eq!(phase(&p, approved).await, Phase::Revoked);
    assert!(gov.key_list(&ctx, Some(p.desk)).await.unwrap().iter().all(|key| key.revoked_at.is_some()));
}
