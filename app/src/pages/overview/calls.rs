use crate::error::AppError;
use governance::overview::Overview;
use leptos::prelude::*;

/// # Errors
/// As the database says.
#[server(prefix = "/_fn", endpoint = "overview/get")]
pub async fn overview_get() -> Result<Overview, AppError> {
    let (gov, ctx) = crate::viewer::acting()?;
    Ok(gov.overview(&ctx).await?)
}
