//! Reading Anthropic's API keys, without a database.
use super::{files, fixture};
use governance::{
    credential,
    entitlement::Privilege,
    identity::Kind,
    import::{parse, snapshot::Parsed},
    source,
};

type Files = Vec<(String, Vec<u8>)>;

fn all() -> Files {
    files(&[fixture("anthropic")])
}
fn read(given: &Files) -> Parsed {
    parse(source::Kind::Anthropic, given).unwrap().remove(0)
}
fn without(name: &str) -> Files {
    all().into_iter().filter(|(n, _)| n != name).collect()
}
const INVOICES: &str = "apikey_01aaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn an_organization_is_read_from_all_its_files() {
    let got = read(&all());
    assert_eq!(got.scope, "90000000-0000-4000-8000-000000000001");
    let names: Vec<_> = got.snapshot.principals.values().map(|p| (p.claim.name.as_str(), p.claim.kind)).collect();
    let key = Kind::ApiKey;
    assert_eq!(names, [("invoice agent", key), ("old notebook", key), ("nightly evaluation", key)]);
    let problems: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["api-keys.json: data[3].status: expected text, found a number"]);
    assert!(got.partial.contains("apikey_01dddddddddddddddddddddd") && !got.unnamed);

    let invoices = &got.snapshot.principals[INVOICES];
    let held: Vec<_> =
        invoices.entitlements.iter().map(|(k, f)| (k.resource.as_str(), f.privilege, f.wildcard)).collect();
    assert_eq!(held, [("workspace Billing", Privilege::Write, false)]);
    assert_eq!(invoices.claim.notes["acts as"], "svac_01aaaaaaaaaaaaaaaaaaaaaa");
    let token = &invoices.credentials[&format!("api key {INVOICES}")];
    assert_eq!((token.kind, token.active, token.long_lived), (credential::Kind::Token, true, true));
    assert_eq!((token.expires_at, token.expiry_reported), (None, true));

    let of = |name: &str| got.snapshot.principals.values().find(|p| p.claim.name == name).unwrap();
    assert!(of("old notebook").credentials.values().all(|c| !c.active));
    assert_eq!(of("old notebook").claim.notes["disabled"], "inactive");
    let reach: Vec<_> = ["old notebook", "nightly evaluation"]
        .map(|name| of(name).entitlements.keys().next().unwrap().resource.clone())
        .into();
    assert_eq!(reach, ["default workspace", "*"]);
    assert!(!format!("{got:?}").contains("hunter2"), "part of a key was kept");
}

#[test]
fn a_list_that_goes_on_takes_nobody_away() {
    let mut given = all();
    let (_, keys) = given.iter_mut().find(|(name, _)| name == "api-keys.json").unwrap();
    *keys = String::from_utf8(keys.clone()).unwrap().replace("\"has_more\": false", "\"has_more\": true").into_bytes();
    let got = read(&given);
    assert!(got.unnamed && got.notes.iter().any(|n| n.contains("may go on")), "{:?}", got.notes);
    let got = read(&without("workspaces.json"));
    let key = got.snapshot.principals[INVOICES].entitlements.keys().next().unwrap().clone();
    assert_eq!(key.resource, "workspace wrkspc_01aaaaaaaaaaaaaaaaaaaa");
}

#[test]
fn a_file_that_cannot_be_used_is_one_clear_line() {
    let refused = |given: &Files| parse(source::Kind::Anthropic, given).unwrap_err().detail;
    assert!(refused(&without("organization.json")).contains("give the answer of /v1/organizations/me too"));
    assert!(refused(&without("api-keys.json")).contains("give /v1/organizations/api_keys too"));
    let with = |text: &str| {
        let mut given = all();
        given.push(("x.json".into(), text.as_bytes().to_vec()));
        refused(&given)
    };
    assert!(with(r#"{"type": "error", "error": {"type": "authentication_error"}}"#).starts_with("x.json: an error"));
    assert!(with(r#"{"mcpServers": {}}"#).starts_with("x.json: not an answer of Anthropic"));
    assert!(with(r#"{"id": "other", "type": "organization"}"#).contains("of 2 organizations"));
}
