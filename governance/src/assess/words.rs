//! Our words and the catalogue's. Migration 0008 holds the same pairs in `evidence_words` for its views; tests hold the two
//! together, see to it that every word of ours has one of theirs, and that every literal a test compares with is met.

/// What kind of word it is, and (ours, theirs).
pub const WORDS: &[(&str, &[(&str, &str)])] = &[
    (
        "identity.kind",
        &[
            ("agent", "ai_agent"),
            ("service_account", "service_account"),
            ("workload", "workload"),
            ("pipeline", "pipeline"),
            ("api_key", "api_key"),
        ],
    ),
    (
        "identity.status",
        &[
            ("active", "active"),
            // it may still act until its end
            ("retiring", "active"),
            ("suspended", "quarantined"),
            ("retired", "retired"),
            // a revocation of the identity stands
            ("stopped", "disabled"),
        ],
    ),
    (
        "person.role",
        &[
            ("viewer", "viewer"),
            // nobody can change the log; the auditor's is the only role with rights of its own over it
            ("auditor", "audit_admin"),
            ("owner", "owner"),
            ("approver", "approver"),
            ("operator", "operator"),
            ("policy_author", "policy_author"),
            ("policy_releaser", "policy_releaser"),
            ("admin", "platform_admin"),
        ],
    ),
    (
        "privilege",
        &[
            ("list", "read"),
            ("read", "read"),
            ("tagging", "write"),
            ("write", "write"),
            ("unknown", "unknown"),
            ("permissions_management", "admin"),
            ("administrative", "admin"),
        ],
    ),
    (
        "credential.kind",
        &[
            ("access_key", "access_key"),
            ("password", "password"),
            ("certificate", "certificate"),
            ("trust", "federated"),
            ("token", "token"),
        ],
    ),
    (
        "credential.strength",
        &[
            ("access_key", "medium"),
            ("password", "weak"),
            ("certificate", "strong"),
            ("trust", "strong"),
            ("token", "medium"),
        ],
    ),
    (
        "credential.storage",
        &[("config_file", "file"), ("environment", "environment"), ("prompt", "person"), ("platform", "platform")],
    ),
    ("decision.outcome", &[("permit", "allow"), ("deny", "deny"), ("escalate", "escalate")]),
    // `none`: nobody answered
    ("vote", &[("approve", "approve"), ("deny", "deny"), ("none", "expired")]),
    ("attestation.answer", &[("keep", "confirm"), ("not_mine", "reject"), ("retire", "retire")]),
    ("event.kind", &[("action.reported", "action.executed")]),
];

/// Where each column that a test compares with a text gets its words: a kind of [`WORDS`], or the texts the view itself writes.
pub const COLUMNS: &[(&str, &str, From)] = &[
    ("identities", "kind", From::Words("identity.kind")),
    ("identities", "status", From::Words("identity.status")),
    ("identities", "criticality", From::Same(&["low", "medium", "high", "critical"])),
    ("people", "status", From::Same(&["active", "inactive", "left"])),
    ("role_assignments", "role", From::Words("person.role")),
    ("entitlements", "privilege", From::Words("privilege")),
    ("grants", "privilege", From::Same(&["admin", "write"])),
    ("credentials", "kind", From::Words("credential.kind")),
    ("credentials", "auth_strength", From::Words("credential.strength")),
    ("credentials", "storage", From::Words("credential.storage")),
    ("decisions", "outcome", From::Words("decision.outcome")),
    ("decisions", "decided_by", From::Same(&["policy"])),
    ("approvals", "verdict", From::Words("vote")),
    ("attestations", "kind", From::Same(&["ownership"])),
    ("attestations", "subject_kind", From::Same(&["identity"])),
    ("attestations", "verdict", From::Words("attestation.answer")),
    ("audit_events", "type", From::Words("event.kind")),
    ("config", "key", From::Same(&["log_retention_s", "service_start_at"])),
];

#[derive(Debug, Clone, Copy)]
pub enum From {
    Words(&'static str),
    /// Ours and theirs are one, or the view writes it.
    Same(&'static [&'static str]),
}

/// Literals of fed columns that none of our words means: (table, column, literal, why).
pub const NEVER: &[(&str, &str, &str, &str)] = &[
    ("credentials", "storage", "vault", "no source names a vault"),
    ("credentials", "storage", "kms", "no source names a key management service"),
    ("attestations", "kind", "access_review", "single entitlements are not reviewed yet"),
    ("attestations", "kind", "retirement", "the completion of a retirement is not attested yet"),
    ("attestations", "subject_kind", "entitlement", "single entitlements are not reviewed yet"),
    ("attestations", "verdict", "revoke", "a review that revokes is of an entitlement"),
];

/// The word of theirs for one of ours.
#[must_use]
pub fn theirs(noun: &str, ours: &str) -> Option<&'static str> {
    let (_, words) = WORDS.iter().find(|(n, _)| *n == noun)?;
    words.iter().find(|(word, _)| *word == ours).map(|(_, theirs)| *theirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{catalogue::Catalogue, fed, sql};
    use std::collections::BTreeSet;

    fn compared() -> BTreeSet<(String, String, String)> {
        let catalogue = Catalogue::shipped().unwrap();
        let texts = catalogue.tests.iter().flat_map(|t| [&t.population_sql, &t.violations_sql]);
        texts.flat_map(|text| sql::reads(text, &catalogue.schema).unwrap().comparisons).collect()
    }

    #[test]
    fn every_literal_a_test_compares_with_is_met_or_said_not_to_be() {
        for (table, column, literal) in compared() {
            let never = NEVER.iter().any(|(t, c, l, _)| (*t, *c, *l) == (&table, &column, &literal));
            let from = COLUMNS.iter().find(|(t, c, _)| (*t, *c) == (&table, &column)).map(|(_, _, from)| *from);
            let met = match from {
                Some(From::Words(noun)) => {
                    WORDS.iter().any(|(n, words)| *n == noun && words.iter().any(|(_, w)| *w == literal))
                }
                Some(From::Same(words)) => words.contains(&literal.as_str()),
                None => false,
            };
            let unfed = fed::unfed(&table, &column).is_some();
            assert!(
                met ^ never ^ (unfed && !met),
                "{table}.{column} = '{literal}': met {met}, never {never}, unfed {unfed}"
            );
        }
    }

    #[test]
    fn what_is_never_met_is_compared_with() {
        for (table, column, literal, why) in NEVER {
            assert!(
                compared().contains(&((*table).into(), (*column).into(), (*literal).into())),
                "{table}.{column} {literal}"
            );
            assert!(!why.is_empty());
        }
    }
}
