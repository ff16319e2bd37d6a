//! What logs call a principal, where inventories of the source call it otherwise. What is kept of a log stays under the log's own
//! name, so that it does not matter whether the log or the inventory comes first.
use super::{entra, github, okta};
use crate::import::snapshot::{Claim, Part, Snapshot};
use crate::source::Kind;
use std::collections::BTreeMap;

/// Inventory names by the names of logs; none where several principals would have one.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, Option<String>>);

impl Names {
    /// The names of what an inventory showed.
    #[must_use]
    pub fn of(of: Kind, known: &Snapshot) -> Self {
        let mut all = Self::default();
        for (principal, it) in &known.principals {
            all.add(of, principal, &it.claim);
        }
        all
    }

    /// Adds one principal. Who was found by a log alone is called as the log calls it.
    pub fn add(&mut self, of: Kind, principal: &str, claim: &Claim) {
        let listed = claim.shown_by.iter().any(|part| *part != Part::Activity);
        if let Some(logged) = logged_as(of, principal, claim).filter(|_| listed) {
            let name = Some(principal.to_owned());
            self.0.entry(logged).and_modify(|known| *known = None).or_insert(name);
        }
    }

    /// The inventory's name for whom a log names: the log's own where no other is known.
    #[must_use]
    pub fn resolve<'a>(&'a self, logged: &'a str) -> &'a str {
        self.0.get(logged).and_then(Option::as_deref).unwrap_or(logged)
    }
}

/// Whether logs of a source call principals otherwise than its inventory.
#[must_use]
pub const fn differ(of: Kind) -> bool {
    matches!(of, Kind::Entra | Kind::Github | Kind::Okta)
}

/// What logs call a principal of an inventory, where that is another name.
fn logged_as(of: Kind, principal: &str, claim: &Claim) -> Option<String> {
    match of {
        Kind::Entra => entra::logged_as(claim),
        Kind::Github => github::logged_as(principal, claim),
        Kind::Okta => okta::logged_as(principal, claim),
        _ => None,
    }
}
