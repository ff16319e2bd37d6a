//! The narrower policies beside what was used, on random policies and uses: by our own reading and by iam-simulate (npm), nothing that
//! was used, or of which nothing is told, stops working, and nothing works that did not.
use super::access::{ASKED, named, policy, simulated};
use super::judge;
use governance::entitlement::{Entitlement, Facts, Key, Privilege, Use};
use governance::id::{EntitlementId, IdentityId, SourceId};
use governance::import::snapshot::{Document, Documents};
use governance::privilege::aws::{Effect, Held, Policy};
use governance::privilege::idle::{Idle, Usage};
use governance::privilege::right_size::propose;
use governance::time::Timestamp;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

const PRINCIPALS: usize = 300;

fn at(day: i64) -> Timestamp {
    Timestamp::from_micros(day * 86_400_000_000).unwrap()
}

/// Since day 100 is the window.
fn in_window(last: Option<Timestamp>) -> Use {
    match last {
        Some(last) if last >= at(100) => Use::Used(last),
        last => Use::Unused(last),
    }
}

/// What a report says of each service, and of some of its actions.
fn report(rng: &mut StdRng) -> Usage {
    let mut usage = Usage::new();
    for (action, _) in ASKED {
        let last = [None, Some(at(50)), Some(at(150))].choose(rng).copied().unwrap();
        // an action that is not tracked may be what used the service
        let service = format!("{}:*", action.split(':').next().unwrap());
        let of_all = usage.entry(service).or_default();
        *of_all = (*of_all).max(last);
        if rng.random_bool(0.7) {
            usage.insert(action.to_owned(), last);
        }
    }
    usage
}

/// Each right of a policy, dated as an import does it.
fn rights(policy: &Value, usage: &Usage) -> Vec<Entitlement> {
    let dated = |action: &str| {
        let of = |name: &str| usage.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, last)| *last);
        match action.split_once(':') {
            _ if action.starts_with('*') => usage.values().max().copied(),
            Some((service, _)) => of(action).or_else(|| of(&format!("{service}:*"))),
            None => None,
        }
    };
    let statements = Policy::read(policy).statements;
    let allowed = statements.iter().filter(|s| s.effect == Effect::Allow);
    let each = allowed.flat_map(|s| s.written.iter().flat_map(|action| s.on.iter().map(move |on| (action, on))));
    each.map(|(action, on)| {
        let told = dated(action);
        Entitlement {
            id: EntitlementId::new(at(0), [0; 10]),
            identity: IdentityId::new(at(0), [0; 10]),
            source: SourceId::new(at(0), [0; 10]),
            key: Key { action: action.clone(), resource: on.clone(), via: "policy p".into() },
            facts: Facts {
                last_used_at: told.flatten(),
                usage_reported: told.is_some(),
                ..Facts::of(Privilege::Unknown)
            },
            first_seen_at: at(0),
            told: None,
        }
    })
    .collect()
}

fn used(it: &Entitlement) -> Use {
    if it.facts.usage_reported { in_window(it.facts.last_used_at) } else { Use::Unknown }
}

/// The narrower of a policy, and how many actions are denied under its patterns.
fn narrowed(policy: &Value, usage: &Usage) -> Option<(Value, usize)> {
    let rights = rights(policy, usage);
    let idle = Idle::of(usage, &rights, used, usize::MAX);
    let of = |action: &str, on: &str| {
        rights.iter().find(|it| it.key.action == action && it.key.resource == on).map_or(Use::Unknown, used)
    };
    let proposal = propose(("policy p", None), policy, of, &idle)?;
    Some((proposal.after.unwrap_or_else(|| json!({"Statement": []})), proposal.denied.len()))
}

fn allowed(policy: &Value, (action, on): (&str, &str)) -> bool {
    let document = Document { id: None, text: Some(policy.clone().into()) };
    let all: Documents = [("policy p".to_owned(), document)].into();
    !Held::of(&all).unwrap().allowing_on(&action.to_ascii_lowercase(), on).is_empty()
}

/// Whether somebody may have used it in the window: the report says so, or it says so of the service alone.
fn may_be_used(usage: &Usage, action: &str) -> bool {
    let service = format!("{}:*", action.split(':').next().unwrap());
    let last = usage.get(action).or_else(|| usage.get(&service)).copied().flatten();
    matches!(in_window(last), Use::Used(_))
}

#[test]
fn what_was_used_goes_on_working_by_both_readings() {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut asked, mut wanted, mut denied, mut gone) = (vec![], vec![], 0, 0);
    while asked.len() < PRINCIPALS {
        let (policy, usage) = (policy(&mut rng, 0.2), report(&mut rng));
        let Some((after, under_patterns)) = narrowed(&policy, &usage) else { continue };
        denied += under_patterns;
        let questions = ASKED.map(|(action, on)| (action, named(&mut rng, on)));
        let mut want = String::new();
        for (action, on) in &questions {
            let (before, now) = (allowed(&policy, (action, on)), allowed(&after, (action, on)));
            let context = format!("seed {seed}: {action} on {on}: {policy}\n{after}\n{usage:?}");
            assert!(before || !now, "it gives more: {context}");
            assert!(now || !before || !may_be_used(&usage, action), "what was used stops working: {context}");
            gone += usize::from(before && !now);
            want.push(if now { 'a' } else { 'd' });
        }
        let principal = format!("arn:aws:iam::111122223333:role/r{}", asked.len());
        asked.push(json!({"principal": principal, "policies": [after], "boundary": null, "questions": questions}));
        wanted.push(want);
    }
    assert!(
        denied > PRINCIPALS / 4 && gone > PRINCIPALS / 2,
        "seed {seed}: {denied} denied, {gone} gone: nothing is tried"
    );
    let Some(simulator) = judge("IAM_SIMULATE") else { return };
    for ((theirs, ours), asked) in simulated(&simulator, &asked).iter().zip(&wanted).zip(&asked) {
        let alike = theirs.chars().zip(ours.chars()).all(|(theirs, ours)| theirs == ours || theirs == 'e');
        assert!(alike, "seed {seed}: it says {theirs}, we say {ours}: {asked}");
    }
}
