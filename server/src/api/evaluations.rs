//! `POST /access/v1/evaluations`: several questions at once (AuthZEN 1.0, Access Evaluations API). None of them opens an
//! escalation; an item that cannot be answered is denied with its error, and the others are answered all the same.
use super::{authn::Caller, body::Document, evaluation, prefer, question, wire};
use crate::{problem::Refusal, state::AppState};
use axum::{Json, extract::State, http::HeaderMap};
use governance::{
    Ctx,
    decision::Way,
    error::{Error, Kind},
};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

/// Items of one request.
const MOST_ITEMS: usize = 256;
/// Items under way at once: the committer takes them in batches of its own.
const AT_ONCE: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Semantic {
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

pub async fn evaluate(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Document(document): Document,
) -> Result<Json<Value>, Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    let top = question::object(&document)?;
    let semantic = semantic(top)?;
    let items = items(top)?;
    if items.is_empty() {
        return Ok(Json(evaluation::answer(&state, &ctx, top, Way::Evaluation, key).await?));
    }
    let asked: Vec<Item> = items
        .iter()
        .enumerate()
        .map(|(n, item)| Item {
            place: n,
            asked: item.as_object().map(|item| question::with_defaults(top, item)),
            key: key.as_ref().map(|key| format!("{key}#{n}")),
        })
        .collect();
    let answers = match semantic {
        Semantic::ExecuteAll => all(&state, &ctx, asked).await,
        _ => until(&state, &ctx, asked, semantic).await,
    };
    if let Some(e) = unanswered(&answers) {
        return Err(Refusal(e));
    }
    let rendered: Vec<Value> =
        answers.into_iter().map(|answer| answer.unwrap_or_else(|e| wire::item_error(&e))).collect();
    Ok(Json(json!({ "evaluations": rendered })))
}

struct Item {
    place: usize,
    /// `None`: the item is no object.
    asked: Option<Map<String, Value>>,
    key: Option<String>,
}

impl Item {
    async fn answer(self, state: &AppState, ctx: &Ctx) -> Result<Value, Error> {
        let asked =
            self.asked.ok_or_else(|| Error::invalid(format!("evaluations[{}] must be an object", self.place)))?;
        evaluation::answer(state, ctx, &asked, Way::Item, self.key).await
    }
}

/// All items, several at once, in the order of the request.
async fn all(state: &AppState, ctx: &Ctx, items: Vec<Item>) -> Vec<Result<Value, Error>> {
    let mut answers: Vec<Option<Result<Value, Error>>> = items.iter().map(|_| None).collect();
    let mut under_way = JoinSet::new();
    let mut waiting = items.into_iter();
    loop {
        while under_way.len() < AT_ONCE
            && let Some(item) = waiting.next()
        {
            let (state, ctx, place) = (state.clone(), ctx.clone(), item.place);
            under_way.spawn(async move { (place, item.answer(&state, &ctx).await) });
        }
        match under_way.join_next().await {
            Some(Ok((place, answer))) => answers[place] = Some(answer),
            // a panic is not a permit: its place stays empty
            Some(Err(_)) => {}
            None => break,
        }
    }
    answers.into_iter().map(|a| a.unwrap_or_else(|| Err(Error::broken("an item's evaluation panicked")))).collect()
}

/// One after the other, until the first that decides.
async fn until(state: &AppState, ctx: &Ctx, items: Vec<Item>, semantic: Semantic) -> Vec<Result<Value, Error>> {
    let mut answers = Vec::new();
    for item in items {
        let answer = item.answer(state, ctx).await;
        let permitted = answer.as_ref().is_ok_and(|a| a["decision"] == json!(true));
        answers.push(answer);
        match semantic {
            Semantic::DenyOnFirstDeny if !permitted => break,
            Semantic::PermitOnFirstPermit if permitted => break,
            _ => {}
        }
    }
    answers
}

/// Where no item at all could be answered for a reason of ours, the request as a whole was not.
fn unanswered(answers: &[Result<Value, Error>]) -> Option<Error> {
    let ours = |e: &Error| matches!(e.kind, Kind::Unavailable | Kind::Internal | Kind::TooMany | Kind::Forbidden);
    let all = answers.iter().all(|a| a.as_ref().is_err_and(ours));
    let first = answers.iter().find_map(|a| a.as_ref().err()).filter(|_| all)?;
    Some(Error::new(first.kind, first.detail.clone()))
}

fn items(top: &Map<String, Value>) -> Result<&[Value], Error> {
    match top.get("evaluations") {
        None => Ok(&[]),
        Some(Value::Array(items)) if items.len() <= MOST_ITEMS => Ok(items),
        Some(Value::Array(items)) => Err(Error::invalid(format!(
            "evaluations has {} items, at most {MOST_ITEMS}: send several requests",
            items.len()
        ))),
        Some(other) => Err(Error::invalid(format!("evaluations must be an array, not {}", question::kind(other)))),
    }
}

fn semantic(top: &Map<String, Value>) -> Result<Semantic, Error> {
    let options = match top.get("options") {
        None => return Ok(Semantic::ExecuteAll),
        Some(Value::Object(options)) => options,
        Some(other) => return Err(Error::invalid(format!("options must be an object, not {}", question::kind(other)))),
    };
    match options.get("evaluations_semantic") {
        None => Ok(Semantic::ExecuteAll),
        Some(Value::String(word)) => match word.as_str() {
            "execute_all" => Ok(Semantic::ExecuteAll),
            "deny_on_first_deny" => Ok(Semantic::DenyOnFirstDeny),
            "permit_on_first_permit" => Ok(Semantic::PermitOnFirstPermit),
            _ => Err(Error::invalid(
                "options.evaluations_semantic is one of execute_all, deny_on_first_deny, permit_on_first_permit",
            )),
        },
        Some(other) => {
            Err(Error::invalid(format!("options.evaluations_semantic must be a string, not {}", question::kind(other))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_three_semantics_there_are_are_taken() {
        let of = |v: Value| semantic(v.as_object().unwrap());
        for (options, want) in [
            (json!({}), Some(Semantic::ExecuteAll)),
            (json!({"options": {"another": 1}}), Some(Semantic::ExecuteAll)),
            (json!({"options": {"evaluations_semantic": "deny_on_first_deny"}}), Some(Semantic::DenyOnFirstDeny)),
            (
                json!({"options": {"evaluations_semantic": "permit_on_first_permit"}}),
                Some(Semantic::PermitOnFirstPermit),
            ),
            (json!({"options": {"evaluations_semantic": "permit_all"}}), None),
            (json!({"options": {"evaluations_semantic": 1}}), None),
            (json!({"options": []}), None),
        ] {
            assert_eq!(of(options.clone()).ok(), want, "{options}");
        }
    }

    #[test]
    fn the_whole_fails_only_where_nothing_was_answered() {
        let ours = || Err(Error::unavailable("away"));
        let theirs = || Err(Error::invalid("no"));
        assert_eq!(unanswered(&[ours(), ours()]).unwrap().kind, Kind::Unavailable);
        assert!(unanswered(&[ours(), theirs()]).is_none());
        assert!(unanswered(&[ours(), Ok(json!({}))]).is_none());
    }

    #[test]
    fn too_many_items_are_refused() {
        let top = json!({"evaluations": vec![json!({}); MOST_ITEMS + 1]});
        assert!(items(top.as_object().unwrap()).unwrap_err().detail.contains("257"));
    }
}
