//! Opens an installation: its folder, its key, its database. Whatever is wrong is said in one line, before anything is made.
use crate::{
    config::{Address, Place},
    demo::Demo,
    folder::Folder,
    notices::target::Allowed,
    telemetry::Metrics,
    web::site,
};
use app::pages::welcome::Uploads;
use axum::extract::FromRef;
use governance::{
    engine::{Actor, Ctx, Governance, KeyWanted, Opening, hooks::Root},
    error::{Error, Result},
    log::{Checkpoint, SigningKey, VerifierKey},
    store::db::Db,
    time::SystemClock,
};
use leptos::config::LeptosOptions;
use rand::{SeedableRng as _, rngs::StdRng};
use sha2::{Digest as _, Sha512};
use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::watch;

/// What handlers are given: one thing behind a count, for every layer of every request takes a copy of its own.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What all handlers share.
#[derive(Clone)]
pub struct Shared {
    pub governance: Governance,
    pub options: LeptosOptions,
    pub metrics: Arc<Metrics>,
    pub address: Arc<Address>,
    pub cookie_key: CookieKey,
    /// The other installation of this process; the demo's own has none.
    pub demo: Demo,
    /// Files that wait for their import.
    pub uploads: Uploads,
    /// Turns true when the process is told to end: answers that would go on for ever (event streams) end then.
    pub ending: Arc<watch::Sender<bool>>,
    /// Where requesters may ask to be called back.
    pub callbacks: Arc<Allowed>,
}

impl std::ops::Deref for AppState {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

macro_rules! parts {
    ($($part:ident: $kind:ty)*) => {$(
        impl FromRef<AppState> for $kind {
            fn from_ref(state: &AppState) -> Self { state.$part.clone() }
        }
    )*};
}
parts! { governance: Governance options: LeptosOptions metrics: Arc<Metrics> }

impl AppState {
    #[must_use]
    pub fn new(governance: Governance, address: Address, cookie_key: CookieKey) -> Self {
        Self(Arc::new(Shared {
            demo: Demo::of(None, &address),
            uploads: Uploads::default(),
            governance,
            options: site::install(),
            metrics: Arc::new(Metrics::default()),
            address: Arc::new(address),
            cookie_key,
            ending: Arc::new(watch::Sender::new(false)),
            callbacks: Arc::default(),
        }))
    }

    /// With addresses where requesters may ask to be called back.
    #[must_use]
    pub fn calling_back(self, callbacks: Allowed) -> Self {
        self.with(|shared| shared.callbacks = Arc::new(callbacks))
    }

    /// The same, with a demo beside it.
    #[must_use]
    pub fn with_demo(self, demo: Demo) -> Self {
        self.with(|shared| shared.demo = demo)
    }

    fn with(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Arc::unwrap_or_clone(self.0);
        change(&mut shared);
        Self(Arc::new(shared))
    }
}

/// Seals session cookies: 64 bytes, the same on every node of an installation.
#[derive(Clone)]
pub struct CookieKey(pub Arc<[u8; 64]>);

impl CookieKey {
    /// A key of its own for what pages carry back to us.
    #[must_use]
    pub fn seal(&self) -> app::seal::Seal {
        let mut hash = sha2::Sha256::new();
        hash.update(b"countersign seal v1\0");
        hash.update(self.0.as_slice());
        app::seal::Seal::new(hash.finalize().into())
    }

    /// What the secrets of hooks are derived from.
    #[must_use]
    pub fn hooks(&self) -> Root {
        let mut hash = sha2::Sha256::new();
        hash.update(b"countersign hooks v1\0");
        hash.update(self.0.as_slice());
        Root::from(<[u8; 32]>::from(hash.finalize()))
    }
}

/// An installation that is ready to serve.
pub struct Opened {
    pub governance: Governance,
    pub cookie_key: CookieKey,
    /// Signs checkpoints of the log.
    pub key: SigningKey,
    /// The high-water mark kept beside the key.
    pub mark: Mark,
    /// Held as long as this process serves the folder.
    pub lock: File,
}

/// Opens the installation for `serve`, making it at first start.
///
/// # Errors
/// `Invalid` for a folder or key that cannot be used as it is, `Unavailable` if another process serves the folder.
pub async fn open_to_serve(place: &Place) -> Result<Opened> {
    let folder = Folder::open(&place.data)?;
    if place.database.is_none() {
        folder.refuse_network()?;
    }
    let lock = folder.lock()?;
    let (governance, key) = open(place, |wanted| folder.key(&wanted)).await?;
    let key = key.ok_or_else(|| Error::broken("no signing key after opening"))?;
    let cookie_key = CookieKey(Arc::new(derive(&key)));
    let mark = Mark::open(folder.0.join("checkpoint"), key.verifier())?;
    if let Some(kept) = mark.checkpoint()
        && let Some(seal) = governance.log_seal_unless_continued(kept).await?
    {
        tracing::error!(
            kept = seal.kept_size,
            found = seal.found_size,
            "the log is behind the checkpoint kept beside the key, as after a restored backup: nothing is decided until the newer database is back or two admins unseal it in Settings (`countersign person link EMAIL` signs them in)"
        );
    }
    governance.warm().await?;
    Ok(Opened { governance, cookie_key, key, mark, lock })
}

/// A fresh installation whose days are played by hand: its clock is given, its key and ids are as random as any.
///
/// # Errors
/// `Invalid` for a folder that cannot be used.
pub async fn open_to_play(folder: &Path, clock: Arc<dyn governance::time::Clock>) -> Result<Governance> {
    let folder = Folder::open(folder)?;
    folder.refuse_network()?;
    let db = Db::open(&format!("sqlite:{}", folder.0.join("countersign.db").display())).await?;
    let opening = Opening { db, clock, rng: Box::new(StdRng::from_os_rng()), database_time: false };
    Governance::open(opening, |wanted| folder.key(&wanted)).await.map(|(governance, _)| governance)
}

/// The last checkpoint this node signed, kept beside the key: a log set back behind it is noticed at start.
#[derive(Debug)]
pub struct Mark {
    path: PathBuf,
    checkpoint: Option<Checkpoint>,
}

impl Mark {
    /// Reads it, if there is one.
    ///
    /// # Errors
    /// `Invalid` when it cannot be read or is not of the log whose key this is.
    pub fn open(path: PathBuf, key: &VerifierKey) -> Result<Self> {
        let checkpoint = match fs::read(&path) {
            Ok(note) => Some(Checkpoint::verify(&note, key).map_err(|e| {
                Error::invalid(format!(
                    "{} is not a checkpoint of this log ({}): put it back from its copy",
                    path.display(),
                    e.detail
                ))
            })?),
            Err(e) if e.kind() == ErrorKind::NotFound => None,
            Err(e) => return Err(Error::invalid(format!("{} cannot be read: {e}", path.display()))),
        };
        Ok(Self { path, checkpoint })
    }

    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.checkpoint.as_ref()
    }

    /// Keeps a newer one, on the disk before anybody sees it.
    ///
    /// # Errors
    /// `Internal` if it cannot be written.
    pub fn keep(&mut self, checkpoint: Checkpoint, note: &str) -> Result<()> {
        if self.checkpoint.as_ref() == Some(&checkpoint) {
            return Ok(());
        }
        let new = self.path.with_extension("new");
        let mut file = File::create(&new).map_err(Error::internal)?;
        file.write_all(note.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::internal)?;
        fs::rename(&new, &self.path).map_err(Error::internal)?;
        self.checkpoint = Some(checkpoint);
        Ok(())
    }
}

/// What most commands need of [`open_for_command`].
///
/// # Errors
/// As [`open_for_command`].
pub async fn open_to_command(place: &Place) -> Result<(Governance, Ctx)> {
    let Command { governance, ctx, .. } = open_for_command(place).await?;
    Ok((governance, ctx))
}

/// This machine's name, as the log shows it: letters, digits, dots and dashes.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String =
        name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).take(64).collect();
    if name.is_empty() { "unnamed".into() } else { name }
}

/// An installation opened by one command, beside a running server or without one.
pub struct Command {
    pub governance: Governance,
    /// `operator:host`: logged, never a vote.
    pub ctx: Ctx,
    /// The log's key where this folder holds it. A command signs packs with it, never checkpoints.
    pub key: Option<SigningKey>,
}

impl Command {
    /// What the secrets of hooks are derived from; `None` where this folder holds no key.
    #[must_use]
    pub fn hooks(&self) -> Option<Root> {
        self.key.as_ref().map(|key| CookieKey(Arc::new(derive(key))).hooks())
    }
}

/// Opens the installation for a command; on a fresh folder that is its first start. `serve` may run beside it: such a
/// process is one more node, which writes under the same lock and signs no checkpoint.
///
/// # Errors
/// `Invalid` for a folder or key that cannot be used as it is, `Unavailable` if the database cannot be reached.
pub async fn open_for_command(place: &Place) -> Result<Command> {
    let folder = Folder::open(&place.data)?;
    if place.database.is_none() {
        folder.refuse_network()?;
    }
    // on PostgreSQL a command may run where the key is not
    let elsewhere = place.database.is_some() && !place.data.join("key").exists();
    let (governance, key) = open(place, |wanted| match wanted {
        KeyWanted::Of { .. } if elsewhere => Ok(None),
        wanted => folder.key(&wanted),
    })
    .await?;
    let ctx = governance.ctx(Actor::Operator { host: host_name() });
    Ok(Command { governance, ctx, key })
}

async fn open(
    place: &Place,
    key: impl FnOnce(KeyWanted<'_>) -> Result<Option<SigningKey>>,
) -> Result<(Governance, Option<SigningKey>)> {
    let url =
        place.database.clone().unwrap_or_else(|| format!("sqlite:{}", place.data.join("countersign.db").display()));
    let db = Db::open(&url).await?;
    let database_time = db.is_postgres();
    let opening = Opening { db, clock: Arc::new(SystemClock), rng: Box::new(StdRng::from_os_rng()), database_time };
    let (governance, key) = Governance::open(opening, key).await?;
    if let Some(first) = governance.policy_install().await? {
        for note in first.notes {
            tracing::warn!(bundle = %first.name, "{note}");
        }
    }
    Ok((governance, key))
}

/// A key for cookies out of the installation's own: one-way, and of no use for the log.
fn derive(key: &SigningKey) -> [u8; 64] {
    let mut hash = Sha512::new();
    hash.update(b"countersign session cookie v1\0");
    hash.update(key.to_private_text().as_bytes());
    hash.finalize().into()
}
