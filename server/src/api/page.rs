//! Lists as callers get them: keyset pages of JSON, or one object a line where `Accept` asks for NDJSON.
use axum::{
    Json,
    extract::Query,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse as _, Response},
};
use governance::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Items of a page that does not say how many.
pub const USUAL: u16 = 100;
pub const MOST: u16 = 1_000;
const NDJSON: &str = "application/x-ndjson";

/// The query of an address; an unknown name is refused, since a mistyped filter would silently show everything.
///
/// # Errors
/// `Invalid`, naming the parameter.
pub fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T> {
    Query::try_from_uri(uri).map(|Query(query)| query).map_err(|e| Error::invalid(e.body_text()))
}

/// How many items of a page were asked for.
///
/// # Errors
/// `Invalid` outside 1 to 1,000.
pub fn limit(asked: Option<u16>) -> Result<u16> {
    match asked.unwrap_or(USUAL) {
        n @ 1..=MOST => Ok(n),
        _ => Err(Error::invalid(format!("limit: 1 to {MOST}"))),
    }
}

/// A cursor or an id in a query.
///
/// # Errors
/// `Invalid`, naming the parameter.
pub fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, text: Option<&str>) -> Result<Option<T>> {
    text.map(|text| text.parse().map_err(|e| Error::invalid(format!("{name}: {e}")))).transpose()
}

/// One page. `next` is what `after` must say for the following one; `None`: this was the last.
pub fn page(headers: &HeaderMap, uri: &Uri, items: Vec<Value>, next: Option<String>) -> Response {
    if !asks_ndjson(headers) {
        return Json(json!({ "items": items, "next": next })).into_response();
    }
    let mut lines = String::new();
    for item in items {
        lines.push_str(&item.to_string());
        lines.push('\n');
    }
    let mut response = ([(header::CONTENT_TYPE, NDJSON)], lines).into_response();
    // RFC 8288: a line-wise list has no room for it
    if let Some(link) = next.and_then(|next| HeaderValue::from_str(&following(uri, &next)).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

fn asks_ndjson(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let mut names = accepted.map(|part| part.split(';').next().unwrap_or("").trim());
    names.any(|name| name.eq_ignore_ascii_case(NDJSON) || name.eq_ignore_ascii_case("application/jsonl"))
}

/// The same address with another `after`.
fn following(uri: &Uri, next: &str) -> String {
    let others = uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
    let query: Vec<String> = others.map(str::to_owned).chain([format!("after={next}")]).collect();
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        after: Option<String>,
        limit: Option<u16>,
    }

    #[test]
    fn a_mistyped_parameter_is_refused() {
        let read = |uri: &str| query::<Asked>(&uri.parse().unwrap());
        let asked = read("/v1/grants?after=grt_1&limit=5").unwrap();
        assert_eq!((asked.after.as_deref(), asked.limit), (Some("grt_1"), Some(5)));
        for bad in ["/v1/grants?stat=active", "/v1/grants?limit=many", "/v1/grants?limit=-1"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(limit(Some(0)).is_err() && limit(Some(1_001)).is_err());
        assert_eq!(limit(None).unwrap(), USUAL);
    }

    #[test]
    fn the_following_page_keeps_the_filters() {
        let uri = "/v1/decisions?outcome=deny&after=dec_1&limit=2".parse().unwrap();
        assert_eq!(following(&uri, "dec_9"), "</v1/decisions?outcome=deny&limit=2&after=dec_9>; rel=\"next\"");
        assert_eq!(following(&"/v1/events".parse().unwrap(), "7"), "</v1/events?after=7>; rel=\"next\"");
    }

    #[test]
    fn lines_are_for_those_who_ask() {
        for (accept, lines) in [
            ("application/x-ndjson", true),
            ("text/html, application/x-ndjson;q=0.9", true),
            ("application/json", false),
            ("*/*", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(asks_ndjson(&headers), lines, "{accept}");
        }
    }
}
