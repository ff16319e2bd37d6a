use super::*;
use crate::{
    credential,
    import::snapshot::{Claim, Part},
};
use std::collections::BTreeMap;

fn named(name: &str) -> Principal {
    let claim = Claim::of(identity::Kind::ServiceAccount, name, Part::Sheet);
    Principal { claim, entitlements: BTreeMap::new(), credentials: BTreeMap::new() }
}

/// Strong terms in the spelling in which they are stored.
fn strong(kind: Kind, scope: &str, principal: &str, it: &Principal) -> Vec<String> {
    terms(kind, scope, principal, it).iter().filter(|t| t.sort.strong()).map(ToString::to_string).collect()
}
fn note(mut it: Principal, key: &str, text: &str) -> Principal {
    it.claim.notes.insert(key.into(), text.into());
    it
}

#[test]
fn each_source_has_its_keys() {
    let role = "arn:aws:iam::111122223333:role/team/night-batch";
    let (tenant, object) = ("8f0f0000-0000-4000-8000-000000000001", "AAAA0000-0000-4000-8000-00000000000b");
    let app = note(named("x"), "app id", "bbbb0000-0000-4000-8000-00000000000c");
    let of = [
        (strong(Kind::AwsIam, "111122223333", role, &named("night-batch")), vec![format!("aws_arn {role}")]),
        (
            strong(Kind::Gcp, "shop-prod", "Etl@shop-prod.iam.gserviceaccount.com", &named("etl")),
            vec!["gcp_service_account etl@shop-prod.iam.gserviceaccount.com".into()],
        ),
        (
            strong(Kind::Entra, tenant, object, &app),
            vec![
                format!("entra_object {tenant}/{}", object.to_lowercase()),
                format!("entra_app {tenant}/bbbb0000-0000-4000-8000-00000000000c"),
            ],
        ),
        (strong(Kind::Okta, "acme.okta.com", "0oa1", &named("a")), vec!["okta_client acme.okta.com/0oa1".into()]),
        (
            strong(Kind::Kubernetes, "prod", "system:serviceaccount:shop:cart", &named("shop/cart")),
            vec!["kubernetes_service_account prod/shop:cart".into()],
        ),
        (
            strong(Kind::Github, "acme", "orgs/acme/installations/1", &note(named("a"), "app id", "7")),
            vec!["github_app github.com/7".into()],
        ),
        (
            strong(Kind::A2a, "x", "https://Agents.Example:443/a2a/", &named("a")),
            vec!["agent_card https://agents.example/a2a".into()],
        ),
    ];
    for (n, (got, want)) in of.into_iter().enumerate() {
        assert_eq!(got, want, "{n}");
    }
}

#[test]
fn a_list_is_strong_where_the_value_alone_says_which() {
    for (id, want) in [
        ("arn:aws:iam::111122223333:role/a", Some("aws_arn arn:aws:iam::111122223333:role/a")),
        ("arn:aws:sts::111122223333:assumed-role/a/session", None),
        ("arn:aws:iam::111122223333:role/*", None),
        ("serviceAccount:a@p.iam.gserviceaccount.com", Some("gcp_service_account a@p.iam.gserviceaccount.com")),
        ("a@gserviceaccount.com.example", None),
        ("ana@acme.com", None),
        ("https://agents.example/.well-known/agent-card.json", Some("agent_card https://agents.example")),
        ("https://agents.example/", None),
        ("aaaa0000-0000-4000-8000-00000000000b", None),
        ("night-batch", None),
    ] {
        assert_eq!(strong(Kind::Csv, "list.csv", id, &named("x")).first().map(String::as_str), want, "{id}");
    }
    let hints = terms(Kind::Csv, "l", "AAAA0000-0000-4000-8000-00000000000B", &named("Invoice-SVC"));
    let hints: Vec<_> = hints.iter().map(ToString::to_string).collect();
    assert_eq!(hints, ["id aaaa0000-0000-4000-8000-00000000000b", "name invoice"]);
}

#[test]
fn an_access_key_is_known_by_its_id() {
    let mut it = named("x");
    let facts = credential::Facts::of(credential::Kind::AccessKey);
    for name in ["AKIAIOSFODNN7EXAMPLE", "access key 1", "key 0123456789abcdef0123456789abcdef01234567"] {
        it.credentials.insert(name.into(), facts.clone());
    }
    let all: Vec<_> = terms(Kind::Csv, "l", "x", &it).iter().map(ToString::to_string).collect();
    assert_eq!(all, ["access_key AKIAIOSFODNN7EXAMPLE", "credential 0123456789abcdef0123456789abcdef01234567"]);
}
