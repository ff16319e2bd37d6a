//! What the columns of a list mean, as the form on the Welcome pages says it.
use super::welcome::{back, ctx};
use crate::state::AppState;
use app::{pages::welcome::Upload, paths, viewer::Viewer};
use axum::{
    Extension, Form,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use governance::{
    Ctx,
    engine::Act,
    error::{Error, Result},
    import::sheet::mapping::{self, Given},
};
use std::collections::BTreeMap;

/// Takes in what the columns of a list mean, for its difference to be shown.
pub(super) async fn taken(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Form(said): Form<Vec<(String, String)>>,
) -> Response {
    let ctx = ctx(&state, &viewer);
    let id = said.iter().find(|(name, _)| name == "upload").map_or("", |(_, id)| id.as_str());
    let found = match ctx.authorize(Act::Import).and_then(|()| state.uploads.get(id, viewer.id, ctx.at)) {
        Ok(found) => found,
        Err(e) => return back(paths::WELCOME_INVENTORY, e),
    };
    let here = format!("{}?upload={}", paths::WELCOME_INVENTORY, found.id);
    match mapped(&state, &ctx, &found, &said).await {
        Ok(given) => match state.uploads.map(&found.id, viewer.id, ctx.at, given) {
            Ok(()) => Redirect::to(&here).into_response(),
            Err(e) => back(paths::WELCOME_INVENTORY, e),
        },
        Err(e) => back(&format!("{here}&columns=1"), e),
    }
}

/// The form's `c0`, `c1`, … are the columns in the order of the file; an empty one is not read.
async fn mapped(state: &AppState, ctx: &Ctx, found: &Upload, said: &[(String, String)]) -> Result<Given> {
    let list = found.list().ok_or_else(|| Error::invalid("only the columns of a list are mapped"))?;
    let look = state.governance.sheet_look(ctx, &list, &Given::default()).await?;
    let cell = |name: &str| said.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty());
    let mut columns = BTreeMap::new();
    for (n, column) in look.columns.into_iter().enumerate() {
        if let Some(word) = cell(&format!("c{n}")) {
            columns.insert(column.header, word.parse()?);
        }
    }
    mapping::check(&columns)?;
    let dates = cell("dates").map(str::parse).transpose()?;
    Ok(Given { columns: Some(columns), dates, kind: cell("kind").map(str::parse).transpose()? })
}
