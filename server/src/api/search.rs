//! `POST /access/v1/search/{subject,resource,action}` (AuthZEN 1.0, Search APIs). What is not known has no results; it is
//! no error.
use super::{authn::Caller, body::Document, question};
use crate::{problem::Refusal, state::AppState};
use axum::{Json, extract::State};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use governance::{
    Ctx,
    decision::{Action, Ask, Way},
    engine::Searched,
    error::{Error, Result},
    json,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

const USUAL: usize = 100;
const MOST: usize = 1_000;

pub async fn actions(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Document(document): Document,
) -> Result<Json<Value>, Refusal> {
    let top = question::object(&document)?;
    page(top)?;
    let ask = Ask {
        subject: question::entity(top, "subject")?,
        action: Action::default(),
        resource: question::entity(top, "resource")?,
        context: question::context(top)?,
        way: Way::Item,
        idempotency_key: None,
    };
    let found = state.governance.search_actions(&ctx, ask).await?;
    let results: Vec<Value> = found.into_iter().map(|name| json!({ "name": name })).collect();
    // all actions of a bundle are one page
    Ok(Json(json!({ "results": results, "page": { "next_token": "", "count": results.len() } })))
}

pub async fn subjects(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Document(document): Document,
) -> Result<Json<Value>, Refusal> {
    let top = question::object(&document)?;
    let ask = Ask {
        subject: question::searched(top, "subject")?,
        action: question::action(top)?,
        resource: question::entity(top, "resource")?,
        context: question::context(top)?,
        way: Way::Item,
        idempotency_key: None,
    };
    entities(&state, &ctx, top, ask, Searched::Subject).await
}

pub async fn resources(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Document(document): Document,
) -> Result<Json<Value>, Refusal> {
    let top = question::object(&document)?;
    let ask = Ask {
        subject: question::entity(top, "subject")?,
        action: question::action(top)?,
        resource: question::searched(top, "resource")?,
        context: question::context(top)?,
        way: Way::Item,
        idempotency_key: None,
    };
    entities(&state, &ctx, top, ask, Searched::Resource).await
}

async fn entities(
    state: &AppState,
    ctx: &Ctx,
    top: &Map<String, Value>,
    ask: Ask,
    what: Searched,
) -> Result<Json<Value>, Refusal> {
    let page = page(top)?;
    let kind = match what {
        Searched::Subject => ask.subject.kind.clone(),
        Searched::Resource => ask.resource.kind.clone(),
    };
    let after = page.after.as_deref().unwrap_or("");
    let found = state.governance.search_entities(ctx, ask, what, after, page.limit).await?;
    let results: Vec<Value> = found.ids.iter().map(|id| json!({ "type": kind, "id": id })).collect();
    let next = found.next.map_or_else(String::new, |id| token(&page.question, &id));
    Ok(Json(json!({ "results": results, "page": { "next_token": next, "count": results.len() } })))
}

struct Page {
    /// Digest of everything else in the request: a token belongs to its question.
    question: String,
    after: Option<String>,
    limit: usize,
}

fn page(top: &Map<String, Value>) -> Result<Page> {
    let mut rest = top.clone();
    let page = rest.remove("page");
    let question = URL_SAFE_NO_PAD.encode(&Sha256::digest(json::canonical(&Value::Object(rest)).as_bytes())[..12]);
    let page = match page {
        None => Map::new(),
        Some(Value::Object(page)) => page,
        Some(other) => return Err(Error::invalid(format!("page must be an object, not {}", question::kind(&other)))),
    };
    let limit = match page.get("limit") {
        None => USUAL,
        Some(limit) => match limit.as_u64().and_then(|n| usize::try_from(n).ok()) {
            Some(n) if n >= 1 => n.min(MOST),
            _ => return Err(Error::invalid("page.limit must be a number from 1 on")),
        },
    };
    let after = match page.get("token") {
        None => None,
        Some(Value::String(token)) if token.is_empty() => None,
        Some(Value::String(token)) => Some(after(&question, token)?),
        Some(other) => {
            return Err(Error::invalid(format!("page.token must be a string, not {}", question::kind(other))));
        }
    };
    Ok(Page { question, after, limit })
}

fn token(question: &str, id: &str) -> String {
    format!("{question}.{}", URL_SAFE_NO_PAD.encode(id))
}

fn after(question: &str, token: &str) -> Result<String> {
    let wrong = || {
        Error::invalid("page.token belongs to another search: send it with every other value as it was, or search anew")
    };
    let (asked, id) = token.split_once('.').ok_or_else(wrong)?;
    let id = URL_SAFE_NO_PAD.decode(id).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    id.filter(|_| asked == question).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_question() {
        let of = |v: Value| v.as_object().unwrap().clone();
        let asked = json!({"subject": {"type": "user"}, "action": {"name": "read"}});
        let first = page(&of(asked.clone())).unwrap();
        assert_eq!((first.after, first.limit), (None, USUAL));
        let token = token(&first.question, "record 7/ü");
        let mut again = of(asked);
        again.insert("page".into(), json!({"token": token, "limit": 5}));
        let second = page(&again).unwrap();
        assert_eq!((second.after.as_deref(), second.limit), (Some("record 7/ü"), 5));
        again.insert("action".into(), json!({"name": "write"}));
        assert!(page(&again).is_err());
    }

    #[test]
    fn a_page_that_is_none_is_refused() {
        for page_of in
            [json!([]), json!({"limit": 0}), json!({"limit": "x"}), json!({"token": 1}), json!({"token": "x"})]
        {
            let top = json!({ "page": page_of });
            assert!(page(top.as_object().unwrap()).is_err(), "{top}");
        }
        let none = json!({"page": {"token": "", "limit": 1_000_000}});
        assert_eq!(page(none.as_object().unwrap()).unwrap().limit, MOST);
    }
}
