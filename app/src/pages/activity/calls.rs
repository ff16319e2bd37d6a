use crate::error::AppError;
use governance::time::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub id: String,
    pub at: Timestamp,
    pub subject: String,
    pub action: String,
    pub resource: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub would: Option<String>,
}

/// A page of decisions, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    pub lines: Vec<Line>,
    /// The id to go on behind; `None` at the end.
    pub next: Option<String>,
}

/// Lines of one page.
#[cfg(feature = "ssr")]
pub const PAGE: u16 = 50;

/// # Errors
/// `Invalid` for an id or outcome that is none.
#[server(prefix = "/_fn", endpoint = "activity/list")]
pub async fn activity_list(
    outcome: Option<String>,
    action: Option<String>,
    before: Option<String>,
) -> Result<Lines, AppError> {
    use governance::error::Error;
    use governance::store::decisions::Filter;
    let (gov, ctx) = crate::viewer::acting()?;
    if let Some(o) = &outcome
        && !["permit", "deny", "escalate"].contains(&o.as_str())
    {
        return Err(Error::invalid("outcome is one of permit, deny, escalate").into());
    }
    let before = before
        .map(|b| b.parse())
        .transpose()
        .map_err(|e: governance::id::BadId| Error::invalid(format!("before: {e}")))?;
    let filter = Filter { before, outcome, action, ..Filter::default() };
    let found = gov.decision_list(&ctx, &filter, PAGE + 1).await?;
    let more = found.len() > usize::from(PAGE);
    let lines: Vec<Line> = found
        .into_iter()
        .take(usize::from(PAGE))
        .map(|d| Line {
            id: d.id.to_string(),
            at: d.at,
            subject: d.subject_id,
            action: d.action,
            resource: format!("{} {}", d.resource_type, d.resource_id),
            outcome: d.outcome,
            reason: d.reason,
            would: d.would,
        })
        .collect();
    let next = lines.last().filter(|_| more).map(|l| l.id.clone());
    Ok(Lines { lines, next })
}

/// A rule that matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub id: String,
    pub effect: String,
    pub place: String,
    pub text: String,
    pub decided: bool,
}

/// What the agent said beside it, in its own words; hidden characters are spelled out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub prompt: Option<String>,
    pub rationale: Option<String>,
    pub erased: bool,
    /// The viewer may erase it.
    pub erasable: bool,
}

/// What was executed on the decision's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    pub at: Timestamp,
    pub outcome: String,
    pub observed_by: String,
}

/// A decision, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub line: Line,
    pub seq: i64,
    pub bundle: String,
    pub tier: Option<String>,
    pub escalation: Option<String>,
    pub grant: Option<String>,
    /// Id and name of the run it was asked in.
    pub run: Option<(String, String)>,
    pub acting: Option<String>,
    pub observed_by: String,
    pub valid_until: Option<Timestamp>,
    /// Name and value of each fact it rested on; empty once erased.
    pub facts: Vec<(String, String)>,
    /// What the agent sent: name and value.
    pub asked: Vec<(String, String)>,
    pub erased: bool,
    pub errors: Vec<String>,
    pub rules: Vec<Rule>,
    pub leaf: String,
    pub leaf_hash: String,
    pub executed: Vec<Executed>,
    /// `None`: the caller sent none.
    pub said: Option<Said>,
}

/// Erases what the agent said beside a decision.
///
/// # Errors
/// As `Governance::decision_words_erase`.
#[server(prefix = "/_fn", endpoint = "activity/erase-words")]
pub async fn erase_words(id: String, reason: String) -> Result<(), AppError> {
    use governance::error::Error;
    let (gov, ctx) = crate::viewer::acting()?;
    let decision = id.parse().map_err(|e: governance::id::BadId| Error::not_found(e.to_string()))?;
    gov.decision_words_erase(&ctx, decision, &reason).await?;
    leptos_axum::redirect(&crate::paths::decision(&id));
    Ok(())
}

/// # Errors
/// `NotFound` if there is none.
#[server(prefix = "/_fn", endpoint = "activity/explain")]
pub async fn decision_explain(id: String) -> Result<Explanation, AppError> {
    use governance::engine::words::Kept;
    use governance::error::Error;
    let (gov, ctx) = crate::viewer::acting()?;
    let id = id.parse().map_err(|e: governance::id::BadId| Error::not_found(e.to_string()))?;
    let erasable = governance::engine::Act::Erase.allows(&ctx.actor).is_ok();
    let said = gov.decision_words(&ctx, id).await?.map(|kept| match kept {
        Kept::Erased => Said { prompt: None, rationale: None, erased: true, erasable },
        Kept::Words(words) => {
            let plain = |text: Option<String>| text.as_deref().map(governance::text::agent_words);
            Said { prompt: plain(words.prompt), rationale: plain(words.rationale), erased: false, erasable }
        }
    });
    let e = gov.decision_explain(&ctx, id).await?;
    let d = e.decision;
    let (mut facts, mut asked, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(i) = &e.inputs {
        let q = &i.question;
        facts.extend(
            q.subject
                .iter()
                .flat_map(|s| s.attrs.iter())
                .map(|(k, v)| (format!("principal.{k}"), governance::engine::overview::plain(v))),
        );
        facts.extend(q.server.used.iter().map(|(k, v)| (format!("context.used.{k}"), v.to_string())));
        facts.extend(q.server.now.iter().map(|at| ("context.now".to_owned(), at.to_string())));
        facts.extend(i.stops.iter().map(|(k, v)| (format!("stopped {k}"), v.clone())));
        asked.extend(q.input.iter().map(|(k, v)| (format!("input.{k}"), governance::engine::overview::plain(v))));
        asked.extend(
            q.resource_properties
                .iter()
                .map(|(k, v)| (format!("resource.{k}"), governance::engine::overview::plain(v))),
        );
        asked.extend(q.context.iter().map(|(k, v)| (format!("context.{k}"), governance::engine::overview::plain(v))));
        errors = i.united().errors;
    }
    let rules = e.rules.into_iter().map(|r| Rule {
        place: format!("{}, line {}", r.file, r.line),
        id: r.id,
        effect: r.effect,
        text: r.text,
        decided: r.decided,
    });
    Ok(Explanation {
        line: Line {
            id: d.id.to_string(),
            at: d.at,
            subject: d.subject_id,
            action: d.action,
            resource: format!("{} {}", d.resource_type, d.resource_id),
            outcome: d.outcome,
            reason: d.reason,
            would: d.would,
        },
        seq: d.seq,
        bundle: d.bundle_hash,
        tier: d.tier,
        escalation: d.escalation_id.map(|id| id.to_string()),
        grant: d.grant_id.map(|id| id.to_string()),
        run: d.run_id.map(|id| id.to_string()).zip(d.run),
        acting: d.acting_person,
        observed_by: d.observed_by,
        valid_until: d.valid_until,
        facts,
        asked,
        erased: e.inputs.is_none(),
        errors,
        rules: rules.collect(),
        leaf: e.leaf,
        leaf_hash: e.leaf_hash.iter().map(|b| format!("{b:02x}")).collect(),
        executed: e
            .executed
            .into_iter()
            .map(|x| Executed { at: x.executed_at, outcome: x.outcome, observed_by: x.observed_by })
            .collect(),
        said,
    })
}
