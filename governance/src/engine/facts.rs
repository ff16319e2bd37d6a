//! What a decision rests on, remembered until the world moves.
//!
//! `log_head.world` moves with every write that is not a decision, so facts read at the same number are current. A
//! decision evaluated on remembered facts is settled under the log's lock only if the number still stands.
use super::Governance;
use crate::error::{Error, Kind, Result};
use crate::id::KeyId;
use crate::policy::bundle::Bundle;
use crate::resource::Register;
use crate::store;
use crate::store::db::Tx;
use crate::store::facts::Subject;
use crate::store::keys::Key;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// What does not depend on who asks.
#[derive(Debug)]
pub(crate) struct World {
    pub number: i64,
    pub bundle: Arc<Bundle>,
    /// `(kind, id)` of what is stopped.
    pub stops: Vec<(String, String)>,
    /// What was said of each action; absent: unknown.
    pub action_facts: BTreeMap<String, Vec<String>>,
    /// Tools, destinations and memory stores.
    pub resources: Arc<Register>,
}

/// Bounded (I10): beyond this many subjects, or keys, the memory of them starts anew.
const SUBJECTS_MAX: usize = 200_000;

#[derive(Default)]
pub(crate) struct Memory {
    world: Option<Arc<World>>,
    subjects: HashMap<(String, String), Option<Arc<Subject>>>,
    keys: HashMap<KeyId, Arc<Key>>,
    /// Reading a bundle takes a while; its bytes never change, so it is kept by hash.
    bundle: Option<Arc<Bundle>>,
    /// The register of resources with the place in the log of its latest change: most writes leave it as it is.
    resources: Option<(i64, Arc<Register>)>,
}

#[derive(Clone, Default)]
pub(crate) struct Remembered {
    memory: Arc<Mutex<Memory>>,
    /// Held while a bundle is read: ten thousand rules take seconds, and everybody asks for the same ones.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl Remembered {
    fn lock(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The world as last read, whatever its number is by now.
    pub fn world(&self) -> Option<Arc<World>> {
        self.lock().world.clone()
    }
    /// A subject at that number; `None`: not remembered.
    pub fn subject(&self, number: i64, kind: &str, name: &str) -> Option<Option<Arc<Subject>>> {
        let memory = self.lock();
        if memory.world.as_ref().is_none_or(|w| w.number != number) {
            return None;
        }
        memory.subjects.get(&(kind.to_owned(), name.to_owned())).cloned()
    }
    fn keep_subject(&self, number: i64, kind: &str, name: &str, subject: Option<Arc<Subject>>) {
        let mut memory = self.lock();
        if memory.world.as_ref().is_some_and(|w| w.number == number) {
            if memory.subjects.len() >= SUBJECTS_MAX {
                memory.subjects.clear();
            }
            memory.subjects.insert((kind.to_owned(), name.to_owned()), subject);
        }
    }
    /// A key as it is at the number of the world as last read, with that number.
    pub fn key(&self, id: KeyId) -> Option<(i64, Arc<Key>)> {
        let memory = self.lock();
        Some((memory.world.as_ref()?.number, memory.keys.get(&id)?.clone()))
    }
    pub fn keep_key(&self, number: i64, key: Key) -> Arc<Key> {
        let key = Arc::new(key);
        let mut memory = self.lock();
        if memory.world.as_ref().is_some_and(|w| w.number == number) {
            if memory.keys.len() >= SUBJECTS_MAX {
                memory.keys.clear();
            }
            memory.keys.insert(key.id, Arc::clone(&key));
        }
        key
    }
    fn keep_world(&self, world: &Arc<World>) {
        let mut memory = self.lock();
        // a slower reader never puts back an older world
        if memory.world.as_ref().is_none_or(|w| w.number < world.number) {
            memory.subjects.clear();
            memory.keys.clear();
            memory.bundle = Some(world.bundle.clone());
            memory.world = Some(world.clone());
        }
    }
    /// A bundle that is read already and may become the active one.
    pub fn offer(&self, bundle: Arc<Bundle>) {
        self.lock().bundle = Some(bundle);
    }
    fn resources(&self, latest: i64) -> Option<Arc<Register>> {
        self.lock().resources.clone().filter(|(seq, _)| *seq == latest).map(|(_, register)| register)
    }
    fn bundle(&self, hash: &str) -> Option<Arc<Bundle>> {
        self.lock().bundle.clone().filter(|b| b.hash() == hash)
    }
}

impl Governance {
    /// Reads what decisions rest on before the first question does. Where nothing can be decided there is nothing to read.
    ///
    /// # Errors
    /// As the database says.
    pub async fn warm(&self) -> Result<()> {
        let mut tx = self.db.read().await?;
        let number = store::head::get(&mut tx).await?.world;
        match self.world_at(&mut tx, number).await {
            Err(sealed) if sealed.kind == Kind::Unavailable => Ok(()),
            read => read.map(drop),
        }
    }

    /// The world at `number`, read through `tx` if it is not remembered.
    ///
    /// # Errors
    /// `Unavailable` (sealed) without a valid active bundle, and while the log is sealed.
    pub(crate) async fn world_at(&self, tx: &mut Tx, number: i64) -> Result<Arc<World>> {
        if let Some(world) = self.remembered.world().filter(|w| w.number == number) {
            return Ok(world);
        }
        super::seals::unless_sealed(tx).await?;
        let world = Arc::new(World {
            number,
            bundle: self.bundle_active(tx).await?,
            stops: store::facts::stops(tx).await?,
            action_facts: store::policies::action_facts(tx).await?,
            resources: self.resources_at(tx).await?,
        });
        self.remembered.keep_world(&world);
        Ok(world)
    }

    async fn resources_at(&self, tx: &mut Tx) -> Result<Arc<Register>> {
        let latest = store::resources::latest(tx).await?;
        if let Some(register) = self.remembered.resources(latest) {
            return Ok(register);
        }
        let register: Arc<Register> = Arc::new(store::resources::all(tx).await?);
        self.remembered.lock().resources = Some((latest, Arc::clone(&register)));
        Ok(register)
    }

    /// A subject of the register at `number`; `None`: it is not there.
    ///
    /// # Errors
    /// As the database says.
    pub(crate) async fn subject_at(
        &self,
        tx: &mut Tx,
        number: i64,
        kind: &str,
        name: &str,
    ) -> Result<Option<Arc<Subject>>> {
        if let Some(found) = self.remembered.subject(number, kind, name) {
            return Ok(found);
        }
        let subject = store::facts::subject(tx, kind, name).await?.map(Arc::new);
        self.remembered.keep_subject(number, kind, name, subject.clone());
        Ok(subject)
    }

    /// The active bundle, its bytes hashed anew when it is read.
    ///
    /// # Errors
    /// `Unavailable`: sealed. There is none, or what is stored is not what was activated.
    pub(crate) async fn bundle_active(&self, tx: &mut Tx) -> Result<Arc<Bundle>> {
        let sealed = |why: &str| {
            Error::new(
                Kind::Unavailable,
                format!("sealed: {why}; activate a bundle with `countersign policy activate DIR`"),
            )
        };
        let (Some(hash), _) = store::policies::active(tx).await? else {
            return Err(sealed("no policy bundle is active"));
        };
        if let Some(bundle) = self.remembered.bundle(&hash) {
            return Ok(bundle);
        }
        let _reading = self.remembered.reading.lock().await;
        if let Some(bundle) = self.remembered.bundle(&hash) {
            return Ok(bundle);
        }
        let Some(files) = store::policies::files(tx, &hash).await? else {
            return Err(sealed("the active policy bundle is missing"));
        };
        let files = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        let read = tokio::task::spawn_blocking(move || Bundle::from_files(&files)).await.map_err(Error::internal)?;
        let bundle = Arc::new(read.map_err(|_| sealed("the active policy bundle cannot be read"))?);
        if bundle.hash() != hash {
            return Err(sealed("the active policy bundle is not what was activated: its hash differs"));
        }
        self.remembered.offer(Arc::clone(&bundle));
        Ok(bundle)
    }
}
