//! `POST /v1/imports/{source}`: the body is the file as the source exports it; the answer is the difference to the register,
//! applied unless it was asked for alone (`dry_run=true`). `POST /v1/imports/activity?of=KIND&source=NAME`: the body is a log of
//! a source that was imported before.
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
    import::{
        activity::Log,
        sheet::mapping::{self, Given},
    },
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
    /// Of a log: what kind of source it is of.
    of: Option<Kind>,
    /// Of a log: the name or scope of that source.
    source: Option<String>,
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
    let (what, given) = (What::of(&source, &asked)?, asked.given()?);
    body::expect_plain(&headers)?;
    let bytes = body::bytes(&headers, body, LARGEST).await?;
    let file = asked.file.unwrap_or(source);
    let (governance, dry_run) = (state.governance.clone(), asked.dry_run.unwrap_or(false));
    match what {
        What::Inventory(kind) => {
            let allow_removals = asked.allow_removals.unwrap_or(false);
            let input = ImportInput { kind, files: vec![(file, bytes.into())], name: asked.name, allow_removals };
            Ok(Json(match dry_run {
                true => governance.import_mapped_dry_run(&ctx, &input, &given).await?,
                false => governance.import_mapped(&ctx, &input, &given).await?,
            }))
        }
        What::Activity(kind, source) => {
            let mut log = Log::new(kind, ctx.at)?;
            log.read(&file, &bytes[..])?;
            Ok(Json(match dry_run {
                true => governance.activity_dry_run(&ctx, &source, &log).await?,
                false => governance.activity_apply(&ctx, &source, &log).await?,
            }))
        }
    }
}

/// What is brought in.
enum What {
    Inventory(Kind),
    /// A log, and the source it is of.
    Activity(Kind, String),
}

impl What {
    fn of(path: &str, asked: &Asked) -> Result<Self> {
        match (path, asked.of, &asked.source) {
            ("activity", Some(of), Some(source)) => match asked.name.is_some() || asked.allow_removals.is_some() {
                true => Err(Error::invalid("name and allow_removals go with inventories alone")),
                false => Ok(Self::Activity(of, source.clone())),
            },
            ("activity", ..) => Err(Error::invalid("say whose log it is: /v1/imports/activity?of=KIND&source=NAME")),
            (kind, None, None) => kind.parse().map(Self::Inventory).map_err(|e: Error| Error::not_found(e.detail)),
            _ => Err(Error::invalid("of and source go with /v1/imports/activity alone")),
        }
    }
}
