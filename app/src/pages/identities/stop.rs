//! Taking access back: one person, at once; said before and after is what it stops here and what stays live elsewhere.
use super::{
    calls::Stop,
    record::Shown,
    trail::record_link,
    words::{capital, many, spaced, who},
};
use crate::pages::containment::{UndoRevocation, held_word, reason};
use crate::{
    pages::not_found::NotFound,
    parts::{
        Banner, Button, CodeBlock, Dialog, DialogButton, Digest, Fact, Facts, Kind as Weight, Mark, Panel, Problems,
        State, Tag, ago, minutes, span,
    },
    paths, viewer,
};
use governance::{
    engine::Act,
    error::{Kind, Result},
    id::PersonId,
    identity::Identity,
    revocation::{LastUse, Path, Revocation, Standing},
    text::visible_line,
    time::Timestamp,
    watch::reaction::{Measure, State as Held},
};
use leptos::prelude::*;

/// What stands above a record whose identity is stopped.
pub fn standing(shown: &Shown) -> impl IntoView + use<> {
    let stop = shown.dossier.stops.first()?;
    let it = shown.dossier.revocations.iter().find(|r| r.id == stop.revocation);
    let by = it.map_or_else(String::new, |r| format!(" by {}", shown.name(&r.by)));
    let what = match stop.kind.as_str() {
        "identity" => "Stopped",
        "owner" => "Stopped with all its owner has",
        "source" => "Stopped with its whole source",
        _ => "Everything is stopped",
    };
    let live = it.map_or(0, |r| r.paths.iter().filter(|p| p.is_live()).count());
    let rest = match live {
        0 => "Whatever it asks is denied.".to_owned(),
        n => format!(
            "Whatever it asks is denied; {} still live elsewhere.",
            if n == 1 { "1 path is".into() } else { format!("{n} paths are") }
        ),
    };
    let href = paths::revocation(&stop.revocation.to_string());
    let title = format!("{what} {}{by}.", ago(stop.at, shown.now));
    Some(view! { <Banner state=State::Deny title>{rest}" "<a href=href>"What was stopped"</a></Banner> })
}

/// What stands above a record that a rule holds.
pub fn held(shown: &Shown) -> impl IntoView + use<> {
    let it = shown.dossier.contained.iter().find(|c| c.state == Held::Active && c.measure != Measure::Revoke)?;
    let means = match it.measure {
        Measure::Narrow => "Each of its acts needs a person.",
        _ => "It is permitted nothing.",
    };
    let title = format!("{} {} by a rule.", held_word(it.measure), ago(it.at, shown.now));
    let (words, href) = (visible_line(&it.words).into_owned(), paths::containment(&it.id.to_string()));
    Some(view! { <Banner state=State::Wait title>{words}" "{means}" "<a href=href>"Look, and undo it"</a></Banner> })
}

/// The button, and the layer with the form: it opens without script.
pub fn dialog(shown: &Shown) -> impl IntoView + use<> {
    let it = &shown.dossier.record.identity;
    let action = ServerAction::<Stop>::new();
    let name = visible_line(&it.name).into_owned();
    let paths: Vec<Standing> =
        shown.dossier.paths.iter().map(|path| Standing { path: path.clone(), closed_at: None }).collect();
    let id = it.id.to_string();
    view! {
        <DialogButton target="stop"><crate::parts::Icon name="octagon-pause"/>"Stop…"</DialogButton>
        <Dialog id="stop" title=format!("Stop {name}?")>
            <div class="idn-stop">
                {sides(&paths, false)}
                <ActionForm action=action>
                    <input type="hidden" name="id" value=id/>
                    <div class="field">
                        <label for="f-reason">"Reason (recorded)"</label>
                        <textarea id="f-reason" name="reason" rows="2" required=true maxlength="1000"></textarea>
                    </div>
                    <div class="actions">
                        <Button kind=Weight::Primary>"Stop it now"</Button>
                        <p class="note">"One person is enough. Undoing it takes two."</p>
                    </div>
                </ActionForm>
            </div>
        </Dialog>
    }
}

/// What is stopped here, and what is still live there with the command that ends it.
fn sides(paths: &[Standing], done: bool) -> impl IntoView + use<> {
    let (live, here): (Vec<_>, Vec<_>) = paths.iter().partition(|p| p.path.state == "live");
    let here =
        here.into_iter().map(|p| line(&p.path, State::Allow, if done { "Stopped" } else { "Stops" })).collect_view();
    let n = live.len();
    let there = live
        .into_iter()
        .map(|p| match p.closed_at {
            Some(_) => line(&p.path, State::Allow, "Ended").into_any(),
            None => view! { {line(&p.path, State::Wait, "Still live")} }.into_any(),
        })
        .collect_view();
    let heading = if done { "Stopped here" } else { "Stops here, in the commit that records it" };
    view! {
        <section class="idn-side-list"><h3>{heading}</h3><ul>{here}</ul></section>
        {(n > 0).then(|| view! { <section class="idn-side-list"><h3>"Still live there, until somebody runs the command"</h3><ul>{there}</ul></section> })}
    }
}

fn line(path: &Path, state: State, word: &'static str) -> impl IntoView + use<> {
    let detail = path.detail.clone().map(|d| view! { <p class="note">{visible_line(&d).into_owned()}</p> });
    let command = path.command.clone().map(|text| view! { <CodeBlock label="The command that ends it" text/> });
    view! {
        <li>
            <p><Mark state word/>" "<strong>{named(&path.path)}</strong></p>
            {detail}
            {command}
        </li>
    }
}

/// A way to act as people read it: `access_key access key 1` says the same words twice.
fn named(path: &str) -> String {
    let path = visible_line(path);
    match path.split_once(' ').map(|(kind, name)| (spaced(kind), name)) {
        Some((kind, name)) if name.starts_with(&kind) => capital(name),
        Some((kind, name)) => format!("{} {name}", capital(&kind)),
        None => capital(&path),
    }
}

/// A revocation with the names its page shows.
struct Found {
    revocation: Revocation,
    by: String,
    /// Who said first that it may be undone; who undid it.
    first: Option<String>,
    undone_by: Option<String>,
    identity: Option<Identity>,
    now: Timestamp,
    viewer: PersonId,
    undoes: bool,
    /// It is what stops its target now.
    in_force: bool,
    last_use: Option<LastUse>,
    error: Option<crate::error::AppError>,
}

pub async fn revocation(id: &str) -> AnyView {
    match load(id).await {
        Ok(found) => page(&found).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => {
            view! { <crate::parts::Page title="Revocation"><Problems error=Some(e.into())/></crate::parts::Page> }
                .into_any()
        }
    }
}

async fn load(id: &str) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let id = id.parse().map_err(|_| governance::error::Error::not_found("no such revocation"))?;
    let revocation = governance.revocation_get(&ctx, id).await?;
    let by = named_by(&governance, &ctx, &revocation.by).await;
    let (mut first, mut undone_by) = (None, None);
    if let Some((person, _)) = revocation.undo_first {
        first = Some(named_by(&governance, &ctx, &person.to_string()).await);
    }
    if let Some(person) = revocation.undone_by {
        undone_by = Some(named_by(&governance, &ctx, &person.to_string()).await);
    }
    let last_use = governance.revocation_last_use(&ctx, &revocation).await?;
    let in_force = governance.revocation_in_force(&ctx, &revocation).await?;
    let identity = match revocation.target_kind.as_str() {
        "identity" => governance.identity_find(&ctx, &revocation.target_id).await.ok(),
        _ => None,
    };
    let undoes = Act::UndoRevocation.allows(&ctx.actor).is_ok();
    let error = ServerAction::<UndoRevocation>::new().value().get_untracked().and_then(Result::err);
    let viewer = viewer::viewer()?.id;
    Ok(Found { revocation, by, first, undone_by, identity, now: ctx.at, viewer, undoes, in_force, last_use, error })
}

/// The name of who did something, as the log calls them.
async fn named_by(governance: &governance::Governance, ctx: &governance::Ctx, label: &str) -> String {
    match label.starts_with("per_") {
        true => governance.person_find(ctx, label).await.map_or_else(|_| label.to_owned(), |p| p.name),
        false => who(label),
    }
}

/// Undoing it: the words of one person, and of a second.
fn undoing(found: &Found) -> impl IntoView + use<> {
    if !found.in_force {
        return ().into_any();
    }
    let r = &found.revocation;
    let waiting = r.undo_first.filter(|(_, at)| found.now < *at + governance::engine::undo::SECOND_WITHIN);
    let said = match (&found.first, waiting) {
        (Some(name), Some((_, at))) => {
            format!(
                "{} said {} that it may be undone. It takes a second person.",
                visible_line(name),
                ago(at, found.now)
            )
        }
        _ => "Undoing it takes two people within 24 hours, one of them an operator.".to_owned(),
    };
    let mine = waiting.is_some_and(|(person, _)| person == found.viewer);
    let form = (found.undoes && !mine).then(|| {
        let action = ServerAction::<UndoRevocation>::new();
        let id = r.id.to_string();
        view! {
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                {reason("f-undo".into())}
                <div class="actions"><Button>"It may act again"</Button></div>
            </ActionForm>
        }
    });
    view! {
        <Panel title="Undo it" id="undo">
            <p>{said}</p>
            <p class="note">"What ended with it stays ended: the agent asks anew."</p>
            {form}
        </Panel>
    }
    .into_any()
}

/// A span as far as it is measured.
fn within(length: chrono::TimeDelta) -> String {
    if length.num_seconds() == 0 { "under 1 s".into() } else { span(length) }
}

/// When it was last used, as gateways and sources tell; measured from the revocation.
pub fn last_use_fact(taken_at: Timestamp, last: Option<LastUse>) -> Fact {
    match last {
        None => Fact {
            source: Some("no gateway or source reports what it does".into()),
            ..Fact::new("Last accepted use", "not measured")
        },
        Some(last) if last.after == 0 => Fact {
            source: Some("none after the revocation, by what gateways and sources report".into()),
            ..Fact::new("Last accepted use", minutes(last.at))
        },
        Some(last) => Fact {
            state: Some((State::Deny, format!("{} after it", within(last.latency(taken_at))))),
            source: Some(format!(
                "{} after the revocation, elsewhere than here",
                many(last.after.unsigned_abs() as usize, "use", "uses")
            )),
            ..Fact::new("Last accepted use", minutes(last.at))
        },
    }
}

fn page(found: &Found) -> impl IntoView + use<> {
    let r = &found.revocation;
    let target = match &found.identity {
        Some(it) => visible_line(&it.name).into_owned(),
        None if r.target_id.is_empty() => "everything".into(),
        None => format!("{} {}", spaced(&r.target_kind), visible_line(&r.target_id)),
    };
    let live = r.paths.iter().filter(|p| p.is_live()).count();
    let (state, title) = match (r.undone_at, live) {
        (Some(_), _) => (State::Unknown, "This revocation was undone.".to_owned()),
        (None, 0) => (State::Allow, "Stopped.".to_owned()),
        (None, 1) => (State::Wait, "Stopped here; 1 path is still live elsewhere.".to_owned()),
        (None, n) => (State::Wait, format!("Stopped here; {n} paths are still live elsewhere.")),
    };
    let words = match r.undone_at {
        Some(_) => "It may act again; what had ended with it stays ended.",
        None => "No permit for it gets a later place in the log than this revocation, on any node.",
    };
    let e = r.ended;
    let ended = [
        (e.grants, "grant", "grants"),
        (e.approvals, "approval", "approvals"),
        (e.escalations, "open question", "open questions"),
    ];
    let ended: Vec<_> = ended.into_iter().map(|(n, one, more)| many(n, one, more)).collect();
    let facts = vec![
        Fact { source: Some(ago(r.at, found.now)), ..Fact::new("When", minutes(r.at)) },
        Fact::new("By", visible_line(&found.by).into_owned()),
        Fact::new("Why", visible_line(&r.reason).into_owned()),
        Fact::new("Ended with it", ended.join(", ")),
        Fact {
            source: Some("every decision after it sees it".into()),
            ..Fact::new("Place in the log", r.log_seq.to_string())
        },
        last_use_fact(r.at, found.last_use),
    ];
    let undone = r.undone_at.map(|at| {
        let names = [&found.first, &found.undone_by].into_iter().flatten().map(|n| visible_line(n).into_owned());
        Fact { source: Some(names.collect::<Vec<_>>().join(" and ")), ..Fact::new("Undone", minutes(at)) }
    });
    let facts: Vec<_> = facts.into_iter().chain(undone).collect();
    let link = found.identity.as_ref().map(|it| record_link(&it.id.to_string(), &it.name));
    let heading = format!("Revocation of {target}");
    let id = r.id.to_string();
    let (kind, sides) = (capital(&r.target_kind), sides(&r.paths, true));
    let (error, undoing) = (found.error.clone(), undoing(found));
    view! {
        <crate::parts::Page title=heading>
            <p class="idn-meta"><Tag>{kind}</Tag><Digest hex=id short=true/></p>
            <Problems error/>
            <Banner state title>{words}</Banner>
            <div class="columns idn-stop">
                <Panel title="What was done"><Facts facts/><div class="actions idn-more">{link}</div></Panel>
                <div class="panel">{sides}</div>
                {undoing}
            </div>
        </crate::parts::Page>
    }
}
