//! Bundles by their hash, read from what is stored.
use crate::error::{Error, Result};
use crate::policy::bundle::Bundle;
use crate::store;
use crate::store::db::Tx;
use std::collections::HashMap;
use std::sync::Arc;

/// Bundles kept at hand; decisions of one time rest on the same one.
const KEPT: usize = 4;

/// A bundle, or why there is none to ask.
pub(super) type Found = std::result::Result<Arc<Bundle>, String>;

#[derive(Default)]
pub(super) struct Bundles {
    read: HashMap<String, Found>,
}

impl Bundles {
    /// The bundle of that hash, its bytes hashed anew.
    ///
    /// # Errors
    /// As the database says.
    pub async fn get(&mut self, tx: &mut Tx, hash: &str) -> Result<Found> {
        if let Some(found) = self.read.get(hash) {
            return Ok(found.clone());
        }
        let found = match store::policies::files(tx, hash).await? {
            None => Err("its policy bundle is not there any more".to_owned()),
            Some(files) => {
                let files = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
                let read = tokio::task::spawn_blocking(move || Bundle::from_files(&files));
                match read.await.map_err(Error::internal)? {
                    Ok(bundle) if bundle.hash() == hash => Ok(Arc::new(bundle)),
                    Ok(_) => Err("its policy bundle is not what was stored: its hash differs".to_owned()),
                    Err(_) => Err("its policy bundle cannot be read".to_owned()),
                }
            }
        };
        if self.read.len() >= KEPT {
            self.read.clear();
        }
        self.read.insert(hash.to_owned(), found.clone());
        Ok(found)
    }
}
