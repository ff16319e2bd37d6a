//! Which tests a run makes, with which thresholds: the installation's own, and once more where a control fixes one.
use super::{
    catalogue::{Catalogue, Framework, Mapping, Test},
    thresholds::{Local, is_looser},
};
use std::collections::{BTreeMap, BTreeSet};

/// One test with its thresholds filled in.
#[derive(Debug, Clone)]
pub struct Planned<'a> {
    pub test: &'a Test,
    pub params: BTreeMap<String, i64>,
    /// Empty for the installation's thresholds, else what a control fixes: `required_s=15897600`.
    pub variant: String,
}

/// A test as one control uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub test: String,
    pub variant: String,
    /// The installation's own thresholds that are weaker than what this control fixes, in words.
    pub looser: Vec<String>,
}

/// How a control uses each of its tests, in the catalogue's order.
#[must_use]
pub fn uses(local: &Local, mapping: &Mapping) -> Vec<Use> {
    let fixed = |test: &String| mapping.param_overrides.get(test);
    mapping
        .tests
        .iter()
        .map(|test| Use {
            test: test.clone(),
            variant: fixed(test).map_or(String::new(), variant),
            looser: fixed(test).map_or(Vec::new(), |fixed| looser(local, test, fixed)),
        })
        .collect()
}

fn variant(fixed: &BTreeMap<String, i64>) -> String {
    fixed.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// Only what the installation set itself can be too loose: the catalogue's proposal gives way to the control's value.
fn looser(local: &Local, test: &str, fixed: &BTreeMap<String, i64>) -> Vec<String> {
    let own = |name: &str| local.get(test, name);
    fixed
        .iter()
        .filter_map(|(name, value)| own(name).filter(|own| is_looser(name, *own, *value)).map(|own| (name, own, value)))
        .map(|(name, own, value)| format!("{test} {name} is set to {own} here; this control asks for {value}"))
        .collect()
}

/// Every test once, and once more for each set of values a control fixes; of one framework, only what it uses.
#[must_use]
pub fn plan<'a>(catalogue: &'a Catalogue, local: &Local, framework: Option<&Framework>) -> Vec<Planned<'a>> {
    let used = |m: &&Mapping| framework.is_none_or(|f| f.id == m.framework);
    let mut wanted: BTreeMap<(String, String), BTreeMap<String, i64>> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for mapping in catalogue.mappings.iter().filter(used) {
        for (u, test) in uses(local, mapping).into_iter().zip(&mapping.tests) {
            named.insert(u.test.clone());
            wanted.insert((u.test, u.variant), mapping.param_overrides.get(test).cloned().unwrap_or_default());
        }
    }
    let mut planned = Vec::new();
    for test in &catalogue.tests {
        if framework.is_none() || named.contains(&test.id) {
            wanted.entry((test.id.clone(), String::new())).or_default();
        }
        let mine = wanted.range((test.id.clone(), String::new())..).take_while(|((id, _), _)| *id == test.id);
        planned.extend(mine.map(|((_, variant), fixed)| {
            let mut params = local.of(test);
            params.extend(fixed.clone());
            Planned { test, params, variant: variant.clone() }
        }));
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(framework: Option<&str>) -> Vec<(String, String)> {
        let catalogue = Catalogue::shipped().unwrap();
        let framework = framework.map(|id| catalogue.framework(id).unwrap());
        plan(&catalogue, &Local::default(), framework).iter().map(|p| (p.test.id.clone(), p.variant.clone())).collect()
    }

    #[test]
    fn every_test_runs_once_and_once_more_for_each_fixed_threshold() {
        let all = planned(None);
        assert_eq!(all.iter().filter(|(_, variant)| variant.is_empty()).count(), 64);
        let fixed: Vec<_> = all.iter().filter(|(_, v)| !v.is_empty()).map(|(t, v)| format!("{t} {v}")).collect();
        assert_eq!(
            fixed,
            [
                "OWN-03 limit_s=900",
                "LIF-02 dormant_s=7776000",
                "AUD-05 required_s=15897600",
                "AUD-05 required_s=31536000",
                "AUD-09 contain_s=3600 report_s=1296000"
            ]
        );
    }

    #[test]
    fn a_framework_runs_what_its_controls_name() {
        let all = planned(Some("owasp-asi-2026"));
        assert!(all.len() < 64 && all.iter().any(|(t, _)| t == "APR-01"), "{}", all.len());
        assert!(all.iter().all(|(t, _)| t != "AUD-08"));
        assert!(planned(Some("eu-ai-act")).contains(&("AUD-05".into(), "required_s=15897600".into())));
    }

    #[test]
    fn only_what_the_installation_set_itself_is_too_loose() {
        let catalogue = Catalogue::shipped().unwrap();
        let terminated = catalogue.mapping("pci-dss-4.0.1", "8.2.5").unwrap();
        let loose = |local: &Local| uses(local, terminated).into_iter().flat_map(|u| u.looser).collect::<Vec<_>>();
        let mut local = Local::default();
        assert!(loose(&local).is_empty(), "the catalogue's own day gives way to the control's 15 minutes");
        local.set(&catalogue, "OWN-03", "limit_s", 600).unwrap();
        assert!(loose(&local).is_empty());
        local.set(&catalogue, "OWN-03", "limit_s", 901).unwrap();
        assert_eq!(loose(&local), ["OWN-03 limit_s is set to 901 here; this control asks for 900"]);
    }
}
