//! Standing privilege by request: the policy that is proposed decides as it says.
use crate::asking::{Agent, activate_files};
use governance::decision::{Action, Ask, Entity, Outcome, Way};
use governance::entitlement::{Privilege, Use};
use governance::escalation::Verdict;
use governance::id::SourceId;
use governance::on_every_database;
use governance::privilege::just_in_time::{ACTION, JustInTime, RIGHTS, added, propose, validates};
use governance::privilege::reach::{Reach, Right};
use governance::source::{self, Source};
use governance::testkit::Fresh;
use serde_json::{Map, json};

on_every_database! {
    a_privileged_right_is_asked_for_approved_and_permitted_once
    what_cannot_be_worded_is_left_out_and_counted
}

fn right(action: &str, resource: &str, privilege: Privilege) -> Right {
    Right {
        action: action.into(),
        resource: resource.into(),
        via: "inline policy own".into(),
        privilege,
        risks: vec![],
        standing: true,
        used: Use::Unknown,
        less: vec![],
        nothing: None,
    }
}

fn reach(a: &Agent, rights: Vec<Right>) -> Reach {
    let source = Source {
        id: SourceId::new(crate::world::at(), a.w.t.gov.random()),
        kind: source::Kind::AwsIam,
        name: "aws".into(),
        scope: "111122223333".into(),
        last_sync_at: None,
        max_staleness_s: source::MAX_STALENESS_S,
        version: 1,
    };
    Reach {
        source,
        principal: "arn:aws:iam::111122223333:role/worker".into(),
        stale: false,
        silent_since: None,
        rights,
        powers: vec![],
        risks: vec![],
        becomes: vec![],
        upper_bound: vec![],
        proposals: vec![],
        just_in_time: None,
    }
}

async fn proposed(a: &Agent, reach: &Reach) -> Option<JustInTime> {
    let identity = a.w.t.gov.identity_find(&a.w.t.operator(), "invoice-agent").await.unwrap();
    propose(&identity, reach)
}

fn ask(reach: &Reach, action: &str, on: &str) -> Ask {
    let properties = json!({"action": action, "on": on});
    let entity = |kind: &str, id: String| Entity { kind: kind.into(), id, properties: Map::new() };
    Ask {
        subject: entity("agent", "invoice-agent".into()),
        action: Action { name: ACTION.into(), properties: properties.as_object().cloned().unwrap() },
        resource: entity("privilege_source", reach.source.id.to_string()),
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: None,
    }
}

async fn a_privileged_right_is_asked_for_approved_and_permitted_once(t: Fresh) {
    let a = Agent::new(t, 0, true).await;
    let person = a.w.approver("platform", "platform-owners").await;
    let rights = vec![
        right("iam:*", "arn:aws:iam::111122223333:role/*", Privilege::PermissionsManagement),
        right("s3:GetObject", "*", Privilege::Read),
    ];
    let reach = reach(&a, rights);
    let it = proposed(&a, &reach).await.unwrap();
    assert!(validates(&it));
    assert_eq!((it.rights, it.left_out), (1, 0));
    let files = added(&it).into_iter().map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect();
    activate_files(&a.w, files, "operator:test").await;

    let wanted = || ask(&reach, "iam:PutRolePolicy", "arn:aws:iam::111122223333:role/app");
    let id = a.escalate(wanted()).await;
    let record = a.w.get(id).await;
    a.w.vote(&record, person, Verdict::Approve).await.unwrap();
    a.w.wait(1);
    let permit = a.ask(wanted()).await.unwrap();
    assert_eq!((permit.outcome, permit.reason.as_deref()), (Outcome::Permit, Some("approved")));
    assert_eq!(permit.grant.unwrap().expires_at, permit.at + chrono::TimeDelta::minutes(15));
    // once: asked again it waits again
    assert_ne!(a.escalate(wanted()).await, id);
    // what it never held, or holds elsewhere, nobody is asked for
    for (action, on) in
        [("s3:GetObject", "arn:aws:s3:::a"), ("iam:PutRolePolicy", "arn:aws:iam::999988887777:role/app")]
    {
        assert_eq!(a.ask(ask(&reach, action, on)).await.unwrap().outcome, Outcome::Deny, "{action} on {on}");
    }
}

async fn what_cannot_be_worded_is_left_out_and_counted(t: Fresh) {
    let a = Agent::new(t, 0, true).await;
    let admin = |action: &str| right(action, "*", Privilege::Administrative);
    let odd = ["* except iam:*", "iam:Get?ser", "iam:\" || true || \"", "iam:a\\b", "iam:ä", "iam:a\n"];
    let mut rights: Vec<_> = odd.into_iter().map(admin).collect();
    assert_eq!(proposed(&a, &reach(&a, rights.clone())).await, None);
    rights.extend((0..RIGHTS + 2).map(|n| admin(&format!("iam:Act{n}"))));
    rights.push(Right { standing: false, ..admin("iam:Ends") });
    rights.push(Right { nothing: Some("denied".into()), ..admin("iam:Denied") });
    let it = proposed(&a, &reach(&a, rights)).await.unwrap();
    assert_eq!((it.rights, it.left_out), (RIGHTS, odd.len() + 2));
    assert!(validates(&it));
    // a text that does not read is not offered
    assert!(!validates(&JustInTime { policy: format!("{}permit", it.policy), ..it }));
}
