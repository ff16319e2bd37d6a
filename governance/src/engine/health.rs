//! For whoever watches the process.
use super::Governance;
use crate::error::{Error, Result};
use crate::store;
use crate::time::Timestamp;
use std::time::Duration;

/// A database slower than this counts as down (semantics.md, Fail closed).
const PATIENCE: Duration = Duration::from_secs(2);

impl Governance {
    /// The number of events in the log.
    ///
    /// # Errors
    /// `Unavailable` if the database does not answer in two seconds.
    pub async fn log_size(&self) -> Result<u64> {
        let asked = async {
            let mut tx = self.read().await?;
            Ok(store::head::get(&mut tx).await?.size)
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .unwrap_or_else(|_| Err(Error::unavailable("the database does not answer in time")))
    }

    /// The time of the last event; no clock of ours may be far behind it.
    ///
    /// # Errors
    /// As the database says.
    pub async fn log_last_at(&self) -> Result<Timestamp> {
        Ok(store::head::get(&mut self.read().await?).await?.last_at)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `Unavailable` if it does not.
    pub async fn ready(&self) -> Result<()> {
        self.log_size().await.map(drop)
    }

    /// Keeps the database's journal short; to be called every second or so.
    ///
    /// # Errors
    /// As the database says.
    pub async fn keep_database(&self) -> Result<()> {
        self.db.keep().await
    }

    /// Waits for what is under way and closes the database.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
