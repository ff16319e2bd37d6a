//! Servers `make bench` puts beside the product in the same run:
//!
//! - `bench echo ADDR` a bare axum server that answers one fixed document: what HTTP alone costs
//! - `bench fill FILE IDENTITIES ENTITLEMENTS SEED` no server: makes a register of this size
//! - `bench unlogged DATA ADDR` the product, answering without keeping a record: what the record costs
mod fill;

use axum::{Router, http::header, routing::post};
use governance::error::{Error, Result};
use server::{
    config::{Address, Place},
    state::{self, AppState},
};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};
use tokio::net::TcpListener;

const USAGE: &str = "usage: bench echo ADDR | bench unlogged DATA ADDR | bench fill FILE IDENTITIES ENTITLEMENTS SEED";

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["echo", address] => echo(address).await,
        ["unlogged", data, address] => unlogged(data, address).await,
        ["fill", file, identities, entitlements, seed] => fill::fill(file, identities, entitlements, seed).await,
        _ => Err(Error::invalid(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {}", e.detail);
            ExitCode::FAILURE
        }
    }
}

async fn bound(address: &str) -> Result<TcpListener> {
    let address: SocketAddr = address.parse().map_err(|_| Error::invalid(format!("{address} is not ADDRESS:PORT")))?;
    TcpListener::bind(address).await.map_err(Error::internal)
}

async fn echo(address: &str) -> Result<()> {
    let answer = || async { ([(header::CONTENT_TYPE, "application/json")], r#"{"decision":true}"#) };
    // the body is read, as every server here must
    let app = Router::new().route("/access/v1/evaluation", post(move |_: axum::body::Bytes| answer()));
    axum::serve(bound(address).await?, app).await.map_err(Error::internal)
}

async fn unlogged(data: &str, address: &str) -> Result<()> {
    let place = Place { data: PathBuf::from(data), database: None };
    let opened = state::open_to_serve(&place).await?;
    let listener = bound(address).await?;
    let at = Address::of(listener.local_addr().map_err(Error::internal)?);
    let app = server::router(AppState::new(opened.governance.unlogged(), at, opened.cookie_key));
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.map_err(Error::internal)
}
