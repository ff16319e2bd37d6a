//! What the forms are posted to. With script or without, the answer leads to what was made.
use crate::error::AppError;
use leptos::prelude::*;

/// Runs the control tests, of one framework or (empty) of all. `period` is `FROM..TO` in days, both whole.
///
/// # Errors
/// As `Governance::assess_run`: in one line, who may not or what is wrong with framework or period.
#[server(prefix = "/_fn", endpoint = "evidence/assess")]
pub async fn assess(framework: String, period: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let period = super::choices::read(&period)?;
    let framework = Some(framework).filter(|f| !f.is_empty());
    let made = governance.assess_run(&ctx, framework.as_deref(), Some(period)).await?;
    leptos_axum::redirect(&crate::paths::assessment(&made.run.id.to_string()));
    Ok(())
}

/// Orders an evidence pack; the server makes it. Days of one's own go before the chosen period.
///
/// # Errors
/// As `Governance::evidence_order`.
#[server(prefix = "/_fn", endpoint = "evidence/order")]
pub async fn order_pack(
    framework: String,
    period: String,
    from: Option<String>,
    to: Option<String>,
) -> Result<(), AppError> {
    use governance::{error::Error, evidence::order};
    let (governance, ctx) = crate::viewer::acting()?;
    let filled = |day: Option<String>| day.map(|d| d.trim().to_owned()).filter(|d| !d.is_empty());
    let period = match (filled(from), filled(to)) {
        (None, None) => super::choices::read(&period)?,
        (Some(from), Some(to)) => order::days(&from, &to)?,
        _ => return Err(Error::invalid("a period of your own takes both its first and its last day").into()),
    };
    let ordered = governance.evidence_order(&ctx, &framework, period, false).await?;
    leptos_axum::redirect(&crate::paths::pack(&ordered.id.to_string()));
    Ok(())
}
