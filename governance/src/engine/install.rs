//! First start and every start after it: the installation, its key, its name in the log.
use super::{Governance, Write};
use crate::error::{Error, Result};
use crate::id::InstallationId;
use crate::log::SigningKey;
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::db::Db;
use crate::time::{Clock, Timestamp};
use rand::RngCore;
use std::sync::{Arc, Mutex};

/// What was fixed at first start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub id: InstallationId,
    /// The log's name: `countersign/<id>`.
    pub origin: String,
    /// The log's public key as a C2SP verifier key.
    pub vkey: String,
    pub created_at: Timestamp,
}

/// What [`Governance::open`] starts from; time and randomness are injected.
pub struct Opening {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub rng: Box<dyn RngCore + Send>,
    /// Use the database's clock where it has one (several nodes on PostgreSQL).
    pub database_time: bool,
}

impl Governance {
    /// Opens an installation, making it at first start: `key` is asked for the private key of the given origin, which it
    /// must keep before it returns (first start), or finds where it was kept.
    ///
    /// # Errors
    /// `Invalid` if the key at hand is not the one this database was made with.
    pub async fn open(
        opening: Opening,
        key: impl FnOnce(KeyWanted<'_>) -> Result<Option<SigningKey>>,
    ) -> Result<(Self, Option<SigningKey>)> {
        let Opening { db, clock, mut rng, database_time } = opening;
        let mut tx = db.begin().await?;
        tx.lock_log().await?;
        let found = store::installation::get(&mut tx).await?;
        if let Some(installation) = found {
            drop(tx);
            let key = key(KeyWanted::Of { origin: &installation.origin })?;
            if let Some(key) = &key
                && key.verifier().to_string() != installation.vkey
            {
                return Err(Error::invalid(
                    "the signing key is not the one this database was made with: put the key file of this installation back, or point --data at the folder it belongs to",
                ));
            }
            return Ok((Self::assembled(db, clock, rng, database_time, installation), key));
        }
        let at = clock.now();
        let mut random = [0; 10];
        rng.fill_bytes(&mut random);
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let id = InstallationId::new(at, random);
        let origin = format!("countersign/{id}");
        let made = SigningKey::from_seed(&origin, &seed)?;
        let kept = key(KeyWanted::New { key: &made })?;
        let installation = Installation { id, origin, vkey: made.verifier().to_string(), created_at: at };
        store::installation::insert(&mut tx, &installation).await?;
        store::head::create(&mut tx, at).await?;
        let gov = Self::assembled(db, clock, rng, database_time, installation);
        let mut w = Write::over(&gov, tx, "system:install".into()).await?;
        w.append(Event::new(EventKind::InstallationCreated, "system:install").subject(id)).await?;
        w.commit().await?;
        Ok((gov, kept))
    }

    fn assembled(
        db: Db,
        clock: Arc<dyn Clock>,
        rng: Box<dyn RngCore + Send>,
        database_time: bool,
        installation: Installation,
    ) -> Self {
        let mut gov = Self {
            db,
            clock,
            rng: Arc::new(Mutex::new(rng)),
            database_time,
            installation: Arc::new(installation),
            remembered: super::facts::Remembered::default(),
            committer: None,
            #[cfg(feature = "testkit")]
            unlogged: false,
            #[cfg(feature = "testkit")]
            early: Arc::default(),
            #[cfg(feature = "testkit")]
            stale: Arc::default(),
        };
        gov.committer = Some(super::committer::start(gov.clone(), super::committer::QUEUE_MAX));
        gov
    }
}

/// What the caller of [`Governance::open`] is asked for.
pub enum KeyWanted<'a> {
    /// First start: keep this key, then return it.
    New { key: &'a SigningKey },
    /// A later start: the key kept for this origin; `None` for a command that never signs.
    Of { origin: &'a str },
}
