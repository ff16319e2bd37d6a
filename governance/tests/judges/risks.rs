//! What rights put at risk, beside what cloudsplaining reports (PyPI): data exfiltration, resource exposure, credential exposure.
use super::escalation::{Judged, export, judged, judged_value};
use super::judge;
use governance::import::snapshot::Document;
use governance::privilege::aws::Held;
use governance::privilege::aws::risk::{Kind, risks};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What begins the name of an action that only reads. AWS counts some among those that manage permissions, and the judge with it;
/// but what changes nothing opens nothing to others.
const READS: [&str; 5] = ["get", "describe", "list", "search", "validate"];

fn only_reads(kind: Kind, action: &str) -> bool {
    let name = action.split_once(':').unwrap().1;
    kind == Kind::ResourceExposure && READS.iter().any(|verb| name.starts_with(verb))
}

type Found = BTreeMap<Kind, BTreeSet<String>>;

fn held(document: &Value) -> Held {
    let text = Some(document.clone().into());
    Held::of(&BTreeMap::from([("policy".to_owned(), Document { id: None, text })])).unwrap()
}

/// Actions by risk, in lower case: all, and those that nothing limits.
fn ours(held: &Held) -> (Found, Found) {
    let (mut all, mut unlimited) = (Found::new(), Found::new());
    for risk in risks(held) {
        let actions: BTreeSet<_> = risk.actions.iter().map(|a| a.to_ascii_lowercase()).collect();
        if !risk.limited {
            unlimited.entry(risk.kind).or_default().extend(actions.clone());
        }
        all.entry(risk.kind).or_default().extend(actions);
    }
    (all, unlimited)
}

/// Everything that the judge knows: what it reports of a policy that allows all.
fn known(judge: &str) -> Found {
    let mut all = export(1, 1);
    all["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"] =
        json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    judged_value(judge, &all).remove(0).risks
}

/// Every action that the judge reports we report; and of those that it knows, what we report without a limit it reports, save in
/// policies that it passes over. Denials it does not look at where resources are exposed. Returns how many it reports.
fn compare(policies: &[Judged], known: &Found) -> usize {
    let mut reported = 0;
    for policy in policies {
        let held = held(&policy.document);
        let (all, unlimited) = ours(&held);
        for (kind, actions) in &policy.risks {
            for action in actions {
                let denied = *kind == Kind::ResourceExposure && held.denies(action, "*");
                let found = all.get(kind).is_some_and(|ours| ours.contains(action));
                assert!(
                    found || denied || only_reads(*kind, action),
                    "{}: {kind:?} {action} is missing: {}",
                    policy.name,
                    policy.document
                );
                reported += 1;
            }
        }
        for (kind, actions) in unlimited.iter().filter(|_| !policy.excluded) {
            let its = policy.risks.get(kind).cloned().unwrap_or_default();
            for action in actions.iter().filter(|a| known.get(kind).is_some_and(|k| k.contains(*a))) {
                assert!(its.contains(action), "{}: {kind:?} {action} is ours alone: {}", policy.name, policy.document);
            }
        }
    }
    reported
}

/// Actions that both know, as they are and as patterns; AWS's own case, which the judge minds where something is denied.
fn policies(seed: u64, n: usize) -> Value {
    let mut rng = StdRng::seed_from_u64(seed);
    let everything = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let actions: Vec<_> = risks(&held(&everything)).into_iter().flat_map(|r| r.actions).collect();
    let pattern = |rng: &mut StdRng| {
        let action: &String = actions.choose(rng).unwrap();
        let at = action.find(':').unwrap() + 1;
        match rng.random_range(0..8) {
            0 => format!("{}*", &action[..at]),
            1 if action.len() > at + 4 => format!("{}*", &action[..at + 4]),
            _ => action.clone(),
        }
    };
    let statement = |rng: &mut StdRng| {
        let named: Vec<_> = (0..rng.random_range(1..6)).map(|_| pattern(rng)).collect();
        let effect = if rng.random_bool(0.2) { "Deny" } else { "Allow" };
        let mut it = json!({"Effect": effect, "Action": named, "Resource": "*"});
        if effect == "Allow" && rng.random_bool(0.1) {
            it["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
        } else if effect == "Allow" && rng.random_bool(0.2) {
            it["Resource"] = json!("arn:aws:s3:::bucket/*");
        }
        it
    };
    let mut all = export(seed, n);
    for policy in all["RoleDetailList"][0]["RolePolicyList"].as_array_mut().unwrap() {
        let statements: Vec<_> = (0..rng.random_range(1..4)).map(|_| statement(&mut rng)).collect();
        policy["PolicyDocument"] = json!({"Version": "2012-10-17", "Statement": statements});
    }
    all
}

#[test]
fn every_action_the_judge_knows_is_in_our_lists() {
    let Some(judge) = judge("CLOUDSPLAINING") else { return };
    let everything = held(&json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}));
    let (all, _) = ours(&everything);
    for (kind, actions) in known(&judge) {
        let missing: Vec<_> = actions.difference(&all[&kind]).filter(|a| !only_reads(kind, a)).collect();
        assert!(missing.is_empty(), "{kind:?}: {missing:?}");
        assert!(actions.len() >= 5, "{kind:?}: {}", actions.len());
    }
}

#[test]
fn random_policies_are_judged_alike() {
    let Some(judge) = judge("CLOUDSPLAINING") else { return };
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let found = judged_value(&judge, &policies(seed, 200));
    assert!(found.len() > 150, "seed {seed}: {} policies were judged", found.len());
    let reported = compare(&found, &known(&judge));
    assert!(reported > 300, "seed {seed}: {reported} reported");
}

#[test]
fn the_judge_would_notice_an_action_that_is_left_out() {
    let Some(judge) = judge("CLOUDSPLAINING") else { return };
    let mut one = export(1, 1);
    let document = json!({"Statement": [{"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"}]});
    one["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"] = document;
    let mut found = judged_value(&judge, &one);
    let known = known(&judge);
    assert_eq!(compare(&found, &known), 1);
    found[0].document = json!({"Statement": [{"Effect": "Allow", "Action": "ssm:ListTags", "Resource": "*"}]});
    assert!(std::panic::catch_unwind(|| compare(&found, &known)).is_err());
}

#[test]
fn a_real_export_is_judged_alike() {
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where real inputs are")]
    let Ok(samples) = std::env::var("COUNTERSIGN_SAMPLES") else {
        eprintln!("skipped: COUNTERSIGN_SAMPLES is not set");
        return;
    };
    let Some(judge) = judge("CLOUDSPLAINING") else { return };
    let found = judged(&judge, &Path::new(&samples).join("samples/aws/cloudmapper_demo_authz.json"));
    let reported = compare(&found, &known(&judge));
    assert!(reported > 10, "{reported} reported");
}
