//! `POST /v1/traces`: OpenTelemetry spans over HTTP (OTLP, protobuf or JSON), as SDKs and collectors export them. Executed
//! tools are recorded as acts, prompts are looked through for secrets; what else is in a trace is accepted and left alone.
//!
//! `wire.rs` the two forms of a request; `spans.rs` which span is an act, and of whom; `prompts.rs` what is a prompt.
mod prompts;
mod spans;
mod wire;

use super::{authn::Caller, body};
use crate::{problem::Refusal, state::AppState};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use flate2::read::GzDecoder;
use governance::{
    engine::{Act, watch::Noted},
    error::{Error, Kind, Result},
    watch::ACTS_MAX,
};
use spans::Seen;
use std::io::Read as _;
use wire::Form;

/// The largest request, packed or unpacked.
const LARGEST: usize = 4 << 20;

pub async fn traces(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    // before a large body is taken in
    ctx.authorize(Act::Report)?;
    let form = form(&headers)?;
    let packed = body::bytes(&headers, body, LARGEST).await?;
    let read = move || wire::read(form, &unpacked(&headers, &packed)?).map(|traces| spans::acts(&traces));
    let found = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
    let Seen { acts, prompts, mut rejected, mut why } = match found {
        Ok(seen) => seen,
        Err(e) => return Ok(refused(form, &e)),
    };
    let mut settled = |count: usize, done: Result<Noted>| match done {
        Ok(_) => Ok(()),
        // what a retry cannot mend is said, and not sent again
        Err(e) if matches!(e.kind, Kind::Invalid | Kind::NotFound | Kind::Forbidden | Kind::Conflict) => {
            rejected += count;
            why.get_or_insert(e.detail);
            Ok(())
        }
        Err(e) => Err(e),
    };
    // each part is recorded whole or not at all; one that is sent again is known by its spans
    for part in acts.chunks(ACTS_MAX) {
        settled(part.len(), state.governance.activity_report(&ctx, part).await)?;
    }
    for part in prompts.chunks(ACTS_MAX) {
        settled(part.len(), state.governance.prompt_report(&ctx, part).await)?;
    }
    Ok(wire::answer(form, rejected, why.as_deref()))
}

fn form(headers: &HeaderMap) -> Result<Form> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    match said.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "application/x-protobuf" => Ok(Form::Protobuf),
        "application/json" => Ok(Form::Json),
        _ => Err(Error::invalid("the Content-Type is neither application/x-protobuf nor application/json")),
    }
}

/// OTLP servers take gzip. What it unpacks to is bounded while it is unpacked.
fn unpacked(headers: &HeaderMap, packed: &[u8]) -> Result<Vec<u8>> {
    let coding = headers.get(header::CONTENT_ENCODING).map_or(b"identity".as_slice(), |v| v.as_bytes());
    if coding.eq_ignore_ascii_case(b"identity") {
        return Ok(packed.to_vec());
    }
    if !coding.eq_ignore_ascii_case(b"gzip") {
        return Err(Error::invalid("the Content-Encoding is neither gzip nor none"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST).map_err(Error::internal)? + 1;
    let read = GzDecoder::new(packed).take(most).read_to_end(&mut bytes);
    read.map_err(|e| Error::invalid(format!("the body is not gzip: {e}")))?;
    if bytes.len() > LARGEST {
        return Err(Error::new(Kind::TooLarge, "the body unpacks to more than 4 MiB: send fewer spans at once"));
    }
    Ok(bytes)
}

/// A refusal in the form of the request, as OTLP asks.
fn refused(form: Form, e: &Error) -> Response {
    let problem = e.problem();
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, wire::failure(form, &e.detail)).into_response();
    // it is phrased already: api/problem.rs
    response.extensions_mut().insert(problem);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_unpacks_to_too_much_is_refused_while_it_is_unpacked() {
        let packed = |bytes: &[u8]| {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        };
        let headers = |coding: &'static str| {
            HeaderMap::from_iter([(header::CONTENT_ENCODING, axum::http::HeaderValue::from_static(coding))])
        };
        assert_eq!(unpacked(&headers("gzip"), &packed(b"abc")).unwrap(), b"abc");
        assert_eq!(unpacked(&HeaderMap::new(), b"abc").unwrap(), b"abc");
        let bomb = packed(&vec![0; LARGEST + 1]);
        assert!(bomb.len() < 8_192);
        assert_eq!(unpacked(&headers("gzip"), &bomb).unwrap_err().kind, Kind::TooLarge);
        assert_eq!(unpacked(&headers("gzip"), b"abc").unwrap_err().kind, Kind::Invalid);
        assert_eq!(unpacked(&headers("br"), b"abc").unwrap_err().kind, Kind::Invalid);
    }
}
