//! The listener: accepts, bounds and ends connections. `axum::serve` would wait for headers for ever.
use crate::{
    config::Address,
    demo::Demo,
    notices::{send::Sender, settings::Settings},
    router,
    state::{AppState, Opened},
};
use axum::{body::Body, extract::ConnectInfo, http::Request};
use governance::error::{Error, Kind, Result};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use std::{io::ErrorKind, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::Semaphore,
};
use tower::ServiceExt as _;

/// How long a caller may take to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Connections at once; further ones wait in the operating system's queue.
const CONNECTIONS: usize = 4_096;
/// How long requests under way may take once the process is told to end.
const FAREWELL: Duration = Duration::from_secs(10);

pub struct Listening {
    pub listener: TcpListener,
    pub address: Address,
}

/// Takes the port. `public` is how the console is reached from outside, if that is known.
///
/// # Errors
/// `Unavailable` or `Invalid` in one line: port taken, no such address, not allowed.
pub async fn listen(socket: SocketAddr, public: Option<Address>) -> Result<Listening> {
    let listener = TcpListener::bind(socket).await.map_err(|e| match e.kind() {
        ErrorKind::AddrInUse => Error::new(
            Kind::Unavailable,
            format!("{socket} is in use by another program: stop it, or choose another address with --listen"),
        ),
        ErrorKind::AddrNotAvailable => {
            Error::invalid(format!("--listen {socket}: this machine has no such address; 127.0.0.1 is always there"))
        }
        ErrorKind::PermissionDenied => {
            Error::invalid(format!("--listen {socket}: ports below 1024 need rights; choose a higher one"))
        }
        _ => Error::new(Kind::Unavailable, format!("--listen {socket}: {e}")),
    })?;
    let local = listener.local_addr().map_err(Error::internal)?;
    Ok(Listening { listener, address: public.unwrap_or_else(|| Address::of(local)) })
}

/// Being told to end: SIGTERM or Ctrl C. Listened for before anybody is told that we run.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// # Errors
    /// `Internal` if signals cannot be listened for.
    pub fn listen() -> Result<Self> {
        let on = |kind| signal(kind).map_err(Error::internal);
        Ok(Self { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }
    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Serves until told to end, then lets what is under way finish.
///
/// `data` is the folder a demo would be under.
///
/// # Errors
/// `Unavailable` if it ended because the disk failed.
pub async fn run(listening: Listening, opened: Opened, settings: Settings, data: &Path, mut stop: Stop) -> Result<()> {
    let Listening { listener, address } = listening;
    let Opened { governance, cookie_key, key, mark, lock: _lock } = opened;
    let callbacks = settings.callbacks.clone();
    let sender = Sender::new(settings, address.clone())?;
    let jobs = tokio::spawn(crate::jobs::run(governance.clone(), key, mark, Some(sender)));
    let demo = Demo::of(Some(data.to_owned()), &address);
    demo.resume().await;
    let state = AppState::new(governance.clone(), address, cookie_key).calling_back(callbacks).with_demo(demo.clone());
    let ending = Arc::clone(&state.ending);
    let app = router(state);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut failed = false;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
                    let watcher = graceful.watcher();
                    let app = app.clone();
                    tokio::spawn(async move {
                        serve(stream, peer, app, watcher).await;
                        drop(place);
                    });
                }
                // out of file descriptors, or the peer was gone already: neither ends the process
                Err(e) => {
                    tracing::warn!(error = %e, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = stop.told() => break,
            // whether the last commit was kept is not known: the next start reads what the disk holds
            () = governance.disk_failed() => {
                tracing::error!("the disk failed: nothing more is decided, and the process ends");
                failed = true;
                break;
            }
        }
    }
    drop(listener);
    ending.send_replace(true);
    demo.ending();
    tracing::info!("ending: requests under way may finish");
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    jobs.abort();
    demo.close().await;
    governance.close().await;
    if failed {
        return Err(Error::new(
            Kind::Unavailable,
            "the disk failed while something was written: mend it and start again; what was answered is on record",
        ));
    }
    Ok(())
}

async fn serve(stream: TcpStream, peer: SocketAddr, app: axum::Router, watcher: hyper_util::server::graceful::Watcher) {
    drop(stream.set_nodelay(true));
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request.map(Body::new))
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .max_concurrent_streams(128);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    // a caller that hangs up or sends nonsense is no event of ours
    drop(watcher.watch(connection).await);
}
