//! One identity: who answers for it, what it may do, what is missing, and how to mend it.
use super::{
    boundary, holdings, life, merged, owner, scope, sources, stop, tasks, trail,
    words::{capital, kind_icon, life as life_word, many, mode_word, since, who},
};
use crate::{
    error::AppError,
    pages::{not_found::NotFound, people},
    parts::{Banner, Icon, LinkButton, Mark, Problems, State, Tag},
    paths, viewer,
};
use governance::{
    engine::{Act, dossier::Dossier, successors::Successor},
    error::{Kind, Result},
    identity::{Mode, record::Gap},
    person::{self, Person},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// All that the page of one identity shows to this viewer.
pub struct Shown {
    pub dossier: Dossier,
    pub now: Timestamp,
    /// The viewer may change the register.
    pub mends: bool,
    /// The viewer answers for it.
    pub owns: bool,
    pub stops: bool,
    /// The viewer may open and close its tasks.
    pub tasks: bool,
    pub exports: bool,
    /// Whom one can name, by address.
    pub people: Vec<Person>,
    /// Who could answer for it, where nobody active does.
    pub successors: Vec<Successor>,
    /// How many others may be one with it.
    pub alike: usize,
    /// Who made the revocations shown, by what the log calls them.
    pub names: Vec<(String, String)>,
}

impl Shown {
    pub fn id(&self) -> String {
        self.dossier.record.identity.id.to_string()
    }
    /// The name behind what the log calls somebody.
    pub fn name(&self, label: &str) -> String {
        let known = self.names.iter().find(|(l, _)| l == label);
        known.map_or_else(|| who(label), |(_, name)| name.clone())
    }
}

pub async fn identity(id: &str, done: Option<String>, error: Option<AppError>) -> AnyView {
    match load(id).await {
        Ok(shown) => page(&shown, done.filter(|_| error.is_none()), error).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => view! {
            <crate::parts::Page title="Identity">
                <Problems error=Some(e.into())/>
                <LinkButton href=paths::IDENTITIES>"All identities"</LinkButton>
            </crate::parts::Page>
        }
        .into_any(),
    }
}

async fn load(id: &str) -> Result<Shown> {
    let viewer = viewer::viewer()?;
    let (governance, ctx) = viewer::acting()?;
    let id = id.parse().map_err(|_| governance::error::Error::not_found("no such identity"))?;
    let dossier = governance.identity_dossier(&ctx, id).await?;
    let may = |act: Act| act.allows(&ctx.actor).is_ok();
    let it = &dossier.record.identity;
    let owns = may(Act::Attest) && (it.owner == Some(viewer.id) || it.backup == Some(viewer.id));
    let only_owner = !viewer.roles.iter().any(|r| {
        matches!(
            r,
            person::Role::Operator | person::Role::Approver | person::Role::PolicyReleaser | person::Role::Admin
        )
    });
    let stops = may(Act::Revoke) && (!only_owner || it.owner == Some(viewer.id) || it.backup == Some(viewer.id));
    let mends = may(Act::ChangeRegister);
    let tasks = may(Act::ManageTasks) && (owns || mends);
    let people = match mends {
        true => people::offered(&governance, &ctx).await?,
        false => Vec::new(),
    };
    let answered = dossier.record.owner.owner.as_ref().is_some_and(|p| p.status == person::Status::Active);
    let successors = match mends && !answered {
        true => governance.identity_successors(&ctx, id).await?,
        false => Vec::new(),
    };
    let mut names: Vec<(String, String)> = Vec::new();
    let alike = governance.match_of(&ctx, id).await?.suggestions.len();
    for by in dossier.revocations.iter().map(|r| &r.by).chain(dossier.record.merges.iter().map(|m| &m.by)) {
        if !names.iter().any(|(label, _)| label == by)
            && by.starts_with("per_")
            && let Ok(person) = governance.person_find(&ctx, by).await
        {
            names.push((by.clone(), visible_line(&person.name).into_owned()));
        }
    }
    Ok(Shown {
        now: ctx.at,
        mends,
        owns,
        stops,
        tasks,
        exports: may(Act::Export),
        people,
        successors,
        alike,
        names,
        dossier,
    })
}

fn page(shown: &Shown, done: Option<String>, error: Option<AppError>) -> impl IntoView + use<> {
    let title = visible_line(&shown.dossier.record.identity.name).into_owned();
    view! {
        <Title text=title/>
        <a class="idn-back" href=paths::IDENTITIES><Icon name="chevron-left"/>"Identities"</a>
        {head(shown)}
        {error.map(|e| view! { <Banner state=State::Deny title=format!("Nothing was changed: {}.", lower(&e.0.title))>{e.0.detail}</Banner> })}
        {done.and_then(|d| said(&d)).map(|title| view! { <Banner state=State::Allow title>"It is in the log."</Banner> })}
        {stop::standing(shown)}
        {stop::held(shown)}
        {merged::banners(shown)}
        <div class="idn-blocks">
            {owner::block(shown)}
            {scope::block(shown)}
            {boundary::block(shown)}
            {life::monitoring(shown)}
            {life::retirement(shown)}
        </div>
        {trail::findings(shown)}
        {tasks::tasks(shown)}
        {holdings::entitlements(shown)}
        {holdings::credentials(shown)}
        {sources::section(shown)}
        {trail::decisions(shown)}
        {trail::revocations(shown)}
        {trail::answers(shown)}
    }
}

fn lower(title: &str) -> String {
    let mut chars = title.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// What the form just posted did.
fn said(done: &str) -> Option<&'static str> {
    Some(match done {
        "owner" => "Owners saved.",
        "registered" => "It is registered: policy decides what it asks from now on.",
        "attested" => "Answer recorded.",
        "mode" => "Mode switched.",
        "enforced" => "It is enforced from now on.",
        "scope" => "Scope saved.",
        "limits" => "Limits saved.",
        "end" => "End saved.",
        "merged" => "They are one from here on.",
        "unmerged" => "The merge is undone: it has what came with it.",
        "split" => "It is an identity of its own.",
        "status" => "Its state was changed.",
        "finding" => "The finding is closed.",
        "task-open" => "The task is open.",
        "task-closed" => "The task is closed, and what was allowed for it has ended.",
        _ => return None,
    })
}

fn head(shown: &Shown) -> impl IntoView + use<> {
    let d = &shown.dossier;
    let it = &d.record.identity;
    let (state, word) = life_word(it, !d.stops.is_empty());
    let environment = it.environment.map_or_else(|| "Environment not said".to_owned(), |e| capital(e.as_str()));
    let mode = mode_word(it.mode);
    let mode = match it.mode {
        Mode::Observe => view! { <Tag state=State::Wait>{mode}</Tag> }.into_any(),
        Mode::Enforce => view! { <Tag>{mode}</Tag> }.into_any(),
    };
    let (kind, icon) = (capital(it.kind.as_str()), kind_icon(it.kind));
    let title = visible_line(&it.name).into_owned();
    let from = it.external_ref.as_ref().map(|r| view! { <code class="idn-ref">{visible_line(r).into_owned()}</code> });
    let since = format!("first seen {}", since(it.first_seen_at, shown.now));
    let complete = d.record.complete;
    let record = format!("Record {complete} of 5 complete");
    let steps = (0..5).map(|i| view! { <rect class=if i < complete { "idn-step-done" } else { "idn-step" } x=(i * 22).to_string() width="19" height="6" rx="2"/> });
    let live = (shown.stops && d.stops.is_empty()).then(|| stop::dialog(shown));
    view! {
        <header class="page-head idn-head">
            <div>
                <h1 tabindex="-1">{title}</h1>
                <p class="idn-meta">
                    <span class="idn-kind"><Icon name=icon/>{kind}</span>
                    <Tag>{environment}</Tag>
                    {mode}
                    <Tag state=state>{word}</Tag>
                    <span>{since}</span>
                </p>
                {from}
            </div>
            <div class="idn-side">
                <p class="idn-record"><svg aria-hidden="true" width="107" height="6">{steps.collect_view()}</svg>{record}</p>
                {live}
            </div>
        </header>
    }
}

/// One of the five blocks: its question, whether it is complete, what is known, what is missing, how to mend it.
pub fn block<K: IntoView, M: IntoView>(
    id: &'static str,
    title: &'static str,
    (gaps, mends): (&[Gap], bool),
    known: K,
    mend: M,
) -> impl IntoView + use<K, M> {
    let (state, word) = match gaps.len() {
        0 => (State::Allow, "Complete".to_owned()),
        n => (State::Wait, many(n, "gap", "gaps")),
    };
    let items = gaps.iter().map(|gap| {
        let (words, mend) = (visible_line(&gap.words).into_owned(), gap.mend.clone());
        let mend = match field(&gap.mend).filter(|_| mends) {
            Some(at) => view! { <a href=at>{mend}</a> }.into_any(),
            None => view! { <span>{mend}</span> }.into_any(),
        };
        view! { <li><strong>{words}</strong>{mend}</li> }
    });
    let list = (!gaps.is_empty()).then(|| view! { <ul class="idn-gaps">{items.collect_view()}</ul> });
    view! {
        <section class="panel idn-block" id=id aria-labelledby=format!("{id}-title")>
            <header class="idn-block-head"><h2 id=format!("{id}-title")>{title}</h2><Mark state word/></header>
            {list}
            {known}
            {mend}
        </section>
    }
}

/// Where on the page a gap is mended; going there opens the form around it.
fn field(mend: &str) -> Option<&'static str> {
    Some(match mend {
        "Assign an owner and a backup" | "Assign another owner" => "#f-owner",
        "Name a backup owner" | "Name another backup owner" => "#f-backup",
        "Say what it is for" => "#f-purpose",
        "Draft a boundary" => "#f-systems",
        "Right-size" | "Replace by a grant" => "#entitlements",
        "Add a rule" => "#f-limits",
        "Switch to enforce" => "#mode",
        "Set one" | "Retire it, or set another" => "#f-day",
        _ => return None,
    })
}
