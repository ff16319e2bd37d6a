//! UC-16: an agent does long work and holds state. A person approves it once; it goes on as long as its lease is renewed, each
//! renewal is decided anew, and a missed one ends it.
use super::uc_04_what_acts_oddly_is_held::act;
use super::uc_17_an_owner_leaves::{becomes, person};
use super::world::World;
use chrono::TimeDelta;
use governance::decision::GrantRef;
use governance::engine::leases::{Lease, Renewed};
use governance::engine::policies::Release;
use governance::engine::tasks::NewTask;
use governance::engine::{Actor, Ctx, Scope};
use governance::error::{Error, Kind};
use governance::finding::Rule;
use governance::grant::{Grant, Status};
use governance::id::IdentityId;
use governance::identity;
use governance::identity::change::Change;
use governance::on_every_database;
use governance::person::Status::Left;
use governance::policy::starters::starter;
use governance::revocation::Target;
use governance::store;
use governance::testkit::Fresh;
use governance::watch::reaction::{Measure, Mode};
use serde_json::{Value, json};

on_every_database! {
    long_work_goes_on_as_long_as_it_is_renewed
    a_missed_renewal_ends_it
    what_would_not_be_allowed_any_more_is_not_renewed
    another_policy_is_asked_at_the_next_renewal
    what_runs_finishes_though_its_owner_left
    while_the_clock_is_behind_nothing_is_renewed
    a_stop_ends_it_at_once
    who_handed_it_on_and_which_build_runs_are_looked_at_again
    nobody_else_renews_it
    it_is_renewed_at_most_once_a_second
}

struct Played {
    w: World,
    fixer: IdentityId,
    agent: Ctx,
    gateway: Ctx,
}

fn rebuild(database: &str) -> Value {
    json!({
        "subject": { "type": "agent", "id": "fixer", "properties": { "task": "OPS-1" } },
        "action": { "name": "index.rebuild" },
        "resource": { "type": "database", "id": database },
    })
}

async fn begin(t: Fresh) -> Played {
    let w = World::of(t, "operations").await;
    let fixer = w.agent("fixer", "operations-agents").await;
    let agent = w.key(Some(fixer), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Task, Scope::Act]).await;
    let played = Played { w, fixer, agent, gateway };
    played.open_task().await;
    played
}

impl Played {
    async fn open_task(&self) {
        let ticket = NewTask {
            reference: "OPS-1".into(),
            purpose: "mend the index".into(),
            agent: "agent:fixer".into(),
            ..NewTask::default()
        };
        self.w.t.gov.task_open(&self.gateway, &ticket, None).await.unwrap();
    }

    fn pass(&self, seconds: i64) {
        self.w.t.clock.advance(TimeDelta::seconds(seconds));
    }

    /// A lease that somebody approved and that runs.
    async fn running(&self, database: &str) -> GrantRef {
        self.running_as(database, rebuild(database)).await
    }

    async fn running_as(&self, database: &str, question: Value) -> GrantRef {
        let grant = self.approved(database, question).await;
        self.w.t.gov.grant_redeem(&self.agent, grant.id, None).await.unwrap();
        grant
    }

    async fn approved(&self, database: &str, question: Value) -> GrantRef {
        let ana = self.w.approver(&format!("ana-{database}"), "platform-owners").await;
        let asked = self.w.answer(&self.agent, question.clone()).await;
        assert_eq!(asked.1, "escalate approval_required");
        self.w.approve(&ana, asked.0.unwrap().escalation.unwrap().id).await;
        self.pass(2);
        self.w.answer(&self.agent, question).await.0.unwrap().grant.unwrap()
    }

    async fn renew(&self, grant: &GrantRef) -> Result<Renewed, Error> {
        self.w.t.gov.grant_renew(&self.agent, grant.id, None).await
    }

    /// Says why it is not renewed.
    async fn lost(&self, grant: &GrantRef) -> (Kind, String) {
        let error = self.renew(grant).await.unwrap_err();
        (error.kind, error.detail)
    }

    async fn row(&self, grant: &GrantRef) -> Grant {
        store::grants::get(&mut self.w.t.gov.read().await.unwrap(), grant.id).await.unwrap().unwrap()
    }

    /// Kinds of the log's events about grants, with their reasons.
    async fn events(&self) -> Vec<String> {
        let events = self.w.t.gov.event_list(&self.w.t.operator(), -1, 1_000).await.unwrap();
        let leaves = events.iter().filter(|e| e.kind.as_str().starts_with("grant."));
        let said = |leaf: &[u8]| {
            let leaf: Value = serde_json::from_slice(leaf).unwrap();
            let reasons: Vec<&str> =
                leaf["reasons"].as_array().into_iter().flatten().map(|r| r.as_str().unwrap()).collect();
            format!("{} {}", leaf["kind"].as_str().unwrap(), reasons.join(", "))
        };
        leaves.map(|e| said(&e.leaf)).collect()
    }
}

async fn long_work_goes_on_as_long_as_it_is_renewed(t: Fresh) {
    let p = begin(t).await;
    let grant = p.approved("orders", rebuild("orders")).await;
    let issued = p.w.t.gov.now();
    let want = GrantRef {
        id: grant.id,
        starts_at: Some(issued),
        expires_at: issued + TimeDelta::hours(4),
        uses: 1,
        lease_s: Some(15),
    };
    assert_eq!(grant, want);
    let early = p.renew(&grant).await.unwrap_err();
    assert_eq!((early.kind, early.detail.as_str()), (Kind::Conflict, "the lease does not run yet: redeem it first"));

    let begun = p.w.t.gov.grant_redeem(&p.agent, grant.id, None).await.unwrap();
    assert_eq!(begun.lease, Some(Lease { renew_by: issued + TimeDelta::seconds(15), renew_every_s: 10 }));
    for _ in 0..30 {
        p.pass(10);
        let at = p.w.t.gov.now();
        let done = p.renew(&grant).await.unwrap();
        let want = Renewed {
            grant: grant.id,
            seq: done.seq,
            at,
            lease: Lease { renew_by: at + TimeDelta::seconds(15), renew_every_s: 10 },
            expires_at: grant.expires_at,
            bundle: done.bundle.clone(),
        };
        assert_eq!(done, want);
        assert_eq!(done.seq + 1, p.w.t.gov.log_size().await.unwrap(), "its event was there before the answer");
    }
    p.pass(1);
    // a retry is answered as it was, and moves nothing
    let first = p.w.t.gov.grant_renew(&p.agent, grant.id, Some("k")).await.unwrap();
    p.pass(1);
    assert_eq!(p.w.t.gov.grant_renew(&p.agent, grant.id, Some("k")).await.unwrap(), first);
    let spent = p.w.t.gov.grant_redeem(&p.agent, grant.id, None).await.unwrap_err();
    assert_eq!(spent.detail, "the grant was used up: ask again", "renewing gives no further use");
    let events = p.events().await;
    assert_eq!(events[0], format!("grant.issued expires {}, lease 15", grant.expires_at));
    assert_eq!(events.iter().filter(|e| e.starts_with("grant.renewed until ")).count(), 31);
}

async fn a_missed_renewal_ends_it(t: Fresh) {
    let p = begin(t).await;
    let (late, forgotten) = (p.running("orders").await, p.running("invoices").await);
    let row = p.row(&forgotten).await;
    assert!(row.holds(p.w.t.gov.now()), "it runs, though its one use is spent");
    p.pass(12);
    p.renew(&late).await.unwrap();
    let by = p.w.t.gov.now() + TimeDelta::seconds(15);
    p.pass(15);
    let missed = format!("the lease was not renewed by {by}");
    assert_eq!(p.lost(&late).await, (Kind::Expired, format!("{missed}: ask again")));
    let after = p.row(&late).await;
    assert_eq!((after.status, after.ended_reason.as_deref()), (Status::Expired, Some(missed.as_str())));
    assert_eq!(p.lost(&late).await, (Kind::Expired, format!("the lease is over: {missed}; ask again")));
    // whom nobody hears from any more is ended by the sweep
    assert_eq!(p.w.t.gov.grant_sweep().await.unwrap(), 1);
    assert_eq!(p.w.t.gov.grant_sweep().await.unwrap(), 0);
    let swept = p.row(&forgotten).await;
    let missed_too = format!("the lease was not renewed by {}", row.renew_by.unwrap());
    assert_eq!((swept.status, swept.ended_reason), (Status::Expired, Some(missed_too.clone())));
    let events = p.events().await;
    let expired: Vec<_> = events.iter().filter_map(|e| e.strip_prefix("grant.expired ")).collect();
    assert_eq!(expired, [missed, missed_too]);
    // for more, a person is asked again
    p.pass(2);
    assert_eq!(p.w.answer(&p.agent, rebuild("orders")).await.1, "escalate approval_required");
}

async fn what_would_not_be_allowed_any_more_is_not_renewed(t: Fresh) {
    let p = begin(t).await;
    let gov = &p.w.t.gov;
    let mut leases = Vec::new();
    for database in ["a", "b", "c", "d"] {
        leases.push(p.running(database).await);
    }
    let change = async |to| {
        let version = gov.identity_find(&p.w.t.operator(), "fixer").await.unwrap().version;
        gov.identity_status(&p.w.t.operator(), p.fixer, version, to).await.unwrap();
    };
    change(identity::Status::Suspended).await;
    let over = |why: &str| (Kind::Conflict, format!("the lease is over: {why}; ask again"));
    assert_eq!(p.lost(&leases[0]).await, over("fixer is suspended"));
    let row = p.row(&leases[0]).await;
    assert_eq!((row.status, row.ended_reason.as_deref()), (Status::Revoked, Some("fixer is suspended")));
    change(identity::Status::Active).await;
    assert_eq!(p.lost(&leases[0]).await, over("fixer is suspended"), "what is lost stays lost");
    p.renew(&leases[1]).await.unwrap();

    // a rule narrows it after something odd was seen: the person who approved did not know of that
    gov.reaction_set(&p.w.t.operator(), Rule::ExecutedUndecided, Mode::On, Measure::Narrow, 5).await.unwrap();
    gov.activity_report(&p.gateway, &[act("fixer", "payout.create")]).await.unwrap();
    p.pass(1);
    assert_eq!(p.lost(&leases[1]).await, over("it was narrowed since: each of its acts needs a person"));
    // what was asked with a key that leaked does not outlive the key
    let Actor::Key(key) = &p.agent.actor else { panic!("a key") };
    gov.key_revoke(&p.w.t.operator(), key.id).await.unwrap();
    let another = p.w.key(Some(p.fixer), &[Scope::Act]).await;
    let lost = gov.grant_renew(&another, leases[2].id, None).await.unwrap_err();
    assert_eq!(lost.detail, "the lease is over: the key it was asked with was revoked or has expired; ask again");
    // the team it was in gave it the right: with another one its leases end at once
    let version = gov.identity_find(&p.w.t.operator(), "fixer").await.unwrap().version;
    let other = Change { team: Some(Some("support-agents".into())), ..Change::default() };
    gov.identity_change(&p.w.t.operator(), p.fixer, version, other).await.unwrap();
    let lost = gov.grant_renew(&another, leases[3].id, None).await.unwrap_err();
    assert_eq!((lost.kind, lost.detail), over("role_changed"));
    let events = p.events().await;
    let ended: Vec<_> = events.iter().filter_map(|e| e.strip_prefix("grant.ended ")).collect();
    assert_eq!(ended, ["not_active", "narrowed, rule rebuild-on-a-lease", "key_ended"]);
}

async fn another_policy_is_asked_at_the_next_renewal(t: Fresh) {
    let p = begin(t).await;
    let lease = p.running("orders").await;
    let changed = async |file: &str, from: &str, to: &str| {
        let mut files = starter("operations").unwrap().files();
        let text = String::from_utf8(files[file].clone()).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        files.insert(file.into(), text.replace(from, to).into_bytes());
        p.w.t.gov.policy_activate(&p.w.t.operator(), Release::Files(&files), None).await.unwrap();
        p.pass(5);
    };
    let databases = "policies/databases.cedar";
    // another rule's text is another matter: what was approved stands
    changed(databases, "Changes outside the tests need", "Whatever changes outside the tests needs").await;
    p.renew(&lease).await.unwrap();
    // its own gate says something else now: nobody has approved that
    changed(databases, "holds it for hours", "holds it for days").await;
    let gate = "the lease is over: rebuild-on-a-lease stops it now: nobody has approved it as it stands; ask again";
    assert_eq!(p.lost(&lease).await, (Kind::Conflict, gate.into()));

    changed(databases, "// Databases and", "// Databases, and").await;
    let lease = p.running("invoices").await;
    let never = "@id(\"never\") @reason(\"Invoices rest at the end of the year\") forbid (principal, action == Action::\"index.rebuild\", resource) when { resource == database::\"invoices\" };\n@id(\"backup\")";
    changed(databases, "@id(\"backup\")", never).await;
    let forbidden = (Kind::Conflict, "the lease is over: Invoices rest at the end of the year; ask again".into());
    assert_eq!(p.lost(&lease).await, forbidden);
    assert!(p.events().await.contains(&"grant.ended forbidden, rule never".to_owned()));
}

async fn what_runs_finishes_though_its_owner_left(t: Fresh) {
    let p = begin(t).await;
    let olga = person(&p.w, "olga", None, &[]).await;
    p.w.t.gov.identity_own(&p.w.t.operator(), p.fixer, olga, None).await.unwrap();
    let lease = p.running("orders").await;
    becomes(&p.w, olga, Left).await;
    for _ in 0..3 {
        p.pass(10);
        p.renew(&lease).await.unwrap();
    }
    assert_eq!(p.w.answer(&p.agent, rebuild("invoices")).await.1, "deny orphaned", "nothing new begins");
}

async fn while_the_clock_is_behind_nothing_is_renewed(t: Fresh) {
    let p = begin(t).await;
    let lease = p.running("orders").await;
    p.pass(5);
    p.renew(&lease).await.unwrap();
    p.pass(-3);
    let (kind, words) = p.lost(&lease).await;
    assert_eq!(kind, Kind::Unavailable);
    assert!(words.starts_with("the clock is 3 s behind the log"), "{words}");
    p.pass(4);
    p.renew(&lease).await.unwrap();
}

async fn a_stop_ends_it_at_once(t: Fresh) {
    let p = begin(t).await;
    let gov = &p.w.t.gov;
    let lease = p.running("orders").await;
    let stopped = gov.revoke(&p.w.t.operator(), &Target::Grant(lease.id), "enough").await.unwrap();
    assert_eq!(stopped.ended.grants, 1);
    let revoked = (Kind::Conflict, "the lease is over: revoked; ask again".to_owned());
    assert_eq!(p.lost(&lease).await, revoked);

    let lease = p.running("invoices").await;
    let closed = gov.task_close(&p.gateway, "OPS-1", "it is mended", None).await.unwrap();
    assert_eq!(closed.ended.grants, 1, "it ends with its task, in the same commit");
    assert_eq!(p.lost(&lease).await.1, "the lease is over: its task is over; ask again");
    p.open_task().await;

    let lease = p.running("customers").await;
    p.pass(5);
    p.renew(&lease).await.unwrap();
    let tool = Target::Tool("index.rebuild".into());
    assert_eq!(gov.revoke(&p.w.t.operator(), &tool, "enough").await.unwrap().ended.grants, 1);
    assert_eq!(p.lost(&lease).await, revoked);
}

async fn who_handed_it_on_and_which_build_runs_are_looked_at_again(t: Fresh) {
    let p = begin(t).await;
    let gov = &p.w.t.gov;
    let planner = p.w.agent("planner", "operations-agents").await;
    let build = |n: u8| format!("{n:02x}").repeat(32);
    let asks = |database: &str, build: String| {
        let mut question = rebuild(database);
        question["subject"]["properties"] = json!({ "task": "OPS-1", "act": ["planner"], "build": build });
        question
    };
    let mut leases = Vec::new();
    for database in ["a", "b"] {
        leases.push(p.running_as(database, asks(database, build(1))).await);
    }
    p.renew(&leases[0]).await.unwrap();
    // the agent runs another build, and its owner says that it may: the lease was for the one before
    assert_eq!(p.w.answer(&p.agent, asks("c", build(2))).await.1, "deny build_changed");
    p.pass(1);
    let (kind, why) = p.lost(&leases[0]).await;
    assert_eq!(kind, Kind::Conflict);
    assert!(why.starts_with("the lease is over: fixer runs another build"), "{why}");
    gov.identity_build_approve(&p.w.t.operator(), p.fixer, &build(2)).await.unwrap();
    assert!(p.lost(&leases[1]).await.1.starts_with("the lease is over: fixer runs another build"));

    let lease = p.running_as("d", asks("d", build(2))).await;
    let version = gov.identity_find(&p.w.t.operator(), "planner").await.unwrap().version;
    gov.identity_status(&p.w.t.operator(), planner, version, identity::Status::Suspended).await.unwrap();
    let link = "the lease is over: link 1 of the chain, planner, is denied not_active: it is suspended; ask again";
    assert_eq!(p.lost(&lease).await, (Kind::Conflict, link.into()));
    let version = gov.identity_find(&p.w.t.operator(), "planner").await.unwrap().version;
    gov.identity_status(&p.w.t.operator(), planner, version, identity::Status::Active).await.unwrap();
    let lease = p.running_as("e", asks("e", build(2))).await;
    let stopped = gov.revoke(&p.w.t.operator(), &Target::Identity(planner), "enough").await.unwrap();
    assert_eq!(stopped.ended.grants, 1, "it ends with whoever handed it on");
    assert_eq!(p.lost(&lease).await.1, "the lease is over: revoked; ask again");
}

async fn it_is_renewed_at_most_once_a_second(t: Fresh) {
    let p = begin(t).await;
    let (lease, other) = (p.running("orders").await, p.running("invoices").await);
    p.pass(5);
    let first = p.w.t.gov.grant_renew(&p.agent, lease.id, Some("k")).await.unwrap();
    let size = p.w.t.gov.log_size().await.unwrap();
    let soon =
        (Kind::TooMany, "the lease was renewed within the last second and holds: renew it again later".to_owned());
    for _ in 0..10 {
        assert_eq!(p.lost(&lease).await, soon);
    }
    assert_eq!(p.w.t.gov.log_size().await.unwrap(), size, "asking too soon leaves nothing behind");
    assert!(p.row(&lease).await.holds(p.w.t.gov.now()), "and ends nothing");
    assert_eq!(p.w.t.gov.grant_renew(&p.agent, lease.id, Some("k")).await.unwrap(), first, "a retry is no renewal");
    p.renew(&other).await.unwrap();
    p.pass(1);
    p.renew(&lease).await.unwrap();
    // that it is over is never put off
    p.w.t.gov.revoke(&p.w.t.operator(), &Target::Grant(lease.id), "enough").await.unwrap();
    assert_eq!(p.lost(&lease).await.0, Kind::Conflict);
}

async fn nobody_else_renews_it(t: Fresh) {
    let p = begin(t).await;
    let lease = p.running("orders").await;
    let other = p.w.agent("other", "operations-agents").await;
    let stranger = p.w.key(Some(other), &[Scope::Act]).await;
    let refused = p.w.t.gov.grant_renew(&stranger, lease.id, None).await.unwrap_err();
    assert_eq!(refused.kind, Kind::NotFound);
    for ctx in [p.w.key(Some(p.fixer), &[Scope::Ask]).await, p.w.t.operator()] {
        assert_eq!(p.w.t.gov.grant_renew(&ctx, lease.id, None).await.unwrap_err().kind, Kind::Forbidden);
    }
    p.renew(&lease).await.unwrap();
}
