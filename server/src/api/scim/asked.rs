//! What a client asks for: in the query, or in the body of a search. Bounded.
use crate::api::body::{bytes, expect_plain};
use axum::{
    extract::{Query, Request},
    http::{HeaderMap, Uri, header},
};
use governance::{
    error::Error,
    json::{Limits, read},
    scim::{Fault, discovery::MOST_RESULTS, document::check_schemas, project::Shown},
};
use serde_json::Value;

/// A group of some thousands of people goes in.
const LIMITS: Limits = Limits { bytes: 1 << 20, depth: 16, keys: 256, string_bytes: 16 * 1024 };
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Resources of a page when nobody says how many.
const USUAL: usize = 100;

/// Which resources, and what of them.
#[derive(Debug)]
pub struct Asked {
    pub filter: Option<String>,
    /// From 1 on.
    pub start_index: usize,
    pub count: usize,
    pub shown: Shown,
}

impl Asked {
    /// From `?filter=…&startIndex=…&count=…&attributes=…&excludedAttributes=…`; the rest of a query says nothing here.
    ///
    /// # Errors
    /// `invalidValue` for numbers that are none.
    pub fn of_query(uri: &Uri) -> Result<Self, Fault> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|e| Fault::value(format!("the query: {}", e.body_text())))?;
        let text = |name: &str| pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        let number = |name: &str| match text(name).map(str::trim).filter(|t| !t.is_empty()) {
            None => Ok(None),
            Some(n) => n.parse().map(Some).map_err(|_| Fault::value(format!("{name}: a number is expected"))),
        };
        let names = |name: &str| {
            let all = text(name).unwrap_or_default().split(',').map(str::trim);
            all.filter(|n| !n.is_empty()).map(str::to_owned).collect()
        };
        let shown = Shown::of(names("attributes"), names("excludedAttributes"))?;
        Ok(Self::new(text("filter"), number("startIndex")?, number("count")?, shown))
    }

    /// From a `SearchRequest` (RFC 7644 §3.4.3).
    ///
    /// # Errors
    /// `invalidSyntax` when it is none, `invalidValue` for a member of another form.
    pub fn of_body(body: &Value) -> Result<Self, Fault> {
        let Value::Object(members) = body else { return Err(Fault::syntax("send one JSON object")) };
        check_schemas(members, SEARCH)?;
        let member = |name: &str| {
            let found = members.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v);
            found.filter(|v| !v.is_null())
        };
        let number = |name: &str| match member(name) {
            None => Ok(None),
            Some(n) => n.as_i64().map(Some).ok_or_else(|| Fault::value(format!("{name}: a number is expected"))),
        };
        let names = |name: &str| match member(name) {
            None => Ok(vec![]),
            Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
                Ok(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            Some(_) => Err(Fault::value(format!("{name}: a list of names is expected"))),
        };
        let filter = match member("filter") {
            None => None,
            Some(Value::String(text)) => Some(text.as_str()),
            Some(_) => return Err(Fault::filter("filter: a text is expected")),
        };
        let shown = Shown::of(names("attributes")?, names("excludedAttributes")?)?;
        Ok(Self::new(filter, number("startIndex")?, number("count")?, shown))
    }

    /// RFC 7644 §3.4.2.4: below 1 is 1, and no negative count.
    fn new(filter: Option<&str>, start_index: Option<i64>, count: Option<i64>, shown: Shown) -> Self {
        let count = count.map_or(USUAL, |n| usize::try_from(n.max(0)).unwrap_or(MOST_RESULTS)).min(MOST_RESULTS);
        let start_index = usize::try_from(start_index.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
        Self { filter: filter.map(str::to_owned), start_index, count, shown }
    }
}

/// One JSON document.
///
/// # Errors
/// `invalidSyntax` for anything else, 413 for more than a mebibyte.
pub async fn body(request: Request) -> Result<Value, Fault> {
    let (parts, body) = request.into_parts();
    expect_scim(&parts.headers).map_err(syntax)?;
    let bytes = bytes(&parts.headers, body, LIMITS.bytes).await.map_err(syntax)?;
    read(&bytes, LIMITS).map_err(|e| syntax(Error::from(e)))
}

fn expect_scim(headers: &HeaderMap) -> Result<(), Error> {
    expect_plain(headers)?;
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = said.split(';').next().unwrap_or("").trim();
    match ["application/scim+json", "application/json"].iter().any(|kind| essence.eq_ignore_ascii_case(kind)) {
        true => Ok(()),
        false => Err(Error::invalid("the Content-Type is not application/scim+json")),
    }
}

fn syntax(e: Error) -> Fault {
    let fault = Fault::from(e);
    let scim_type = if fault.status == 400 { Some("invalidSyntax") } else { fault.scim_type };
    Fault { scim_type, ..fault }
}
