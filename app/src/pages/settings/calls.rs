use crate::error::AppError;
use leptos::prelude::*;

/// Keeps how the console looks to this browser.
///
/// # Errors
/// `Invalid` for a word that is none of the choices.
#[server(prefix = "/_fn", endpoint = "settings/look")]
pub async fn set_look(theme: String, density: String, keys: Option<String>) -> Result<(), AppError> {
    use crate::look::Look;
    let look = Look { theme: theme.parse()?, density: density.parse()?, keys: keys.is_some() };
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        for cookie in look.to_cookies() {
            let value = http::HeaderValue::from_str(&cookie).map_err(governance::error::Error::internal)?;
            response.append_header(http::header::SET_COOKIE, value);
        }
    }
    Ok(())
}

/// How notices fared in the last 24 hours, by channel.
///
/// # Errors
/// `Forbidden`, else as the database says.
#[server(prefix = "/_fn", endpoint = "settings/notices")]
pub async fn notice_fares() -> Result<Vec<governance::notice::Fares>, AppError> {
    let (gov, ctx) = crate::viewer::acting()?;
    let since = ctx.at - chrono::TimeDelta::hours(24);
    Ok(gov.notice_fares(&ctx, since).await?)
}

/// One person's word that the log may go on as it is.
///
/// # Errors
/// As `Governance::unseal`.
#[server(prefix = "/_fn", endpoint = "settings/unseal")]
pub async fn unseal(id: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = id.parse().map_err(|_| governance::error::Error::not_found("there is no such seal"))?;
    governance.unseal(&ctx, id).await?;
    leptos_axum::redirect(&format!("{}#seal", crate::paths::SETTINGS));
    Ok(())
}

/// Revokes a key: from here on it opens nothing.
///
/// # Errors
/// As `Governance::key_revoke`.
#[server(prefix = "/_fn", endpoint = "keys/revoke")]
pub async fn revoke_key(id: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = id.parse().map_err(|_| governance::error::Error::not_found("there is no such key"))?;
    governance.key_revoke(&ctx, id).await?;
    leptos_axum::redirect(&format!("{}#keys", crate::paths::SETTINGS));
    Ok(())
}
