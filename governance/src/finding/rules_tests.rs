use super::*;
use crate::{
    entitlement::{self, Privilege},
    id::{CredentialId, EntitlementId, IdentityId, PersonId, SightingId, SourceId},
    identity::{Kind, Mode},
};

fn day_of(day: i64) -> Timestamp {
    Timestamp::from_micros(day * 24 * 3600 * 1_000_000).unwrap()
}
const NOW: i64 = 1000;

fn identity() -> Identity {
    Identity {
        id: IdentityId::new(day_of(0), [1; 10]),
        kind: Kind::Workload,
        name: "level1".into(),
        environment: Some(Environment::Production),
        status: Status::Active,
        mode: Mode::Enforce,
        owner: Some(PersonId::new(day_of(0), [2; 10])),
        backup: Some(PersonId::new(day_of(0), [3; 10])),
        team: None,
        purpose: None,
        criticality: None,
        autonomy: None,
        boundary: None,
        source: None,
        external_ref: None,
        first_seen_at: day_of(0),
        registered_at: day_of(990),
        last_seen_at: Some(day_of(999)),
        last_used_at: Some(day_of(999)),
        usage_reported: true,
        attested_at: Some(day_of(990)),
        ends_at: None,
        suspended_at: None,
        retired_at: None,
        epoch: 0,
        version: 0,
    }
}
fn entitlement(privilege: Privilege, usage_reported: bool, last_used: Option<i64>) -> Entitlement {
    Entitlement {
        id: EntitlementId::new(day_of(0), [4; 10]),
        identity: identity().id,
        source: SourceId::new(day_of(0), [5; 10]),
        key: entitlement::Key { action: "s3:*".into(), resource: "*".into(), via: "policy tmp".into() },
        facts: entitlement::Facts {
            privilege,
            wildcard: true,
            conditional: false,
            expires_at: None,
            last_used_at: last_used.map(day_of),
            usage_reported,
        },
        first_seen_at: day_of(990),
        told: Some(told()),
    }
}
/// The source was read just now.
fn told() -> Told {
    Told { until: day_of(1000), stale_at: day_of(1007) }
}
fn credential(change: impl FnOnce(&mut credential::Facts)) -> Credential {
    let mut facts = credential::Facts::of(credential::Kind::AccessKey);
    facts.long_lived = true;
    change(&mut facts);
    Credential {
        id: CredentialId::new(day_of(0), [6; 10]),
        identity: identity().id,
        source: SourceId::new(day_of(0), [5; 10]),
        key: "access_key_1".into(),
        facts,
        first_seen_at: day_of(990),
        told: Some(told()),
    }
}
/// Everything in order but for what a test changes.
struct Case {
    identity: Identity,
    owner: Option<person::Status>,
    backup: Option<person::Status>,
    entitlements: Vec<Entitlement>,
    credentials: Vec<Credential>,
    asked: Option<Timestamp>,
    build: Option<Build>,
    role: Option<(Timestamp, String)>,
    told: Option<Told>,
}
fn case() -> Case {
    Case {
        identity: identity(),
        owner: Some(person::Status::Active),
        backup: Some(person::Status::Active),
        entitlements: vec![],
        credentials: vec![],
        asked: None,
        build: None,
        role: None,
        told: Some(told()),
    }
}
fn check(name: &str, change: impl FnOnce(&mut Case), want: &[(Rule, Severity)]) {
    let mut case = case();
    change(&mut case);
    let facts = Facts {
        identity: &case.identity,
        owner: case.owner,
        backup: case.backup,
        entitlements: &case.entitlements,
        credentials: &case.credentials,
        last_asked_at: case.asked,
        build: case.build.as_ref(),
        powers: &[],
        role_changed: case.role.as_ref(),
        told: case.told,
    };
    let got: Vec<_> = of_identity(&facts, day_of(NOW)).into_iter().map(|f| (f.rule, f.severity)).collect();
    assert_eq!(got, want, "{name}");
}

#[test]
fn each_gap_is_found_and_nothing_else() {
    use Rule::{NeverAttested, NoBackup, NoOwner, NotMonitored};
    use Severity::{High, Low, Medium};
    check("all in order", |_| (), &[]);
    check("retired", |c| (c.identity.status, c.owner) = (Status::Retired, None), &[]);
    check("nobody", |c| c.owner = None, &[(NoOwner, High)]);
    let shown = |day| {
        move |c: &mut Case| {
            (c.identity.environment, c.owner, c.backup) = (None, None, None);
            (c.identity.source, c.identity.registered_at) = (Some(SourceId::new(day_of(0), [5; 10])), day_of(day));
        }
    };
    check("shown by a source, and not due yet", shown(994), &[(NoOwner, Medium)]);
    check("shown by a source a week ago", shown(993), &[(NoOwner, High)]);
    check("left", |c| c.owner = Some(person::Status::Left), &[(NoOwner, High)]);
    check(
        "in a test environment",
        |c| (c.identity.environment, c.owner, c.backup) = (Some(Environment::Test), None, None),
        &[(NoOwner, Medium)],
    );
    check("no backup", |c| c.backup = None, &[(NoBackup, Medium)]);
    check("backup away", |c| c.backup = Some(person::Status::Inactive), &[(NoBackup, Medium)]);
    let mut build = Build::first(identity().id, &"1".repeat(64), day_of(990));
    check("the build it had", |c| c.build = Some(build.clone()), &[]);
    build.see(&"2".repeat(64), day_of(999));
    check("another build", |c| c.build = Some(build), &[(Rule::BuildChanged, High)]);
    let role = Some((day_of(995), "its team changed".to_owned()));
    let held = entitlement(Privilege::Write, true, Some(999));
    check("another role that holds nothing", |c| c.role.clone_from(&role), &[]);
    check(
        "another role, and what it held before",
        |c| (c.role, c.entitlements) = (role.clone(), vec![held.clone()]),
        &[(Rule::AttestAgain, Medium)],
    );
    check(
        "answered for since",
        |c| (c.role, c.entitlements, c.identity.attested_at) = (role.clone(), vec![held.clone()], Some(day_of(996))),
        &[],
    );
    check("never attested", |c| c.identity.attested_at = None, &[(NeverAttested, Low)]);
    check(
        "never attested, long known",
        |c| (c.identity.attested_at, c.identity.registered_at) = (None, day_of(900)),
        &[(NeverAttested, Medium)],
    );
    check(
        "silent",
        |c| (c.identity.last_used_at, c.identity.usage_reported) = (None, false),
        &[(NotMonitored, Medium)],
    );
    check(
        "asks us",
        |c| (c.identity.last_used_at, c.identity.usage_reported, c.asked) = (None, false, Some(day_of(999))),
        &[],
    );
}

#[test]
fn unused_is_said_only_where_the_source_reports_use() {
    use Rule::Unused90d;
    use Severity::{High, Medium};
    let with = |p, reported, last| move |c: &mut Case| c.entitlements = vec![entitlement(p, reported, last)];
    check("silent source", with(Privilege::Read, false, None), &[]);
    check("never used", with(Privilege::Read, true, None), &[(Unused90d, Medium)]);
    check("used 91 days ago", with(Privilege::Read, true, Some(909)), &[(Unused90d, Medium)]);
    check("used 90 days ago", with(Privilege::Read, true, Some(910)), &[]);
    check("privileged", with(Privilege::PermissionsManagement, true, None), &[(Unused90d, High)]);
    check(
        "granted since, by a later import",
        |c| {
            let mut it = entitlement(Privilege::Read, true, None);
            it.first_seen_at = day_of(995);
            c.entitlements = vec![it];
        },
        &[],
    );
    check(
        "a new identity",
        |c| {
            (c.identity.first_seen_at, c.identity.last_used_at) = (day_of(980), None);
            c.entitlements = vec![entitlement(Privilege::Read, true, None)];
        },
        &[],
    );
    check(
        "a report of use that ended a month ago",
        |c| {
            let mut it = entitlement(Privilege::Read, true, None);
            it.told = Some(Told { until: day_of(970), stale_at: day_of(977) });
            c.entitlements = vec![it];
        },
        &[],
    );
    check(
        "the identity as a whole, by a source silent for long",
        |c| {
            c.identity.last_used_at = Some(day_of(800));
            c.told = Some(Told { until: day_of(970), stale_at: day_of(977) });
        },
        &[],
    );
    check("the identity as a whole", |c| c.identity.last_used_at = Some(day_of(800)), &[(Unused90d, Medium)]);
    check(
        "a log that ended says nothing of what came after it",
        |c| (c.identity.last_used_at, c.identity.usage_reported) = (Some(day_of(800)), false),
        &[],
    );
    check(
        "its key used since",
        |c| {
            c.identity.last_used_at = Some(day_of(800));
            c.credentials = vec![credential(|f| f.last_used_at = Some(day_of(990)))];
        },
        &[],
    );
}

#[test]
fn standing_power_and_old_keys_are_found() {
    use Rule::{KeyOlder90d, SecretInConfig, StandingAdmin};
    use Severity::{Critical, High, Medium};
    check(
        "administrative",
        |c| c.entitlements = vec![entitlement(Privilege::Administrative, false, None)],
        &[(StandingAdmin, High)],
    );
    check(
        "with an end",
        |c| {
            let mut it = entitlement(Privilege::Administrative, false, None);
            it.facts.expires_at = Some(day_of(1001));
            c.entitlements = vec![it];
        },
        &[],
    );
    check(
        "on one resource alone",
        |c| {
            let mut it = entitlement(Privilege::Administrative, false, None);
            it.key.resource = "arn:aws:s3:::one-bucket".into();
            c.entitlements = vec![it];
        },
        &[(StandingAdmin, Medium)],
    );
    check(
        "anyone may act as it",
        |c| {
            c.entitlements = vec![entitlement(Privilege::Administrative, false, None)];
            c.credentials =
                vec![credential(|f| (f.kind, f.long_lived, f.trust_wildcard) = (credential::Kind::Trust, false, true))];
        },
        &[(StandingAdmin, Critical)],
    );
    let key = |created: i64, active| {
        move |c: &mut Case| {
            c.credentials = vec![credential(|f| (f.created_at, f.active) = (Some(day_of(created)), active))];
        }
    };
    check("90 days", key(910, true), &[]);
    check("91 days", key(909, true), &[(KeyOlder90d, Medium)]);
    check("two years", key(200, true), &[(KeyOlder90d, High)]);
    check("switched off", key(200, false), &[]);
    check(
        "rotated since",
        |c| {
            c.credentials =
                vec![credential(|f| (f.created_at, f.last_rotated_at) = (Some(day_of(1)), Some(day_of(990))))];
        },
        &[],
    );
    check("age unknown", |c| c.credentials = vec![credential(|_| ())], &[]);
    check("readable", |c| c.credentials = vec![credential(|f| f.exposed = true)], &[(SecretInConfig, Critical)]);
}

#[test]
fn who_asks_without_being_registered_is_a_gap_until_matched() {
    let mut sighting = Sighting {
        id: SightingId::new(day_of(1), [1; 10]),
        source: None,
        principal: "agent:ghost".into(),
        kind: Kind::Agent,
        name: "ghost".into(),
        identity: None,
        first_seen_at: day_of(1),
        last_seen_at: day_of(2),
        gone_at: None,
    };
    assert_eq!(of_sighting(&sighting, day_of(NOW)).map(|f| f.rule), Some(Rule::UnregisteredPrincipalAsked));
    sighting.identity = Some(identity().id);
    assert_eq!(of_sighting(&sighting, day_of(NOW)), None);
}
