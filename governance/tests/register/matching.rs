//! One identity from many sightings: joined by strong keys at an import, merged, split and undone by people.
use governance::{
    engine::{
        identities::NewIdentity,
        imports::{ImportInput, ImportReport},
    },
    error::Kind as Failure,
    id::{IdentityId, SightingId},
    identity::{Kind, Mode, Status, record::Record},
    import::sheet::mapping::Given,
    matching::{Sort, Strength},
    on_every_database, source,
    testkit::Fresh,
};
use std::collections::BTreeSet;

on_every_database! {
    the_same_arn_in_two_sources_is_one_identity
    a_key_that_points_at_two_joins_nothing
    two_of_one_source_stay_two
    an_identity_lives_while_one_source_shows_it
    one_that_a_person_retired_is_not_joined
    sources_imported_before_there_were_keys_are_caught_up_with
    a_merge_moves_what_sources_gave_and_nothing_people_said
    what_stands_against_a_merge_is_said
    undoing_gives_back_what_came_with_it
    an_undoing_that_is_impossible_is_refused
    a_split_makes_a_new_identity_that_imports_keep_apart
    only_who_may_change_the_register_decides
    alike_names_are_suggested_with_their_reasons
    what_is_told_apart_is_not_suggested_again
    what_acts_as_another_is_not_that_one
}

pub const ROLE: &str = "arn:aws:iam::111122223333:role/night-batch";
const HEAD: &str = "Id,Name,Right,Key,Used,Env,Owner\n";

/// A list as a source of this name.
pub fn list(name: &str, rows: &str) -> ImportInput {
    let files = vec![(format!("{name}.csv"), format!("{HEAD}{rows}").into_bytes())];
    ImportInput { kind: source::Kind::Csv, files, name: Some(name.into()), allow_removals: true }
}
fn given() -> Given {
    let map = "Id=id,Name=name,Right=entitlement,Key=key_id,Used=last_used,Env=environment,Owner=owner";
    Given { columns: Some(governance::import::sheet::mapping::parse(map).unwrap()), ..Given::default() }
}
/// Imports as its dry run says, and a second time without any change.
pub async fn bring(t: &Fresh, name: &str, rows: &str) -> ImportReport {
    t.clock.advance(chrono::TimeDelta::seconds(1));
    let (ctx, input) = (t.operator(), list(name, rows));
    let dry = t.gov.import_mapped_dry_run(&ctx, &input, &given()).await.unwrap();
    let done = t.gov.import_mapped(&ctx, &input, &given()).await.unwrap();
    assert_eq!(done.problems, [], "{name}");
    assert_eq!((dry.summary, &dry.sources[0].matched), (done.summary, &done.sources[0].matched), "{name}");
    unchanged(t, name, rows).await;
    done
}
pub async fn unchanged(t: &Fresh, name: &str, rows: &str) {
    let again = t.gov.import_mapped(&t.operator(), &list(name, rows), &given()).await.unwrap();
    assert_eq!((&again.sources[0].changes[..], &again.sources[0].matched[..]), (&[][..], &[][..]), "{name} again");
}
pub async fn show(t: &Fresh, name: &str) -> Record {
    let it = t.gov.identity_find(&t.operator(), name).await.unwrap();
    t.gov.identity_show(&t.operator(), it.id).await.unwrap()
}
/// What sources show of it now, in order.
pub fn live(record: &Record) -> Vec<(String, String)> {
    let shown = record.monitoring.sources.iter().filter(|s| s.sighting.gone_at.is_none());
    let mut all: Vec<_> =
        shown.filter_map(|s| Some((s.source.as_ref()?.scope.clone(), s.sighting.principal.clone()))).collect();
    all.sort();
    all
}
fn pair(a: &str, b: &str) -> (String, String) {
    (a.into(), b.into())
}
fn rights(record: &Record) -> BTreeSet<&str> {
    record.entitlements.iter().map(|e| e.key.action.as_str()).collect()
}
pub async fn merge(t: &Fresh, keep: &str, other: &str) -> Result<(), (Failure, String)> {
    let (keep, other) = (show(t, keep).await.identity, show(t, other).await.identity);
    let done = t.gov.identity_merge(&t.operator(), (keep.id, keep.version), (other.id, other.version)).await;
    done.map(drop).map_err(|e| (e.kind, e.detail))
}
async fn unmerge(t: &Fresh, id: IdentityId) -> Result<(), (Failure, String)> {
    t.gov.identity_unmerge(&t.operator(), id).await.map(drop).map_err(|e| (e.kind, e.detail))
}
fn sighting(record: &Record, scope: &str) -> SightingId {
    let of = |s: &&governance::identity::record::Shown| s.source.as_ref().is_some_and(|s| s.scope == scope);
    record.monitoring.sources.iter().find(of).unwrap().sighting.id
}
async fn split(t: &Fresh, name: &str, scope: &str) -> Result<String, (Failure, String)> {
    let record = show(t, name).await;
    let it = &record.identity;
    let done = t.gov.identity_split(&t.operator(), (it.id, it.version), sighting(&record, scope)).await;
    done.map(|new| new.name).map_err(|e| (e.kind, e.detail))
}

async fn the_same_arn_in_two_sources_is_one_identity(t: Fresh) {
    bring(&t, "aws list", &format!("{ROLE},night-batch,s3:GetObject,,2026-11-01,prod,\n")).await;
    let second =
        bring(&t, "cmdb", &format!("{ROLE},Nightly batch job,reader,,2026-11-05,test,\nother,other,,,,,\n")).await;
    assert_eq!((second.summary.identities.new, second.summary.matched), (1, 1));
    let matched = &second.sources[0].matched[0];
    assert_eq!(
        (matched.principal.as_str(), matched.key.sort, matched.source_name.as_str()),
        (ROLE, Sort::AwsArn, "aws list")
    );
    let it = show(&t, "night-batch").await;
    assert_eq!(live(&it), [pair("aws list", ROLE), pair("cmdb", ROLE)]);
    assert_eq!(rights(&it), BTreeSet::from(["reader", "s3:GetObject"]));
    // the source it came with is the one that counts; of use the latest does
    assert_eq!(it.identity.environment.unwrap().as_str(), "production");
    assert_eq!(it.identity.last_used_at.unwrap().to_string(), "2026-11-05T00:00:00.000000Z");
    bring(&t, "cmdb", &format!("{ROLE},Nightly batch job,reader,,2026-11-05,dev,\nother,other,,,,,\n")).await;
    assert_eq!(show(&t, "night-batch").await.identity.environment.unwrap().as_str(), "production");
}

async fn a_key_that_points_at_two_joins_nothing(t: Fresh) {
    bring(&t, "a", "arn:aws:iam::111122223333:role/x,x,,,,,\n").await;
    bring(&t, "b", "y,y,,AKIAIOSFODNN7EXAMPLE,,,\n").await;
    // by its id the one, by its key the other
    let third = bring(&t, "c", "arn:aws:iam::111122223333:role/x,z,,AKIAIOSFODNN7EXAMPLE,,,\n").await;
    assert_eq!((third.summary.identities.new, third.summary.matched), (1, 0));
    let all = t.gov.match_list(&t.operator()).await.unwrap();
    let of_z = all.suggestions.iter().filter(|s| s.keep.name == "z" || s.other.name == "z");
    let of_z: Vec<_> = of_z.map(|s| (s.strength, s.reasons.clone())).collect();
    assert_eq!(
        of_z,
        [
            (Strength::Likely, vec!["the same ARN: arn:aws:iam::111122223333:role/x".to_owned()]),
            (Strength::Likely, vec!["the same access key id: AKIAIOSFODNN7EXAMPLE".to_owned()]),
        ]
    );
}

async fn two_of_one_source_stay_two(t: Fresh) {
    let (short, long) = ("a@p.iam.gserviceaccount.com", "serviceAccount:a@p.iam.gserviceaccount.com");
    bring(&t, "one", &format!("{short},first,,,,,\n")).await;
    let two = bring(&t, "two", &format!("{short},second,,,,,\n{long},third,,,,,\n")).await;
    assert_eq!((two.summary.identities.new, two.summary.matched), (2, 0));
    let refused = merge(&t, "second", "third").await.unwrap_err();
    assert_eq!(
        (refused.0, refused.1.contains("two shows second and third as two")),
        (Failure::Conflict, true),
        "{}",
        refused.1
    );
    let all = t.gov.match_list(&t.operator()).await.unwrap().suggestions;
    let names: BTreeSet<_> = all.iter().map(|s| (s.keep.name.as_str(), s.other.name.as_str())).collect();
    assert_eq!(names, BTreeSet::from([("first", "second"), ("first", "third")]));
}

async fn an_identity_lives_while_one_source_shows_it(t: Fresh) {
    let row = format!("{ROLE},night-batch,right-a,,,,\n");
    bring(&t, "a", &format!("{row}rest,rest,,,,,\n")).await;
    bring(&t, "b", &format!("{ROLE},night-batch,right-b,,,,\nrest-b,rest-b,,,,,\n")).await;
    bring(&t, "a", "rest,rest,,,,,\n").await;
    let it = show(&t, "night-batch").await;
    assert_eq!((it.identity.status, rights(&it)), (Status::Active, BTreeSet::from(["right-b"])));
    t.clock.advance(chrono::TimeDelta::hours(1));
    bring(&t, "b", "rest-b,rest-b,,,,,\n").await;
    assert_eq!(show(&t, "night-batch").await.identity.status, Status::Retired);
    t.clock.advance(chrono::TimeDelta::hours(1));
    bring(&t, "a", &format!("{row}rest,rest,,,,,\n")).await;
    let it = show(&t, "night-batch").await;
    assert_eq!((it.identity.status, rights(&it)), (Status::Active, BTreeSet::from(["right-a"])));
    // what another source shows later under its key is it, too
    bring(&t, "c", &format!("{ROLE},third name,,,,,\n")).await;
    assert_eq!(live(&show(&t, "night-batch").await).len(), 2);
}

async fn one_that_a_person_retired_is_not_joined(t: Fresh) {
    bring(&t, "a", &format!("{ROLE},night-batch,,,,,\n")).await;
    let it = show(&t, "night-batch").await.identity;
    t.gov.identity_status(&t.operator(), it.id, it.version, Status::Retired).await.unwrap();
    let second = bring(&t, "b", &format!("{ROLE},still there,,,,,\n")).await;
    assert_eq!((second.summary.identities.new, second.summary.matched), (1, 0));
    assert_eq!(show(&t, "still there").await.identity.status, Status::Active);
}

async fn sources_imported_before_there_were_keys_are_caught_up_with(t: Fresh) {
    bring(&t, "a", &format!("{ROLE},night-batch,,,,,\n")).await;
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    w.tx.execute("delete from principal_terms", &[]).await.unwrap();
    w.tx.execute("update sources set terms_version = 0", &[]).await.unwrap();
    let event = governance::log::event::Event::new(governance::log::event::EventKind::SettingChanged, "operator:test");
    w.append(event).await.unwrap();
    w.commit().await.unwrap();
    let input = list("b", &format!("{ROLE},again,,,,,\n"));
    let done = t.gov.import_mapped(&t.operator(), &input, &given()).await.unwrap();
    assert_eq!(done.summary.matched, 1);
}

/// `lead` in two sources and `twin` in a third, each with a right and a key of its own.
async fn two(t: &Fresh) -> (Record, Record) {
    bring(t, "a", &format!("{ROLE},lead,right-a,key-a,2026-10-01,,\n")).await;
    bring(t, "b", &format!("{ROLE},lead,right-b,key-b,,,\n")).await;
    bring(t, "c", "c-7,twin,right-c,key-c,2026-11-02,prod,\n").await;
    (show(t, "lead").await, show(t, "twin").await)
}
async fn two_again(t: &Fresh) {
    unchanged(t, "a", &format!("{ROLE},lead,right-a,key-a,2026-10-01,,\n")).await;
    unchanged(t, "b", &format!("{ROLE},lead,right-b,key-b,,,\n")).await;
    unchanged(t, "c", "c-7,twin,right-c,key-c,2026-11-02,prod,\n").await;
}

async fn a_merge_moves_what_sources_gave_and_nothing_people_said(t: Fresh) {
    let (lead, twin) = two(&t).await;
    let ctx = t.operator();
    t.gov.identity_mode(&ctx, twin.identity.id, Mode::Observe).await.unwrap();
    merge(&t, "lead", "twin").await.unwrap();
    let (kept, gone) = (show(&t, "lead").await, show(&t, "twin").await);
    assert_eq!(live(&kept), [pair("a", ROLE), pair("b", ROLE), pair("c", "c-7")]);
    assert_eq!(rights(&kept), BTreeSet::from(["right-a", "right-b", "right-c"]));
    assert_eq!((kept.credentials.len(), gone.entitlements.len(), gone.credentials.len()), (3, 0, 0));
    assert_eq!(kept.identity.last_used_at, twin.identity.last_used_at);
    assert_eq!((kept.identity.mode, kept.identity.status), (Mode::Enforce, Status::Active));
    assert_eq!((kept.identity.environment, kept.identity.epoch), (lead.identity.environment, lead.identity.epoch));
    assert_eq!((gone.identity.status, gone.identity.epoch), (Status::Retired, twin.identity.epoch + 1));
    assert_eq!(gone.findings, []);
    let merges = t.gov.identity_merges(&ctx, kept.identity.id).await.unwrap();
    assert_eq!((merges[0].name.as_str(), merges[0].kept_name.as_str(), merges[0].undone_at), ("twin", "lead", None));
    two_again(&t).await;
    assert_eq!(live(&show(&t, "lead").await).len(), 3);
    // gone and back, it is still this one
    bring(&t, "c", "x,x,,,,,\n").await;
    assert_eq!(rights(&show(&t, "lead").await), BTreeSet::from(["right-a", "right-b"]));
    bring(&t, "c", "x,x,,,,,\nc-7,twin,right-c,key-c,2026-11-02,prod,\n").await;
    assert_eq!(live(&show(&t, "lead").await).len(), 3);
    assert_eq!(show(&t, "twin").await.identity.status, Status::Retired);
    let back =
        t.gov.identity_status(&ctx, gone.identity.id, show(&t, "twin").await.identity.version, Status::Active).await;
    assert!(back.unwrap_err().detail.contains("merged into lead"));
}

async fn what_stands_against_a_merge_is_said(t: Fresh) {
    two(&t).await;
    let refused = merge(&t, "lead", "lead").await.unwrap_err();
    assert_eq!(refused.0, Failure::Invalid);
    bring(&t, "d", &format!("{ROLE},x,,,,,\nd-2,second of d,,,,,\n")).await;
    let refused = merge(&t, "lead", "second of d").await.unwrap_err();
    assert!(refused.1.starts_with("d shows lead and second of d as two"), "{}", refused.1);
    // also once it was there
    bring(&t, "d", "d-2,second of d,,,,,\n").await;
    assert_eq!(merge(&t, "lead", "second of d").await.unwrap_err().0, Failure::Conflict);
    let twin = show(&t, "twin").await.identity;
    let target = governance::revocation::Target::Identity(twin.id);
    t.gov.revoke(&t.operator(), &target, "lost its key").await.unwrap();
    let refused = merge(&t, "lead", "twin").await.unwrap_err();
    assert!(refused.1.contains("twin is stopped by rev_"), "{}", refused.1);
    let stale = t.gov.identity_merge(&t.operator(), (show(&t, "lead").await.identity.id, 0), (twin.id, 99)).await;
    assert_eq!(stale.unwrap_err().kind, Failure::Conflict);
}

async fn undoing_gives_back_what_came_with_it(t: Fresh) {
    let (lead, twin) = two(&t).await;
    let it = &twin.identity;
    t.gov.identity_status(&t.operator(), it.id, it.version, Status::Suspended).await.unwrap();
    merge(&t, "lead", "twin").await.unwrap();
    t.clock.advance(chrono::TimeDelta::days(1));
    unmerge(&t, it.id).await.unwrap();
    let (kept, back) = (show(&t, "lead").await, show(&t, "twin").await);
    assert_eq!((live(&kept), live(&back)), (live(&lead), live(&twin)));
    assert_eq!((rights(&kept), rights(&back)), (rights(&lead), rights(&twin)));
    assert_eq!((kept.credentials, back.credentials), (lead.credentials, twin.credentials));
    assert_eq!((back.identity.status, back.identity.retired_at), (Status::Suspended, None));
    assert!(back.identity.suspended_at.is_some());
    assert_eq!(kept.identity.last_used_at, lead.identity.last_used_at);
    assert_eq!(kept.identity.first_seen_at, lead.identity.first_seen_at);
    two_again(&t).await;
    assert_eq!(unmerge(&t, it.id).await.unwrap_err().0, Failure::Conflict);
    merge(&t, "lead", "twin").await.unwrap();
    // what its source stopped showing meanwhile comes back as gone
    bring(&t, "c", "x,x,,,,,\n").await;
    unmerge(&t, it.id).await.unwrap();
    assert_eq!(show(&t, "twin").await.identity.status, Status::Retired);
    bring(&t, "c", "x,x,,,,,\nc-7,twin,right-c,key-c,2026-11-02,prod,\n").await;
    assert_eq!(show(&t, "twin").await.identity.status, Status::Active);
}

async fn an_undoing_that_is_impossible_is_refused(t: Fresh) {
    let (_, twin) = two(&t).await;
    merge(&t, "lead", "twin").await.unwrap();
    let new = split(&t, "lead", "c").await.unwrap();
    assert_eq!(new, "twin@c");
    let refused = unmerge(&t, twin.identity.id).await.unwrap_err();
    assert!(refused.1.contains("belongs to twin@c now"), "{}", refused.1);
    two_again(&t).await;
    assert_eq!(live(&show(&t, "twin@c").await), [pair("c", "c-7")]);
}

async fn a_split_makes_a_new_identity_that_imports_keep_apart(t: Fresh) {
    two(&t).await;
    let new = split(&t, "lead", "a").await.unwrap();
    let (rest, new) = (show(&t, "lead").await, show(&t, &new).await);
    assert_eq!((live(&rest), live(&new)), (vec![pair("b", ROLE)], vec![pair("a", ROLE)]));
    assert_eq!((rights(&rest), rights(&new)), (BTreeSet::from(["right-b"]), BTreeSet::from(["right-a"])));
    assert_eq!((new.identity.owner, new.identity.status, new.identity.name.as_str()), (None, Status::Active, "lead@a"));
    two_again(&t).await;
    assert_eq!(live(&show(&t, "lead@a").await), [pair("a", ROLE)]);
    let again = t.gov.match_of(&t.operator(), new.identity.id).await.unwrap();
    assert_eq!(again.suggestions, [], "they were told apart");
    let refused = split(&t, "lead", "b").await.unwrap_err();
    assert!(refused.1.contains("nothing would be left"), "{}", refused.1);
    // gone and back
    bring(&t, "a", "x,x,,,,,\n").await;
    assert_eq!(show(&t, "lead@a").await.identity.status, Status::Retired);
    bring(&t, "a", &format!("x,x,,,,,\n{ROLE},lead,right-a,key-a,2026-10-01,,\n")).await;
    assert_eq!(live(&show(&t, "lead@a").await), [pair("a", ROLE)]);
    // two that were split may be said to be one after all
    merge(&t, "lead", "lead@a").await.unwrap();
    assert_eq!(live(&show(&t, "lead").await).len(), 2);
}

async fn only_who_may_change_the_register_decides(t: Fresh) {
    use governance::engine::{Actor, Role};
    let (lead, twin) = two(&t).await;
    let olga = super::identities::person(&t.gov, "olga@example.com").await;
    let ctx = t.gov.ctx(Actor::Person { id: olga, roles: [Role::Owner, Role::Approver, Role::Auditor].into() });
    let size = t.gov.log_size().await.unwrap();
    let (a, b) = (&lead.identity, &twin.identity);
    let refused = [
        t.gov.identity_merge(&ctx, (a.id, a.version), (b.id, b.version)).await.unwrap_err().kind,
        t.gov.identity_split(&ctx, (a.id, a.version), sighting(&lead, "a")).await.unwrap_err().kind,
        t.gov.identity_unmerge(&ctx, b.id).await.unwrap_err().kind,
        t.gov.identity_tell_apart(&ctx, a.id, b.id).await.unwrap_err().kind,
    ];
    assert_eq!(refused, [Failure::Forbidden; 4]);
    assert_eq!(t.gov.log_size().await.unwrap(), size);
    assert!(t.gov.match_list(&ctx).await.is_ok());
}

async fn alike_names_are_suggested_with_their_reasons(t: Fresh) {
    bring(&t, "a", "a-1,svc-invoice-export,,,,,ana@example.com\na-2,default,,,,,\na-3,payroll-prod,,,,,\n").await;
    bring(&t, "b", "b-1,Invoice Export,,,,,Ana@example.com\nb-2,default,,,,,\nb-3,payroll-dev,,,,,\n").await;
    bring(&t, "c", "c-1,invoice_export,,,,,\n").await;
    t.clock.advance(chrono::TimeDelta::seconds(1));
    t.gov.identity_add(&t.operator(), NewIdentity::named("InvoiceExport", Kind::Agent)).await.unwrap();
    let all = t.gov.match_list(&t.operator()).await.unwrap().suggestions;
    let told: Vec<_> =
        all.iter().map(|s| (s.keep.name.as_str(), s.other.name.as_str(), s.strength, s.reasons.join("; "))).collect();
    let alike = "names alike: invoiceexport".to_owned();
    let mut names: Vec<_> = told.iter().map(|(a, b, s, _)| format!("{a} = {b}: {s}")).collect();
    assert_eq!(told[0].3, format!("{alike}; the same owner: ana@example.com"));
    names.sort();
    assert_eq!(
        names,
        [
            "Invoice Export = InvoiceExport: possible",
            "Invoice Export = invoice_export: possible",
            "invoice_export = InvoiceExport: possible",
            "svc-invoice-export = Invoice Export: likely",
            "svc-invoice-export = InvoiceExport: possible",
            "svc-invoice-export = invoice_export: possible",
        ]
    );
    let hand = show(&t, "InvoiceExport").await.identity.id;
    assert_eq!(t.gov.match_of(&t.operator(), hand).await.unwrap().suggestions.len(), 3);
}

async fn what_is_told_apart_is_not_suggested_again(t: Fresh) {
    bring(&t, "a", "a-1,invoice-export,,,,,\n").await;
    bring(&t, "b", "b-1,invoice-export,,,,,\n").await;
    let first = t.gov.match_list(&t.operator()).await.unwrap().suggestions.remove(0);
    assert_eq!((first.reasons, first.strength), (vec!["the same name".to_owned()], Strength::Possible));
    let size = t.gov.log_size().await.unwrap();
    for _ in 0..2 {
        t.gov.identity_tell_apart(&t.operator(), first.other.id, first.keep.id).await.unwrap();
    }
    assert_eq!(t.gov.log_size().await.unwrap(), size + 1);
    assert_eq!(t.gov.match_list(&t.operator()).await.unwrap().suggestions, []);
    unchanged(&t, "b", "b-1,invoice-export,,,,,\n").await;
    assert_eq!(t.gov.match_of(&t.operator(), first.keep.id).await.unwrap().suggestions, []);
}

async fn what_acts_as_another_is_not_that_one(t: Fresh) {
    let account = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": [
        { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "night-batch", "namespace": "jobs",
          "annotations": { "eks.amazonaws.com/role-arn": ROLE } } },
    ] });
    let files = vec![("accounts.json".to_owned(), account.to_string().into_bytes())];
    let input = ImportInput { kind: source::Kind::Kubernetes, files, name: Some("prod".into()), allow_removals: false };
    t.gov.import_apply(&t.operator(), &input).await.unwrap();
    bring(&t, "a", &format!("{ROLE},night-batch,,,,,\n")).await;
    bring(&t, "b", "b-9,night-batch,,,,,\n").await;
    let all = t.gov.match_list(&t.operator()).await.unwrap().suggestions;
    let names: BTreeSet<_> =
        all.iter().map(|s| BTreeSet::from([s.keep.name.as_str(), s.other.name.as_str()])).collect();
    assert_eq!(
        names,
        BTreeSet::from([
            BTreeSet::from(["jobs/night-batch", "night-batch@b"]),
            BTreeSet::from(["night-batch", "night-batch@b"])
        ])
    );
}
