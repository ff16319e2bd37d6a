//! What the forms of the inbox are posted to. With script or without, the answer leads back to the card.
use crate::error::AppError;
use leptos::prelude::*;

/// How long a fresh sign-in counts as a proof of who decides, in minutes (ux.md R12).
#[cfg(feature = "ssr")]
pub const STEP_UP_MINUTES: i64 = 10;

/// Casts the viewer's vote. `shown` is what the page was sealed with when it was shown; `back` the card's own address.
///
/// # Errors
/// As `Governance::escalation_vote`: in one line, what is missing or what happened meanwhile.
#[server(prefix = "/_fn", endpoint = "escalations/vote")]
#[allow(clippy::too_many_arguments, reason = "the fields of the form, one for one")]
pub async fn vote(
    id: String,
    verdict: String,
    digest: String,
    card_version: i64,
    shown: String,
    code: Option<String>,
    reason: Option<String>,
    echo: Option<String>,
    seat: Option<String>,
    back: Option<String>,
) -> Result<(), AppError> {
    use governance::{engine::escalations::Cast, error::Error, id::EscalationId};
    let viewer = crate::viewer::viewer()?;
    let (governance, ctx) = crate::viewer::acting()?;
    let id: EscalationId = escalation(&id)?;
    let filled = |field: Option<String>| field.filter(|text| !text.trim().is_empty());
    let seal = expect_context::<crate::seal::Seal>();
    let cast = Cast {
        verdict: verdict.parse()?,
        seat: filled(seat)
            .map(|s| s.parse())
            .transpose()
            .map_err(|_| Error::invalid("seat: this is no person's id"))?,
        shown_at: seal.open(&shown, &about(&viewer, id, &digest, card_version)),
        digest,
        card_version,
        code: filled(code).map(|c| c.parse()).transpose()?,
        reason: filled(reason),
        echo: filled(echo),
        step_up: fresh(&viewer, ctx.at).then_some(governance::escalation::StepUp::OneTimeLink),
    };
    governance.escalation_vote(&ctx, id, cast).await?;
    lead_back(id, back.as_deref());
    Ok(())
}

/// Takes the viewer's approval back while it is held.
///
/// # Errors
/// As `Governance::escalation_undo`.
#[server(prefix = "/_fn", endpoint = "escalations/undo")]
pub async fn undo(id: String, back: Option<String>) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = escalation(&id)?;
    governance.escalation_undo(&ctx, id).await?;
    lead_back(id, back.as_deref());
    Ok(())
}

#[cfg(feature = "ssr")]
fn escalation(id: &str) -> governance::error::Result<governance::id::EscalationId> {
    id.parse().map_err(|_| governance::error::Error::not_found("there is no such escalation"))
}

/// What a card's page is sealed about: this card in this version, shown to this person.
#[cfg(feature = "ssr")]
pub fn about(
    viewer: &crate::viewer::Viewer,
    id: governance::id::EscalationId,
    digest: &str,
    card_version: i64,
) -> String {
    format!("shown {} {id} {digest} {card_version}", viewer.id)
}

/// Whether the viewer proved who they are just now.
#[cfg(feature = "ssr")]
pub fn fresh(viewer: &crate::viewer::Viewer, at: governance::time::Timestamp) -> bool {
    at - viewer.proved_at < chrono::TimeDelta::minutes(STEP_UP_MINUTES)
}

/// To the card that was decided, in the list it was opened from: never to the next one.
#[cfg(feature = "ssr")]
fn lead_back(id: governance::id::EscalationId, back: Option<&str>) {
    let card = format!("{}/{id}", crate::paths::INBOX);
    let own = |to: &&str| to.strip_prefix(&card).is_some_and(|rest| rest.is_empty() || rest.starts_with('?'));
    let to = back.filter(own).filter(|to| !to.contains(['\r', '\n'])).map_or_else(|| card.clone(), str::to_owned);
    leptos_axum::redirect(&to);
}
