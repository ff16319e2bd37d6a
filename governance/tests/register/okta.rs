//! Reading Okta's applications and tokens, without a database.
use super::{files, fixture};
use governance::{
    entitlement::Privilege,
    identity::Kind,
    import::{
        diff::diff,
        parse,
        retain::retain,
        snapshot::{Parsed, Principal},
    },
    source,
};

type Files = Vec<(String, Vec<u8>)>;

fn all() -> Files {
    files(&[fixture("okta")])
}
fn read(given: &Files) -> Parsed {
    parse(source::Kind::Okta, given).unwrap().remove(0)
}
fn without(names: &[&str]) -> Files {
    all().into_iter().filter(|(name, _)| !names.contains(&name.as_str())).collect()
}
fn app(n: u32) -> String {
    format!("0oa0000000000000000{n}")
}
fn token(n: u32) -> String {
    format!("00T0000000000000000{n}")
}
fn rows(p: &Principal) -> Vec<(&str, &str, Privilege, bool)> {
    p.entitlements.iter().map(|(k, f)| (k.action.as_str(), k.via.as_str(), f.privilege, f.conditional)).collect()
}

#[test]
fn an_organisation_is_read_from_all_its_files() {
    let got = read(&all());
    assert_eq!(got.scope, "acme.okta.example");
    let names: Vec<_> = got.snapshot.principals.values().map(|p| (p.claim.name.as_str(), p.claim.kind)).collect();
    assert_eq!(
        names,
        [
            ("legacy provisioning", Kind::ApiKey),
            ("never tried", Kind::ApiKey),
            ("access-review", Kind::ServiceAccount),
            ("old-sync", Kind::ServiceAccount),
            ("SIEM export", Kind::ServiceAccount),
        ]
    );
    assert_eq!(got.set_aside.iter().map(|s| s.principal.clone()).collect::<Vec<_>>(), [app(3)]);
    let problems: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["apps.json: [3].status: expected text, found a number"]);
    assert!(got.partial.contains(&app(4)) && !got.unnamed);

    let review = &got.snapshot.principals[&app(1)];
    assert_eq!(
        rows(review),
        [
            ("Help Desk Administrator", "administrator role", Privilege::PermissionsManagement, false),
            ("okta.logs.read", "scope", Privilege::Read, true),
            ("okta.users.manage", "scope", Privilege::PermissionsManagement, true),
        ]
    );
    assert_eq!(review.credentials.keys().collect::<Vec<_>>(), ["public key review-2025"]);

    let held: Vec<_> =
        got.snapshot.principals[&app(2)].credentials.iter().map(|(k, c)| (k.as_str(), c.exposed, c.active)).collect();
    assert_eq!(
        held,
        [("client secret", true, false), ("client secret ocs1", true, false), ("client secret ocs2", false, false)]
    );

    let provisioning = &got.snapshot.principals[&token(1)];
    assert_eq!(
        rows(provisioning),
        [
            ("Super Administrator", "administrator role of its person", Privilege::Administrative, false),
            ("all that its person may do", "api token", Privilege::Unknown, false),
        ]
    );
    assert_eq!(provisioning.claim.last_used_at.unwrap().to_string(), "2026-11-20T06:00:00.000000Z");
    let never = &got.snapshot.principals[&token(2)].claim;
    assert_eq!((never.usage_reported, never.last_used_at), (true, None));
}

#[test]
fn what_an_import_does_not_speak_of_stays() {
    let full = read(&all()).snapshot;
    let parts = ["grants.json", "client-roles.json", "user-roles.json", "secrets.json"];
    for name in parts.iter().chain(&["api-tokens.json", "api-services.json", "apps.json"]) {
        assert_eq!(diff(&full, &retain(&full, &read(&without(&[name])))), [], "without {name}");
    }
    assert_eq!(diff(&full, &retain(&full, &read(&without(&parts)))), []);
}

#[test]
fn an_empty_list_speaks_of_whom_its_path_names() {
    let full = read(&all()).snapshot;
    let scopes = |name: &str| {
        let mut given = without(&["grants.json"]);
        given.push((name.into(), b"[]".to_vec()));
        let parsed = read(&given);
        let kept = retain(&full, &parsed).principals[&app(1)].entitlements.keys().filter(|k| k.via == "scope").count();
        (kept, parsed.notes.iter().any(|n| n.contains("an empty list")))
    };
    assert_eq!(scopes(&format!("export/apps/{}/grants.json", app(1))), (0, false));
    assert_eq!(scopes(&format!("export/apps/{}/grants.json", app(2))), (2, false));
    assert_eq!(scopes("grants.json"), (2, true));
}

#[test]
fn a_list_as_long_as_a_page_may_go_on() {
    let full = read(&all()).snapshot;
    let apps = |n: u32| {
        let one = |i: u32| {
            format!(
                "{{\"id\": \"0oax{i}\", \"label\": \"x{i}\", \"status\": \"ACTIVE\", \"signOnMode\": \"SAML_2_0\", \
                 \"_links\": {{\"self\": {{\"href\": \"https://acme.okta.example/api/v1/apps/x{i}\"}}}}}}"
            )
        };
        let list = format!("[{}]", (0..n).map(one).collect::<Vec<_>>().join(","));
        let parsed = read(&vec![("apps.json".to_owned(), list.into_bytes())]);
        retain(&full, &parsed).principals.contains_key(&app(1))
    };
    assert!(apps(20) && apps(200));
    assert!(!apps(19) && !apps(21));
}

#[test]
fn a_file_that_cannot_be_used_is_one_clear_line() {
    let check = |given: &[(&str, &str)], want: &str| {
        let given: Vec<_> = given.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
        let got = parse(source::Kind::Okta, &given).unwrap_err().to_string();
        assert!(got.contains(want) && !got.contains('\n'), "{got}");
    };
    let text = |name: &str| std::fs::read_to_string(fixture(name)).unwrap();
    check(&[("g.json", &text("okta/grants.json"))], "give /api/v1/apps too");
    check(&[("a.json", &text("aws/authorization-2.json"))], "a.json: not an answer of Okta");
    check(&[("a.json", "{\"errorCode\": \"E0000006\"}")], "an error that Okta answered with");
    let other = text("okta/api-tokens.json").replace("acme.", "other.");
    check(&[("a.json", &text("okta/apps.json")), ("b.json", &other)], "are of 2 organisations");
}
