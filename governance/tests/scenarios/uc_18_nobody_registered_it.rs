//! UC-18: a new agent appears that nobody registered: it is denied and shown as a gap, somebody is suggested with reasons, and
//! a clock runs from when we first knew of it.
use super::uc_11_a_refund_above_the_threshold::refund;
use super::world::{World, addressed};
use chrono::TimeDelta;
use governance::engine::findings::Filter;
use governance::engine::gaps::Open;
use governance::engine::identities::NewIdentity;
use governance::engine::identity_changes::Change;
use governance::engine::imports::ImportInput;
use governance::engine::keys::NewKey;
use governance::engine::notices::Says;
use governance::engine::page::Want;
use governance::engine::people::NewPerson;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::finding::{Rule, Severity};
use governance::id::PersonId;
use governance::identity::Kind;
use governance::on_every_database;
use governance::sighting::How;
use governance::source;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    who_may_give_an_owner_is_told_that_the_time_runs_out
    who_asks_unregistered_is_a_gap_with_a_clock_and_somebody_to_ask
    what_a_source_shows_without_an_owner_is_one_too
}

async fn person(w: &World, name: &str, role: Role) -> (PersonId, Ctx) {
    let email = format!("{name}@example.com");
    let new = NewPerson { email, name: name.into(), roles: [role].into(), ..NewPerson::default() };
    let id = w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id;
    (id, w.t.gov.ctx(Actor::Person { id, roles: [role].into() }))
}

fn ghost(properties: Value) -> Value {
    let mut question = refund(100);
    question["subject"] = json!({ "type": "agent", "id": "ghost", "properties": properties });
    question
}

async fn gaps(w: &World) -> Vec<Open> {
    w.t.gov.gap_list(&w.t.operator(), &Want::default()).await.unwrap().items
}

async fn found(w: &World, rule: Rule) -> Vec<(Severity, String)> {
    let filter = Filter { rule: Some(rule), ..Filter::default() };
    let page = w.t.gov.finding_list(&w.t.operator(), &filter, &Want::default()).await.unwrap();
    page.items.into_iter().map(|f| (f.found.severity, f.found.words)).collect()
}

async fn who_asks_unregistered_is_a_gap_with_a_clock_and_somebody_to_ask(t: Fresh) {
    let w = World { t };
    w.approver("ana", "finance-ops").await;
    w.baseline().await;
    let (maker, oscar) = person(&w, "oscar", Role::Operator).await;
    let (asker, _) = person(&w, "nina", Role::Owner).await;
    let new = NewKey {
        identity: None,
        name: "edge".into(),
        patterns: vec![],
        scopes: [Scope::Ask].into(),
        submits: false,
        expires_at: None,
    };
    let secret = w.t.gov.key_create(&oscar, new).await.unwrap().secret;
    let gateway = w.t.gov.ctx(w.t.gov.key_authenticate(&secret).await.unwrap());
    assert!(gaps(&w).await.is_empty());
    for n in 0..2 {
        let said =
            w.answer(&gateway, ghost(json!({ "on_behalf_of": "nina@example.com", "run": format!("r{n}") }))).await.1;
        assert_eq!(said, "deny unregistered");
    }
    let open = gaps(&w).await;
    assert_eq!(open.len(), 1, "asking twice is one gap");
    let gap = &open[0];
    assert_eq!((gap.gap.how, gap.gap.kind, gap.gap.name.as_str()), (How::Asked, Kind::Agent, "ghost"));
    assert_eq!((gap.due_at, gap.overdue), (w.t.gov.now() + TimeDelta::days(7), false));
    let suggested: Vec<_> = gap.suggested.iter().map(|s| (s.person, s.reasons.join("; "))).collect();
    let want = [(asker, "it asked for them 2 times".to_owned()), (maker, "made the key it asked with".to_owned())];
    assert_eq!(suggested, want);
    let high = "agent:ghost asked and is not in the register; it was denied. First 2026-11-21, last 2026-11-21; to be registered by 2026-11-28.";
    assert_eq!(found(&w, Rule::UnregisteredPrincipalAsked).await, [(Severity::High, high.to_owned())]);
    let counted = w.t.gov.overview(&w.t.operator()).await.unwrap();
    assert_eq!((counted.gaps, counted.gaps_overdue), (1, 0));

    w.t.clock.advance(TimeDelta::days(7));
    let swept = w.t.gov.findings_sweep(&w.t.operator()).await.unwrap();
    assert_eq!((swept.opened, swept.changed, swept.resolved), (0, 1, 0));
    let late = found(&w, Rule::UnregisteredPrincipalAsked).await;
    assert_eq!(late[0].0, Severity::Critical);
    assert!(late[0].1.ends_with("overdue since 2026-11-28."), "{late:?}");
    assert!(gaps(&w).await[0].overdue);
    assert_eq!(w.t.gov.overview(&w.t.operator()).await.unwrap().gaps_overdue, 1);
    assert_eq!(w.t.gov.findings_sweep(&w.t.operator()).await.unwrap(), Default::default(), "said once");

    let owned = NewIdentity {
        owner: Some(asker),
        team: Some("support-agents".into()),
        ..NewIdentity::named("ghost", Kind::Agent)
    };
    w.t.gov.identity_add(&w.t.operator(), owned).await.unwrap();
    assert!(gaps(&w).await.is_empty() && found(&w, Rule::UnregisteredPrincipalAsked).await.is_empty());
}

async fn who_may_give_an_owner_is_told_that_the_time_runs_out(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    person(&w, "oscar", Role::Operator).await;
    person(&w, "nina", Role::Owner).await;
    let gateway = w.key(None, &[Scope::Ask]).await;
    let servers =
        json!({ "files": { "command": "npx", "args": ["files"] }, "mails": { "command": "npx", "args": ["mails"] } });
    let input = ImportInput {
        kind: source::Kind::McpConfig,
        files: vec![("mcp.json".into(), serde_json::to_vec(&json!({ "mcpServers": servers })).unwrap())],
        name: None,
        allow_removals: true,
    };
    w.t.gov.import_apply(&w.t.operator(), &input).await.unwrap();
    w.t.clock.advance(TimeDelta::days(1));
    w.answer(&gateway, ghost(json!({}))).await;
    let days_on = async |days| {
        w.t.clock.advance(TimeDelta::days(days));
        w.t.gov.findings_sweep(&w.t.operator()).await.unwrap();
        assert!(w.told().await.is_empty(), "what one look finds is gathered");
        w.t.clock.advance(TimeDelta::minutes(10));
        w.t.gov.findings_sweep(&w.t.operator()).await.unwrap();
        let told = w.told().await;
        let gaps = told.first().map(|(_, _, says)| {
            let Says::Gaps(gaps) = says else { panic!("{says:?}") };
            (gaps.ending, gaps.over, gaps.names.clone())
        });
        (addressed(&told), gaps)
    };
    let both = || vec!["gaps_due to oscar".to_owned(), "gaps_due to webhook".to_owned()];
    let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    assert_eq!(days_on(3).await, (vec![], None), "three days are left");
    let (to, gaps) = days_on(1).await;
    let (ending, over, mut shown) = gaps.unwrap();
    shown.sort();
    assert_eq!((to, ending, over, shown), (both(), 2, 0, names(&["files", "mails"])));
    let (to, gaps) = days_on(1).await;
    assert_eq!((to, gaps.map(|g| (g.0, g.1))), (both(), Some((3, 0))), "now of who asked, too");
    let (to, gaps) = days_on(1).await;
    assert_eq!((to, gaps.map(|g| (g.0, g.1))), (both(), Some((1, 2))));
    let (to, gaps) = days_on(1).await;
    assert_eq!((to, gaps.map(|g| (g.0, g.1))), (both(), Some((0, 3))));
    assert_eq!(days_on(40).await, (vec![], None), "each stage of each is told once");
}

async fn what_a_source_shows_without_an_owner_is_one_too(t: Fresh) {
    let w = World { t };
    let (owner, _) = person(&w, "olga", Role::Owner).await;
    let config = |servers: &[&str]| {
        let servers: serde_json::Map<_, _> =
            servers.iter().map(|name| ((*name).to_owned(), json!({ "command": "npx", "args": [name] }))).collect();
        serde_json::to_vec(&json!({ "mcpServers": servers })).unwrap()
    };
    let import = async |servers: &[&str]| {
        let input = ImportInput {
            kind: source::Kind::McpConfig,
            files: vec![("mcp.json".into(), config(servers))],
            name: None,
            allow_removals: true,
        };
        w.t.gov.import_apply(&w.t.operator(), &input).await.unwrap()
    };
    import(&["files"]).await;
    let first = gaps(&w).await.remove(0);
    let id = first.gap.id.parse().unwrap();
    w.t.gov.identity_own(&w.t.operator(), id, owner, None).await.unwrap();
    assert!(gaps(&w).await.is_empty());
    w.t.clock.advance(TimeDelta::days(1));
    import(&["files", "mails"]).await;
    let open = gaps(&w).await;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].gap.how, open[0].due_at), (How::Shown, w.t.gov.now() + TimeDelta::days(7)));
    let suggested: Vec<_> = open[0].suggested.iter().map(|s| (s.person, s.reasons.join("; "))).collect();
    assert_eq!(suggested, [(owner, "owns one of its source".to_owned())]);

    let (near, _) = person(&w, "nina", Role::Owner).await;
    let of_team = |name: &str, owner| {
        let team = Some("mail".into());
        NewIdentity { owner: Some(owner), team, ..NewIdentity::named(name, Kind::Agent) }
    };
    w.t.gov.identity_add(&w.t.operator(), of_team("inbound", near)).await.unwrap();
    let mails = w.t.gov.identity_find(&w.t.operator(), "mails").await.unwrap();
    let change = Change { team: Some(Some("mail".into())), ..Change::default() };
    w.t.gov.identity_change(&w.t.operator(), mails.id, mails.version, change).await.unwrap();
    let suggested = gaps(&w).await.remove(0).suggested;
    let suggested: Vec<_> = suggested.iter().map(|s| (s.person, s.reasons.join("; "))).collect();
    let both = [(near, "owns one of its team".to_owned()), (owner, "owns one of its source".to_owned())];
    assert_eq!(suggested, both, "of its team before of its source");
    let due = found(&w, Rule::NoOwner).await;
    assert_eq!((due.len(), due[0].0), (1, Severity::Medium));
    assert!(due[0].1.ends_with("An owner is due by 2026-11-29."), "{due:?}");
    w.t.clock.advance(TimeDelta::days(7));
    w.t.gov.findings_sweep(&w.t.operator()).await.unwrap();
    let late = found(&w, Rule::NoOwner).await;
    assert_eq!(late[0].0, Severity::High);
    assert!(late[0].1.ends_with("An owner is overdue since 2026-11-29."), "{late:?}");
}
