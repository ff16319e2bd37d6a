//! UC-02: a pipeline deploys, and rolls back, in its deployment window and to its environment; outside either it is denied.
use super::world::{World, forbidden, no_rule, permitted};
use chrono::TimeDelta;
use governance::engine::Scope;
use governance::identity::{Environment, Kind};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    a_pipeline_deploys_in_its_window_and_to_its_environment
}

async fn a_pipeline_deploys_in_its_window_and_to_its_environment(t: Fresh) {
    let w = World::of(t, "engineering").await;
    let release = w.identity("release", Kind::Pipeline, "deployers", Some(Environment::Production)).await;
    let lost = w.identity("lost", Kind::Pipeline, "deployers", None).await;
    let (own, strange) = (w.key(Some(release), &[Scope::Ask]).await, w.key(Some(lost), &[Scope::Ask]).await);
    let deploy = |who: &str, action: &str, environment: &str| {
        json!({
            "subject": { "type": "pipeline", "id": who },
            "action": { "name": action, "properties": { "environment": environment } },
            "resource": { "type": "service", "id": "shop" },
        })
    };
    let (inside, outside) = (
        permitted(&["deploy-to-its-environment"]),
        forbidden("deploy-window", "Production is changed from 09:00 to 11:00 UTC"),
    );
    let asked = async |action: &str, environment: &str| -> Value {
        w.whole(&own, deploy("release", action, environment)).await
    };
    // nine o'clock, the window opens
    for action in ["deploy.run", "deploy.rollback"] {
        assert_eq!(asked(action, "production").await, inside);
        assert_eq!(asked(action, "staging").await, no_rule(), "not its environment");
    }
    assert_eq!(
        w.whole(&strange, deploy("lost", "deploy.run", "production")).await,
        no_rule(),
        "of a pipeline without an environment nothing can be said"
    );
    w.t.clock.advance(TimeDelta::hours(2) - TimeDelta::seconds(1));
    assert_eq!(asked("deploy.run", "production").await, inside);
    w.t.clock.advance(TimeDelta::seconds(1));
    for action in ["deploy.run", "deploy.rollback"] {
        assert_eq!(asked(action, "production").await, outside, "the window is closed");
    }
    w.t.clock.advance(TimeDelta::hours(22));
    assert_eq!(asked("deploy.run", "production").await, inside, "and opens the next day");
}
