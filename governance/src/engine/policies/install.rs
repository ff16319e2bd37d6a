//! The first bundle, and whether there is one to decide by.
use super::super::{Actor, Governance};
use super::activate::{Activated, Release};
use crate::error::{Kind, Result};
use crate::policy::baseline::baseline;
use crate::store;
use serde::{Deserialize, Serialize};

/// Whether questions can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum PolicyState {
    Active {
        hash: String,
        name: String,
    },
    /// Nothing is decided: no valid bundle is active, or the log was found set back (semantics.md, Fail closed).
    Sealed {
        why: String,
    },
}

impl Governance {
    /// Activates the baseline as `system:install` where no bundle was ever active. Each start may call it.
    ///
    /// # Errors
    /// As the database says.
    pub async fn policy_install(&self) -> Result<Option<Activated>> {
        let mut tx = self.db.read().await?;
        let (active, _) = store::policies::active(&mut tx).await?;
        let ever = !store::policies::activations(&mut tx, None, 1).await?.is_empty();
        drop(tx);
        if active.is_some() || ever {
            return Ok(None);
        }
        let ctx = self.ctx(Actor::System("install"));
        match self.policy_activate(&ctx, Release::Files(&baseline()), Some(None)).await {
            Ok(activated) => Ok(Some(activated)),
            // Another process of this installation was quicker.
            Err(error) if error.kind == Kind::Conflict => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether questions are answered: a valid bundle is active (what is stored is hashed again when it is read) and the log
    /// is not sealed.
    ///
    /// # Errors
    /// As the database says.
    pub async fn policy_state(&self) -> Result<PolicyState> {
        let mut tx = self.db.read().await?;
        let sealed = super::super::seals::unless_sealed(&mut tx).await;
        let bundle = match sealed {
            Ok(()) => self.bundle_active(&mut tx).await,
            Err(sealed) => Err(sealed),
        };
        match bundle {
            Ok(bundle) => Ok(PolicyState::Active { hash: bundle.hash().into(), name: bundle.manifest().name.clone() }),
            Err(error) if error.kind == Kind::Unavailable => Ok(PolicyState::Sealed { why: error.detail }),
            Err(error) => Err(error),
        }
    }
}
