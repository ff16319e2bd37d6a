//! What people do with a governance record: say what it is for, answer for it, suspend it, stop it; on both databases.
use crate::fixture;
use crate::identities::{person, rules};
use governance::attestation::Answer;
use governance::engine::{
    Actor, Ctx,
    identities::{Filter, NewIdentity},
    identity_changes::Change,
    imports::ImportInput,
    page::Want,
};
use governance::error::Kind as Failure;
use governance::finding::Rule;
use governance::id::{IdentityId, PersonId};
use governance::identity::{Boundary, Environment, Identity, Kind, Mode, Status};
use governance::on_every_database;
use governance::person::Role;
use governance::revocation::Target;
use governance::source;
use governance::store;
use governance::testkit::Fresh;
use std::collections::BTreeSet;

on_every_database! {
    what_it_is_for_is_said_and_logged
    a_change_over_an_older_version_is_refused
    an_owner_keeps_it_and_it_counts_as_attested
    not_mine_lets_the_backup_step_in
    retire_ends_what_is_permitted
    only_its_owners_answer
    suspended_and_resumed
    the_list_is_narrowed_by_what_is_wrong
    a_revocation_is_read_back_with_its_paths
    a_later_import_proves_a_path_ended
    a_record_says_what_happened_around_it
}

async fn agent(t: &Fresh, name: &str, environment: Option<Environment>) -> Identity {
    let new = NewIdentity { environment, ..NewIdentity::named(name, Kind::Agent) };
    t.gov.identity_add(&t.operator(), new).await.unwrap()
}
fn as_person(t: &Fresh, id: PersonId, role: Role) -> Ctx {
    t.gov.ctx(Actor::Person { id, roles: [role].into() })
}
/// The leaves of one kind, as text.
async fn leaves(t: &Fresh, kind: &str) -> Vec<String> {
    let events = store::events::after(&mut t.gov.read().await.unwrap(), -1, 500).await.unwrap();
    let texts = events.iter().map(|e| String::from_utf8(e.leaf.clone()).unwrap());
    texts.filter(|leaf| leaf.contains(&format!("\"kind\":\"{kind}\""))).collect()
}
async fn again(t: &Fresh, id: IdentityId) -> Identity {
    t.gov.identity_find(&t.operator(), &id.to_string()).await.unwrap()
}

async fn what_it_is_for_is_said_and_logged(t: Fresh) {
    let ctx = t.operator();
    let it = agent(&t, "payer", None).await;
    let boundary =
        Boundary { systems: vec!["stripe".into()], tools: vec!["refund.create".into()], ..Boundary::default() };
    let ends = t.gov.now() + chrono::TimeDelta::days(90);
    let change = Change {
        purpose: Some(Some(" Refunds small orders ".into())),
        environment: Some(Some(Environment::Production)),
        boundary: Some(Some(boundary.clone())),
        ends_at: Some(Some(ends)),
        ..Change::default()
    };
    let said = t.gov.identity_change(&ctx, it.id, it.version, change.clone()).await.unwrap();
    assert_eq!(said, again(&t, it.id).await);
    assert_eq!((said.purpose.as_deref(), said.ends_at), (Some("Refunds small orders"), Some(ends)));
    assert_eq!(said.boundary, Some(boundary));
    assert!(rules(&t.gov, &it).await.iter().any(|(r, _)| *r == Rule::NoBackup), "production is looked at at once");
    let [leaf] = &leaves(&t, "identity.changed").await[..] else { panic!() };
    assert!(leaf.contains(r#""reasons":["purpose","environment production","boundary","end 2027"#), "{leaf}");
    assert!(!leaf.contains("Refunds small"), "what people write stands beside the log: {leaf}");
    // saying the same changes nothing
    let same = t.gov.identity_change(&ctx, it.id, said.version, change).await.unwrap();
    assert_eq!((same.version, leaves(&t, "identity.changed").await.len()), (said.version, 1));
    let record = t.gov.identity_show(&ctx, it.id).await.unwrap();
    assert!(record.scope.gaps.is_empty() && record.retirement.gaps.is_empty(), "{:?}", record.scope.gaps);
}

async fn a_change_over_an_older_version_is_refused(t: Fresh) {
    let ctx = t.operator();
    let it = agent(&t, "payer", None).await;
    let purpose = |text: &str| Change { purpose: Some(Some(text.into())), ..Change::default() };
    t.gov.identity_change(&ctx, it.id, it.version, purpose("one")).await.unwrap();
    let stale = t.gov.identity_change(&ctx, it.id, it.version, purpose("two")).await.unwrap_err();
    assert_eq!(stale.kind, Failure::Conflict);
    assert_eq!(
        t.gov.identity_status(&ctx, it.id, it.version, Status::Suspended).await.unwrap_err().kind,
        Failure::Conflict
    );
    assert_eq!(again(&t, it.id).await.purpose.as_deref(), Some("one"));
    let now = again(&t, it.id).await.version;
    let past = Change { ends_at: Some(Some(t.gov.now())), ..Change::default() };
    let long = Change { purpose: Some(Some("x".repeat(1_001))), ..Change::default() };
    let empty = Boundary { tools: vec![" ".into()], ..Boundary::default() };
    let empty = Change { boundary: Some(Some(empty)), ..Change::default() };
    for bad in [past, long, empty] {
        assert_eq!(t.gov.identity_change(&ctx, it.id, now, bad).await.unwrap_err().kind, Failure::Invalid);
    }
    let owner = as_person(&t, person(&t.gov, "ana@example.com").await, Role::Owner);
    assert_eq!(t.gov.identity_change(&owner, it.id, now, purpose("mine")).await.unwrap_err().kind, Failure::Forbidden);
    assert_eq!(again(&t, it.id).await.version, now);
}

async fn an_owner_keeps_it_and_it_counts_as_attested(t: Fresh) {
    let ana = person(&t.gov, "ana@example.com").await;
    let it = agent(&t, "payer", None).await;
    let it = t.gov.identity_own(&t.operator(), it.id, ana, None).await.unwrap();
    assert!(rules(&t.gov, &it).await.iter().any(|(r, _)| *r == Rule::NeverAttested));
    t.clock.advance(chrono::TimeDelta::hours(1));
    let ctx = as_person(&t, ana, Role::Owner);
    let kept = t.gov.identity_attest(&ctx, it.id, it.version, Answer::Keep, Some("needed until spring")).await.unwrap();
    assert_eq!(kept.attested_at, Some(t.gov.now()));
    assert_eq!(kept, again(&t, it.id).await);
    assert!(!rules(&t.gov, &it).await.iter().any(|(r, _)| *r == Rule::NeverAttested));
    let [leaf] = &leaves(&t, "identity.attested").await[..] else { panic!() };
    assert!(
        leaf.contains(r#""outcome":"keep""#) && leaf.contains(&ana.to_string()) && !leaf.contains("spring"),
        "{leaf}"
    );
    let answers = t.gov.attestation_list(&ctx, it.id, 10).await.unwrap();
    assert_eq!(
        (answers.len(), answers[0].answer, answers[0].note.as_deref()),
        (1, Answer::Keep, Some("needed until spring"))
    );
    let twice = t.gov.identity_attest(&ctx, it.id, it.version, Answer::Keep, None).await.unwrap_err();
    assert_eq!(twice.kind, Failure::Conflict, "the page was of an older version");
}

async fn not_mine_lets_the_backup_step_in(t: Fresh) {
    let (ana, bob) = (person(&t.gov, "ana@example.com").await, person(&t.gov, "bob@example.com").await);
    let it = agent(&t, "payer", Some(Environment::Production)).await;
    let it = t.gov.identity_own(&t.operator(), it.id, ana, Some(bob)).await.unwrap();
    t.clock.advance(chrono::TimeDelta::hours(1));
    let it = t
        .gov
        .identity_attest(&as_person(&t, ana, Role::Owner), it.id, it.version, Answer::NotMine, None)
        .await
        .unwrap();
    assert_eq!((it.owner, it.backup, it.attested_at), (Some(bob), None, None));
    assert!(rules(&t.gov, &it).await.iter().any(|(r, _)| *r == Rule::NoBackup));
    let it = t
        .gov
        .identity_attest(&as_person(&t, bob, Role::Owner), it.id, it.version, Answer::NotMine, None)
        .await
        .unwrap();
    assert_eq!((it.owner, it.backup), (None, None));
    assert!(rules(&t.gov, &it).await.iter().any(|(r, _)| *r == Rule::NoOwner));
    let open = "select count(*) as n from owner_periods where to_at is null";
    assert_eq!(t.gov.read().await.unwrap().one(open, &[]).await.unwrap().int("n").unwrap(), 0);
}

async fn retire_ends_what_is_permitted(t: Fresh) {
    let ana = person(&t.gov, "ana@example.com").await;
    let it = agent(&t, "payer", None).await;
    let it = t.gov.identity_own(&t.operator(), it.id, ana, None).await.unwrap();
    let ctx = as_person(&t, ana, Role::Owner);
    let after = t.gov.identity_attest(&ctx, it.id, it.version, Answer::Retire, None).await.unwrap();
    assert_eq!((after.status, after.epoch, after.ends_at), (Status::Retiring, it.epoch + 1, Some(t.gov.now())));
    let twice = t.gov.identity_attest(&ctx, it.id, after.version, Answer::Retire, None).await.unwrap_err();
    assert_eq!(twice.kind, Failure::Conflict);
}

async fn only_its_owners_answer(t: Fresh) {
    let (ana, bob) = (person(&t.gov, "ana@example.com").await, person(&t.gov, "bob@example.com").await);
    let it = agent(&t, "payer", None).await;
    let it = t.gov.identity_own(&t.operator(), it.id, ana, None).await.unwrap();
    let other = as_person(&t, bob, Role::Owner);
    let without_role = as_person(&t, ana, Role::Operator);
    for ctx in [other, without_role, t.operator()] {
        let e = t.gov.identity_attest(&ctx, it.id, it.version, Answer::Keep, None).await.unwrap_err();
        assert_eq!(e.kind, Failure::Forbidden);
    }
    assert!(leaves(&t, "identity.attested").await.is_empty());
}

async fn suspended_and_resumed(t: Fresh) {
    let ctx = t.operator();
    let it = agent(&t, "payer", None).await;
    let held = t.gov.identity_status(&ctx, it.id, it.version, Status::Suspended).await.unwrap();
    assert_eq!((held.status, held.suspended_at.is_some(), held.epoch), (Status::Suspended, true, it.epoch + 1));
    let back = t.gov.identity_status(&ctx, it.id, held.version, Status::Active).await.unwrap();
    assert_eq!((back.status, back.suspended_at), (Status::Active, None));
    let e = t.gov.identity_status(&ctx, it.id, back.version, Status::Active).await.unwrap_err();
    assert_eq!(e.kind, Failure::Conflict);
    assert_eq!(leaves(&t, "identity.changed").await.len(), 2);
}

async fn import_fixtures(t: &Fresh) {
    let files = crate::files(&[
        fixture("aws/authorization-1.json"),
        fixture("aws/authorization-2.json"),
        fixture("aws/advisor"),
    ]);
    let input = ImportInput { kind: source::Kind::AwsIam, files, name: None, allow_removals: false };
    t.gov.import_apply(&t.operator(), &input).await.unwrap();
}

async fn the_list_is_narrowed_by_what_is_wrong(t: Fresh) {
    let ctx = t.operator();
    import_fixtures(&t).await;
    let quiet = agent(&t, "observed", None).await;
    t.gov.identity_mode(&ctx, quiet.id, Mode::Observe).await.unwrap();
    t.gov.revoke(&ctx, &Target::Identity(quiet.id), "drill").await.unwrap();
    let want = Want { cursor: None, limit: 500 };
    let list = async |filter: Filter| -> BTreeSet<IdentityId> {
        let page = t.gov.identity_list(&ctx, &filter, &want).await.unwrap();
        let count = t.gov.identity_counts(&ctx, &filter).await.unwrap().matching;
        assert_eq!(count, i64::try_from(page.items.len()).unwrap(), "{filter:?}");
        page.items.into_iter().map(|l| l.identity.id).collect()
    };
    // each filter against the record of each identity
    let all = list(Filter::default()).await;
    let (mut open, mut unused, mut standing) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for id in &all {
        let record = t.gov.identity_show(&ctx, *id).await.unwrap();
        open.extend((!record.findings.is_empty()).then_some(*id));
        unused.extend(record.findings.iter().any(|f| f.found.rule == Rule::Unused90d).then_some(*id));
        let powerful =
            |e: &governance::entitlement::Entitlement| e.facts.privilege.is_privileged() && e.facts.is_standing();
        standing.extend(record.entitlements.iter().any(powerful).then_some(*id));
    }
    assert!(!unused.is_empty() && unused.len() < all.len() && !standing.is_empty() && standing.len() < all.len());
    assert_eq!(list(Filter { open: true, ..Filter::default() }).await, open);
    assert_eq!(list(Filter { unused: true, ..Filter::default() }).await, unused);
    assert_eq!(list(Filter { standing: true, ..Filter::default() }).await, standing);
    assert_eq!(list(Filter { unused: true, standing: true, ..Filter::default() }).await, &unused & &standing);
    for one in
        [Filter { mode: Some(Mode::Observe), ..Filter::default() }, Filter { stopped: true, ..Filter::default() }]
    {
        assert_eq!(list(one).await, [quiet.id].into());
    }
    let page = t.gov.identity_list(&ctx, &Filter { stopped: true, ..Filter::default() }, &want).await.unwrap();
    assert!(page.items[0].stopped && page.items[0].last_asked_at.is_none());
}

async fn a_revocation_is_read_back_with_its_paths(t: Fresh) {
    let ctx = t.operator();
    import_fixtures(&t).await;
    let page = t.gov.identity_list(&ctx, &Filter::default(), &Want { cursor: None, limit: 500 }).await.unwrap();
    let it =
        page.items.iter().find(|l| l.identity.external_ref.as_deref().is_some_and(|r| r.contains(":user/"))).unwrap();
    let before = t.gov.identity_dossier(&ctx, it.identity.id).await.unwrap();
    assert!(before.stops.is_empty() && before.revocations.is_empty());
    let done = t.gov.revoke(&ctx, &Target::Identity(it.identity.id), "left the company").await.unwrap();
    assert_eq!(before.paths.len(), done.paths.len(), "what was announced is what is done");
    let read = t.gov.revocation_get(&ctx, done.id).await.unwrap();
    assert_eq!((read.log_seq, read.reason.as_str(), read.ended), (done.log_seq, "left the company", done.ended));
    let paths: BTreeSet<_> =
        read.paths.iter().map(|p| (p.path.path.clone(), p.path.command.clone(), p.is_live())).collect();
    let want: BTreeSet<_> = done.paths.iter().map(|p| (p.path.clone(), p.command.clone(), p.state == "live")).collect();
    assert_eq!(paths, want);
    assert!(paths.iter().any(|(_, _, live)| *live) && paths.iter().any(|(_, _, live)| !live));
    let after = t.gov.identity_dossier(&ctx, it.identity.id).await.unwrap();
    assert_eq!((after.stops[0].revocation, after.stops[0].kind.as_str()), (done.id, "identity"));
    assert_eq!(after.revocations, [read]);
    let unknown = governance::id::RevocationId::new(t.gov.now(), [0; 10]);
    assert_eq!(t.gov.revocation_get(&ctx, unknown).await.unwrap_err().kind, Failure::NotFound);
}

async fn a_later_import_proves_a_path_ended(t: Fresh) {
    let ctx = t.operator();
    let mut files = crate::files(&[fixture("aws/authorization-1.json"), fixture("aws/authorization-2.json")]);
    files.extend(crate::files(&[fixture("aws/credential-report.csv")]));
    let mut input = ImportInput { kind: source::Kind::AwsIam, files, name: None, allow_removals: true };
    t.gov.import_apply(&ctx, &input).await.unwrap();
    let it = t.gov.identity_find(&ctx, "ci-upload").await.unwrap();
    let done = t.gov.revoke(&ctx, &Target::Identity(it.id), "key on a laptop").await.unwrap();
    let live = async || {
        let read = t.gov.revocation_get(&ctx, done.id).await.unwrap();
        read.paths.iter().filter(|p| p.is_live()).map(|p| p.path.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(live().await, ["access_key access key 1"]);
    // nothing new: nothing closes
    t.clock.advance(chrono::TimeDelta::hours(1));
    t.gov.import_apply(&ctx, &input).await.unwrap();
    assert_eq!(live().await.len(), 1);
    let report = String::from_utf8(input.files[2].1.clone()).unwrap();
    let off = report.replace("false,N/A,N/A,N/A,false,true,2025-02-01", "false,N/A,N/A,N/A,false,false,2025-02-01");
    assert_ne!(report, off);
    input.files[2].1 = off.into_bytes();
    t.gov.import_apply(&ctx, &input).await.unwrap();
    assert_eq!(live().await, Vec::<String>::new());
    let read = t.gov.revocation_get(&ctx, done.id).await.unwrap();
    let closed = read.paths.iter().find(|p| p.path.state == "live").unwrap();
    assert_eq!(closed.closed_at, Some(t.gov.now()));
    let [leaf] = &leaves(&t, "revocation.path_closed").await[..] else { panic!() };
    assert!(leaf.contains(&done.id.to_string()) && leaf.contains(&it.id.to_string()), "{leaf}");
    t.gov.import_apply(&ctx, &input).await.unwrap();
    assert_eq!(leaves(&t, "revocation.path_closed").await.len(), 1, "a path closes once");
}

async fn a_record_says_what_happened_around_it(t: Fresh) {
    let ana = person(&t.gov, "ana@example.com").await;
    let it = agent(&t, "payer", None).await;
    let mine = t.gov.identity_own(&t.operator(), it.id, ana, None).await.unwrap();
    t.gov.identity_attest(&as_person(&t, ana, Role::Owner), it.id, mine.version, Answer::Keep, None).await.unwrap();
    // an owner's stop reaches what the owner has, and says so on each record
    let owner_stop = t.gov.revoke(&t.operator(), &Target::Owner(ana), "account taken over").await.unwrap();
    let other = agent(&t, "other", None).await;
    let dossier = t.gov.identity_dossier(&t.operator(), it.id).await.unwrap();
    assert_eq!(
        dossier.stops.iter().map(|s| (s.kind.as_str(), s.revocation)).collect::<Vec<_>>(),
        [("owner", owner_stop.id)]
    );
    assert_eq!(dossier.revocations.iter().map(|r| r.id).collect::<Vec<_>>(), [owner_stop.id]);
    assert_eq!(dossier.attestations.len(), 1);
    assert!(dossier.decisions.is_empty() && dossier.acts.is_empty() && dossier.keys.is_empty());
    let untouched = t.gov.identity_dossier(&t.operator(), other.id).await.unwrap();
    assert!(untouched.stops.is_empty() && untouched.revocations.is_empty());
}
