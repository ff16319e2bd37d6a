//! What the forms are posted to. With script or without, the answer leads to the resource.
use crate::error::AppError;
use leptos::prelude::*;

/// Adds a resource to the register.
///
/// # Errors
/// As `Governance::resource_set`.
#[server(prefix = "/_fn", endpoint = "resources/add")]
pub async fn add(
    kind: String,
    resource_type: String,
    resource_id: String,
    owner: String,
    trust: String,
) -> Result<(), AppError> {
    use governance::{engine::resources::Change, error::Error};
    let (governance, ctx) = crate::viewer::acting()?;
    let name = (resource_type.trim(), resource_id.trim());
    if governance.resource_get(&ctx, name).await.is_ok() {
        return Err(Error::conflict(format!("{}:{} is in the register already", name.0, name.1)).into());
    }
    let change = Change {
        kind: Some(kind.parse()?),
        owner: said(owner).map(Some),
        trust: Some(trust.parse()?),
        ..Change::default()
    };
    let it = governance.resource_set(&ctx, name, &change).await?;
    lead_to(it.id, "added");
    Ok(())
}

/// Says what a resource is; empty fields empty it. The last day of its trust is written `YYYY-MM-DD` (its end, UTC).
///
/// # Errors
/// As `Governance::resource_set`; `Invalid` for what is no day or no number of days.
#[server(prefix = "/_fn", endpoint = "resources/change")]
#[allow(clippy::too_many_arguments, reason = "the fields of the form, one for one")]
pub async fn change(
    id: String,
    owner: String,
    trust: String,
    until: String,
    data_class: String,
    purpose: String,
    retention_days: Option<String>,
) -> Result<(), AppError> {
    use governance::{
        engine::resources::{Change, Trust},
        error::Error,
    };
    let (governance, ctx) = crate::viewer::acting()?;
    let it = governance.resource_find(&ctx, resource(&id)?).await?;
    let trust: Trust = trust.parse()?;
    // the end of a trust that is not there is nothing to say
    let until = said(until).filter(|_| trust == Trust::Trusted).map(|day| format!("{day}T23:59:59Z"));
    let days = retention_days.map(said);
    let days = days.map(|days| days.map(|days| days.parse()).transpose()).transpose();
    let change = Change {
        owner: Some(said(owner)),
        trust: Some(trust),
        trusted_until: Some(until),
        data_class: Some(said(data_class)),
        purpose: Some(said(purpose)),
        retention_days: days.map_err(|_| Error::invalid("retention: a whole number of days"))?,
        ..Change::default()
    };
    governance.resource_set(&ctx, (&it.resource_type, &it.resource_id), &change).await?;
    lead_to(it.id, "saved");
    Ok(())
}

/// Says which definition of a tool may be used.
///
/// # Errors
/// As `Governance::resource_approve`.
#[server(prefix = "/_fn", endpoint = "resources/approve")]
pub async fn approve(id: String, digest: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let it = governance.resource_find(&ctx, resource(&id)?).await?;
    governance.resource_approve(&ctx, (&it.resource_type, &it.resource_id), digest.trim()).await?;
    lead_to(it.id, "approved");
    Ok(())
}

/// Takes a resource out of the register.
///
/// # Errors
/// As `Governance::resource_remove`.
#[server(prefix = "/_fn", endpoint = "resources/remove")]
pub async fn remove(id: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let it = governance.resource_find(&ctx, resource(&id)?).await?;
    governance.resource_remove(&ctx, (&it.resource_type, &it.resource_id)).await?;
    leptos_axum::redirect(&format!("{}?done=removed", crate::paths::RESOURCES));
    Ok(())
}

/// Why the form just posted was not carried out, whichever of them it was.
#[cfg(feature = "ssr")]
pub fn refused() -> Option<AppError> {
    macro_rules! errors {
        ($($form:ty)*) => { [$(ServerAction::<$form>::new().value().get_untracked().and_then(Result::err)),*] };
    }
    errors!(Add Change Approve Remove).into_iter().flatten().next()
}

/// What a field says; nothing, where it is empty.
#[cfg(feature = "ssr")]
fn said(field: String) -> Option<String> {
    Some(field.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(feature = "ssr")]
fn resource(id: &str) -> governance::error::Result<governance::id::ResourceId> {
    id.parse().map_err(|_| governance::error::Error::not_found("there is no such resource"))
}

#[cfg(feature = "ssr")]
fn lead_to(id: governance::id::ResourceId, done: &str) {
    leptos_axum::redirect(&format!("{}?done={done}", crate::paths::resource(&id.to_string())));
}
