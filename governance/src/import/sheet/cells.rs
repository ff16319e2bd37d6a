//! What the words in a cell mean.
use crate::{entitlement::Privilege, identity};

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Identity(identity::Kind),
    /// No business of a register of software.
    Person,
}

/// The letters and digits of a text alone, in lower case: how words are compared, however they are written.
#[must_use]
pub fn squash(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The kind that a cell means; `None` for a word that says nothing to us.
pub fn who(cell: &str) -> Option<Who> {
    use identity::Kind::{Agent, ApiKey, Pipeline, ServiceAccount, Workload};
    Some(match squash(cell).as_str() {
        "agent" | "aiagent" | "bot" | "chatbot" | "assistant" | "copilot" => Who::Identity(Agent),
        "serviceaccount" | "service" | "svc" | "serviceprincipal" | "systemaccount" | "technicaluser"
        | "technicalaccount" | "functionalaccount" | "machineaccount" | "application" | "app" | "client" => {
            Who::Identity(ServiceAccount)
        }
        "workload" | "workloadidentity" | "managedidentity" | "pod" | "function" | "lambda" | "container" | "vm" => {
            Who::Identity(Workload)
        }
        "pipeline" | "ci" | "cicd" | "runner" | "job" | "workflow" => Who::Identity(Pipeline),
        "apikey" | "key" | "token" | "accesstoken" | "accesskey" | "personalaccesstoken" | "pat" => {
            Who::Identity(ApiKey)
        }
        "user" | "useraccount" | "human" | "person" | "employee" | "staff" => Who::Person,
        _ => return None,
    })
}

/// Whether a status says that it works; `None` for a word that says nothing to us.
pub fn active(cell: &str) -> Option<bool> {
    match squash(cell).as_str() {
        "active" | "enabled" | "live" | "inuse" | "yes" | "true" | "1" | "ok" => Some(true),
        "inactive" | "disabled" | "no" | "false" | "0" | "locked" | "suspended" | "blocked" | "expired" | "revoked"
        | "deleted" | "terminated" | "retired" | "decommissioned" => Some(false),
        _ => None,
    }
}

/// How much power the words of a role or permission say that it gives; `unknown` where they do not.
pub fn privilege(text: &str) -> Privilege {
    const ALL: &[&str] =
        &["admin", "administrator", "administrators", "administrative", "root", "superuser", "sysadmin"];
    const CHANGES: &[&str] =
        &["write", "writer", "edit", "editor", "contributor", "modify", "update", "rw", "readwrite"];
    const LOOKS: &[&str] = &["read", "reader", "readonly", "viewer", "view"];
    if text.trim() == "*" || matches!(squash(text).as_str(), "fullaccess" | "fullcontrol") {
        return Privilege::Administrative;
    }
    let words = parts(text);
    let any = |of: &[&str]| words.iter().any(|w| of.contains(&w.as_str()));
    match (any(ALL), any(CHANGES), any(LOOKS)) {
        (true, false, false) => Privilege::Administrative,
        (false, true, _) => Privilege::Write,
        (false, false, true) => Privilege::Read,
        _ => Privilege::Unknown,
    }
}

/// `BillingAdmin`, `billing-admin` and `Billing admin` in lower-case words.
fn parts(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower_before) {
            words.push(String::new());
        }
        if let (true, Some(last)) = (c.is_alphanumeric(), words.last_mut()) {
            last.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_people_mean_by_them() {
        assert_eq!(who("Service Account"), Some(Who::Identity(identity::Kind::ServiceAccount)));
        assert_eq!(who("AI-agent"), Some(Who::Identity(identity::Kind::Agent)));
        assert_eq!((who("Human"), who("toaster")), (Some(Who::Person), None));
        assert_eq!((active("Enabled"), active("LOCKED"), active("pending")), (Some(true), Some(false), None));
        for (role, want) in [
            ("BillingAdministrator", Privilege::Administrative),
            ("domain admin", Privilege::Administrative),
            ("*", Privilege::Administrative),
            ("Storage Blob Data Contributor", Privilege::Write),
            ("read/write", Privilege::Write),
            ("db_reader", Privilege::Read),
            ("admin (read only)", Privilege::Unknown),
            ("payments-settle", Privilege::Unknown),
            ("Badminton", Privilege::Unknown),
        ] {
            assert_eq!(privilege(role), want, "{role}");
        }
    }
}
