//! What the forms are posted to: two are one, two are two, and what undoes either.
use crate::error::AppError;
use leptos::prelude::*;

/// Says that two identities are one.
///
/// # Errors
/// As `Governance::identity_merge`.
#[server(prefix = "/_fn", endpoint = "matches/merge")]
pub async fn merge(keep: String, keep_version: i64, other: String, other_version: i64) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let kept = identity(&keep)?;
    governance.identity_merge(&ctx, (kept, keep_version), (identity(&other)?, other_version)).await?;
    lead_to(kept, "merged");
    Ok(())
}

/// Says that two identities are two.
///
/// # Errors
/// As `Governance::identity_tell_apart`.
#[server(prefix = "/_fn", endpoint = "matches/apart")]
pub async fn apart(one: String, other: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    governance.identity_tell_apart(&ctx, identity(&one)?, identity(&other)?).await?;
    leptos_axum::redirect(&format!("{}?done=apart", crate::paths::MATCHES));
    Ok(())
}

/// Undoes the merge by which an identity is retired.
///
/// # Errors
/// As `Governance::identity_unmerge`.
#[server(prefix = "/_fn", endpoint = "matches/unmerge")]
pub async fn unmerge(id: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let it = governance.identity_unmerge(&ctx, identity(&id)?).await?;
    lead_to(it.id, "unmerged");
    Ok(())
}

/// Makes what one source shows an identity of its own.
///
/// # Errors
/// As `Governance::identity_split`.
#[server(prefix = "/_fn", endpoint = "matches/split")]
pub async fn split(id: String, version: i64, sighting: String) -> Result<(), AppError> {
    use governance::error::Error;
    let (governance, ctx) = crate::viewer::acting()?;
    let sighting = sighting.parse().map_err(|_| Error::not_found("there is no such sighting"))?;
    let new = governance.identity_split(&ctx, (identity(&id)?, version), sighting).await?;
    lead_to(new.id, "split");
    Ok(())
}

/// Why the form just posted was not carried out.
#[cfg(feature = "ssr")]
pub fn refused() -> Option<AppError> {
    macro_rules! errors {
        ($($form:ty)*) => { [$(ServerAction::<$form>::new().value().get_untracked().and_then(Result::err)),*] };
    }
    errors!(Merge Apart Unmerge Split).into_iter().flatten().next()
}

#[cfg(feature = "ssr")]
fn identity(id: &str) -> governance::error::Result<governance::id::IdentityId> {
    id.parse().map_err(|_| governance::error::Error::not_found("there is no such identity"))
}

#[cfg(feature = "ssr")]
fn lead_to(id: governance::id::IdentityId, done: &str) {
    leptos_axum::redirect(&format!("{}?done={done}", crate::paths::identity(&id.to_string())));
}
