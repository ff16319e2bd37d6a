use super::*;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000).unwrap()
}
fn card() -> Card {
    Card {
        version: CARD_VERSION,
        escalation: EscalationId::new(at(0), [1; 10]),
        decision: DecisionId::new(at(0), [2; 10]),
        agent: IdentityId::new(at(0), [3; 10]),
        opened_at: at(0),
        expires_at: at(1_800),
        tier: Tier::High,
        quorum: 1,
        headline: Headline {
            actor: "invoice-agent-07".into(),
            verb: "refund".into(),
            amount: Some(Amount { value: "482000".into(), unit: Some("EUR".into()), minor_units: true }),
            target: "stripe:test".into(),
            reversibility: None,
        },
        stops: vec![Stop {
            rule: "refund-over-500".into(),
            file: "policies/refunds.cedar".into(),
            line: 4,
            text_hash: "ab".into(),
            route: "finance-ops".into(),
            tier: Tier::High,
            quorum: 1,
            reason: Some("Refunds above 500 EUR".into()),
            limits: vec![Against {
                field: "input.amount_minor".into(),
                operator: ">".into(),
                limit: json!(50_000),
                value: json!(482_000),
            }],
        }],
        refuted: vec![Refuted {
            field: "resource.properties.country".into(),
            claimed: json!("DE"),
            fact: json!("RU"),
            source: "bundle entities".into(),
            as_of: at(0),
        }],
        checked: vec![],
        claimed: vec![],
        unknown: vec![],
        normal: vec![Normal::of("input.amount_minor", &json!(482_000), &vec![json!(1_000); 30], 90).unwrap()],
        chain: vec![],
        grants: Grants {
            uses: 1,
            grant_s: Some(900),
            windows: vec![],
            lease_s: None,
            usable_s: 14_400,
            usable_once_known_s: 600,
        },
        deciders: vec![],
        words: Some("please".into()),
        parameters: json!({"action": {"name": "refund.create"}}),
        digest: "d".into(),
        bundle: "b".into(),
    }
}

#[test]
fn the_headline_is_made_of_typed_fields() {
    #[track_caller]
    fn check(value: &str, unit: Option<&str>, minor_units: bool, want: &str) {
        let amount = Amount { value: value.into(), unit: unit.map(str::to_owned), minor_units };
        assert_eq!(amount.to_string(), want);
    }
    check("482000", Some("EUR"), true, "4,820.00 EUR");
    check("5", Some("EUR"), true, "0.05 EUR");
    check("-123456789", Some("EUR"), true, "-1,234,567.89 EUR");
    check("1200", Some("records"), false, "1,200 records");
    check("1234.5", None, false, "1,234.5");
    check("many", Some("x"), true, "many x");
    assert_eq!(card().headline.sentence(), "invoice-agent-07 wants to refund 4,820.00 EUR (stripe:test)");
    let hostile = Headline { target: "a\u{202e}b".into(), amount: None, ..card().headline };
    assert_eq!(hostile.sentence(), "invoice-agent-07 wants to refund (a⟦U+202E⟧b)");
}

#[test]
fn a_card_reads_back_and_any_change_shows_in_its_hash() {
    let bytes = card().bytes().unwrap();
    assert_eq!(Card::read(&bytes).unwrap(), card());
    assert_eq!(Card::read(&bytes).unwrap().bytes().unwrap(), bytes);
    let mut other = card();
    other.stops[0].line = 5;
    assert_ne!(Card::hash(&other.bytes().unwrap()), Card::hash(&bytes));
    let later = Card { version: CARD_VERSION + 1, ..card() };
    assert!(Card::read(&later.bytes().unwrap()).is_err());
    assert!(Card::read(b"{}").is_err());
}

#[test]
fn the_value_to_type_rotates_over_people_and_stays_for_one() {
    let values: Vec<String> = card().echo_values().into_iter().map(|(_, value)| value).collect();
    // the amount stands once, as people read it
    assert_eq!(values, ["4,820.00 EUR", "RU", "stripe:test"]);
    let asked: std::collections::BTreeSet<_> =
        (0..40_u8).map(|n| card().echo_for(PersonId::new(at(0), [n; 10])).1).collect();
    assert_eq!(asked.len(), 3);
    let me = PersonId::new(at(0), [1; 10]);
    assert_eq!(card().echo_for(me), card().echo_for(me));
    let bare = Card {
        headline: Headline { amount: None, target: String::new(), ..card().headline },
        refuted: vec![],
        normal: vec![],
        ..card()
    };
    assert_eq!(bare.echo_for(me).1, "invoice-agent-07");
}
