//! Reading agent cards, without a database.
use super::{
    fixture,
    sources::{Files, tree},
};
use governance::{
    entitlement::Privilege,
    identity::Kind,
    import::{parse, retain::retain, snapshot::Parsed},
    source,
};

fn read(given: &[(String, Vec<u8>)]) -> Vec<Parsed> {
    parse(source::Kind::A2a, given).unwrap()
}
fn edited(file: &str, from: &str, to: &str) -> Files {
    let text = std::fs::read_to_string(fixture("a2a").join(file)).unwrap();
    assert!(text.contains(from), "{from}");
    vec![(file.into(), text.replace(from, to).into_bytes())]
}

#[test]
fn each_card_is_an_agent_and_a_source() {
    let got = read(&tree("a2a"));
    let scopes: Vec<_> = got.iter().map(|p| p.scope.as_str()).collect();
    assert_eq!(
        scopes,
        ["https://agents.vendor.example/supplier/v1?api_key=[redacted]", "https://translate.example/a2a/"]
    );

    let (parsed, supplier) = (&got[0], &got[0].snapshot.principals[&got[0].scope]);
    assert_eq!((supplier.claim.kind, supplier.claim.name.as_str()), (Kind::Agent, "Supplier desk"));
    let problems: Vec<_> = parsed.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["supplier.json: skills[2]: id is missing"]);
    assert_eq!(parsed.notes, ["supplier.json: the card is signed; the signature was not checked"]);
    let skills: Vec<_> = supplier.entitlements.iter().map(|(k, f)| (k.action.as_str(), f.privilege)).collect();
    assert_eq!(
        skills,
        [("a2a.skill compare-offers", Privilege::Unknown), ("a2a.skill place-order", Privilege::Unknown)]
    );
    let notes: Vec<_> = supplier.claim.notes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        notes,
        [
            ("also at", "https://agents.vendor.example/supplier/grpc"),
            ("capabilities", "extendedAgentCard, streaming"),
            ("protocol", "GRPC 1.0, JSONRPC 1.0"),
            ("provider", "Vendor Example"),
            ("signature", "1, not checked"),
            ("version", "2.1.0"),
        ]
    );
    let trusted: Vec<_> =
        supplier.credentials.iter().map(|(k, c)| (k.as_str(), c.detail.as_str(), c.trust_wildcard)).collect();
    assert_eq!(trusted, [("trust callers by vendor", "OAuth 2.0 clientCredentials", false)]);

    let translator = &got[1].snapshot.principals[&got[1].scope];
    assert!(translator.credentials["trust anyone"].trust_wildcard);
    assert!(!translator.claim.notes.contains_key("signature") && got[1].notes.is_empty());
}

#[test]
fn a_skill_that_cannot_be_read_takes_none_away() {
    let full = read(&tree("a2a")).remove(1).snapshot;
    let parsed = read(&edited("translator.json", "\"id\": \"translate\"", "\"id\": 7")).remove(0);
    assert_eq!(parsed.problems[0].place, "skills[0].id");
    assert_eq!(retain(&full, &parsed).principals, full.principals);
    let gone = read(&edited("translator.json", "\"id\": \"translate\"", "\"id\": \"summarize\"")).remove(0);
    let next = retain(&full, &gone);
    let skills: Vec<_> =
        next.principals.values().flat_map(|p| p.entitlements.keys()).map(|k| k.action.as_str()).collect();
    assert_eq!(skills, ["a2a.skill summarize"]);
}

#[test]
fn a_file_that_cannot_be_used_is_one_clear_line() {
    let check = |given: &[(String, Vec<u8>)], want: &str| {
        let got = parse(source::Kind::A2a, given).unwrap_err().to_string();
        assert!(got.contains(want) && !got.contains('\n'), "{got}");
    };
    let other = std::fs::read(fixture("aws/authorization-2.json")).unwrap();
    check(&[("a.json".into(), other)], "a.json: not an A2A agent card");
    check(&edited("translator.json", "https://translate.example/a2a/", "nowhere"), "url is not a URL");
    check(&edited("translator.json", "\"url\"", "\"uri\""), "it says no address");
    let mut twice = edited("translator.json", "Translator", "Translator");
    twice.push(("copy.json".into(), twice[0].1.clone()));
    check(&twice, "copy.json: another file is a card of the same address");
}
