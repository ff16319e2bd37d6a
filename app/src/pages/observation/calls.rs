//! What the form is posted to.
use crate::error::AppError;
use leptos::prelude::*;

/// Enforces an identity from now on; with `document`, the boundary that was shown is written down in the same commit.
///
/// # Errors
/// As `Governance::identity_enforce`; `Invalid` for a boundary that cannot be read.
#[server(prefix = "/_fn", endpoint = "identities/enforce")]
pub async fn enforce(
    id: String,
    version: i64,
    boundary: Option<String>,
    document: Option<String>,
) -> Result<(), AppError> {
    use governance::error::Error;
    let (governance, ctx) = crate::viewer::acting()?;
    let id = id.parse().map_err(|_| Error::not_found("no such identity"))?;
    let drafted = boundary.filter(|_| document.is_some());
    let drafted = drafted.map(|text| serde_json::from_str(&text)).transpose();
    let drafted = drafted.map_err(|e| Error::invalid(format!("boundary: {e}")))?;
    governance.identity_enforce(&ctx, id, version, drafted).await?;
    leptos_axum::redirect(&format!("{}?done=enforced", crate::paths::identity(&id.to_string())));
    Ok(())
}

/// Why the form just posted was not carried out.
#[cfg(feature = "ssr")]
pub fn refused() -> Option<AppError> {
    ServerAction::<Enforce>::new().value().get_untracked().and_then(Result::err)
}
