use crate::error::AppError;
use leptos::prelude::*;

/// Takes one grant back.
///
/// # Errors
/// As `Governance::revoke`.
#[server(prefix = "/_fn", endpoint = "grants/revoke")]
pub async fn revoke_grant(id: String, reason: String) -> Result<(), AppError> {
    use governance::revocation::Target;
    let (governance, ctx) = crate::viewer::acting()?;
    governance.revoke(&ctx, &Target::parse("grant", &id)?, &reason).await?;
    leptos_axum::redirect(&crate::paths::grant(&id));
    Ok(())
}

/// Why the form just posted was not carried out.
#[cfg(feature = "ssr")]
pub fn refused() -> Option<AppError> {
    ServerAction::<RevokeGrant>::new().value().get_untracked().and_then(Result::err)
}
