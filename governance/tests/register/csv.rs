//! A list of one's own: what its columns mean is said once; what is read, kept, refused; and the way into the register.
use super::{fixture, hostile};
use governance::{
    credential,
    engine::imports::{ImportInput, ImportReport},
    engine::{Actor, Role},
    entitlement::Privilege,
    error::{Kind as Failure, Result},
    finding::Rule,
    identity::{Environment, Kind, Status},
    import::{
        diff::{Tally, apply, diff},
        retain::retain,
        sheet::{
            mapping::{Dates, Given, parse},
            {layout::settle, read::read, rows::Rows},
        },
        snapshot::{Parsed, Principal, Snapshot},
    },
    on_every_database, source, store,
    testkit::Fresh,
};

const MAP: &str = "Account=name,Type=kind,Env=environment,Owner e-mail=owner,Created=created,Last login=last_used,\
                   Role=entitlement,System=resource,Key ID=key_id,Key last rotated=key_rotated,Remarks=note";

fn accounts() -> String {
    std::fs::read_to_string(fixture("csv/accounts.csv")).unwrap()
}
fn given(map: &str) -> Given {
    Given { columns: Some(parse(map).unwrap()), ..Given::default() }
}
fn parsed(text: &[u8], given: &Given) -> Result<Parsed> {
    let rows = Rows::read("l.csv", text)?;
    read(&rows, &settle("l.csv", "list", &rows.header, given, None)?)
}
fn list(text: &str, map: &str) -> Parsed {
    parsed(text.as_bytes(), &given(map)).unwrap()
}
fn problems(of: &Parsed) -> Vec<String> {
    of.problems.iter().map(ToString::to_string).collect()
}
fn rows(p: &Principal) -> Vec<(&str, &str, Privilege)> {
    p.entitlements.iter().map(|(k, f)| (k.action.as_str(), k.resource.as_str(), f.privilege)).collect()
}

#[test]
fn a_list_is_read_as_it_was_mapped() {
    let got = list(&accounts(), MAP);
    assert_eq!(problems(&got), [""; 0]);
    let names: Vec<_> = got.snapshot.principals.iter().map(|(key, p)| (key.as_str(), p.claim.kind)).collect();
    assert_eq!(
        names,
        [
            ("old-sync", Kind::Workload),
            ("report-bot", Kind::Agent),
            ("svc-billing", Kind::ServiceAccount),
            ("tidy-up", Kind::ServiceAccount),
        ]
    );
    assert_eq!(got.set_aside[0].principal, "ana");
    let billing = &got.snapshot.principals["svc-billing"];
    assert_eq!(billing.claim.environment, Some(Environment::Production));
    assert_eq!(billing.claim.created_at.unwrap().to_string(), "2024-03-01T00:00:00.000000Z");
    assert_eq!(billing.claim.last_used_at.unwrap().to_string(), "2026-11-20T08:15:00.000000Z");
    assert_eq!(
        rows(billing),
        [("BillingAdmin", "ledger", Privilege::Administrative), ("reader", "archive", Privilege::Read)]
    );
    let key = &billing.credentials["K-1001"];
    assert_eq!((key.kind, key.active, key.exposed), (credential::Kind::AccessKey, true, false));
    assert_eq!(key.last_rotated_at.unwrap().to_string(), "2025-01-10T00:00:00.000000Z");
    let notes: Vec<_> = billing.claim.notes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(notes, [("column Remarks", "Old one; kept for the audit"), ("owner", "ana@example.com")]);
    // a formula is text, and silence is not disuse
    let bot = &got.snapshot.principals["report-bot"];
    assert_eq!(rows(bot), [("=HYPERLINK(\"x\")", "mail", Privilege::Unknown)]);
    let used = |name: &str| {
        (got.snapshot.principals[name].claim.usage_reported, got.snapshot.principals[name].claim.last_used_at)
    };
    assert_eq!((used("report-bot"), used("old-sync")), ((false, None), (true, None)));
    assert!(
        billing.entitlements.values().all(|f| !f.usage_reported),
        "the use is of the identity, not of what it holds"
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_counts() {
    let got = list(
        "Id,Name,Type,Env,Created,Role,Ends\n\
         a,Alpha,toaster,prod,yesterday,admin,2027-01-01\n\
         ,Nobody,,,,,\n\
         b,Beta,agent,moon,2025-01-01,reader,soon\n\
         c,Gamma,agent,-,n/a,,\n",
        "Id=id,Name=name,Type=kind,Env=environment,Created=created,Role=entitlement,Ends=expires",
    );
    let kinds = "not a kind of identity: one of agent, service_account, workload, pipeline, api_key";
    let date = "not a date: 2025-04-03, 2025-04-03 09:30 or RFC 3339";
    assert_eq!(
        problems(&got),
        [
            format!("l.csv: line 2, column \"Type\": {kinds}"),
            format!("l.csv: line 2, column \"Created\": {date}"),
            "l.csv: line 3, column \"Id\": it is empty: nothing says which identity the row is of".into(),
            "l.csv: line 4, column \"Env\": not an environment: one of production, staging, test, development".into(),
            format!("l.csv: line 4, column \"Ends\": {date}"),
        ]
    );
    assert_eq!(rows(&got.snapshot.principals["a"]), [("admin", "not said", Privilege::Administrative)]);
    assert!(got.snapshot.principals["a"].entitlements.values().all(|f| f.expires_at.is_some()));
    assert_eq!(got.snapshot.principals["b"].claim.name, "Beta");
    assert!(got.partial.contains("a") && got.partial.contains("b") && got.unnamed);
}

#[test]
fn what_the_register_knows_survives_a_slip_of_the_pen() {
    let map = "N=name,T=kind,E=environment,C=created,R=entitlement,X=expires,K=key_id,D=key_rotated";
    let header = "N,T,E,C,R,X,K,D\n";
    let known =
        list(&format!("{header}a,agent,prod,2025-01-01,read,2027-01-01,k1,2025-02-02\nb,agent,,,,,,\n"), map).snapshot;
    let slip = list(&format!("{header}a,agnet,prd1,2025-1x,read,later,k1,2025-02-31\nb,agent,,,,,,\n"), map);
    assert_eq!(slip.problems.len(), 5);
    assert_eq!(diff(&known, &retain(&known, &slip)), []);
    // a row that nobody can be told of: of none is anything taken to be gone
    let torn = list(&format!("{header}a,agent\nb,agent,,,,,,\n"), map);
    assert_eq!(problems(&torn), ["l.csv: line 2: 2 cells, the header has 8"]);
    assert_eq!(diff(&known, &retain(&known, &torn)), []);
    let gone = list(&format!("{header}b,agent,,,,,,\n"), map);
    assert_eq!(retain(&known, &gone).principals.len(), 1, "what a good list does not show is gone");
}

#[test]
fn rows_of_one_identity_are_one_story() {
    let map = "N=name,E=environment,O=owner,R=entitlement,X=expires,K=key_id,D=key_created";
    let got = list(
        "N,E,O,R,X,K,D\n\
         a,prod,x@y.z,read,2027-01-01,,\n\
         a,PROD,,write;deploy,,k1,2025-01-01\n\
         a,test,x@y.z,read,2028-01-01,k1,2025-01-02\n\
         a,prod,x@y.z,read,2027-01-01,,\n",
        map,
    );
    assert_eq!(
        problems(&got),
        [
            "l.csv: line 4, column \"E\": it contradicts line 2, which counts",
            "l.csv: line 4, column \"X\": it contradicts line 2, which counts",
            "l.csv: line 4, column \"K\": what it says of the key contradicts line 3, which counts",
            "l.csv: line 5: the same identity as in line 2, without another entitlement or key",
        ]
    );
    let a = &got.snapshot.principals["a"];
    assert_eq!(a.claim.environment, Some(Environment::Production));
    let held: Vec<_> = a.entitlements.keys().map(|k| k.action.as_str()).collect();
    assert_eq!((held, a.credentials.len()), (vec!["deploy", "read", "write"], 1));
    assert!(got.partial.contains("a") && !got.unnamed);
}

#[test]
fn a_date_that_could_be_meant_either_way_is_refused() {
    let text = b"N,C\na,2025-01-01\nb,03/04/2025\n";
    let map = given("N=name,C=created");
    let said = parsed(text, &map).unwrap_err().detail;
    assert!(said.contains("l.csv: line 3, column \"C\"") && said.contains("--dates dmy or mdy"), "{said}");
    let made = |dates| {
        let got = parsed(text, &Given { dates: Some(dates), ..map.clone() }).unwrap();
        got.snapshot.principals["b"].claim.created_at.unwrap().to_string()
    };
    assert_eq!(made(Dates::DayFirst), "2025-04-03T00:00:00.000000Z");
    assert_eq!(made(Dates::MonthFirst), "2025-03-04T00:00:00.000000Z");
}

#[test]
fn a_secret_is_in_no_message_and_in_no_fact() {
    let token = |n: u32| format!("{}_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r{n}", "ghp");
    let text = format!(
        "N,R,K,M,P\na,read,{0},{0},x\na,write,{1},,\n{0},read,,,\nb,{0},AKIA{2},see https://u:{0}@h.example/x,{0}\n",
        token(1),
        token(2),
        "IOSFODNN7QWERTYU"
    );
    let got = list(&text, "N=name,R=entitlement,K=key_id,M=note,P=purpose");
    let said = serde_json::to_string(&got).unwrap();
    assert!(!said.contains("A1b2C3d4"), "{said}");
    assert!(problems(&got)[0].contains("line 4, column \"N\": it looks like a secret"), "{:?}", got.problems);
    let keys = |name: &str| -> Vec<_> {
        got.snapshot.principals[name].credentials.iter().map(|(k, f)| (k.clone(), f.exposed)).collect()
    };
    assert_eq!(keys("a"), [("key 1".to_owned(), true), ("key 2".into(), true)]);
    assert_eq!(keys("b"), [("AKIAIOSFODNN7QWERTYU".to_owned(), false)], "the id of a key is no secret");
    assert!(
        got.notes.iter().any(|n| n.contains("look like secrets were left out: \"R\", \"K\", \"M\", \"P\"")),
        "{:?}",
        got.notes
    );
}

#[test]
fn a_list_cut_anywhere_never_stops_the_reader() {
    let text = accounts();
    let full = list(&text, MAP).snapshot;
    for end in 0..text.len() {
        match parsed(&text.as_bytes()[..end], &given(MAP)) {
            Err(e) => assert!(e.kind == Failure::Invalid && e.detail.starts_with("l.csv: "), "cut at {end}: {e}"),
            Ok(got) => {
                for base in [&full, &Snapshot::default()] {
                    let next = retain(base, &got);
                    assert_eq!(apply(&diff(base, &next), base.clone()), next, "cut at {end}");
                }
                // cut within a row: nothing is gone for it
                if !got.problems.is_empty() && got.unnamed {
                    let next = retain(&full, &got);
                    assert!(full.principals.keys().all(|k| next.principals.contains_key(k)), "cut at {end}");
                }
            }
        }
    }
}

#[test]
fn a_list_changed_at_random_never_half_applies() {
    let files = vec![("l.csv".to_owned(), accounts().into_bytes())];
    hostile::any_change_as(|files| parsed(&files[0].1, &given(MAP)).map(|p| vec![p]), &files);
}

on_every_database! {
    a_list_goes_in_as_its_dry_run_says_and_a_second_time_changes_nothing
    what_changed_and_what_is_gone_follows_the_list
    the_mapping_is_remembered_until_the_header_changes
    without_a_mapping_nothing_is_written
    an_owner_is_told_and_not_made
    only_who_may_import_maps
}

fn input(text: &str) -> ImportInput {
    let files = vec![("accounts.csv".into(), text.as_bytes().to_vec())];
    ImportInput { kind: source::Kind::Csv, files, name: Some("HR list".into()), allow_removals: false }
}
async fn bring(t: &Fresh, text: &str, given: &Given) -> ImportReport {
    let ctx = t.operator();
    let dry = t.gov.import_mapped_dry_run(&ctx, &input(text), given).await.unwrap();
    let done = t.gov.import_mapped(&ctx, &input(text), given).await.unwrap();
    assert_eq!((dry.summary, &dry.problems, dry.dry_run), (done.summary, &done.problems, true));
    assert_eq!(dry.sources[0].changes, done.sources[0].changes);
    done
}
async fn refused(t: &Fresh, text: &str, given: &Given) -> String {
    let size = t.gov.log_size().await.unwrap();
    let e = t.gov.import_mapped(&t.operator(), &input(text), given).await.unwrap_err();
    assert_eq!((e.kind, t.gov.log_size().await.unwrap()), (Failure::Invalid, size), "{e}");
    e.detail
}

async fn a_list_goes_in_as_its_dry_run_says_and_a_second_time_changes_nothing(t: Fresh) {
    let first = bring(&t, &accounts(), &given(MAP)).await;
    assert_eq!(first.summary.identities, Tally { new: 4, changed: 0, gone: 0 });
    assert_eq!((first.summary.entitlements.new, first.summary.credentials.new), (4, 1));
    assert_eq!((first.sources[0].name.as_str(), first.sources[0].scope.as_str()), ("HR list", "HR list"));
    t.clock.advance(chrono::TimeDelta::days(30));
    let again = bring(&t, &accounts(), &Given::default()).await;
    assert_eq!(again.sources[0].changes, []);
    // the same rows in another order of columns and rows are the same list
    let turned = "Remarks,Account,Type,Env,Owner e-mail,Created,Last login,Role,System,Key ID,Key last rotated\n\
        ,tidy-up,,dev,ana@example.com,,,read,files,,\n,old-sync,workload,staging,,2023-01-01,never,,,,\n\
        ,ana,person,,,,,,,,\n,report-bot,agent,test,nobody@example.com,2025-06-30,,\"=HYPERLINK(\"\"x\"\")\",mail,,\n\
        ,svc-billing,service account,prod,ana@example.com,2024-03-01,,reader,archive,,\n\
        \"Old one;\nkept for the audit\",svc-billing,service account,prod,ana@example.com,2024-03-01,2026-11-20 08:15,BillingAdmin,ledger,K-1001,2025-01-10\n";
    assert_eq!(bring(&t, turned, &Given::default()).await.sources[0].changes, []);
}

async fn what_changed_and_what_is_gone_follows_the_list(t: Fresh) {
    bring(&t, &accounts(), &given(MAP)).await;
    let less = accounts().replace("tidy-up;;dev;ana@example.com;;;read; files ;;;\n", "").replace("K-1001", "K-1002");
    let report = bring(&t, &less, &Given::default()).await;
    assert_eq!(report.summary.identities.gone, 1);
    assert_eq!(report.summary.credentials, Tally { new: 1, changed: 0, gone: 1 });
    let gone = t.gov.identity_find(&t.operator(), "tidy-up").await.unwrap();
    assert_eq!(gone.status, Status::Retired);
    // most of it gone looks like a part of a list
    let part: String = accounts().lines().take(3).map(|l| format!("{l}\n")).collect();
    let e = t.gov.import_apply(&t.operator(), &input(&part)).await.unwrap_err();
    assert_eq!(e.kind, Failure::Conflict);
    // what a list says is looked at as what a platform says
    let it = t.gov.identity_find(&t.operator(), "svc-billing").await.unwrap();
    let found = super::identities::rules(&t.gov, &it).await;
    assert!(found.iter().any(|(rule, _)| *rule == Rule::StandingAdmin), "{found:?}");
}

async fn the_mapping_is_remembered_until_the_header_changes(t: Fresh) {
    bring(
        &t,
        "Account,When,Floor\na,03/04/2025,1\n",
        &Given { dates: Some(Dates::DayFirst), ..given("Account=name,When=created") },
    )
    .await;
    let look = t
        .gov
        .sheet_look(&t.operator(), &input("Floor,Account,When\n2,a,04/04/2025\n"), &Given::default())
        .await
        .unwrap();
    assert!(look.settled && look.drift.is_empty() && look.dates == Some(Dates::DayFirst), "{look:?}");
    bring(&t, "Floor,Account,When\n2,a,03/04/2025\n", &Given::default()).await;
    let changed = "Account,Made,Floor\na,03/04/2025,1\n";
    let said = refused(&t, changed, &Given::default()).await;
    assert!(said.contains("new \"Made\", gone \"When\"") && said.contains("--map \"Account=name\""), "{said}");
    let look = t.gov.sheet_look(&t.operator(), &input(changed), &Given::default()).await.unwrap();
    assert_eq!((look.settled, look.drift.new.as_slice()), (false, &["Made".to_owned()][..]));
    bring(&t, changed, &Given { dates: Some(Dates::DayFirst), ..given("Account=name,Made=created") }).await;
    assert_eq!(bring(&t, changed, &Given::default()).await.sources[0].changes, []);
    // it stands in the log what was said of the columns
    let mut tx = t.gov.read().await.unwrap();
    let row = tx.one("select report as text from imports order by seq limit 1", &[]).await.unwrap();
    assert!(row.text("text").unwrap().contains("\"mapping\""));
    let kept = store::sources::mapping(&mut tx, source::Kind::Csv, "HR list").await.unwrap().unwrap();
    assert!(kept.contains("\"Made\":\"created\"") && kept.contains("\"dmy\""), "{kept}");
}

async fn without_a_mapping_nothing_is_written(t: Fresh) {
    let said = refused(&t, &accounts(), &Given::default()).await;
    assert!(said.contains("--map \"Account=name,Type=kind") && said.contains("not read: \"Remarks\""), "{said}");
    assert!(refused(&t, &accounts(), &given("Nothing=name")).await.contains("no column \"Nothing\""));
    assert!(refused(&t, &accounts(), &given("Role=entitlement")).await.contains("which identity"));
    let mut unnamed = input(&accounts());
    unnamed.name = None;
    let e = t.gov.import_mapped(&t.operator(), &unnamed, &given(MAP)).await.unwrap_err();
    assert!(e.detail.contains("--name"), "{e}");
    let mut two = input(&accounts());
    two.files.push(("more.csv".into(), b"A\n1\n".to_vec()));
    assert!(t.gov.import_dry_run(&t.operator(), &two).await.unwrap_err().detail.contains("one file at a time"));
    let other = ImportInput { kind: source::Kind::McpConfig, ..input("{}") };
    assert!(
        t.gov
            .import_mapped(&t.operator(), &other, &given(MAP))
            .await
            .unwrap_err()
            .detail
            .contains("only the columns of a csv")
    );
    assert!(t.gov.source_list(&t.operator()).await.unwrap().is_empty());
}

async fn an_owner_is_told_and_not_made(t: Fresh) {
    t.gov.person_import(&t.operator(), "p.csv", b"email,name,roles\nana@example.com,Ana,owner\n", false).await.unwrap();
    let report = bring(&t, &accounts(), &given(MAP)).await;
    assert!(report.notes.iter().any(|n| n.starts_with("owners: 1 of the 2 it names")), "{:?}", report.notes);
    let it = t.gov.identity_find(&t.operator(), "svc-billing").await.unwrap();
    assert_eq!(it.owner, None);
}

async fn only_who_may_import_maps(t: Fresh) {
    let viewer = t
        .gov
        .ctx(Actor::Person { id: governance::id::PersonId::new(t.gov.now(), [7; 10]), roles: [Role::Viewer].into() });
    let look = t.gov.sheet_look(&viewer, &input(&accounts()), &Given::default()).await.unwrap_err();
    let apply = t.gov.import_mapped(&viewer, &input(&accounts()), &given(MAP)).await.unwrap_err();
    assert_eq!((look.kind, apply.kind), (Failure::Forbidden, Failure::Forbidden));
}
