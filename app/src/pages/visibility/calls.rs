//! What the forms are posted to.
use crate::error::AppError;
use leptos::prelude::*;

/// Registers what asked without being in the register, with somebody who answers for it.
///
/// # Errors
/// As `Governance::identity_add`; `Invalid` for an address nobody has.
#[server(prefix = "/_fn", endpoint = "visibility/register")]
pub async fn register(kind: String, name: String, owner: String) -> Result<(), AppError> {
    use crate::pages::people::named;
    use governance::engine::identities::NewIdentity;
    let (governance, ctx) = crate::viewer::acting()?;
    let owner = named(&governance, &ctx, &owner).await?;
    let new = NewIdentity { owner: Some(owner), ..NewIdentity::named(name, kind.parse()?) };
    let it = governance.identity_add(&ctx, new).await?;
    leptos_axum::redirect(&format!("{}?done=registered", crate::paths::identity(&it.id.to_string())));
    Ok(())
}

/// Says who answers for what a source showed.
///
/// # Errors
/// As `Governance::identity_own`; `Invalid` for an address nobody has.
#[server(prefix = "/_fn", endpoint = "visibility/own")]
pub async fn assign(id: String, owner: String) -> Result<(), AppError> {
    use crate::pages::people::named;
    use governance::error::Error;
    let (governance, ctx) = crate::viewer::acting()?;
    let id: governance::id::IdentityId = id.parse().map_err(|_| Error::not_found("there is no such identity"))?;
    let it = governance.identity_find(&ctx, &id.to_string()).await?;
    let owner = named(&governance, &ctx, &owner).await?;
    governance.identity_own(&ctx, it.id, owner, it.backup).await?;
    leptos_axum::redirect(&format!("{}?done=owned", crate::paths::VISIBILITY));
    Ok(())
}

/// Why the form just posted was not carried out.
#[cfg(feature = "ssr")]
pub fn refused() -> Option<AppError> {
    let own = ServerAction::<Assign>::new().value().get_untracked().and_then(Result::err);
    own.or_else(|| ServerAction::<Register>::new().value().get_untracked().and_then(Result::err))
}
