//! `POST /v1/activity`: what happened elsewhere, one act on each line (NDJSON), as a gateway or an agent saw it. All of a
//! report is recorded or nothing of it; the answer says how each compares with what was decided, and what rules did.
use super::{authn::Caller, body};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
};
use governance::{
    engine::{Act, watch::Noted},
    error::{Error, Result},
    json::{Limits, read},
    watch::{ACTS_MAX, Observed},
};

/// The largest report: a thousand acts with their arguments.
const LARGEST: usize = 4 << 20;

pub async fn report(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Noted>, Refusal> {
    // before a large body is taken in
    ctx.authorize(Act::Report)?;
    expect_ndjson(&headers)?;
    let bytes = body::bytes(&headers, body, LARGEST).await?;
    let acts = acts(&bytes)?;
    Ok(Json(state.governance.activity_report(&ctx, &acts).await?))
}

fn expect_ndjson(headers: &HeaderMap) -> Result<()> {
    body::expect_plain(headers)?;
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = said.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match ["application/x-ndjson", "application/jsonl", "application/json"].contains(&essence.as_str()) {
        true => Ok(()),
        false => Err(Error::invalid("the Content-Type is not application/x-ndjson: send one act on each line")),
    }
}

/// Reads every line before anything is recorded.
fn acts(bytes: &[u8]) -> Result<Vec<Observed>> {
    let mut acts = Vec::new();
    for (n, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if acts.len() == ACTS_MAX {
            return Err(Error::invalid(format!("at most {ACTS_MAX} acts in one report: send the rest in another")));
        }
        let at = |detail: String| Error::invalid(format!("line {}: {detail}", n + 1));
        let value = read(line, Limits::REQUEST).map_err(|e| at(Error::from(e).detail))?;
        acts.push(body::shape(value).map_err(|e| at(e.detail))?);
    }
    Ok(acts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_none_is_named_by_its_number() {
        let good = r#"{"agent":{"type":"agent","id":"a"},"action":"x","resource":{"type":"t","id":"1"}}"#;
        let said = |text: &str| acts(text.as_bytes()).map_or_else(|e| e.detail, |all| all.len().to_string());
        assert_eq!(said(&format!("{good}\n\n{good}\r\n")), "2");
        assert!(said(&format!("{good}\n{{\"agent\":1}}")).starts_with("line 2: "), "{}", said("{}"));
        assert!(
            said(&format!("{good}\n{}", good.replace("\"action\":\"x\"", "\"action\":\"x\",\"action\":\"y\"")))
                .contains("twice")
        );
        assert!(said(&good.replace("action", "aktion")).starts_with("line 1: "));
    }
}
