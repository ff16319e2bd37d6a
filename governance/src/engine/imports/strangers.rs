//! Who acts in a source and stands in no inventory of it: set aside before, gone before, or new.
use crate::error::{Error, Result};
use crate::id::SourceId;
use crate::import::activity::{Actor, Names, differ, named};
use crate::import::snapshot::{Claim, Part, Principal, SetAside};
use crate::source::{Kind, Source};
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Imports that are looked through for who was set aside.
const REPORTS: i64 = 20;

/// Who is no non-human identity by the inventory: the latest that says so.
pub async fn known_aside(tx: &mut Tx, source: SourceId) -> Result<BTreeMap<String, String>> {
    #[derive(serde::Deserialize)]
    struct Report {
        #[serde(default)]
        set_aside: Vec<SetAside>,
    }
    let mut all = BTreeMap::new();
    for report in store::uses::reports(tx, source, REPORTS).await? {
        let report: Report = serde_json::from_str(&report).map_err(Error::internal)?;
        for aside in report.set_aside {
            all.entry(aside.principal).or_insert(aside.reason);
        }
    }
    Ok(all)
}

/// Who was shown once and is no more, by the names of logs.
pub struct Gone {
    names: Names,
    /// By the inventory's names; only of a source whose logs have others.
    at: BTreeMap<String, Timestamp>,
}

impl Gone {
    pub async fn of(tx: &mut Tx, source: &Source) -> Result<Self> {
        let (mut names, mut at) = (Names::default(), BTreeMap::new());
        if differ(source.kind) {
            for seen in store::sightings::gone_of(tx, source.id).await? {
                if let (Some(claim), Some(gone_at)) = (&seen.claim, seen.sighting.gone_at) {
                    names.add(source.kind, &seen.sighting.principal, claim);
                    at.insert(seen.sighting.principal, gone_at);
                }
            }
        }
        Ok(Self { names, at })
    }

    /// Since when it is no more.
    pub async fn since(&self, tx: &mut Tx, source: SourceId, principal: &str) -> Result<Option<Timestamp>> {
        if let Some(at) = self.at.get(self.names.resolve(principal)) {
            return Ok(Some(*at));
        }
        Ok(store::sightings::one(tx, source, principal).await?.and_then(|seen| seen.sighting.gone_at))
    }
}

/// What a log alone shows of a principal.
pub fn discovered(of: Kind, principal: &str, actor: &Actor) -> Principal {
    let (kind, plain) = named(of, principal);
    let name = actor.called.as_ref().map_or(plain, |(_, called)| called.clone());
    let claim = Claim::of(kind, name, Part::Activity);
    Principal { claim, entitlements: BTreeMap::new(), credentials: BTreeMap::new() }
}
