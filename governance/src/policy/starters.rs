//! The bundles an organisation starts from, carried in the binary. Their files stand in `governance/policies/`.
use super::files::Files;

/// A bundle to copy and change.
#[derive(Debug)]
pub struct Starter {
    /// The name of its folder and of the bundle.
    pub name: &'static str,
    /// One line, as its `bundle.toml` says it.
    pub description: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

impl Starter {
    /// Its files, as [`super::bundle::Bundle::from_files`] takes them.
    #[must_use]
    pub fn files(&self) -> Files {
        self.files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
    }
}

/// The starter of this name.
#[must_use]
pub fn starter(name: &str) -> Option<&'static Starter> {
    STARTERS.iter().find(|starter| starter.name == name)
}

macro_rules! starter {
    ($name:literal, $description:literal, [$($file:literal),* $(,)?]) => {
        Starter {
            name: $name,
            description: $description,
            files: &[
                $(($file, include_bytes!(concat!("../../policies/", $name, "/", $file)).as_slice())),*
            ],
        }
    };
}

/// What a new installation starts with; it has something for every domain.
pub const BASELINE: Starter = starter!(
    "baseline",
    "Support, finance, procurement, engineering, operations, security and research agents: free inside limits, people above them",
    [
        "bundle.toml",
        "schema.cedarschema",
        "entities.json",
        "policies/data.cedar",
        "policies/engineering.cedar",
        "policies/every-identity.cedar",
        "policies/money.cedar",
        "policies/security.cedar",
        "tests/data.toml",
        "tests/engineering.toml",
        "tests/money.toml",
        "tests/security.toml",
    ]
);

/// All of them, the baseline first.
pub static STARTERS: [Starter; 7] = [
    BASELINE,
    starter!(
        "support",
        "Support agents read customers for the task they were given, answer cases and refund inside limits; people decide above",
        [
            "bundle.toml",
            "schema.cedarschema",
            "entities.json",
            "policies/access.cedar",
            "policies/cases.cedar",
            "policies/crm.cedar",
            "policies/every-identity.cedar",
            "policies/refunds.cedar",
            "tests/access.toml",
            "tests/cases.toml",
            "tests/crm.toml",
            "tests/refunds.toml",
        ]
    ),
    starter!(
        "finance",
        "Finance agents export by an approved business rule alone and pay with people; procurement agents buy inside their limits",
        [
            "bundle.toml",
            "schema.cedarschema",
            "entities.json",
            "policies/every-identity.cedar",
            "policies/exports.cedar",
            "policies/payments.cedar",
            "policies/purchases.cedar",
            "tests/exports.toml",
            "tests/payments.toml",
            "tests/purchases.toml",
        ]
    ),
    starter!(
        "engineering",
        "Software agents write and test and never merge; pipelines deploy to their own environment, in the deployment window alone",
        [
            "bundle.toml",
            "schema.cedarschema",
            "entities.json",
            "policies/code.cedar",
            "policies/deploy.cedar",
            "policies/every-identity.cedar",
            "policies/secrets.cedar",
            "tests/code.toml",
            "tests/deploy.toml",
            "tests/secrets.toml",
        ]
    ),
    starter!(
        "operations",
        "Maintenance agents change systems for an open ticket, with a person's word, and no longer than the ticket is open",
        [
            "bundle.toml",
            "schema.cedarschema",
            "entities.json",
            "policies/databases.cedar",
            "policies/every-identity.cedar",
            "policies/services.cedar",
            "tests/databases.toml",
            "tests/services.toml",
        ]
    ),
    starter!(
        "research",
        "Research agents retrieve from listed sources in runs that can be attributed, and send nothing out",
        [
            "bundle.toml",
            "schema.cedarschema",
            "entities.json",
            "policies/every-identity.cedar",
            "policies/retrieval.cedar",
            "policies/web.cedar",
            "tests/retrieval.toml",
            "tests/web.toml",
        ]
    ),
    starter!(
        "incident-response",
        "Incident agents contain at once inside limits; writing to identity systems takes an open incident and two people",
        [
            "bundle.toml",
            "schema.cedarschema",
            "entities.json",
            "policies/containment.cedar",
            "policies/every-identity.cedar",
            "policies/identity.cedar",
            "tests/containment.toml",
            "tests/identity.toml",
        ]
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::bundle::Bundle;
    use crate::policy::files::read_dir;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
    }

    /// Every starter with its bundle.
    fn each(check: impl Fn(&Starter, &Bundle)) {
        for starter in &STARTERS {
            let bundle = Bundle::from_files(&starter.files());
            check(starter, &bundle.unwrap_or_else(|faults| panic!("{}: {faults:#?}", starter.name)));
        }
    }

    #[test]
    fn every_folder_is_offered_and_the_binary_carries_exactly_its_files() {
        let folders = std::fs::read_dir(shipped()).unwrap().map(|entry| entry.unwrap());
        let folders = folders.filter(|entry| entry.file_type().unwrap().is_dir());
        let names: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
        assert_eq!(names, STARTERS.iter().map(|starter| starter.name.to_owned()).collect());
        for starter in &STARTERS {
            assert_eq!(read_dir(&shipped().join(starter.name)).unwrap(), starter.files(), "{}", starter.name);
        }
    }

    #[test]
    fn each_reads_is_named_as_it_is_offered_and_passes_its_own_tests() {
        each(|starter, bundle| {
            let manifest = bundle.manifest();
            assert_eq!((manifest.name.as_str(), manifest.description.as_str()), (starter.name, starter.description));
            let failed: Vec<_> = bundle.run_tests().into_iter().filter(|t| !t.passed).collect();
            assert!(failed.is_empty() && bundle.tests() > 0, "{}: {failed:#?}", starter.name);
        });
    }

    #[test]
    fn every_action_has_words_and_every_rule_is_met_by_a_test() {
        each(|starter, bundle| {
            for action in bundle.actions() {
                assert!(bundle.words(action).is_some(), "{}: {action}", starter.name);
            }
            let met = bundle.rules_met_by_tests();
            let unmet: Vec<_> = bundle.policies().map(|p| p.id.as_str()).filter(|id| !met.contains(*id)).collect();
            assert_eq!(unmet, Vec::<&str>::new(), "{}", starter.name);
        });
    }

    #[test]
    fn every_gate_says_why_and_gives_a_grant_with_an_end() {
        each(|starter, bundle| {
            for gate in bundle.gates() {
                assert!(gate.reason.is_some() && gate.grant_s.is_some(), "{}: {}", starter.name, gate.id);
            }
        });
    }

    #[test]
    fn a_starter_is_found_by_its_name_alone() {
        assert_eq!(starter("incident-response").unwrap().name, "incident-response");
        assert!(starter("Support").is_none() && starter("").is_none());
    }
}
