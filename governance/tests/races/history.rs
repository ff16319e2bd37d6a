//! What the log says happened, in its own order: it alone is believed.
use crate::world::World;
use governance::store;
use serde_json::Value;
use std::collections::BTreeMap;

/// An event, with the action of the decision it is about.
pub struct Told {
    pub kind: String,
    pub subject: String,
    pub outcome: String,
    pub action: String,
    leaf: Value,
}

impl Told {
    /// An id or a name the leaf gives, empty where it gives none.
    pub fn id(&self, name: &str) -> &str {
        self.leaf["ids"][name].as_str().unwrap_or_default()
    }
    pub fn task(&self) -> &str {
        self.leaf["task"].as_str().unwrap_or_default()
    }
}

/// The whole log, first to last.
pub async fn history(w: &World) -> Vec<Told> {
    let mut tx = w.t.gov.read().await.unwrap();
    let rows = tx.all("select id, action from decisions", &[]).await.unwrap();
    let actions: BTreeMap<String, String> =
        rows.iter().map(|row| (row.text("id").unwrap(), row.text("action").unwrap())).collect();
    let events = store::events::after(&mut tx, -1, 1_000_000).await.unwrap();
    let told = events.into_iter().map(|event| {
        let leaf: Value = serde_json::from_slice(&event.leaf).unwrap();
        let decision = leaf["ids"]["decision"].as_str().unwrap_or_default();
        Told {
            kind: event.kind,
            subject: event.subject.unwrap_or_default(),
            outcome: event.outcome.unwrap_or_default(),
            action: actions.get(decision).cloned().unwrap_or_default(),
            leaf,
        }
    });
    told.collect()
}

/// Permits and spent grants that stand where none may.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Behind {
    pub permits: usize,
    pub redeemed: usize,
}

impl Behind {
    /// Counts an event that stands behind what should have stopped it.
    pub fn count(&mut self, told: &Told) {
        match told.kind.as_str() {
            "decision.permit" => self.permits += 1,
            "grant.redeemed" => self.redeemed += 1,
            _ => {}
        }
    }
}
