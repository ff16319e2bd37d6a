//! Links and sessions on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::engine::{Actor, Ctx, Role, SignedIn};
use governance::error::Kind;
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;

on_every_database! {
    the_first_start_makes_one_admin_and_links_until_one_is_used
    a_link_works_once
    a_link_is_late_to_the_second
    many_at_once_use_a_link_once
    a_session_ends_when_idle_old_or_deposed
    nobody_but_an_admin_makes_links
    what_is_stored_opens_nothing
}

async fn first(t: &Fresh) -> (String, SignedIn) {
    let link = t.gov.first_link().await.unwrap().unwrap();
    let signed = t.gov.link_use(&link.token, None).await.unwrap();
    (link.token, signed)
}

async fn kinds(t: &Fresh) -> Vec<String> {
    let mut tx = t.gov.read().await.unwrap();
    let events = store::events::after(&mut tx, 0, 100).await.unwrap();
    events
        .iter()
        .map(|e| serde_json::from_slice::<serde_json::Value>(&e.leaf).unwrap()["kind"].as_str().unwrap().to_owned())
        .collect()
}

async fn the_first_start_makes_one_admin_and_links_until_one_is_used(t: Fresh) {
    let one = t.gov.first_link().await.unwrap().unwrap();
    let two = t.gov.first_link().await.unwrap().unwrap();
    assert_ne!(one.token, two.token);
    let signed = t.gov.link_use(&one.token, None).await.unwrap();
    assert_eq!(t.gov.first_link().await.unwrap(), None);
    let visitor = t.gov.visitor(&signed).await.unwrap().unwrap();
    assert_eq!((visitor.roles, visitor.email.as_str()), ([Role::Admin].into(), "admin@localhost"));
    assert_eq!(kinds(&t).await, ["person.added", "link.created", "link.created", "session.opened"]);
}

async fn a_link_works_once(t: Fresh) {
    let (token, _) = first(&t).await;
    assert_eq!(t.gov.link_use(&token, None).await.unwrap_err().kind, Kind::Conflict);
    assert_eq!(t.gov.link_use("nonsense", None).await.unwrap_err().kind, Kind::NotFound);
}

async fn a_link_is_late_to_the_second(t: Fresh) {
    let link = t.gov.first_link().await.unwrap().unwrap();
    t.clock.set(link.expires_at);
    assert_eq!(t.gov.link_use(&link.token, None).await.unwrap_err().kind, Kind::Expired);
    assert_eq!(kinds(&t).await, ["person.added", "link.created"]);
}

async fn many_at_once_use_a_link_once(t: Fresh) {
    let link = t.gov.first_link().await.unwrap().unwrap();
    let uses: Vec<_> = (0..16)
        .map(|_| {
            let (gov, token) = (t.gov.clone(), link.token.clone());
            tokio::spawn(async move { gov.link_use(&token, None).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for one in uses {
        won += usize::from(one.await.unwrap());
    }
    assert_eq!(won, 1);
}

async fn a_session_ends_when_idle_old_or_deposed(t: Fresh) {
    let (_, signed) = first(&t).await;
    t.gov.session_save("a", "{}").await.unwrap();
    // looked at every 29 minutes it lives, up to 12 hours
    for _ in 0..24 {
        t.clock.advance(TimeDelta::minutes(29));
        assert_eq!(t.gov.session_load("a").await.unwrap().as_deref(), Some("{}"));
        assert!(t.gov.visitor(&signed).await.unwrap().is_some());
    }
    t.clock.advance(TimeDelta::minutes(24));
    assert_eq!(t.gov.session_load("a").await.unwrap(), None);
    assert_eq!(t.gov.visitor(&signed).await.unwrap(), None);

    t.gov.session_save("b", "{}").await.unwrap();
    t.clock.advance(TimeDelta::minutes(30));
    assert_eq!(t.gov.session_load("b").await.unwrap(), None);

    let deposed = SignedIn { epoch: signed.epoch - 1, at: t.gov.now(), ..signed };
    assert_eq!(t.gov.visitor(&deposed).await.unwrap(), None);
}

async fn nobody_but_an_admin_makes_links(t: Fresh) {
    let (_, signed) = first(&t).await;
    let ctx = |role: Role| -> Ctx { t.gov.ctx(Actor::Person { id: signed.person, roles: [role].into() }) };
    for role in [Role::Viewer, Role::Auditor, Role::Owner, Role::Approver, Role::Operator] {
        let refused = t.gov.link_create(&ctx(role), signed.person).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Forbidden, "{role:?}");
    }
    let link = t.gov.link_create(&ctx(Role::Admin), signed.person).await.unwrap();
    t.gov.link_use(&link.token, Some(signed.person)).await.unwrap();
    assert_eq!(kinds(&t).await.last().map(String::as_str), Some("session.stepped_up"));
}

async fn what_is_stored_opens_nothing(t: Fresh) {
    let link = t.gov.first_link().await.unwrap().unwrap();
    t.gov.session_save("cookie-id", "{}").await.unwrap();
    let mut tx = t.gov.read().await.unwrap();
    for sql in ["select hash from links", "select hash from sessions"] {
        let stored = tx.one(sql, &[]).await.unwrap().bytes("hash").unwrap();
        assert_eq!(stored.len(), 32);
        let text = String::from_utf8_lossy(&stored).into_owned();
        assert!(!text.contains(&link.token) && !text.contains("cookie-id"));
    }
}
