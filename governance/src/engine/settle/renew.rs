//! The question of a running lease, put again on what is so now (semantics.md, Grants and revocation: "Long work holds a
//! lease"). Nothing is spent and nothing opened: either it would still be allowed, or the lease is lost.
use super::{Inputs, amounts, counters, facts, judge};
use crate::decision::Outcome;
use crate::engine::Write;
use crate::engine::committer::Prepared;
use crate::engine::decisions::Known;
use crate::engine::keys::asked_with;
use crate::engine::runs;
use crate::engine::told::told;
use crate::error::{Error, Kind, Result};
use crate::escalation::binding::parameters_hash;
use crate::grant::Grant;
use crate::policy::gate::Gate;
use crate::store;
use crate::store::decisions::StoredDecision;
use std::collections::BTreeSet;

/// Why a lease is not renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    /// A closed word, for the log.
    pub reason: String,
    /// For people.
    pub words: String,
    /// The rules that decided.
    pub rules: Vec<String>,
}

impl Lost {
    fn new(reason: &str, words: impl Into<String>) -> Self {
        Self { reason: reason.into(), words: words.into(), rules: Vec::new() }
    }
}

/// What a renewal rests on, for its event.
#[derive(Debug, Clone)]
pub(crate) struct Rests {
    pub known: Known,
    pub rules: Vec<String>,
}

/// Whether the very question that issued this grant would still be allowed, under the log's lock. Gates that people opened for
/// it count as open as long as their text is unchanged.
///
/// # Errors
/// `Unavailable` and `Internal` where nothing can be said; every other refusal loses the lease.
pub(crate) async fn still_allowed(w: &mut Write, grant: &Grant, d: &StoredDecision) -> Result<Result<Rests, Lost>> {
    match again(w, grant, d).await {
        Err(e) if matches!(e.kind, Kind::Unavailable | Kind::Internal) => Err(e),
        Err(e) => Ok(Err(Lost::new("refused", e.detail))),
        said => said,
    }
}

async fn again(w: &mut Write, grant: &Grant, d: &StoredDecision) -> Result<Result<Rests, Lost>> {
    let Some(text) = &d.inputs else {
        return Ok(Err(Lost::new("erased", "what its decision rested on was erased")));
    };
    let before: Inputs = serde_json::from_str(text).map_err(Error::internal)?;
    let key = match asked_with(w, d.key_id).await {
        Err(e) if e.kind == Kind::Unauthenticated => {
            return Ok(Err(Lost::new("key_ended", "the key it was asked with was revoked or has expired")));
        }
        key => key?,
    };
    let ask = before.ask();
    let told = told(&ask)?;
    let mut p = Prepared { key, ask, told, fingerprint: String::new(), secrets: vec![], known: None, evaluated: None };
    let mut known = facts(w, &mut p).await?;
    if known.subject.as_ref().is_none_or(|s| s.id != grant.identity) {
        return Ok(Err(Lost::new("unregistered", "the register knows its holder by that name no more")));
    }
    known.run = runs::joined(&mut w.tx, &p, &known).await?;
    known.world.bundle.question_check(&p.question(&known, Default::default()))?;
    let at = w.at();
    let mut used = counters(&mut w.tx, at, &p, &known).await?;
    // its own act was counted when it was permitted
    for (name, amount) in amounts(&p, &known) {
        used.entry(name).and_modify(|held| *held = held.saturating_sub(amount).max(0));
    }
    let evaluated = p.evaluate(&known, at, used);
    let mut inputs = Inputs::of(&p, &known, evaluated, at);
    // UC-17: what runs finishes, though nobody answers for its holder any more
    if let Some(grounds) = &mut inputs.grounds {
        grounds.orphaned = false;
    }
    let verdict = judge(known.subject.as_ref().map(|s| s.id), &inputs);
    let lost = |reason: &str, words: String| Lost { rules: verdict.rules.clone(), ..Lost::new(reason, words) };
    if verdict.outcome == Outcome::Deny {
        let words = verdict.message.clone().unwrap_or_else(|| "it is denied now".into());
        return Ok(Err(lost(verdict.reason.as_deref().unwrap_or("denied"), words)));
    }
    let narrowed = |inputs: &Inputs| inputs.grounds.as_ref().is_some_and(|g| g.narrowed);
    if narrowed(&inputs) && !narrowed(&before) {
        return Ok(Err(lost("narrowed", "it was narrowed since: each of its acts needs a person".into())));
    }
    if parameters_hash(&p.parameters(&known)) != grant.params_hash {
        return Ok(Err(lost("other_parameters", "policy reads other parameters of it than were approved".into())));
    }
    if verdict.outcome == Outcome::Escalate
        && let Some(gate) = closed(w, grant, &verdict.gates).await?
    {
        return Ok(Err(lost("approval_required", format!("{gate} stops it now: nobody has approved it as it stands"))));
    }
    Ok(Ok(Rests { known, rules: verdict.rules }))
}

/// A gate among these that nobody opened for this grant, by the text it has now.
async fn closed(w: &mut Write, grant: &Grant, gates: &[Gate]) -> Result<Option<String>> {
    let approved = match grant.escalation {
        Some(id) => store::escalations::get(&mut w.tx, id).await?,
        None => None,
    };
    let opened: BTreeSet<String> =
        approved.into_iter().flat_map(|r| r.asked.gates).map(|gate| gate.text_hash).collect();
    Ok(gates.iter().find(|gate| !opened.contains(&gate.text_hash)).map(|gate| gate.id.clone()))
}
