//! People on both databases.
use governance::engine::{
    Actor,
    page::Want,
    people::{NewPerson, PersonChange},
};
use governance::error::Kind;
use governance::on_every_database;
use governance::person::{Role, Status};
use governance::store;
use governance::testkit::Fresh;

on_every_database! {
    a_person_is_added_once_and_found_by_address
    roles_that_exclude_each_other_are_refused
    only_an_admin_or_the_command_line_manages_people
    names_stand_beside_the_log_and_roles_in_it
    other_roles_end_sessions
    a_list_of_people_goes_in_and_a_second_time_changes_nothing
    a_dry_run_writes_nothing
    people_come_page_by_page
}

fn new(email: &str, roles: &[Role]) -> NewPerson {
    NewPerson {
        email: email.into(),
        name: "Somebody".into(),
        roles: roles.iter().copied().collect(),
        ..NewPerson::default()
    }
}

async fn a_person_is_added_once_and_found_by_address(t: Fresh) {
    let ctx = t.operator();
    let added = t.gov.person_add(&ctx, new("Ana@Example.com", &[Role::Approver])).await.unwrap();
    let found = t.gov.person_find(&ctx, " ana@example.com").await.unwrap();
    assert_eq!(found, added);
    assert_eq!(t.gov.person_find(&ctx, &added.id.to_string()).await.unwrap(), added);
    let again = t.gov.person_add(&ctx, new("ANA@example.com", &[])).await.unwrap_err();
    assert_eq!((again.kind, again.detail.as_str()), (Kind::Conflict, "ana@example.com is in the register already"));
    assert_eq!(t.gov.person_find(&ctx, "bob@example.com").await.unwrap_err().kind, Kind::NotFound);
}

async fn roles_that_exclude_each_other_are_refused(t: Fresh) {
    let ctx = t.operator();
    let e = t.gov.person_add(&ctx, new("a@example.com", &[Role::Admin, Role::Approver])).await.unwrap_err();
    assert_eq!(e.kind, Kind::Invalid);
    let admin = t.gov.person_add(&ctx, new("a@example.com", &[Role::Admin])).await.unwrap();
    let change = PersonChange { roles: Some([Role::Admin, Role::PolicyReleaser].into()), ..PersonChange::default() };
    assert_eq!(t.gov.person_change(&ctx, admin.id, change).await.unwrap_err().kind, Kind::Invalid);
    assert_eq!(t.gov.person_find(&ctx, "a@example.com").await.unwrap(), admin);
}

async fn only_an_admin_or_the_command_line_manages_people(t: Fresh) {
    let operator = t.gov.person_add(&t.operator(), new("o@example.com", &[Role::Operator])).await.unwrap();
    let ctx = t.gov.ctx(Actor::Person { id: operator.id, roles: operator.roles.clone() });
    assert_eq!(t.gov.person_add(&ctx, new("x@example.com", &[])).await.unwrap_err().kind, Kind::Forbidden);
    let e = t.gov.person_import(&ctx, "p.csv", b"email,name\nx@example.com,X\n", false).await.unwrap_err();
    assert_eq!(e.kind, Kind::Forbidden);
    let e = t.gov.person_change(&ctx, operator.id, PersonChange::default()).await.unwrap_err();
    assert_eq!(e.kind, Kind::Forbidden);
}

async fn names_stand_beside_the_log_and_roles_in_it(t: Fresh) {
    let mut it = new("ana@example.com", &[Role::Approver]);
    (it.name, it.groups) = ("Ana Ruiz".into(), ["finance-ops".to_owned()].into());
    let ana = t.gov.person_add(&t.operator(), it).await.unwrap();
    let change = PersonChange { status: Some(Status::Left), groups: Some([].into()), ..PersonChange::default() };
    t.gov.person_change(&t.operator(), ana.id, change).await.unwrap();
    let events = store::events::after(&mut t.gov.read().await.unwrap(), 0, 10).await.unwrap();
    let leaves: Vec<_> = events.iter().map(|e| String::from_utf8(e.leaf.clone()).unwrap()).collect();
    assert!(leaves.iter().all(|l| !l.contains("Ruiz") && !l.contains("example.com")), "{leaves:?}");
    assert!(leaves[0].contains("\"kind\":\"person.added\"") && leaves[0].contains("role +approver"));
    assert!(leaves[0].contains("group +finance-ops") && leaves[0].contains("\"payloads\""));
    assert!(leaves[1].contains("\"outcome\":\"left\"") && leaves[1].contains("group -finance-ops"));
}

async fn other_roles_end_sessions(t: Fresh) {
    let ctx = t.operator();
    let ana = t.gov.person_add(&ctx, new("ana@example.com", &[Role::Viewer])).await.unwrap();
    let renamed = PersonChange { name: Some("Ana".into()), ..PersonChange::default() };
    assert_eq!(t.gov.person_change(&ctx, ana.id, renamed).await.unwrap().epoch, 0);
    let promoted = PersonChange { roles: Some([Role::Operator].into()), ..PersonChange::default() };
    let ana = t.gov.person_change(&ctx, ana.id, promoted.clone()).await.unwrap();
    assert_eq!((ana.epoch, ana.version), (1, 2));
    let size = store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size;
    assert_eq!(t.gov.person_change(&ctx, ana.id, promoted).await.unwrap(), ana);
    assert_eq!(store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size, size);
}

const CSV: &str = "email,name,manager,groups,roles,status\n\
    ana@example.com,Ana Ruiz,bob@example.com,finance-ops;sec,approver,active\n\
    bob@example.com,Bob,,,admin,active\n\
    cy@example.com,Cy,nobody@example.com,,viewer,active\n\
    dee@example.com,Dee,,,king,active\n\
    eve@example.com,Eve,,,,left\n";

async fn a_list_of_people_goes_in_and_a_second_time_changes_nothing(t: Fresh) {
    let ctx = t.operator();
    let first = t.gov.person_import(&ctx, "p.csv", CSV.as_bytes(), false).await.unwrap();
    assert_eq!(first.added, ["ana@example.com", "bob@example.com", "cy@example.com", "eve@example.com"]);
    let problems: Vec<_> = first.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("p.csv: line 5: \"king\" is not a role"), "{problems:?}");
    assert_eq!(problems[1], "p.csv: line 4: manager nobody@example.com is neither in the register nor in the file");
    let bob = t.gov.person_find(&ctx, "bob@example.com").await.unwrap();
    let ana = t.gov.person_find(&ctx, "ana@example.com").await.unwrap();
    assert_eq!((ana.manager, ana.groups.len()), (Some(bob.id), 2));
    assert_eq!(t.gov.person_find(&ctx, "eve@example.com").await.unwrap().status, Status::Left);

    let size = store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size;
    let second = t.gov.person_import(&ctx, "p.csv", CSV.as_bytes(), false).await.unwrap();
    assert_eq!((second.added.len(), second.changed.len(), second.unchanged), (0, 0, 4));
    assert_eq!(store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size, size);

    let third = t
        .gov
        .person_import(&ctx, "p.csv", b"email,name,roles\nana@example.com,Ana Ruiz,viewer\n", false)
        .await
        .unwrap();
    assert_eq!(third.changed, ["ana@example.com"]);
    let ana = t.gov.person_find(&ctx, "ana@example.com").await.unwrap();
    assert_eq!((ana.manager, ana.groups.len()), (Some(bob.id), 2), "what the file has no column for stays");
    assert_eq!(ana.roles, [Role::Viewer].into());
}

async fn a_dry_run_writes_nothing(t: Fresh) {
    let ctx = t.operator();
    let report = t.gov.person_import(&ctx, "p.csv", CSV.as_bytes(), true).await.unwrap();
    assert_eq!((report.dry_run, report.added.len()), (true, 4));
    assert!(t.gov.person_list(&ctx, &Want::default()).await.unwrap().items.is_empty());
}

async fn people_come_page_by_page(t: Fresh) {
    let ctx = t.operator();
    let csv = (0..7).fold("email,name,groups\n".to_owned(), |s, n| format!("{s}p{n}@example.com,P {n},g{n}\n"));
    t.gov.person_import(&ctx, "p.csv", csv.as_bytes(), false).await.unwrap();
    let (mut want, mut all) = (Want { cursor: None, limit: 3 }, vec![]);
    loop {
        let page = t.gov.person_list(&ctx, &want).await.unwrap();
        all.extend(page.items.into_iter().map(|p| (p.email, p.groups.len())));
        want.cursor = page.next;
        if want.cursor.is_none() {
            break;
        }
    }
    assert_eq!(all, (0..7).map(|n| (format!("p{n}@example.com"), 1)).collect::<Vec<_>>());
}
