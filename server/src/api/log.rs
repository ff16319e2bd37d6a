//! `GET /log/checkpoint`, `GET /log/tile/…`: the log as witnesses read it (c2sp.org/tlog-tiles). Hashes are for everybody;
//! entry bundles say who did what and take a key with the scope `read`.
use super::authn;
use crate::{problem::Refusal, state::AppState};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use governance::{error::Error, log::tile::Tile};

pub async fn checkpoint(State(state): State<AppState>) -> Result<Response, Refusal> {
    let newest = state.governance.log_checkpoint().await?;
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((plain, newest.note).into_response())
}

pub async fn tile(
    State(state): State<AppState>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let tile =
        Tile::parse(&format!("tile/{path}")).map_err(|_| Error::not_found("the log has no tile of that name"))?;
    let caller = authn::given(&state, &headers).await?;
    let bytes = state.governance.log_tile(caller.as_ref().map(|c| &c.0), tile).await?;
    let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response();
    // a tile under a checkpoint never changes; entries are not for shared caches
    let kept = match caller {
        None => "public, max-age=31536000, immutable",
        Some(_) => "private, max-age=31536000, immutable",
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    Ok(response)
}
