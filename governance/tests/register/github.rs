//! Reading what acts in a GitHub organization, without a database.
use super::{
    fixture, sample,
    sources::{Files, tree},
};
use governance::{
    credential,
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
use serde_json::Value;

fn all() -> Files {
    tree("github")
}
fn read(given: &[(String, Vec<u8>)]) -> Parsed {
    parse(source::Kind::Github, given).unwrap().remove(0)
}
fn without(names: &[&str]) -> Files {
    all().into_iter().filter(|(name, _)| !names.contains(&name.as_str())).collect()
}
fn replaced(file: &str, text: &str) -> Files {
    let mut given = without(&[file]);
    given.push((file.into(), text.into()));
    given
}
fn rows(p: &Principal) -> Vec<(&str, &str, &str, Privilege)> {
    p.entitlements.iter().map(|(k, f)| (k.action.as_str(), k.resource.as_str(), k.via.as_str(), f.privilege)).collect()
}

#[test]
fn an_organization_is_read_from_all_its_files() {
    let got = read(&all());
    assert_eq!(got.scope, "acme");
    let names: Vec<_> =
        got.snapshot.principals.iter().map(|(k, p)| (k.as_str(), p.claim.name.as_str(), p.claim.kind)).collect();
    assert_eq!(
        names,
        [
            ("orgs/acme/actions", "workflows of acme", Kind::Pipeline),
            ("orgs/acme/installations/101", "review-bot", Kind::ServiceAccount),
            ("orgs/acme/installations/102", "old-deployer", Kind::ServiceAccount),
            ("orgs/acme/personal-access-tokens/501", "release notes", Kind::ApiKey),
            ("orgs/acme/personal-access-tokens/502", "[redacted]", Kind::ApiKey),
            ("repos/acme/shop/actions", "workflows of acme/shop", Kind::Pipeline),
            ("repos/acme/shop/keys/10", "mirror", Kind::ApiKey),
            ("repos/acme/shop/keys/9", "build@ci", Kind::ApiKey),
        ]
    );
    let problems: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        ["orgs/acme/personal-access-tokens.json: [2]: repository_selection is none of all, selected, subset and none"]
    );
    assert!(got.partial.contains("orgs/acme/personal-access-tokens/503") && !got.unnamed);
    assert!(got.notes.iter().any(|n| n.starts_with("classic tokens are on no list")));

    let of = |name: &str| &got.snapshot.principals[name];
    let bot = of("orgs/acme/installations/101");
    assert_eq!(
        rows(bot),
        [
            ("contents:write", "acme/*", "installation", Privilege::Write),
            ("members:write", "acme", "installation", Privilege::PermissionsManagement),
            ("metadata:read", "acme/*", "installation", Privilege::Read),
            ("organization_administration:read", "acme", "installation", Privilege::Read),
        ]
    );
    assert_eq!(bot.credentials["trust app 11"].storage, Some(credential::Storage::Platform));
    let suspended = of("orgs/acme/installations/102");
    assert!(!suspended.credentials["trust app 12"].active && suspended.claim.notes.contains_key("disabled"));

    let token = of("orgs/acme/personal-access-tokens/501");
    assert_eq!(
        rows(token),
        [
            ("contents:write", "selected repositories of acme", "token", Privilege::Write),
            ("members:read", "acme", "token", Privilege::Read),
            ("metadata:read", "selected repositories of acme", "token", Privilege::Read),
        ]
    );
    assert_eq!(token.claim.notes["repositories"], "acme/notes, acme/shop");
    assert!(token.entitlements.values().all(|f| !f.is_standing()), "it ends with the token");
    assert_eq!(token.claim.last_used_at.unwrap().to_string(), "2026-11-20T06:00:00.000000Z");
    let expired = of("orgs/acme/personal-access-tokens/502");
    assert_eq!(rows(expired), [("administration:write", "acme/*", "token", Privilege::PermissionsManagement)]);
    let held = &expired.credentials["token 502"];
    assert_eq!((held.active, held.usage_reported, held.last_used_at), (false, true, None));

    let build = of("repos/acme/shop/keys/9");
    assert_eq!(rows(build), [("contents:write", "acme/shop", "deploy key", Privilege::Write)]);
    assert_eq!(build.credentials["deploy key 9"].detail, "added by ana-example");

    let shop = of("repos/acme/shop/actions");
    assert_eq!(
        rows(shop),
        [
            ("*:write", "acme/shop", "default workflow permissions", Privilege::Write),
            ("pull_requests:approve", "acme/shop", "default workflow permissions", Privilege::Write),
        ]
    );
    assert_eq!(shop.claim.notes["subject of its tokens"], "repo, job_workflow_ref");
    let secrets: Vec<_> = shop
        .credentials
        .iter()
        .map(|(k, c)| (k.as_str(), c.in_use_since().unwrap().to_string()[..10].to_owned()))
        .collect();
    assert_eq!(
        secrets,
        [("secret DEPLOY_TOKEN", "2026-10-11".into()), ("secret WAREHOUSE_URL", "2025-01-10".to_owned())]
    );
    assert_eq!(
        rows(of("orgs/acme/actions")).iter().map(|r| (r.0, r.1)).collect::<Vec<_>>(),
        [("contents:read", "acme/*"), ("packages:read", "acme/*")]
    );
}

#[test]
fn what_an_import_does_not_speak_of_stays() {
    let full = read(&all()).snapshot;
    let names: Vec<_> = all().into_iter().map(|(name, _)| name).collect();
    for name in &names {
        assert_eq!(diff(&full, &retain(&full, &read(&without(&[name])))), [], "without {name}");
        let alone: Vec<_> = all().into_iter().filter(|(n, _)| n == name).collect();
        if !name.ends_with("repositories.json") {
            let kept: Vec<_> = diff(&full, &retain(&full, &read(&alone)));
            assert_eq!(kept, [], "{name} alone");
        }
    }
}

#[test]
fn what_an_import_does_speak_of_goes() {
    let full = read(&all()).snapshot;
    let gone = |given: &Files| {
        let next = retain(&full, &read(given));
        full.principals.keys().filter(|k| !next.principals.contains_key(*k)).cloned().collect::<Vec<_>>()
    };
    let keys = ["repos/acme/shop/keys/10", "repos/acme/shop/keys/9"];
    assert_eq!(gone(&replaced("repos/acme/shop/keys.json", "[]")), keys);
    // the keys of another repository say nothing of these
    let mut other = without(&["repos/acme/shop/keys.json"]);
    other.push(("repos/acme/blog/keys.json".into(), b"[]".to_vec()));
    assert_eq!(gone(&other), [] as [&str; 0]);
    assert_eq!(
        gone(&replaced("orgs/acme/installations.json", r#"{"total_count": 0, "installations": []}"#)),
        ["orgs/acme/installations/101", "orgs/acme/installations/102"]
    );
    // a list that counts more than it holds goes on
    assert_eq!(
        gone(&replaced("orgs/acme/installations.json", r#"{"total_count": 2, "installations": []}"#)),
        [] as [&str; 0]
    );
    let secrets = replaced("repos/acme/shop/actions/secrets.json", r#"{"total_count": 0, "secrets": []}"#);
    assert!(retain(&full, &read(&secrets)).principals["repos/acme/shop/actions"].credentials.is_empty());
    let short = replaced("repos/acme/shop/actions/secrets.json", r#"{"total_count": 2, "secrets": []}"#);
    let parsed = read(&short);
    assert!(parsed.problems.iter().any(|p| p.words.starts_with("total_count: more follow")));
    assert_eq!(retain(&full, &parsed).principals["repos/acme/shop/actions"].credentials.len(), 2);
}

#[test]
fn a_file_that_cannot_be_used_is_one_clear_line() {
    let check = |given: &[(&str, &str)], want: &str| {
        let given: Vec<_> = given.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
        let got = parse(source::Kind::Github, &given).unwrap_err().to_string();
        assert!(got.contains(want) && !got.contains('\n'), "{got}");
    };
    let text = |name: &str| std::fs::read_to_string(fixture(name)).unwrap();
    check(
        &[("a.json", &text("github/orgs/acme/personal-access-tokens.json"))],
        "which organization these files are of",
    );
    check(&[("s.json", &text("github/orgs/acme/actions/secrets.json"))], "s.json: it does not say of which repository");
    check(&[("a.json", &text("aws/authorization-2.json"))], "a.json: not an answer of GitHub");
    let other = text("github/orgs/acme/installations.json").replace("Acme", "Other");
    check(&[("orgs/acme/installations.json", &other)], "are of 2 organizations");
}

/// Counted with jq: 2 tokens; 3 permissions of one and 1 of the other; 1 expired; 1 never used.
#[test]
fn the_real_shape_of_tokens_goes_in() {
    let Some(file) = sample("github/cartography_github_pats.json") else { return };
    let whole: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let bytes = |value: &Value| value.to_string().into_bytes();
    let mut given = vec![(
        "orgs/simpsoncorp/personal-access-tokens.json".to_owned(),
        bytes(&whole["FINE_GRAINED_PERSONAL_ACCESS_TOKENS"]),
    )];
    for (token, repositories) in whole["FINE_GRAINED_PAT_REPOSITORIES"].as_object().unwrap() {
        let path = format!("orgs/simpsoncorp/personal-access-tokens/{token}/repositories.json");
        given.push((path, bytes(repositories)));
    }
    let got = read(&given);
    assert_eq!((got.scope.as_str(), got.problems.as_slice()), ("simpsoncorp", [].as_slice()));
    let counts = got.snapshot.counts();
    assert_eq!((counts.identities, counts.entitlements, counts.credentials), (2, 4, 2));
    let held: Vec<_> = got
        .snapshot
        .principals
        .values()
        .map(|p| (p.claim.name.as_str(), p.claim.notes["person"].as_str(), p.claim.notes["repositories"].as_str()))
        .collect();
    assert_eq!(
        held,
        [
            ("cartography-readonly", "hjsimpson", "simpsoncorp/sample_repo"),
            ("all-repos-readonly", "mbsimpson", "simpsoncorp/another_repo"),
        ]
    );
    let tokens: Vec<_> = got.snapshot.principals.values().flat_map(|p| p.credentials.values()).collect();
    assert_eq!(tokens.iter().filter(|c| !c.active).count(), 1);
    assert_eq!(tokens.iter().filter(|c| c.last_used_at.is_none()).count(), 1);
    assert_eq!(
        tokens[0].last_used_at.unwrap().to_string(),
        "2025-02-16T15:47:09.000000Z",
        "2025-02-16T08:47:09-07:00, in UTC"
    );
}
