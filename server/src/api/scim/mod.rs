//! `/scim/v2`: identity providers provision people, groups and agents (RFC 7644), with a key made for that alone.
mod answer;
mod asked;

pub use answer::as_scim;
use answer::{Refused, list, one, resource};
use asked::{Asked, body};

use super::authn::Caller;
use crate::state::AppState;
use axum::{
    extract::{FromRequestParts, Path, Request, State},
    http::{StatusCode, Uri, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use governance::{
    Ctx,
    engine::{
        Act,
        scim::{Call, Verb},
    },
    scim::{Fault, Resource, discovery, filter::parse, project::Shown},
};

type Answer = Result<Response, Refused>;

/// The caller, who may provision: nothing else of a request is looked at before that is known.
pub struct Provisioner(Ctx);

impl<S: Send + Sync> FromRequestParts<S> for Provisioner {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let Caller(ctx) = Caller::from_request_parts(parts, state).await.map_err(|e| Fault::from(e.0))?;
        ctx.authorize(Act::Provision).map_err(Fault::from)?;
        Ok(Self(ctx))
    }
}

/// The address under which all of it is, without a slash at its end.
fn base(state: &AppState) -> String {
    format!("{}/scim/v2", state.address.url)
}

fn kind(name: &str) -> Result<Resource, Fault> {
    let plain = |of: &Resource| of.endpoint().trim_start_matches('/') == name;
    Resource::ALL.into_iter().find(plain).ok_or_else(|| match name {
        "Me" => Fault::not_implemented("/Me is nobody here: a key provisions, not a person"),
        "Bulk" => Fault::not_implemented("bulk operations are not supported: send one request for each"),
        _ => Fault::not_found("there is no such address: see /ResourceTypes"),
    })
}

/// `GET /ServiceProviderConfig`
pub async fn service(State(state): State<AppState>, _: Provisioner) -> Response {
    one(StatusCode::OK, &discovery::service(&base(&state)))
}

/// `GET /ResourceTypes`
pub async fn resource_types(State(state): State<AppState>, _: Provisioner) -> Response {
    let all = discovery::resource_types(&base(&state));
    list(all.len(), 1, all)
}

/// `GET /ResourceTypes/{id}`
pub async fn resource_type(State(state): State<AppState>, _: Provisioner, Path(id): Path<String>) -> Answer {
    described(discovery::resource_types(&base(&state)), &id)
}

/// `GET /Schemas`
pub async fn schemas(State(state): State<AppState>, _: Provisioner) -> Response {
    let all = discovery::schemas(&base(&state));
    list(all.len(), 1, all)
}

/// `GET /Schemas/{id}`
pub async fn schema(State(state): State<AppState>, _: Provisioner, Path(id): Path<String>) -> Answer {
    described(discovery::schemas(&base(&state)), &id)
}

fn described(all: Vec<serde_json::Value>, id: &str) -> Answer {
    let found = all.iter().find(|it| it["id"] == *id);
    found.map(|it| one(StatusCode::OK, it)).ok_or_else(|| Fault::not_found("it is not described here").into())
}

/// `GET /{kind}`
pub async fn index(
    State(state): State<AppState>,
    Provisioner(ctx): Provisioner,
    Path(name): Path<String>,
    uri: Uri,
) -> Answer {
    found(&state, &ctx, &[kind(&name)?], &Asked::of_query(&uri)?).await
}

/// `POST /{kind}/.search`
pub async fn search(
    State(state): State<AppState>,
    Provisioner(ctx): Provisioner,
    Path(name): Path<String>,
    request: Request,
) -> Answer {
    let kind = kind(&name)?;
    found(&state, &ctx, &[kind], &Asked::of_body(&body(request).await?)?).await
}

/// `POST /.search`: resources of every kind.
pub async fn search_all(State(state): State<AppState>, Provisioner(ctx): Provisioner, request: Request) -> Answer {
    found(&state, &ctx, &Resource::ALL, &Asked::of_body(&body(request).await?)?).await
}

/// A page of what is asked for, of one kind after the other.
async fn found(state: &AppState, ctx: &Ctx, kinds: &[Resource], asked: &Asked) -> Answer {
    let base = base(state);
    let (mut total, mut page, mut refusals) = (0, vec![], vec![]);
    for kind in kinds {
        let filter = match asked.filter.as_deref().map(|text| parse(*kind, text)).transpose() {
            Ok(filter) => filter,
            // of several kinds, those that have no such attribute have no such resource
            Err(fault) => {
                refusals.push(fault);
                continue;
            }
        };
        let skip = (asked.start_index - 1).saturating_sub(total);
        let part = (skip, asked.count - page.len());
        let listed = state.governance.scim_list(ctx, *kind, filter.as_ref(), &base, part).await?;
        total += listed.total;
        let shown = listed.resources.into_iter().map(|it| asked.shown.project(*kind, it).into());
        page.extend(shown);
    }
    match refusals.pop().filter(|_| refusals.len() + 1 == kinds.len()) {
        Some(fault) => Err(fault.into()),
        None => Ok(list(total, asked.start_index, page)),
    }
}

/// `GET /{kind}/{id}`
pub async fn show(
    State(state): State<AppState>,
    Provisioner(ctx): Provisioner,
    Path((name, id)): Path<(String, String)>,
    uri: Uri,
    headers: axum::http::HeaderMap,
) -> Answer {
    let (kind, shown) = (kind(&name)?, Asked::of_query(&uri)?.shown);
    let it = state.governance.scim_get(&ctx, kind, &id, &base(&state)).await?;
    let given = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let version = it["meta"]["version"].as_str().unwrap_or_default();
    if given.is_some() && governance::scim::project::matches(given, version) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, version.to_owned())]).into_response());
    }
    Ok(resource(StatusCode::OK, kind, it, &shown))
}

/// `POST /{kind}`
pub async fn create(
    State(state): State<AppState>,
    Provisioner(ctx): Provisioner,
    Path(name): Path<String>,
    request: Request,
) -> Answer {
    let kind = kind(&name)?;
    write(&state, &ctx, kind, request, Verb::Create).await
}

/// `PUT /{kind}/{id}`
pub async fn replace(
    State(state): State<AppState>,
    Provisioner(ctx): Provisioner,
    Path((name, id)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let kind = kind(&name)?;
    write(&state, &ctx, kind, request, |body| Verb::Replace(id, body)).await
}

/// `PATCH /{kind}/{id}`; the answer is always the whole resource.
pub async fn change(
    State(state): State<AppState>,
    Provisioner(ctx): Provisioner,
    Path((name, id)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let kind = kind(&name)?;
    write(&state, &ctx, kind, request, |body| Verb::Change(id, body)).await
}

/// `DELETE /{kind}/{id}`
pub async fn delete(
    State(state): State<AppState>,
    Provisioner(ctx): Provisioner,
    Path((name, id)): Path<(String, String)>,
    headers: axum::http::HeaderMap,
) -> Answer {
    let (kind, base) = (kind(&name)?, base(&state));
    let call = Call { base: &base, if_match: if_match(&headers)? };
    state.governance.scim_write(&ctx, kind, Verb::Delete(id), call).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn write(
    state: &AppState,
    ctx: &Ctx,
    kind: Resource,
    request: Request,
    verb: impl FnOnce(serde_json::Value) -> Verb,
) -> Answer {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let shown: Shown = Asked::of_query(&uri)?.shown;
    let (verb, base) = (verb(body(request).await?), base(state));
    let status = if matches!(verb, Verb::Create(_)) { StatusCode::CREATED } else { StatusCode::OK };
    let call = Call { base: &base, if_match: if_match(&headers)? };
    let it = state.governance.scim_write(ctx, kind, verb, call).await?;
    Ok(it.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |it| resource(status, kind, it, &shown)))
}

/// The versions that a change is meant for; a header that cannot be read is no licence to change any.
fn if_match(headers: &axum::http::HeaderMap) -> Result<Option<&str>, Fault> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| Fault::value("If-Match: an ETag is expected"))
}
