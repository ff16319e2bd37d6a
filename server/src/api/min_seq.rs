//! `min_seq`: an answer no older than a place in the log that the caller has seen, as after a revocation (semantics.md,
//! Grants and revocation). Said as `Countersign-Min-Seq: 4711` or, on reads, as `?min_seq=4711`.
//!
//! Decisions are made on the head under its lock and reads see what is committed, so only a database behind the caller can
//! fail this: a restored backup, a replica, another installation. It answers 503, never with the older state.
use crate::{problem::Refusal, state::AppState};
use axum::{
    extract::{Request, State},
    http::{HeaderName, Uri},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governance::error::{Error, Result};

const HEADER: HeaderName = HeaderName::from_static("countersign-min-seq");

/// Lets a request through once the log has the event it names.
pub async fn require(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match seen(&state, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(e) => Refusal(e).into_response(),
    }
}

async fn seen(state: &AppState, request: &mut Request) -> Result<()> {
    let (rest, from_query) = split(request.uri())?;
    let said = match request.headers().get(&HEADER) {
        Some(value) => Some(number(value.to_str().unwrap_or(""))?),
        None => from_query,
    };
    if let Some(rest) = rest {
        *request.uri_mut() = rest;
    }
    let Some(seq) = said else { return Ok(()) };
    let size = state.governance.log_size().await?;
    match size > seq {
        true => Ok(()),
        false => Err(Error::unavailable(format!(
            "min_seq: the log has {size} entries here, so not yet entry {seq}; ask again"
        ))),
    }
}

fn number(text: &str) -> Result<u64> {
    text.trim().parse().map_err(|_| Error::invalid("min_seq: a place in the log is a whole number, such as 4711"))
}

/// The address without the parameter, and what it said; no address where there was none.
fn split(uri: &Uri) -> Result<(Option<Uri>, Option<u64>)> {
    let Some(query) = uri.query().filter(|q| q.contains("min_seq=")) else { return Ok((None, None)) };
    let (mine, others): (Vec<_>, Vec<_>) = query.split('&').partition(|pair| pair.starts_with("min_seq="));
    let Some(said) = mine.last() else { return Ok((None, None)) };
    let said = number(said.trim_start_matches("min_seq="))?;
    let rest = match others.is_empty() {
        true => uri.path().to_owned(),
        false => format!("{}?{}", uri.path(), others.join("&")),
    };
    Ok((Some(rest.parse().map_err(Error::internal)?), Some(said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_is_taken_off_the_address() {
        for (uri, rest, seq) in [
            ("/v1/grants?min_seq=7", Some("/v1/grants"), Some(7)),
            ("/v1/grants?state=active&min_seq=7&limit=2", Some("/v1/grants?state=active&limit=2"), Some(7)),
            ("/v1/grants?state=active", None, None),
            ("/v1/grants", None, None),
        ] {
            let (got, said) = split(&uri.parse().unwrap()).unwrap();
            assert_eq!((got.map(|u| u.to_string()).as_deref(), said), (rest, seq), "{uri}");
        }
        assert!(split(&"/v1/grants?min_seq=-1".parse().unwrap()).is_err());
        assert!(number("4711 ").is_ok() && number("x").is_err());
    }
}
