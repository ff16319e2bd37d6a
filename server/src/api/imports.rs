//! `POST /v1/imports/{source}`: the body is the file as the source exports it; the answer is the difference to the register,
//! applied unless it was asked for alone (`dry_run=true`).
use super::{authn::Caller, body, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Uri},
};
use governance::{
    engine::{
        Act,
        imports::{ImportInput, ImportReport},
    },
    error::{Error, Result},
    import::sheet::mapping::{self, Given},
    source::Kind,
};
use serde::Deserialize;

/// The largest file: an account's authorization details with tens of thousands of policies.
const LARGEST: usize = 256 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// What to call the source.
    name: Option<String>,
    /// The file's own name: faults are said with it.
    file: Option<String>,
    dry_run: Option<bool>,
    allow_removals: Option<bool>,
    /// Of a csv: which column means what, `Account=name,Role=entitlement`; what is not said is as it is remembered.
    map: Option<String>,
    /// Of a csv: `dmy` or `mdy`.
    dates: Option<String>,
    /// Of a csv: what a row is that does not say its kind.
    kind: Option<String>,
}

impl Asked {
    fn given(&self) -> Result<Given> {
        Ok(Given {
            columns: self.map.as_deref().map(mapping::parse).transpose()?,
            dates: page::parsed("dates", self.dates.as_deref())?,
            kind: page::parsed("kind", self.kind.as_deref())?,
        })
    }
}

pub async fn import(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(source): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ImportReport>, Refusal> {
    // before a large body is taken in
    ctx.authorize(Act::Import)?;
    let asked: Asked = page::query(&uri)?;
    let kind: Kind = source.parse().map_err(|e: Error| Error::not_found(e.detail))?;
    let given = asked.given()?;
    body::expect_plain(&headers)?;
    let bytes = body::bytes(&headers, body, LARGEST).await?;
    let file = asked.file.unwrap_or_else(|| source.clone());
    let input = ImportInput {
        kind,
        files: vec![(file, bytes.into())],
        name: asked.name,
        allow_removals: asked.allow_removals.unwrap_or(false),
    };
    let governance = state.governance.clone();
    Ok(Json(match asked.dry_run.unwrap_or(false) {
        true => governance.import_mapped_dry_run(&ctx, &input, &given).await?,
        false => governance.import_mapped(&ctx, &input, &given).await?,
    }))
}
