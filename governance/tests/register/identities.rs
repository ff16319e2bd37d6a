//! Identities and who answers for them, on both databases.
use governance::engine::{
    Actor, Governance,
    identities::{Filter, NewIdentity, Order},
    page::Want,
    people::{NewPerson, PersonChange},
};
use governance::error::Kind as Failure;
use governance::finding::{Rule, Severity};
use governance::id::{PersonId, SightingId};
use governance::identity::{Environment, Identity, Kind, Mode};
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::person::{Role, Status};
use governance::store;
use governance::testkit::Fresh;

on_every_database! {
    an_identity_is_registered_and_found
    production_asks_for_a_backup
    owners_come_from_a_list_and_gaps_close
    ownership_keeps_its_history
    an_owner_who_leaves_orphans_what_they_own
    a_mode_is_switched_and_logged
    the_list_is_filtered_and_paged
    the_record_names_what_is_missing
    who_asked_before_is_matched_when_registered
    keys_age_without_a_write_and_a_sweep_finds_it
}

pub async fn person(gov: &Governance, email: &str) -> PersonId {
    let ctx = gov.ctx(Actor::System("test"));
    let new =
        NewPerson { email: email.into(), name: email.into(), roles: [Role::Owner].into(), ..NewPerson::default() };
    gov.person_add(&ctx, new).await.unwrap().id
}
async fn add(t: &Fresh, name: &str, kind: Kind, environment: Option<Environment>) -> Identity {
    let new = NewIdentity { environment, ..NewIdentity::named(name, kind) };
    t.gov.identity_add(&t.operator(), new).await.unwrap()
}
pub async fn rules(gov: &Governance, it: &Identity) -> Vec<(Rule, Severity)> {
    let record = gov.identity_show(&gov.ctx(Actor::System("test")), it.id).await.unwrap();
    let mut all: Vec<_> = record.findings.iter().map(|f| (f.found.rule, f.found.severity)).collect();
    all.sort();
    all
}

async fn an_identity_is_registered_and_found(t: Fresh) {
    let ctx = t.operator();
    let it = add(&t, "refund-bot", Kind::Agent, None).await;
    assert_eq!(t.gov.identity_find(&ctx, "refund-bot").await.unwrap(), it);
    assert_eq!(t.gov.identity_find(&ctx, &it.id.to_string()).await.unwrap(), it);
    let again = t.gov.identity_add(&ctx, NewIdentity::named("refund-bot", Kind::Agent)).await.unwrap_err();
    assert_eq!(again.kind, Failure::Conflict);
    let other = add(&t, "refund-bot", Kind::Workload, None).await;
    let e = t.gov.identity_find(&ctx, "refund-bot").await.unwrap_err();
    assert_eq!(e.detail, "several identities have this name: say agent:refund-bot or workload:refund-bot");
    assert_eq!(t.gov.identity_find(&ctx, "workload:refund-bot").await.unwrap(), other);
    assert_eq!(t.gov.identity_find(&ctx, "nobody").await.unwrap_err().kind, Failure::NotFound);
    let e = t.gov.identity_add(&ctx, NewIdentity::named("a\nb", Kind::Agent)).await.unwrap_err();
    assert_eq!(e.kind, Failure::Invalid);
}

async fn production_asks_for_a_backup(t: Fresh) {
    let ctx = t.operator();
    let (ana, bob) = (person(&t.gov, "ana@example.com").await, person(&t.gov, "bob@example.com").await);
    let it = add(&t, "payer", Kind::Agent, Some(Environment::Production)).await;
    assert_eq!(t.gov.identity_own(&ctx, it.id, ana, None).await.unwrap_err().kind, Failure::Invalid);
    assert_eq!(t.gov.identity_own(&ctx, it.id, ana, Some(ana)).await.unwrap_err().kind, Failure::Invalid);
    let owned = t.gov.identity_own(&ctx, it.id, ana, Some(bob)).await.unwrap();
    assert_eq!((owned.owner, owned.backup), (Some(ana), Some(bob)));
}

async fn owners_come_from_a_list_and_gaps_close(t: Fresh) {
    let ctx = t.operator();
    person(&t.gov, "ana@example.com").await;
    let bob = person(&t.gov, "bob@example.com").await;
    let live = add(&t, "payer", Kind::Agent, Some(Environment::Production)).await;
    let test = add(&t, "tester", Kind::Pipeline, Some(Environment::Test)).await;
    use Rule::{NeverAttested, NoBackup, NoOwner, NotMonitored};
    use Severity::{High, Low, Medium};
    assert_eq!(
        rules(&t.gov, &live).await,
        [(NoOwner, High), (NoBackup, Medium), (NeverAttested, Low), (NotMonitored, Medium)]
    );
    let left = PersonChange { status: Some(Status::Left), ..PersonChange::default() };
    t.gov.person_change(&ctx, bob, left).await.unwrap();
    let csv = "name,owner,backup\npayer,ana@example.com,\ntester,ana@example.com,\nghost,ana@example.com,\nagent:payer,ana@example.com,bob@example.com\n";
    let report = t.gov.identity_own_import(&ctx, "o.csv", csv.as_bytes(), false).await.unwrap();
    assert_eq!(report.changed, ["tester"]);
    let words: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "o.csv: line 2: payer: production asks for a backup owner; name one",
            "o.csv: line 4: no identity \"ghost\" in the register",
            "o.csv: line 5: bob@example.com has left: name somebody active",
        ]
    );
    assert_eq!(report.findings.resolved, 1);
    assert_eq!(rules(&t.gov, &test).await, [(NeverAttested, Low), (NotMonitored, Low)]);

    person(&t.gov, "cy@example.com").await;
    let csv = "name,owner,backup\npayer,ana@example.com,cy@example.com\ntester,ana@example.com,\n";
    let dry = t.gov.identity_own_import(&ctx, "o.csv", csv.as_bytes(), true).await.unwrap();
    assert_eq!((dry.changed.as_slice(), dry.unchanged), (["payer".to_owned()].as_slice(), 1));
    assert_eq!(rules(&t.gov, &live).await.len(), 4, "a dry run changes nothing");
    t.gov.identity_own_import(&ctx, "o.csv", csv.as_bytes(), false).await.unwrap();
    assert_eq!(rules(&t.gov, &live).await, [(NeverAttested, Low), (NotMonitored, Medium)]);
    let again = t.gov.identity_own_import(&ctx, "o.csv", csv.as_bytes(), false).await.unwrap();
    assert_eq!((again.changed.len(), again.unchanged), (0, 2));
}

async fn ownership_keeps_its_history(t: Fresh) {
    let ctx = t.operator();
    let (ana, bob) = (person(&t.gov, "ana@example.com").await, person(&t.gov, "bob@example.com").await);
    let it = add(&t, "payer", Kind::Agent, None).await;
    for (owner, backup) in [(ana, None), (bob, Some(ana)), (ana, None)] {
        t.clock.advance(chrono::TimeDelta::hours(1));
        t.gov.identity_own(&ctx, it.id, owner, backup).await.unwrap();
    }
    let mut tx = t.gov.read().await.unwrap();
    let sql = "select owner_id, backup, from_at, to_at from owner_periods order by from_at, backup";
    let rows = tx.all(sql, &[]).await.unwrap();
    let periods: Vec<_> = rows
        .iter()
        .map(|r| {
            let hours = |c: &str| r.some_at(c).unwrap().map(|at| (at - it.registered_at).num_hours());
            (r.id::<PersonId>("owner_id").unwrap(), r.flag("backup").unwrap(), hours("from_at"), hours("to_at"))
        })
        .collect();
    assert_eq!(
        periods,
        [
            (ana, false, Some(1), Some(2)),
            (bob, false, Some(2), Some(3)),
            (ana, true, Some(2), Some(3)),
            (ana, false, Some(3), None),
        ]
    );
}

async fn an_owner_who_leaves_orphans_what_they_own(t: Fresh) {
    let ctx = t.operator();
    let ana = person(&t.gov, "ana@example.com").await;
    let it = add(&t, "payer", Kind::Agent, None).await;
    t.gov.identity_own(&ctx, it.id, ana, None).await.unwrap();
    assert!(!rules(&t.gov, &it).await.iter().any(|(r, _)| *r == Rule::NoOwner));
    let left = PersonChange { status: Some(Status::Left), ..PersonChange::default() };
    assert_eq!(t.gov.overview(&ctx).await.unwrap().owned, 1);
    t.gov.person_change(&ctx, ana, left).await.unwrap();
    assert!(rules(&t.gov, &it).await.contains(&(Rule::NoOwner, Severity::Medium)));
    // every page counts alike: whoever left answers for nothing
    assert_eq!(t.gov.overview(&ctx).await.unwrap().owned, 0);
    let all = Filter { orphaned: true, ..Filter::default() };
    assert_eq!(t.gov.identity_list(&ctx, &all, &Want::default()).await.unwrap().items.len(), 1);
    let back = PersonChange { status: Some(Status::Active), ..PersonChange::default() };
    t.gov.person_change(&ctx, ana, back).await.unwrap();
    assert!(!rules(&t.gov, &it).await.iter().any(|(r, _)| *r == Rule::NoOwner));
}

async fn a_mode_is_switched_and_logged(t: Fresh) {
    let ctx = t.operator();
    let it = add(&t, "payer", Kind::Agent, None).await;
    assert_eq!(it.mode, Mode::Enforce);
    t.gov.identity_mode(&ctx, it.id, Mode::Observe).await.unwrap();
    t.gov.identity_mode(&ctx, it.id, Mode::Observe).await.unwrap();
    assert_eq!(t.gov.identity_find(&ctx, "payer").await.unwrap().mode, Mode::Observe);
    let events = store::events::after(&mut t.gov.read().await.unwrap(), 0, 100).await.unwrap();
    let modes = events.iter().filter(|e| String::from_utf8_lossy(&e.leaf).contains("identity.mode")).count();
    assert_eq!(modes, 1);
    let viewer = t.gov.ctx(Actor::Person { id: person(&t.gov, "v@example.com").await, roles: [Role::Viewer].into() });
    assert_eq!(t.gov.identity_mode(&viewer, it.id, Mode::Enforce).await.unwrap_err().kind, Failure::Forbidden);
    let e = t.gov.identity_add(&viewer, NewIdentity::named("x", Kind::Agent)).await.unwrap_err();
    assert_eq!(e.kind, Failure::Forbidden);
}

async fn the_list_is_filtered_and_paged(t: Fresh) {
    let ctx = t.operator();
    let ana = person(&t.gov, "ana@example.com").await;
    for n in 0..5 {
        let environment = (n % 2 == 0).then_some(Environment::Test);
        let it = add(&t, &format!("agent-{n}"), Kind::Agent, environment).await;
        if n == 0 {
            t.gov.identity_own(&ctx, it.id, ana, None).await.unwrap();
        }
    }
    t.clock.advance(chrono::TimeDelta::hours(1));
    add(&t, "100%_sure", Kind::Workload, Some(Environment::Production)).await;
    let names = async |filter: Filter| {
        let (mut want, mut names) = (Want { cursor: None, limit: 2 }, vec![]);
        loop {
            let page = t.gov.identity_list(&ctx, &filter, &want).await.unwrap();
            names.extend(page.items.into_iter().map(|l| l.identity.name));
            want.cursor = page.next;
            if want.cursor.is_none() {
                assert_eq!(
                    t.gov.identity_counts(&ctx, &filter).await.unwrap().matching,
                    i64::try_from(names.len()).unwrap()
                );
                return names.join(" ");
            }
        }
    };
    let all = Filter::default;
    assert_eq!(names(all()).await, "100%_sure agent-0 agent-1 agent-2 agent-3 agent-4");
    assert_eq!(names(Filter { kind: Some(Kind::Workload), ..all() }).await, "100%_sure");
    assert_eq!(names(Filter { environment: Some(Environment::Test), ..all() }).await, "agent-0 agent-2 agent-4");
    assert_eq!(names(Filter { environment_unknown: true, ..all() }).await, "agent-1 agent-3");
    assert_eq!(names(Filter { owner: Some(ana), ..all() }).await, "agent-0");
    assert_eq!(
        names(Filter { orphaned: true, kind: Some(Kind::Agent), ..all() }).await,
        "agent-1 agent-2 agent-3 agent-4"
    );
    assert_eq!(names(Filter { finding: Some(Rule::NoBackup), ..all() }).await, "100%_sure");
    assert_eq!(names(Filter { text: Some("AGENT-3".into()), ..all() }).await, "agent-3");
    assert_eq!(names(Filter { text: Some("%".into()), ..all() }).await, "100%_sure");
    assert_eq!(names(Filter { text: Some("_".into()), ..all() }).await, "100%_sure");
    let counts = t.gov.identity_counts(&ctx, &all()).await.unwrap();
    let known: i64 = counts.facets.iter().filter(|f| f.environment.is_some()).map(|f| f.count).sum();
    assert_eq!(known, 4);
    assert!(counts.by_rule.contains(&(Rule::NoOwner, 5)));
    let line =
        &t.gov.identity_list(&ctx, &Filter { owner: Some(ana), ..all() }, &Want::default()).await.unwrap().items[0];
    assert_eq!(
        (line.owner_email.as_deref(), line.open_findings, line.worst),
        (Some("ana@example.com"), 2, Some(Severity::Low))
    );
    let first = |order| {
        let (t, ctx) = (&t, &ctx);
        async move { t.gov.identity_sorted(ctx, &Filter::default(), order, &Want { cursor: None, limit: 1 }).await }
    };
    let newest = first(Order::Newest).await.unwrap();
    assert_eq!(newest.items[0].identity.name, "100%_sure", "registered last");
    assert_eq!(first(Order::Worst).await.unwrap().items[0].worst, Some(Severity::High), "nobody answers for it");
    let other = Want { cursor: newest.next, limit: 1 };
    let e = t.gov.identity_list(&ctx, &all(), &other).await.unwrap_err();
    assert!(e.kind == Failure::Invalid && e.detail.contains("another order"), "{e}");
    let foreign = Want { cursor: Some("bm9uc2Vuc2U".into()), limit: 2 };
    assert_eq!(t.gov.identity_list(&ctx, &all(), &foreign).await.unwrap_err().kind, Failure::Invalid);
}

async fn the_record_names_what_is_missing(t: Fresh) {
    let ctx = t.operator();
    let it = add(&t, "payer", Kind::Agent, Some(Environment::Production)).await;
    t.clock.advance(chrono::TimeDelta::days(41));
    let record = t.gov.identity_show(&t.operator(), it.id).await.unwrap();
    let words = |gaps: &[governance::identity::record::Gap]| {
        gaps.iter().map(|g| g.words.clone()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(record.complete, 0);
    assert_eq!(words(&record.owner.gaps), "No owner for 41 days; In production without a backup owner; Never attested");
    assert_eq!(words(&record.scope.gaps), "No purpose said; No systems, tools or data classes said");
    assert_eq!(words(&record.approval.gaps), "No limit said above which a person decides");
    assert_eq!(words(&record.monitoring.gaps), "It never asked us, and no source tells of its use");
    assert_eq!(words(&record.retirement.gaps), "No end date");
    assert_eq!(
        t.gov.identity_show(&ctx, governance::id::IdentityId::new(it.registered_at, [0; 10])).await.unwrap_err().kind,
        Failure::NotFound
    );
}

async fn who_asked_before_is_matched_when_registered(t: Fresh) {
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    let (id, at) = (SightingId::new(w.at(), w.random()), w.at());
    let first = store::sightings::asked(&mut w.tx, id, Kind::Agent, "ghost", at).await.unwrap();
    let other = SightingId::new(w.at(), w.random());
    assert_eq!(store::sightings::asked(&mut w.tx, other, Kind::Agent, "ghost", at).await.unwrap(), first);
    w.append(Event::new(EventKind::SightingMade, "test").subject(first)).await.unwrap();
    w.commit().await.unwrap();
    assert_eq!(store::sightings::unmatched(&mut t.gov.read().await.unwrap(), None, 10).await.unwrap().len(), 1);
    let it = add(&t, "ghost", Kind::Agent, None).await;
    let mut tx = t.gov.read().await.unwrap();
    assert!(store::sightings::unmatched(&mut tx, None, 10).await.unwrap().is_empty());
    assert_eq!(store::sightings::of_identity(&mut tx, it.id).await.unwrap()[0].sighting.id, first);
}

async fn keys_age_without_a_write_and_a_sweep_finds_it(t: Fresh) {
    let ctx = t.operator();
    let it = add(&t, "payer", Kind::Agent, None).await;
    assert!(rules(&t.gov, &it).await.contains(&(Rule::NeverAttested, Severity::Low)));
    let size = store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size;
    assert_eq!(t.gov.findings_sweep(&ctx).await.unwrap().changed, 0);
    assert_eq!(
        store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size,
        size,
        "nothing to say, nothing logged"
    );
    t.clock.advance(chrono::TimeDelta::days(91));
    let swept = t.gov.findings_sweep(&t.operator()).await.unwrap();
    assert_eq!((swept.opened, swept.changed), (0, 1));
    assert!(rules(&t.gov, &it).await.contains(&(Rule::NeverAttested, Severity::Medium)));
}
