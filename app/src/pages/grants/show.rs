//! The list of grants, and one grant.
use super::calls::RevokeGrant;
use crate::{
    error::AppError,
    pages::{
        identities::{last_use_fact, words::capital},
        not_found::NotFound,
    },
    parts::{
        Button, Column, Digest, Empty, Fact, Facts, Mark, Page, Pager, Panel, Problems, State, Table, Time, ago,
        minutes,
    },
    paths, viewer,
};
use governance::{
    engine::{Act, grants::Listed},
    error::{Kind, Result},
    grant::Status,
    revocation::LastUse,
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

/// Lines of one page.
const ROWS: u16 = 50;

pub async fn grants(state: Option<String>, before: Option<String>) -> AnyView {
    match load(state, before).await {
        Ok(found) => list(found).into_any(),
        Err(e) => view! { <Page title="Grants"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

struct Found {
    grants: Vec<Listed>,
    /// What the list is narrowed to; `None`: all.
    state: Option<Status>,
    paged: bool,
    now: Timestamp,
}

async fn load(state: Option<String>, before: Option<String>) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let state = match state.as_deref() {
        Some("all") => None,
        None | Some("") => Some(Status::Active),
        Some(word) => Some(word.parse()?),
    };
    let paged = before.is_some();
    let wrong = |_| governance::error::Error::invalid("before: not a grant");
    let before = before.map(|id| id.parse().map_err(wrong)).transpose()?;
    let grants = governance.grant_list_named(&ctx, before, state, ROWS).await?;
    Ok(Found { grants, state, paged, now: ctx.at })
}

fn list(found: Found) -> impl IntoView {
    let word = found.state.map_or("all", Status::as_str);
    let chips =
        [("active", "Active"), ("consumed", "Used"), ("expired", "Expired"), ("revoked", "Taken back"), ("all", "All")];
    let chips = chips.map(|(value, words)| {
        let href = if value == "active" { paths::GRANTS.into() } else { format!("{}?state={value}", paths::GRANTS) };
        view! { <a class="chip" href=href aria-current=(word == value).then_some("true")>{words}</a> }
    });
    let body = match found.grants.is_empty() {
        true => view! { <Empty title="None" why="A grant is issued when a person approved something, or for an act that cannot be undone, moves money or touches identities. It ends by itself."/> }.into_any(),
        false => table(&found, word).into_any(),
    };
    view! {
        <Page title="Grants" lead="Who holds what right now, and until when">
            <nav class="chips" aria-label="Filter by state">{chips.collect_view()}</nav>
            {body}
        </Page>
    }
}

fn table(found: &Found, word: &str) -> impl IntoView + use<> {
    let now = found.now;
    let rows = found.grants.iter().map(|l| row(l, now)).collect_view();
    let columns = ["Grant", "Held by", "Action", "On", "For", "Until"].map(Column::text).to_vec();
    let full = found.grants.len() == usize::from(ROWS);
    let last = found.grants.last().map(|l| l.grant.id.to_string()).unwrap_or_default();
    let older = full.then(|| format!("{}?state={word}&before={last}", paths::GRANTS));
    let newer = found.paged.then(|| format!("{}?state={word}", paths::GRANTS));
    let shown = format!("{} shown, newest first", found.grants.len());
    view! { <Table caption="Grants" columns>{rows}</Table><Pager shown newer older/> }
}

fn state(l: &Listed, now: Timestamp) -> (State, String) {
    match l.grant.status {
        Status::Active if l.grant.holds(now) => (State::Allow, "Active".into()),
        Status::Active if now < l.grant.starts_at => (State::Wait, "Not yet".into()),
        Status::Active | Status::Expired => (State::Unknown, "Expired".into()),
        Status::Consumed => (State::Unknown, "Used".into()),
        Status::Revoked => (State::Deny, "Taken back".into()),
    }
}

fn purpose(l: &Listed) -> String {
    let task = l.grant.task.as_ref().map(|t| format!("task {}", visible_line(t)));
    let purpose = l.grant.purpose.as_ref().map(|p| visible_line(p).into_owned());
    let words: Vec<_> = purpose.into_iter().chain(task).collect();
    if words.is_empty() { "–".into() } else { words.join(", ") }
}

fn row(l: &Listed, now: Timestamp) -> impl IntoView + use<> {
    let g = &l.grant;
    let (mark, word) = state(l, now);
    let (href, owner) = (paths::grant(&g.id.to_string()), paths::identity(&g.identity.to_string()));
    let on = format!("{} {}", g.resource_type, g.resource_id);
    let at = g.ended_at.unwrap_or(g.expires_at);
    view! {
        <tr>
            <th scope="row"><a href=href><Mark state=mark word/></a></th>
            <td data-label="Held by"><a href=owner>{visible_line(&l.name).into_owned()}</a></td>
            <td data-label="Action"><code>{visible_line(&g.action).into_owned()}</code></td>
            <td data-label="On">{visible_line(&on).into_owned()}</td>
            <td data-label="For">{purpose(l)}</td>
            <td data-label="Until"><Time at now/></td>
        </tr>
    }
}

pub async fn grant(id: &str, error: Option<AppError>) -> AnyView {
    match load_one(id).await {
        Ok(found) => one(&found, error).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => view! { <Page title="Grant"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

struct One {
    listed: Listed,
    last_use: Option<LastUse>,
    now: Timestamp,
    revokes: bool,
}

async fn load_one(id: &str) -> Result<One> {
    let (governance, ctx) = viewer::acting()?;
    let id = id.parse().map_err(|_| governance::error::Error::not_found("no such grant"))?;
    let grant = governance.grant_get(&ctx, id).await?;
    let name = governance.identity_find(&ctx, &grant.identity.to_string()).await?.name;
    let last_use = governance.grant_last_use(&ctx, &grant).await?;
    let revokes = Act::Revoke.allows(&ctx.actor).is_ok();
    Ok(One { listed: Listed { grant, name }, last_use, now: ctx.at, revokes })
}

fn one(found: &One, error: Option<AppError>) -> impl IntoView + use<> {
    let One { listed: l, now, revokes, .. } = found;
    let (now, revokes) = (*now, *revokes);
    let g = &l.grant;
    let (mark, word) = state(l, now);
    let holds = g.holds(now);
    let ended = g.ended_at.map(|at| {
        let why = g.ended_reason.as_ref().map(|r| visible_line(r).into_owned());
        Fact { source: why, ..Fact::new("Ended", minutes(at)) }
    });
    let facts = [
        Fact::new("Action", visible_line(&g.action).into_owned()),
        Fact::new("On", visible_line(&format!("{} {}", g.resource_type, g.resource_id)).into_owned()),
        Fact::new("For", purpose(l)),
        Fact::new("Uses left", format!("{} of {}", g.uses_left, g.uses)),
        Fact::new("Issued", minutes(g.issued_at)),
        Fact { source: Some(ago(g.expires_at, now)), ..Fact::new("Ends", minutes(g.expires_at)) },
    ];
    let starts = (g.starts_at > g.issued_at)
        .then(|| Fact { source: Some(ago(g.starts_at, now)), ..Fact::new("Holds from", minutes(g.starts_at)) });
    let lease = g.lease_s.map(|s| {
        let runs = match g.renew_by {
            Some(by) if holds => format!("renewed by {by}, else it ends"),
            Some(_) => "it does not run any more".into(),
            None => "it has not begun".into(),
        };
        Fact { source: Some(runs), ..Fact::new("Lease", format!("decided anew at least every {s} s")) }
    });
    // what was used up or never begun leaves nothing to take back
    let revoked = g.ended_at.filter(|_| g.status == Status::Revoked);
    let used = revoked.map(|at| last_use_fact(at, found.last_use));
    let facts = facts.into_iter().chain(starts).chain(lease).chain(ended).chain(used).collect();
    let decision = paths::decision(&g.decision.to_string());
    let card = g.escalation.map(|id| {
        let href = format!("{}/{id}", paths::INBOX);
        view! { <li><a href=href>"The request a person approved"</a></li> }
    });
    let (owner, name) = (paths::identity(&g.identity.to_string()), visible_line(&l.name).into_owned());
    let form = (holds && revokes).then(|| {
        let action = ServerAction::<RevokeGrant>::new();
        let id = g.id.to_string();
        view! {
            <Panel title="Take it back" note="At once: it can no longer be redeemed.">
                <ActionForm action=action>
                    <input type="hidden" name="id" value=id/>
                    <div class="field">
                        <label for="f-reason">"Why (recorded)"</label>
                        <input id="f-reason" name="reason" type="text" required=true maxlength="1000" autocomplete="off"/>
                    </div>
                    <div class="actions"><Button>"Take it back now"</Button></div>
                </ActionForm>
            </Panel>
        }
    });
    let (title, hash, params) = (format!("Grant of {name}"), g.id.to_string(), g.params_hash.clone());
    view! {
        <Page title>
            <p class="idn-meta"><Mark state=mark word=capital(&word)/><Digest hex=hash short=true/></p>
            <Problems error=error/>
            <div class="columns">
                <Panel title="What it allows" note="It is bound to these parameters by their digest, and to nothing else.">
                    <Facts facts/>
                    <p class="ctn-digest"><Digest hex=params/></p>
                </Panel>
                <Panel title="Where it comes from">
                    <ul class="ctn-links">
                        <li><a href=owner>{name}</a></li>
                        <li><a href=decision>"The decision that issued it"</a></li>
                        {card}
                    </ul>
                </Panel>
                {form}
            </div>
        </Page>
    }
}
