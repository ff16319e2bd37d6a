//! The bundle a new installation starts with, carried in the binary. Its files stand in `governance/policies/baseline/`.
use super::files::Files;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../policies/baseline/", $name)).as_slice())),*]
    };
}

const BASELINE: [(&str, &[u8]); 12] = files![
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
];

/// The baseline's files, as [`super::bundle::Bundle::from_files`] takes them.
#[must_use]
pub fn baseline() -> Files {
    BASELINE.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::bundle::Bundle;
    use crate::policy::files::read_dir;
    use std::path::Path;

    #[test]
    fn the_binary_carries_every_file_of_the_folder() {
        let folder = read_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/baseline")).unwrap();
        assert_eq!(folder, baseline());
    }

    #[test]
    fn the_baseline_reads_and_passes_its_own_tests() {
        let bundle = Bundle::from_files(&baseline()).unwrap();
        let failed: Vec<_> = bundle.run_tests().into_iter().filter(|t| !t.passed).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }

    #[test]
    fn every_action_of_the_baseline_has_words_and_every_rule_is_met_by_a_test() {
        let bundle = Bundle::from_files(&baseline()).unwrap();
        for action in bundle.actions() {
            assert!(bundle.words(action).is_some(), "{action}");
        }
        let met = bundle.rules_met_by_tests();
        let unmet: Vec<_> = bundle.policies().map(|p| p.id.as_str()).filter(|id| !met.contains(*id)).collect();
        assert_eq!(unmet, Vec::<&str>::new());
    }
}
