//! What was executed beside what was decided.
use crate::engine::Write;
use crate::error::{Error, Result};
use crate::id::{DecisionId, GrantId, IdentityId};
use crate::json::canonical;
use crate::store;
use crate::store::decisions::StoredDecision;
use crate::text::secrets;
use crate::time::Timestamp;
use crate::watch::{Observed, Verdict};
use chrono::TimeDelta;
use serde_json::Value;

/// How long before an act its decision may lie where the reporter names none.
const LOOK_BACK: TimeDelta = TimeDelta::minutes(10);
/// How far clocks may be apart.
pub(super) const CLOCKS: TimeDelta = TimeDelta::seconds(60);

/// How an act compares, and the words for it.
pub(super) struct Compared {
    pub verdict: Verdict,
    pub why: String,
    pub decision: Option<StoredDecision>,
}

impl Compared {
    fn undecided(why: &str) -> Self {
        Self { verdict: Verdict::Undecided, why: why.into(), decision: None }
    }
}

/// Compares an act with the decision it names, else with what this identity was answered about the same thing.
///
/// # Errors
/// As the database says.
pub(super) async fn compare(
    w: &mut Write,
    act: &Observed,
    at: Timestamp,
    identity: Option<IdentityId>,
    named: Option<StoredDecision>,
) -> Result<Compared> {
    let Some(decision) = named else {
        return match identity {
            Some(id) => unnamed(w, act, id, at).await,
            None => Ok(Compared::undecided("it is not in the register")),
        };
    };
    let (verdict, why) = match decision.outcome.as_str() {
        "permit" => permitted(w, act, &decision, at).await?,
        "deny" => (Verdict::Denied, format!("the answer had been deny, {}", decision.reason.as_deref().unwrap_or("-"))),
        _ => (Verdict::Denied, "a person had yet to approve it".to_owned()),
    };
    Ok(Compared { verdict, why, decision: Some(decision) })
}

/// The decision a report names itself or by the grant that the decision issued.
pub(in crate::engine) async fn named(
    w: &mut Write,
    decision: Option<DecisionId>,
    grant: Option<GrantId>,
) -> Result<StoredDecision> {
    let issued_by = match grant {
        None => None,
        Some(id) => {
            let grant = store::grants::get(&mut w.tx, id).await?;
            Some(grant.ok_or_else(|| Error::not_found(format!("no grant {id}")))?.decision)
        }
    };
    if let (Some(named), Some(issuer)) = (decision, issued_by)
        && named != issuer
    {
        return Err(Error::invalid("decision: the grant was issued by another decision"));
    }
    let id = issued_by.or(decision);
    let id = id.ok_or_else(|| Error::invalid("name the decision or the grant this action rests on"))?;
    w.flush().await?;
    let found = store::decisions::get(&mut w.tx, id).await?;
    found.ok_or_else(|| Error::not_found(format!("no decision {id}")))
}

/// Whether what a permit allowed is what was executed, and in its time.
async fn permitted(w: &mut Write, act: &Observed, d: &StoredDecision, at: Timestamp) -> Result<(Verdict, String)> {
    let other = |what: &str| (Verdict::Different, format!("another {what} had been permitted"));
    if act.action != d.action {
        return Ok(other("action"));
    }
    if (&act.resource.kind, &act.resource.id) != (&d.resource_type, &d.resource_id) {
        return Ok(other("resource"));
    }
    if let (Some(input), Some(kept)) = (&act.input, &d.inputs) {
        let kept: Value = serde_json::from_str(kept).map_err(Error::internal)?;
        let asked = kept.pointer("/question/input").cloned().unwrap_or_default();
        let executed = secrets::redacted(&Value::Object(input.clone()));
        if canonical(&asked) != canonical(&executed) {
            return Ok(other("input"));
        }
    }
    if let Some(id) = d.grant_id {
        let grant =
            store::grants::get(&mut w.tx, id).await?.ok_or_else(|| Error::broken("a permit without its grant"))?;
        if grant.uses_left == grant.uses {
            return Ok((Verdict::Undecided, "the grant of its permit had not been redeemed".into()));
        }
        return Ok((Verdict::Decided, String::new()));
    }
    match d.valid_until.filter(|until| act.at.is_some() && at >= *until + CLOCKS) {
        Some(until) => Ok((Verdict::Undecided, format!("its permit had ended at {until}"))),
        None => Ok((Verdict::Decided, String::new())),
    }
}

/// How many acts a permit serves: one, or as many as uses of its grant were spent.
async fn serves(w: &mut Write, d: &StoredDecision) -> Result<i64> {
    let Some(id) = d.grant_id else { return Ok(1) };
    let grant = store::grants::get(&mut w.tx, id).await?;
    Ok(grant.map_or(1, |g| i64::from((g.uses - g.uses_left.min(g.uses)).max(1))))
}

/// Where the reporter names no decision: the latest about the same thing, shortly before.
async fn unnamed(w: &mut Write, act: &Observed, id: IdentityId, at: Timestamp) -> Result<Compared> {
    let thing = (act.resource.kind.as_str(), act.resource.id.as_str());
    let window = (at - LOOK_BACK, at + CLOCKS);
    let about = store::decisions::about(&mut w.tx, id, &act.action, thing, window).await?;
    let refused = about.first().filter(|d| d.outcome != "permit").cloned();
    let mut ended = None;
    for d in about.into_iter().filter(|d| d.outcome == "permit") {
        if store::actions::resting_on(&mut w.tx, d.id).await? >= serves(w, &d).await? {
            continue;
        }
        match permitted(w, act, &d, at).await? {
            (Verdict::Decided, why) => return Ok(Compared { verdict: Verdict::Decided, why, decision: Some(d) }),
            (verdict, why) => ended = ended.or(Some(Compared { verdict, why, decision: Some(d) })),
        }
    }
    Ok(match (refused, ended) {
        (Some(d), _) => {
            let why = format!("the latest answer had been {}, {}", d.outcome, d.reason.as_deref().unwrap_or("-"));
            Compared { verdict: Verdict::Denied, why, decision: Some(d) }
        }
        (None, Some(ended)) => ended,
        (None, None) => Compared::undecided("we were not asked about this then"),
    })
}
