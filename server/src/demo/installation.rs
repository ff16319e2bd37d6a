//! The demo's life: played into a folder of its own, opened beside the real installation, removed with all it holds.
use crate::{
    config::{Address, Place},
    jobs,
    state::{self, AppState, Opened},
};
use app::{
    demo::{DemoState, Step},
    paths,
};
use axum::{Router, body::Body, extract::Request, response::Response};
use governance::{
    Actor, Governance, demo,
    engine::Link,
    error::{Error, Kind, Result},
    time::{Clock as _, ManualClock, SystemClock},
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
};
use tower::ServiceExt as _;

/// Under the data folder. Always SQLite, whatever the real installation is on.
const FOLDER: &str = "demo";
/// Where it is played; it becomes [`FOLDER`] once it is whole.
const MAKING: &str = "demo.making";
/// Without this file in it a folder is not ours to open or remove.
const MARK: &str = "DEMO.txt";
const MARK_TEXT: &str = "Demo data of Countersign, made by itself. The Welcome page removes it with this folder.\n";
/// How often the demo's agents look whether they were answered.
const TICK: Duration = Duration::from_secs(4);

/// The demo installation of this process, whether it is there or not. Cloning shares it.
#[derive(Clone)]
pub struct Demo(Arc<Inner>);

struct Inner {
    /// The real installation's data folder; `None` where there is no place for a demo.
    data: Option<PathBuf>,
    address: Address,
    state: watch::Sender<DemoState>,
    running: RwLock<Option<Running>>,
    /// Held while it is made or removed.
    busy: Mutex<()>,
}

struct Running {
    router: Router,
    governance: Governance,
    ending: Arc<watch::Sender<bool>>,
    /// They end when this is dropped.
    jobs: JoinSet<()>,
    _lock: File,
}

impl Demo {
    /// `address`: the real installation's.
    #[must_use]
    pub fn of(data: Option<PathBuf>, address: &Address) -> Self {
        let state = if data.is_some() { DemoState::Absent } else { DemoState::NoPlace };
        Self(Arc::new(Inner {
            data,
            address: address.under(paths::DEMO),
            state: watch::Sender::new(state),
            running: RwLock::new(None),
            busy: Mutex::new(()),
        }))
    }

    /// How it stands, and every change of that.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<DemoState> {
        self.0.state.subscribe()
    }

    /// Answers what is asked under its path; `None` while there is no demo.
    #[must_use]
    pub fn router(&self) -> Option<Router> {
        self.0.running.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|r| r.router.clone())
    }

    /// Its operations.
    #[must_use]
    pub fn governance(&self) -> Option<Governance> {
        self.0.running.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|r| r.governance.clone())
    }

    fn folder(&self, name: &str) -> Result<PathBuf> {
        let data = self.0.data.as_ref();
        data.map(|data| data.join(name)).ok_or_else(|| Error::unavailable("this process has no place for a demo"))
    }

    /// Opens the demo that an earlier process left, if there is one. What is wrong with it is no reason not to serve.
    pub async fn resume(&self) {
        let _busy = self.0.busy.lock().await;
        let Ok(folder) = self.folder(FOLDER) else { return };
        if folder.join(MARK).is_file()
            && let Err(e) = self.open(&folder).await
        {
            tracing::warn!(error = &e as &dyn std::error::Error, "the demo cannot be opened");
            self.0.state.send_replace(DemoState::Failed(e.detail));
        }
    }

    /// Begins to make the demo, if there is none and none is being made; [`Demo::watch`] says how far it is.
    ///
    /// # Errors
    /// `Unavailable` where there is no place for one.
    pub fn begin(&self) -> Result<()> {
        self.folder(FOLDER)?;
        let started = self.0.state.send_if_modified(|state| match state {
            DemoState::Absent | DemoState::Failed(_) => {
                *state = DemoState::Making(Step { done: 0, of: 1, doing: "a folder and a key".into() });
                true
            }
            _ => false,
        });
        if started {
            let (demo, runtime) = (self.clone(), tokio::runtime::Handle::current());
            // on a thread of its own: a week is work, and nobody else should wait for it
            tokio::task::spawn_blocking(move || {
                if let Err(e) = runtime.block_on(demo.make()) {
                    tracing::warn!(error = &e as &dyn std::error::Error, "the demo could not be made");
                    demo.0.state.send_replace(DemoState::Failed(e.detail));
                }
            });
        }
        Ok(())
    }

    async fn make(&self) -> Result<()> {
        let _busy = self.0.busy.lock().await;
        let (making, folder) = (self.folder(MAKING)?, self.folder(FOLDER)?);
        clear(&making)?;
        if folder.exists() {
            clear(&folder)?;
        }
        fs::create_dir_all(&making).map_err(|e| cannot(&making, &e))?;
        fs::write(making.join(MARK), MARK_TEXT).map_err(|e| cannot(&making, &e))?;
        let until = SystemClock.now();
        let clock = ManualClock::at(demo::begins(until));
        let gov = state::open_to_play(&making, Arc::new(clock.clone())).await?;
        let mut progress = |done, of, doing: &str| {
            self.0.state.send_replace(DemoState::Making(Step { done, of, doing: doing.into() }));
        };
        let played = demo::play(&gov, &clock, until, &mut progress).await;
        gov.close().await;
        played?;
        fs::rename(&making, &folder).map_err(|e| cannot(&folder, &e))?;
        self.open(&folder).await
    }

    async fn open(&self, folder: &Path) -> Result<()> {
        let place = Place { data: folder.to_owned(), database: None };
        let Opened { governance, cookie_key, key, mark, lock } = state::open_to_serve(&place).await?;
        let mut jobs = JoinSet::new();
        jobs.spawn(jobs::run(governance.clone(), key, mark, None));
        jobs.spawn(go_on(governance.clone()));
        let state = AppState::new(governance.clone(), self.0.address.clone(), cookie_key);
        let ending = Arc::clone(&state.ending);
        let running = Running { router: crate::installation(state), governance, ending, jobs, _lock: lock };
        *self.0.running.write().unwrap_or_else(PoisonError::into_inner) = Some(running);
        self.0.state.send_replace(DemoState::Ready);
        Ok(())
    }

    /// Tells answers that would go on for ever to end.
    pub fn ending(&self) {
        if let Some(running) = self.0.running.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            running.ending.send_replace(true);
        }
    }

    /// Ends it; its folder stays.
    pub async fn close(&self) {
        let running = self.0.running.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut running) = running {
            running.ending.send_replace(true);
            running.jobs.shutdown().await;
            running.governance.close().await;
        }
    }

    /// Removes it with its folder. Nothing of it is left; the real installation is not touched.
    ///
    /// # Errors
    /// `Conflict` while it is being made, `Invalid` for a folder that we did not make.
    pub async fn remove(&self) -> Result<()> {
        let _busy =
            self.0.busy.try_lock().map_err(|_| Error::conflict("the demo is being made: wait until it is ready"))?;
        let folder = self.folder(FOLDER)?;
        self.close().await;
        clear(&folder)?;
        clear(&self.folder(MAKING)?)?;
        self.0.state.send_replace(DemoState::Absent);
        Ok(())
    }

    /// A one-time link for one of the demo's people.
    ///
    /// # Errors
    /// `Conflict` while there is no demo, `NotFound` for somebody who is not of it.
    pub async fn link(&self, email: &str) -> Result<Link> {
        let gov = self.governance().ok_or_else(|| Error::conflict("there is no demo now: make it first"))?;
        let ctx = gov.ctx(Actor::System("demo"));
        let person = gov.person_find(&ctx, email).await?;
        gov.link_create(&ctx, person.id).await
    }
}

/// The demo's agents do what agents do: ask again when nobody answered, act once they may.
async fn go_on(governance: Governance) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(e) = demo::go_on(&governance).await {
            tracing::warn!(error = &e as &dyn std::error::Error, "a demo agent could not go on; it tries again");
        }
    }
}

/// The answer of a router, whatever it is.
pub(super) async fn answered(router: Router, request: Request<Body>) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Removes a folder of ours; one that is not there is gone already.
fn clear(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    if !folder.join(MARK).is_file() {
        return Err(Error::invalid(format!(
            "{} is there and no demo made it: move it away, then try again",
            folder.display()
        )));
    }
    // the mark last: a removal that was cut short can be taken up again
    for entry in fs::read_dir(folder).map_err(|e| cannot(folder, &e))? {
        let path = entry.map_err(|e| cannot(folder, &e))?.path();
        let removed = match path.is_dir() {
            _ if path.ends_with(MARK) => Ok(()),
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.map_err(|e| cannot(&path, &e))?;
    }
    fs::remove_file(folder.join(MARK)).and_then(|()| fs::remove_dir(folder)).map_err(|e| cannot(folder, &e))
}

fn cannot(path: &Path, e: &std::io::Error) -> Error {
    Error::new(Kind::Unavailable, format!("{}: {e}", path.display()))
}
