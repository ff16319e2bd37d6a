//! What the Welcome pages post to: the demo made, entered and removed; files sent; a key made; who one is in the demo.
use super::{pages, session, welcome_columns};
use crate::{
    problem::Refusal,
    sent::{self, ENVELOPE, MOST_FILES},
    state::AppState,
};
use app::{
    demo::DemoState,
    pages::welcome::{LARGEST, MadeKey, Upload, What},
    paths,
    viewer::Viewer,
};
use axum::{
    Extension, Form, Router,
    body::Body,
    extract::{ConnectInfo, DefaultBodyLimit, Multipart, Query, Request, State, multipart::MultipartError},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use governance::{
    Actor, Ctx,
    demo::HOST,
    engine::{Act, Scope, identities::NewIdentity, keys::NewKey},
    error::{Error, Kind, Result},
    identity,
    import::sheet::mapping::Given,
};
use serde::Deserialize;
use std::{net::SocketAddr, sync::Arc};
use tower_sessions::Session;

pub fn routes(state: &AppState) -> Router<AppState> {
    let both = Router::new()
        .route(paths::WELCOME_INVENTORY, post(upload).layer(DefaultBodyLimit::max(LARGEST + ENVELOPE)))
        .route(paths::WELCOME_COLUMNS, post(welcome_columns::taken))
        .route(paths::WELCOME_AGENT, post(connect));
    match state.address.base.is_empty() {
        true => both.route(paths::WELCOME_DEMO, post(enter)).route(paths::WELCOME_DEMO_REMOVE, post(remove)),
        false => both.route(paths::ACT_AS, post(act_as)),
    }
}

pub(super) fn ctx(state: &AppState, viewer: &Viewer) -> Ctx {
    state.governance.ctx(Actor::Person { id: viewer.id, roles: viewer.roles.clone() })
}

/// Back to a page, with what went wrong.
pub(super) fn back(page: &str, e: Error) -> Response {
    if e.kind == Kind::Internal {
        return Refusal(e).into_response();
    }
    let text: String = e
        .detail
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let mark = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{mark}problem={text}")).into_response()
}

#[derive(Deserialize)]
struct To {
    to: Option<String>,
}

/// Makes the demo where there is none, and goes in where there is one.
async fn enter(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(to): Query<To>,
    headers: HeaderMap,
) -> Response {
    let ctx = ctx(&state, &viewer);
    let ready = *state.demo.watch().borrow() == DemoState::Ready;
    let outcome = match ready {
        true => ctx.authorize(Act::See),
        false => ctx.authorize(Act::ChangeRegister).and_then(|()| state.demo.begin()),
    };
    let next = if to.to.as_deref() == Some("agent") { paths::WELCOME_AGENT } else { paths::WELCOME };
    match outcome {
        Err(e) => back(paths::WELCOME, e),
        Ok(()) if !ready => Redirect::to(paths::WELCOME).into_response(),
        Ok(()) => signed_in(&state, peer, &headers, next).await.unwrap_or_else(|e| back(paths::WELCOME, e)),
    }
}

/// The demo's own sign-in, done for the visitor: a one-time link of its host, used at once.
async fn signed_in(state: &AppState, peer: SocketAddr, headers: &HeaderMap, next: &str) -> Result<Response> {
    let gone = || Error::conflict("the demo was removed meanwhile: make it again");
    let link = state.demo.link(HOST).await?;
    let router = state.demo.router().ok_or_else(gone)?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = format!("{}/{}?next={next}", paths::SIGN_IN, link.token).parse().map_err(Error::internal)?;
    for name in [header::HOST, header::COOKIE, header::ACCEPT] {
        for value in headers.get_all(&name) {
            request.headers_mut().append(&name, value.clone());
        }
    }
    request.headers_mut().insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
    request.extensions_mut().insert(ConnectInfo(peer));
    Ok(crate::demo::answered_under(router, request).await)
}

async fn remove(State(state): State<AppState>, Extension(viewer): Extension<Viewer>) -> Response {
    let outcome = match ctx(&state, &viewer).authorize(Act::ChangeRegister) {
        Ok(()) => state.demo.remove().await,
        Err(e) => Err(e),
    };
    match outcome {
        Ok(()) => Redirect::to(paths::WELCOME).into_response(),
        Err(e) => back(paths::WELCOME, e),
    }
}

#[derive(Deserialize)]
struct Whom {
    email: String,
    back: Option<String>,
}

/// In the demo alone: be another of its people, or the same afresh.
async fn act_as(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    session: Session,
    Form(whom): Form<Whom>,
) -> Response {
    let become_ = async {
        let system = state.governance.ctx(Actor::System("demo"));
        let person = state.governance.person_find(&system, &whom.email).await?;
        let link = state.governance.link_create(&system, person.id).await?;
        let signed = state.governance.link_use(&link.token, Some(viewer.id)).await?;
        session::open(&session, &signed).await
    };
    match become_.await {
        Ok(()) => {
            let card = |to: &&String| to.starts_with(&format!("{}/", paths::INBOX)) && !to.contains(['\\', '\r', '\n']);
            let to = whom.back.as_ref().filter(card).map_or(paths::INBOX, String::as_str);
            Redirect::to(to).into_response()
        }
        Err(e) => Refusal(e).into_response(),
    }
}

/// Takes files in, for their difference to be shown.
async fn upload(State(state): State<AppState>, Extension(viewer): Extension<Viewer>, parts: Multipart) -> Response {
    let ctx = ctx(&state, &viewer);
    let kept = async {
        ctx.authorize(Act::Import)?;
        let (what, name, files) = taken(parts).await?;
        if what == What::People {
            ctx.authorize(Act::ManagePeople)?;
        }
        let id: String = state.governance.random_bytes::<16>().iter().map(|b| format!("{b:02x}")).collect();
        let upload = Upload {
            id: id.clone(),
            by: viewer.id,
            what,
            name,
            files: Arc::new(files),
            given: Given::default(),
            at: ctx.at,
        };
        state.uploads.keep(upload)?;
        Ok(id)
    };
    match kept.await {
        Ok(id) => Redirect::to(&format!("{}?upload={id}", paths::WELCOME_INVENTORY)).into_response(),
        Err(e) => back(paths::WELCOME_INVENTORY, e),
    }
}

/// What sort of file, the name given to the source, and the files.
async fn taken(mut parts: Multipart) -> Result<(What, Option<String>, Vec<(String, Vec<u8>)>)> {
    let cannot = |e: MultipartError| match e.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => Error::invalid(format!(
            "the files are larger than {} MB together: import them with `countersign import`",
            LARGEST >> 20
        )),
        _ => Error::invalid("the files did not arrive whole: choose them again"),
    };
    let (mut what, mut name, mut files) = (None, None, Vec::new());
    while let Some(part) = parts.next_field().await.map_err(cannot)? {
        match part.name() {
            Some("what") => what = Some(part.text().await.map_err(cannot)?.parse::<What>()?),
            Some("name") => {
                let said = part.text().await.map_err(cannot)?;
                name = Some(said.trim().to_owned()).filter(|said| !said.is_empty());
            }
            Some("file") => {
                let path = sent::path(part.file_name());
                let bytes = part.bytes().await.map_err(cannot)?.to_vec();
                if !bytes.is_empty() {
                    files.push((path, bytes));
                }
            }
            _ => {}
        }
        if files.len() > MOST_FILES {
            return Err(Error::invalid(format!("more than {MOST_FILES} files: import them with `countersign import`")));
        }
    }
    let what = what.ok_or_else(|| Error::invalid("which sort of file it is was not said: use the page's form"))?;
    let files = of_form(what, files);
    if files.is_empty() {
        return Err(Error::invalid("no file was chosen, or it is empty: choose one"));
    }
    Ok((what, name, files))
}

/// The files that are meant, by the names they are to have: of a folder the answers in it, under their paths; else each by its own
/// name, which is all that a browser sends of it.
fn of_form(what: What, mut files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    match what.comes_as_folder() {
        true => files.retain(|(path, _)| {
            let name = sent::name(path);
            name.to_ascii_lowercase().ends_with(".json") && !name.starts_with('.')
        }),
        false => files.iter_mut().for_each(|(path, _)| *path = sent::name(path).to_owned()),
    }
    files
}

/// Registers a first agent and makes its key, which this answer alone shows.
async fn connect(State(state): State<AppState>, Extension(viewer): Extension<Viewer>) -> Response {
    match first_agent(&state, &viewer).await {
        Ok(made) => {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = axum::http::Uri::from_static(paths::WELCOME_AGENT);
            request.extensions_mut().insert(viewer);
            pages::with_key(&state, request, made).await
        }
        Err(e) => back(paths::WELCOME, e),
    }
}

async fn first_agent(state: &AppState, viewer: &Viewer) -> Result<MadeKey> {
    let gov = &state.governance;
    let in_demo = !state.address.base.is_empty();
    // in the demo whoever looks is agent and approver in turn, so neither makes the key; elsewhere the viewer does
    let (ctx, owner) = match in_demo {
        true => (gov.ctx(Actor::System("demo")), None),
        false => (ctx(state, viewer), Some(viewer.id)),
    };
    ctx.authorize(Act::ManageKeys)?;
    let owner = match owner {
        Some(id) => id,
        None => gov.person_find(&ctx, "lena.fischer@northwind.example").await?.id,
    };
    let mut agent = None;
    for n in 1..1_000 {
        let name = if n == 1 { "my-first-agent".to_owned() } else { format!("my-first-agent-{n}") };
        let new = NewIdentity {
            owner: Some(owner),
            environment: Some(identity::Environment::Test),
            purpose: Some("Tried out on the Welcome page".into()),
            ..NewIdentity::named(name, identity::Kind::Agent)
        };
        match gov.identity_add(&ctx, new).await {
            Err(e) if e.kind == Kind::Conflict => {}
            other => {
                agent = Some(other?);
                break;
            }
        }
    }
    let agent = agent.ok_or_else(|| Error::conflict("there are a thousand first agents: retire some"))?;
    let key = NewKey {
        identity: Some(agent.id),
        name: "Welcome page".into(),
        patterns: vec![],
        scopes: [Scope::Ask, Scope::Act].into(),
        submits: true,
        expires_at: Some(ctx.at + chrono::TimeDelta::days(7)),
    };
    let made = gov.key_create(&ctx, key).await?;
    Ok(MadeKey { agent: agent.id.to_string(), secret: made.secret })
}
