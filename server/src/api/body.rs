//! Bodies, read strictly (semantics.md, Hostile input): the content type first, the size while it arrives, then
//! `governance::json`, and only then serde.
use crate::problem::Refusal;
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use governance::{
    error::{Error, Kind},
    json::{Limits, read},
};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One JSON document whose unknown members are ignored, as AuthZEN asks.
#[derive(Debug)]
pub struct Document(pub Value);

/// One JSON document of a known shape. Whether unknown members are refused is the shape's: on `/v1` each says
/// `deny_unknown_fields`.
#[derive(Debug)]
pub struct Strict<T>(pub T);

impl<S: Send + Sync> FromRequest<S> for Document {
    type Rejection = Refusal;
    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        expect_json(&parts.headers)?;
        let bytes = bytes(&parts.headers, body, Limits::REQUEST.bytes).await?;
        Ok(Self(document(&bytes)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Strict<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Document(value) = Document::from_request(request, state).await?;
        shape(value).map(Self).map_err(Refusal)
    }
}

/// Reads one document under the limits of a request.
///
/// # Errors
/// `Invalid`, saying where and what.
pub fn document(bytes: &[u8]) -> Result<Value, Error> {
    if bytes.is_empty() {
        return Err(Error::invalid("the body is empty: send one JSON document"));
    }
    Ok(read(bytes, Limits::REQUEST)?)
}

/// # Errors
/// `Invalid`, naming the member.
pub fn shape<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|e| Error::invalid(format!("the document does not have the right form: {e}")))
}

/// # Errors
/// `Invalid` unless the body is said to be plain `application/json`.
pub fn expect_json(headers: &HeaderMap) -> Result<(), Error> {
    expect_plain(headers)?;
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = said.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Error::invalid(match said {
        "" => "there is no Content-Type: send application/json".to_owned(),
        _ => "the Content-Type is not application/json: send application/json".to_owned(),
    }))
}

/// # Errors
/// `Invalid` for a body that would have to be unpacked first.
pub fn expect_plain(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(coding) if !coding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            Err(Error::invalid("the body is compressed (Content-Encoding): send it plain"))
        }
        _ => Ok(()),
    }
}

/// The whole body, at most `limit` bytes of it; a longer one is refused before it is read where its length is said.
///
/// # Errors
/// `TooLarge`, or `Invalid` if it breaks off.
pub async fn bytes(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, Error> {
    let too_large =
        || Error::new(Kind::TooLarge, format!("the body is larger than {limit} bytes, the most this takes"));
    let said = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if said.is_some_and(|n| usize::try_from(n).map_or(true, |n| n > limit)) {
        return Err(too_large());
    }
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::invalid("the body broke off: send it whole and without long pauses"))?;
        let Ok(data) = frame.into_data() else { continue };
        if all.len() + data.len() > limit {
            return Err(too_large());
        }
        all.extend_from_slice(&data);
    }
    Ok(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_plain_json_is_read() {
        for (kind, coding, ok) in [
            (Some("application/json"), None, true),
            (Some("Application/JSON; charset=utf-8"), None, true),
            (Some("application/json"), Some("identity"), true),
            (Some("application/json"), Some("gzip"), false),
            (Some("application/json-patch+json"), None, false),
            (Some("application/problem+json"), None, false),
            (Some("text/plain"), None, false),
            (Some("application/x-www-form-urlencoded"), None, false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(kind) = kind {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            if let Some(coding) = coding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            assert_eq!(expect_json(&headers).is_ok(), ok, "{kind:?} {coding:?}");
        }
    }

    #[tokio::test]
    async fn a_body_is_bounded_whether_its_length_is_said_or_not() {
        let said = |n: &'static str| HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from_static(n))]);
        let read = async |headers: HeaderMap, n: usize| bytes(&headers, Body::from(vec![b'x'; n]), 10).await;
        assert_eq!(read(HeaderMap::new(), 10).await.unwrap().len(), 10);
        assert_eq!(read(HeaderMap::new(), 11).await.unwrap_err().kind, Kind::TooLarge);
        // refused by what it says, however little follows
        assert_eq!(read(said("11"), 1).await.unwrap_err().kind, Kind::TooLarge);
        assert_eq!(read(said("99999999999999999999"), 1).await.unwrap().len(), 1);
    }

    #[test]
    fn a_member_nobody_knows_is_named() {
        #[derive(serde::Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        struct Known {
            #[allow(dead_code, reason = "only its presence is looked at")]
            reason: String,
        }
        let said = shape::<Known>(serde_json::json!({"reason": "x", "raeson": "y"})).unwrap_err().detail;
        assert!(said.contains("raeson"), "{said}");
        assert!(document(b"").unwrap_err().detail.contains("empty"));
        assert!(document(b"{\"a\":1,\"a\":2}").unwrap_err().detail.contains("twice"));
    }
}
