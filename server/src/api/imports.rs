//! `POST /v1/imports/{source}`: the body is the file as the source exports it, or a form (multipart/form-data) whose parts `file` are
//! several; the answer is the difference to the register, applied unless it was asked for alone (`dry_run=true`). `POST /v1/imports/activity?of=KIND&source=NAME`: the body is a log of
//! a source that was imported before.
use super::{authn::Caller, body, page};
use crate::{problem::Refusal, sent, state::AppState};
use axum::{
    Json,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest as _, Multipart, Path, Request, State, multipart::MultipartError},
    http::{HeaderMap, StatusCode, Uri, header},
};
use governance::{
    engine::{
        Act,
        imports::{ImportInput, ImportReport},
    },
    error::{Error, Kind as Failure, Result},
    import::{
        activity::Log,
        sheet::mapping::{self, Given},
    },
    source::Kind,
};
use serde::Deserialize;

/// The largest body: an account's authorization details with tens of thousands of policies.
const LARGEST: usize = 256 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// What to call the source.
    name: Option<String>,
    /// The file's own name: faults are said with it. In a form, parts have their own.
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
    let files = match is_form(&headers) {
        true if asked.file.is_some() => {
            return Err(Error::invalid("in a form each part has its own filename: file goes without").into());
        }
        true => parts(&headers, body).await?,
        false => vec![(asked.file.unwrap_or(source), body::bytes(&headers, body, LARGEST).await?.into())],
    };
    let (governance, dry_run) = (state.governance.clone(), asked.dry_run.unwrap_or(false));
    match what {
        What::Inventory(kind) => {
            let allow_removals = asked.allow_removals.unwrap_or(false);
            let input = ImportInput { kind, files, name: asked.name, allow_removals };
            Ok(Json(match dry_run {
                true => governance.import_mapped_dry_run(&ctx, &input, &given).await?,
                false => governance.import_mapped(&ctx, &input, &given).await?,
            }))
        }
        What::Activity(kind, source) => {
            let mut log = Log::new(kind, ctx.at)?;
            for (file, bytes) in &files {
                log.read(file, &bytes[..])?;
            }
            Ok(Json(match dry_run {
                true => governance.activity_dry_run(&ctx, &source, &log).await?,
                false => governance.activity_apply(&ctx, &source, &log).await?,
            }))
        }
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data")
}

/// The files of a form, under the paths it gives them.
async fn parts(headers: &HeaderMap, body: Body) -> Result<Vec<(String, Vec<u8>)>> {
    let cannot = |e: MultipartError| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(
            Failure::TooLarge,
            format!("the files are larger than {LARGEST} bytes together, the most this takes"),
        ),
        _ => Error::invalid("the form did not arrive whole, or is none: send its parts again"),
    };
    let mut request = Request::new(body);
    request.headers_mut().clone_from(headers);
    DefaultBodyLimit::max(LARGEST + sent::ENVELOPE).apply(&mut request);
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|_| {
        Error::invalid("the form does not say its boundary: Content-Type: multipart/form-data; boundary=…")
    })?;
    let mut files = vec![];
    while let Some(part) = form.next_field().await.map_err(cannot)? {
        if part.name() != Some("file") || part.file_name().is_none() {
            return Err(Error::invalid("a part of the form is no file: name each `file` and give it a filename"));
        }
        let path = sent::path(part.file_name());
        files.push((path, part.bytes().await.map_err(cannot)?.to_vec()));
        if files.len() > sent::MOST_FILES {
            return Err(Error::invalid(format!(
                "more than {} files: import them with `countersign import`",
                sent::MOST_FILES
            )));
        }
    }
    if files.is_empty() { Err(Error::invalid("the form has no file in it")) } else { Ok(files) }
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
