//! UC-03: a finance bot exports records: denied unless an approved business rule says so and the register trusts the
//! destination. Trust is given, taken back and runs out without a release of policy.
use super::world::{World, forbidden, no_rule, permitted, waits};
use chrono::TimeDelta;
use governance::engine::resources::{Change, Kind, Trust};
use governance::engine::{Ctx, Scope};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    trust_is_given_taken_back_and_runs_out_without_a_release
    the_rule_says_what_goes_where_and_people_let_personal_data_out
    what_the_bot_says_of_the_destination_counts_for_nothing
}

const AUDITOR: (&str, &str) = ("destination", "auditor.example.com");
const WAREHOUSE: (&str, &str) = ("destination", "warehouse.internal");

fn export(rule: &str, dataset: &str, destination: &str, records: i64) -> Value {
    json!({
        "subject": { "type": "agent", "id": "ledger" },
        "action": { "name": "record.export", "properties": { "rule": rule, "destination": destination, "records": records } },
        "resource": { "type": "dataset", "id": dataset },
    })
}

fn monthly() -> Value {
    export("monthly-close", "general-ledger", "warehouse.internal", 500)
}

fn untrusted() -> Value {
    forbidden("export-destination-trusted", "The destination is not trusted")
}

async fn begin(t: Fresh) -> (World, Ctx) {
    let w = World::of(t, "finance").await;
    let bot = w.agent("ledger", "finance-agents").await;
    let key = w.key(Some(bot), &[Scope::Ask, Scope::Act]).await;
    (w, key)
}

async fn say(w: &World, name: (&str, &str), trust: Trust, until: Option<TimeDelta>) {
    let change = Change {
        kind: Some(Kind::Destination),
        trust: Some(trust),
        trusted_until: until.map(|d| Some((w.t.gov.now() + d).to_string())),
        ..Change::default()
    };
    w.t.gov.resource_set(&w.t.operator(), name, &change).await.unwrap();
}

async fn trust_is_given_taken_back_and_runs_out_without_a_release(t: Fresh) {
    let (w, bot) = begin(t).await;
    let forbidden = untrusted();
    assert_eq!(w.whole(&bot, monthly()).await, forbidden, "nobody listed it");
    say(&w, WAREHOUSE, Trust::Unknown, None).await;
    assert_eq!(w.whole(&bot, monthly()).await, forbidden, "listed, and nobody says that it is trusted");
    say(&w, WAREHOUSE, Trust::Trusted, Some(TimeDelta::days(30))).await;
    assert_eq!(w.whole(&bot, monthly()).await, permitted(&["export-by-rule"]));
    say(&w, WAREHOUSE, Trust::Untrusted, None).await;
    assert_eq!(w.whole(&bot, monthly()).await, forbidden);
    say(&w, WAREHOUSE, Trust::Trusted, Some(TimeDelta::days(30))).await;
    w.t.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(w.whole(&bot, monthly()).await, permitted(&["export-by-rule"]), "until its last second");
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.whole(&bot, monthly()).await, forbidden, "nothing was written: the clock ended it");
    w.t.gov.resource_remove(&w.t.operator(), WAREHOUSE).await.unwrap();
    assert_eq!(w.whole(&bot, monthly()).await, forbidden);
    let activated = w.t.gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    let releases = activated.iter().filter(|e| e.kind.as_str() == "policy.activated").count();
    assert_eq!(releases, 1, "one release, before all of it");
}

async fn the_rule_says_what_goes_where_and_people_let_personal_data_out(t: Fresh) {
    let (w, bot) = begin(t).await;
    for name in [AUDITOR, WAREHOUSE] {
        say(&w, name, Trust::Trusted, None).await;
    }
    let asked = [
        ("more records than the rule says", export("monthly-close", "general-ledger", "warehouse.internal", 50_001)),
        ("another data set", export("monthly-close", "payroll", "warehouse.internal", 5)),
        ("another destination, trusted as it is", export("monthly-close", "general-ledger", "auditor.example.com", 5)),
        ("a rule nobody approved", export("tax-return", "general-ledger", "warehouse.internal", 5)),
        ("a rule nobody wrote", export("because-i-say-so", "general-ledger", "warehouse.internal", 5)),
    ];
    for (what, question) in asked {
        assert_eq!(w.whole(&bot, question).await, no_rule(), "{what}");
    }
    let personal = export("yearly-audit", "payroll", "auditor.example.com", 5);
    let words = "Personal data leaves with a person's approval";
    assert_eq!(w.whole(&bot, personal.clone()).await, waits(&["export-personal"], words, "high", 1_800));
    say(&w, AUDITOR, Trust::Untrusted, None).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.whole(&bot, personal).await, untrusted(), "nobody is asked any more");
}

async fn what_the_bot_says_of_the_destination_counts_for_nothing(t: Fresh) {
    let (w, bot) = begin(t).await;
    say(&w, WAREHOUSE, Trust::Trusted, None).await;
    let mut question = export("monthly-close", "general-ledger", "files.example.com", 5);
    question["context"] = json!({ "destination": { "trust": "trusted" } });
    let (_, said) = w.answer(&bot, question.clone()).await;
    assert_eq!(said, "Invalid: context.destination is set by the server; leave it out");
    question["context"] = json!({});
    question["action"]["properties"]["trust"] = json!("trusted");
    question["resource"]["properties"] = json!({ "trust": "trusted" });
    assert_eq!(w.whole(&bot, question).await, untrusted());
    // nor how it spells it: an entity is the same destination
    let mut spelt = monthly();
    say(&w, WAREHOUSE, Trust::Untrusted, None).await;
    for entity in [
        json!({"type": "destination", "id": "warehouse.internal"}),
        json!({"__entity": {"type": "destination", "id": "warehouse.internal"}}),
    ] {
        spelt["action"]["properties"]["destination"] = entity;
        assert_eq!(w.whole(&bot, spelt.clone()).await, untrusted());
    }
}
