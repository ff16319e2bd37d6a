//! Reading Entra's service principals, without a database.
use super::{files, fixture};
use governance::{
    credential,
    entitlement::Privilege,
    identity::Kind,
    import::{
        diff::diff,
        parse,
        retain::retain,
        snapshot::{Parsed, Principal, Snapshot},
    },
    source,
};

fn id(n: u32) -> String {
    format!("50000000-0000-4000-8000-00000000000{n}")
}
fn all() -> Vec<(String, Vec<u8>)> {
    files(&[fixture("entra")])
}
fn read(given: &[(String, Vec<u8>)]) -> Parsed {
    parse(source::Kind::Entra, given).unwrap().remove(0)
}
fn without(names: &[&str]) -> Vec<(String, Vec<u8>)> {
    all().into_iter().filter(|(name, _)| !names.contains(&name.as_str())).collect()
}
fn edited(file: &str, from: &str, to: &str) -> Vec<(String, Vec<u8>)> {
    let mut given = all();
    let (_, bytes) = given.iter_mut().find(|(name, _)| name == file).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    *bytes = text.replace(from, to).into_bytes();
    given
}
fn rows(p: &Principal) -> Vec<(&str, &str, &str, Privilege, bool)> {
    p.entitlements
        .iter()
        .map(|(k, f)| (k.action.as_str(), k.resource.as_str(), k.via.as_str(), f.privilege, f.conditional))
        .collect()
}

#[test]
fn a_tenant_is_read_from_all_its_files() {
    let got = read(&all());
    assert_eq!(got.scope, "70000000-0000-4000-8000-000000000001");
    let names: Vec<_> = got.snapshot.principals.values().map(|p| (p.claim.name.as_str(), p.claim.kind)).collect();
    assert_eq!(
        names,
        [
            ("orders-sync", Kind::Pipeline),
            ("night-report", Kind::Workload),
            ("triage-agent", Kind::Agent),
            ("triage-blueprint", Kind::ServiceAccount),
            ("vendor-portal", Kind::ServiceAccount),
        ]
    );
    let aside: Vec<_> = got.set_aside.iter().map(|s| (s.principal.as_str(), s.reason.as_str())).collect();
    assert_eq!(
        aside,
        [(id(1).as_str(), "an application of Microsoft's own services: Microsoft owns it and limits it")]
    );
    let problems: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["service-principals-2.json: value[3].accountEnabled: expected true or false, found text"]);
    assert!(got.partial.contains(&id(7)) && !got.unnamed);
    assert_eq!(got.notes, [] as [String; 0]);

    let orders = &got.snapshot.principals[&id(2)];
    assert_eq!(
        rows(orders),
        [
            ("Directory.ReadWrite.All", "Microsoft Graph", "app role", Privilege::Administrative, false),
            ("Global Administrator", "*", "directory role", Privilege::Administrative, false),
            ("Mail.Send", "Microsoft Graph", "app role", Privilege::Write, false),
        ]
    );
    // the day others got tokens for it is not a day it was used
    assert_eq!(orders.claim.last_used_at.unwrap().to_string(), "2026-11-19T10:00:00.000000Z");
    assert_eq!(orders.claim.notes["owners"], "ana@example.com");
    let held: Vec<_> = orders
        .credentials
        .iter()
        .map(|(k, c)| (k.as_str(), c.kind, c.exposed, c.expires_at.map(|at| at.to_string()[..10].to_owned())))
        .collect();
    use credential::Kind::{AccessKey, Trust};
    assert_eq!(
        held,
        [
            ("app credential secret c0000000-0000-4000-8000-000000000011", AccessKey, false, Some("2027-02-03".into())),
            ("app credential secret c0000000-0000-4000-8000-000000000012", AccessKey, true, Some("2026-12-01".into())),
            ("app trust deploy of https://token.actions.githubusercontent.com", Trust, false, None),
        ]
    );

    let report = &got.snapshot.principals[&id(3)];
    assert_eq!(rows(report), [("Orders.Read", "orders-sync", "app role", Privilege::Read, false)]);
    assert!(report.claim.notes["Azure resource"].ends_with("/sites/night-report"));
    assert_eq!((report.claim.usage_reported, report.claim.last_used_at), (false, None));

    let agent = &got.snapshot.principals[&id(4)];
    assert_eq!(agent.claim.notes["sponsors"], "ana@example.com, ben@example.com");
    assert!(agent.claim.notes["blueprint"].starts_with("triage-blueprint ("));
    assert_eq!(
        rows(agent),
        [("Ticket Reader", "/administrativeUnits/support", "directory role", Privilege::Read, false)]
    );
    assert_eq!(
        agent.credentials["trust blueprint b0000000-0000-4000-8000-000000000005"].detail,
        "its blueprint triage-blueprint gets tokens for it"
    );

    let vendor = &got.snapshot.principals[&id(6)];
    let (every, some) = ("delegated permission, for every user", "delegated permission, for users who consented");
    assert_eq!(
        rows(vendor),
        [
            ("Files.ReadWrite.All", "Microsoft Graph", every, Privilege::Write, true),
            ("Mail.Read", "Microsoft Graph", some, Privilege::Read, true),
            ("User.Read", "Microsoft Graph", every, Privilege::Read, true),
        ]
    );
    let certificates: Vec<_> = vendor.credentials.iter().map(|(k, c)| (k.as_str(), c.active)).collect();
    assert_eq!(certificates, [("credential certificate c0000000-0000-4000-8000-000000000001", false)]);
    assert_eq!((vendor.claim.usage_reported, vendor.claim.last_used_at), (true, None));
    assert!(vendor.claim.notes.contains_key("registered in another tenant"));
}

#[test]
fn a_list_that_goes_on_is_said_and_takes_nothing_away() {
    let full = read(&all()).snapshot;
    let parsed = read(&without(&["service-principals-2.json"]));
    let problems: Vec<_> = parsed.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("service-principals-1.json: @odata.nextLink: more pages follow"), "{problems:?}");
    let next = retain(&full, &parsed);
    assert_eq!(next.principals.keys().collect::<Vec<_>>(), full.principals.keys().collect::<Vec<_>>());
    // so is a list of grants: the one that is not shown stays
    let cut = edited("permission-grants.json", "\"value\": [", "\"@odata.nextLink\": \"https://x\", \"value\": [");
    let cut: Vec<_> = cut
        .into_iter()
        .map(|(n, b)| (n, String::from_utf8(b).unwrap().replace("Mail.Read\"", "\"").into_bytes()))
        .collect();
    let parsed = read(&cut);
    assert!(parsed.problems.iter().any(|p| p.place == "@odata.nextLink"));
    assert_eq!(diff(&full, &retain(&full, &parsed)), []);
    // and one that holds less than it counts
    let parsed = read(&edited(
        "service-principals-1.json",
        "\"value\": [\n    {\n      \"id\"",
        "\"@odata.count\": 9, \"value\": [\n    {\n      \"id\"",
    ));
    assert!(parsed.unnamed && parsed.problems.iter().any(|p| p.place == "@odata.count"));
}

#[test]
fn what_an_import_does_not_speak_of_stays() {
    let full = read(&all()).snapshot;
    let check = |names: &[&str]| {
        let changes = diff(&full, &retain(&full, &read(&without(names))));
        assert_eq!(changes, [], "without {names:?}");
    };
    check(&[]);
    check(&["applications.json"]);
    check(&["permission-grants.json"]);
    check(&["role-assignments.json", "role-definitions.json"]);
    check(&["sign-ins.json"]);
    check(&["agent-identities.json"]);
    check(&[
        "applications.json",
        "permission-grants.json",
        "role-assignments.json",
        "role-definitions.json",
        "sign-ins.json",
        "agent-identities.json",
    ]);
    // nor do the agent identities alone speak of the others
    let mut given = without(&["service-principals-1.json", "service-principals-2.json"]);
    let tenant = r#"{"value": [{"id": "70000000-0000-4000-8000-000000000001", "verifiedDomains": []}]}"#;
    given.push(("organization.json".into(), tenant.into()));
    let parsed = read(&given);
    assert!(parsed.unnamed && parsed.snapshot.principals.len() == 1);
    assert_eq!(retain(&full, &parsed).principals.len(), full.principals.len());
}

#[test]
fn what_an_import_does_speak_of_goes() {
    let full = read(&all()).snapshot;
    let next = |given: &[(String, Vec<u8>)]| retain(&full, &read(given));
    let fewer = |next: &Snapshot, n| {
        let (before, now) = (&full.principals[&id(n)], &next.principals[&id(n)]);
        (before.entitlements.len() - now.entitlements.len(), before.credentials.len() - now.credentials.len())
    };
    assert_eq!(fewer(&next(&edited("permission-grants.json", "Files.ReadWrite.All", "")), 6), (1, 0));
    assert_eq!(
        fewer(&next(&edited("role-assignments.json", "/administrativeUnits/support", "/administrativeUnits/x")), 4),
        (0, 0)
    );
    let gone = edited("role-assignments.json", &format!("\"principalId\": \"{}\"", id(4)), "\"principalId\": \"u9\"");
    assert_eq!(fewer(&next(&gone), 4), (1, 0));
    let gone =
        edited("applications.json", "b0000000-0000-4000-8000-000000000002", "b0000000-0000-4000-8000-00000000000f");
    assert_eq!(fewer(&next(&gone), 2), (0, 2), "its application is gone, and its secrets with it");
}

#[test]
fn twenty_expanded_assignments_may_be_more() {
    let full = read(&all()).snapshot;
    let one = |n: u32| {
        format!(
            "{{\"id\": \"y{n}\", \"appRoleId\": \"a0000000-0000-4000-8000-0000000001{n:02}\", \"principalId\": \"{}\", \
             \"principalType\": \"ServicePrincipal\", \"resourceId\": \"{}\"}}",
            id(3),
            id(1)
        )
    };
    let many = |n: u32| (0..n).map(one).collect::<Vec<_>>().join(",");
    let from = "{ \"id\": \"x3\"";
    let with = |n: u32| {
        let given = edited("service-principals-1.json", from, &format!("{}, {from}", many(n)));
        // the one that is known is not shown any more
        given
            .into_iter()
            .map(|(name, b)| {
                (
                    name,
                    String::from_utf8(b)
                        .unwrap()
                        .replace("000000000009\", \"principalId\"", "000000000008\", \"principalId\"")
                        .into_bytes(),
                )
            })
            .collect::<Vec<_>>()
    };
    let holds = |given: &[(String, Vec<u8>)]| {
        let parsed = read(given);
        let kept = retain(&full, &parsed).principals[&id(3)].entitlements.keys().any(|k| k.action == "Orders.Read");
        (kept, parsed.notes.iter().any(|n| n.contains("as long as $expand ever shows")))
    };
    assert_eq!(holds(&with(18)), (false, false));
    assert_eq!(holds(&with(19)), (true, true));
    // a list of its own is whole
    let mut given = with(19);
    let list = format!(
        "{{\"@odata.context\": \"https://graph.microsoft.com/v1.0/$metadata#servicePrincipals('{}')/appRoleAssignments\", \"value\": [{}]}}",
        id(3),
        many(25)
    );
    given.push(("own.json".into(), list.into_bytes()));
    assert_eq!(holds(&given), (false, false));
}

#[test]
fn one_without_a_name_is_known_by_its_id() {
    let got = read(&edited("service-principals-1.json", "\"displayName\": \"night-report\"", "\"displayName\": null"));
    assert_eq!(got.snapshot.principals[&id(3)].claim.name, id(3));
}

#[test]
fn a_file_that_cannot_be_used_is_one_clear_line() {
    let check = |given: &[(&str, &str)], want: &str| {
        let given: Vec<_> = given.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
        let got = parse(source::Kind::Entra, &given).unwrap_err().to_string();
        assert!(got.contains(want) && !got.contains('\n'), "{got}");
    };
    let text = |name: &str| std::fs::read_to_string(fixture(name)).unwrap();
    check(&[("a.json", &text("entra/applications.json"))], "the list of service principals is not among the files");
    check(&[("a.json", &text("aws/authorization-2.json"))], "a.json: not an answer of Microsoft Graph");
    check(
        &[("a.json", "{\"error\": {\"code\": \"Authorization_RequestDenied\"}}")],
        "an error that Microsoft Graph answered with",
    );
    let foreign = text("entra/service-principals-2.json");
    check(&[("a.json", &foreign)], "give the answer of GET /organization too");
    let other =
        text("entra/applications.json").replace("000000000002\", \"displayName", "000000000006\", \"displayName");
    check(&[("a.json", &foreign), ("b.json", &other)], "seem to be of 2 tenants");
}
