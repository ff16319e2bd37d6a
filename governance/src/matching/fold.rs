//! A name without what is added to names: `svc-invoice-prod@acme.com`, `Invoice_SVC` and `invoice` are alike.
use crate::identity::Environment;

/// Words that say what sort of thing it is or where it runs, and not which.
const ADDED: &[&str] = &[
    "svc",
    "service",
    "services",
    "sa",
    "srv",
    "app",
    "apps",
    "application",
    "role",
    "user",
    "account",
    "accounts",
    "serviceaccount",
    "aws",
    "gcp",
    "azure",
    "entra",
    "okta",
    "github",
    "k8s",
    "kubernetes",
    "eks",
    "gke",
    "aks",
];
/// Names that so many have that they say nothing.
const COMMON: &[&str] = &[
    "default",
    "admin",
    "administrator",
    "root",
    "agent",
    "bot",
    "api",
    "builder",
    "deploy",
    "deployer",
    "backend",
    "frontend",
    "worker",
    "server",
    "client",
    "test",
    "main",
];
/// A shorter rest says nothing.
const SHORTEST: usize = 4;

/// What is left of a name, and the environment that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    pub core: String,
    pub environment: Option<Environment>,
}

/// `None` for a name of which nothing is left that could tell one from another.
#[must_use]
pub fn fold(name: &str) -> Option<Folded> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.split('@').next().unwrap_or(name);
    let mut environment = None;
    let mut left = Vec::new();
    for word in words(name) {
        match Environment::guess(&word) {
            Some(found) if environment.is_none() => environment = Some(found),
            Some(_) => {}
            None if ADDED.contains(&word.as_str()) => {}
            None => left.push(word),
        }
    }
    let core = left.concat();
    let says =
        core.chars().count() >= SHORTEST && !COMMON.contains(&core.as_str()) && core.chars().any(char::is_alphabetic);
    says.then_some(Folded { core, environment })
}

/// The words of a name, in lower case: parted by what is neither letter nor digit, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && small) {
            all.push(String::new());
        }
        small = c.is_lowercase();
        if c.is_alphanumeric()
            && let Some(last) = all.last_mut()
        {
            last.extend(c.to_lowercase());
        }
    }
    all.retain(|word| !word.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_to_a_name_does_not_count() {
        let core = |name: &str| fold(name).map(|f| f.core);
        for name in [
            "invoice-export",
            "svc-invoice-export",
            "Invoice_Export",
            "InvoiceExport",
            "invoice-export-prod",
            "svc.invoice.export@acme.com",
            "billing/invoice-export",
            "invoice export (sa)",
            "prod-invoice-export-role",
        ] {
            assert_eq!(core(name).as_deref(), Some("invoiceexport"), "{name}");
        }
        for name in ["svc-prod", "default", "prod/default", "app", "123456", "ci", "", "@", "sa-1"] {
            assert_eq!(core(name), None, "{name:?}");
        }
    }

    #[test]
    fn the_environment_in_a_name_is_kept_apart() {
        let environment = |name: &str| fold(name).and_then(|f| f.environment);
        assert_eq!(environment("invoice-export-prod"), Some(Environment::Production));
        assert_eq!(environment("dev_invoice_export"), Some(Environment::Development));
        assert_eq!(environment("invoice-export"), None);
    }
}
