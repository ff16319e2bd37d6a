//! The page: what would be held back, and what is drafted.
use super::{calls::Enforce, draft};
use crate::{
    error::AppError,
    pages::{activity::outcome_mark, not_found::NotFound},
    parts::{
        Banner, Button, Checkbox, Column, Empty, Figure, Figures, Icon, Mark, Page, Panel, Problems, State, Table,
        Time, count,
    },
    paths, viewer,
};
use governance::{
    engine::Act,
    error::{Error, Kind, Result},
    identity::{Identity, Mode},
    observation::{DAYS, Observation, Stop},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

/// Periods that are offered, in days.
const PERIODS: [u16; 4] = [7, 14, 30, 90];

pub struct Found {
    pub it: Identity,
    pub seen: Observation,
    days: u16,
    now: Timestamp,
    /// The viewer may enforce it.
    mends: bool,
}

pub async fn observation(id: &str, days: Option<&str>, error: Option<AppError>) -> AnyView {
    match load(id, days).await {
        Ok(found) => page(&found, error).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => view! { <Page title="Observation"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(id: &str, days: Option<&str>) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let id = id.parse().map_err(|_| Error::not_found("no such identity"))?;
    let days = days.map(str::parse).transpose().map_err(|_| Error::invalid("days: a number"))?.unwrap_or(DAYS);
    let seen = governance.identity_observation(&ctx, id, Some(days)).await?;
    let it = governance.identity_find(&ctx, &id.to_string()).await?;
    Ok(Found { it, seen, days, now: ctx.at, mends: Act::ChangeRegister.allows(&ctx.actor).is_ok() })
}

fn page(found: &Found, error: Option<AppError>) -> impl IntoView + use<> {
    let name = visible_line(&found.it.name).into_owned();
    let record = paths::identity(&found.it.id.to_string());
    let chips = PERIODS.map(|days| {
        let href = format!("{}?days={days}", paths::observation(&found.it.id.to_string()));
        view! { <a class="chip" href=href aria-current=(days == found.days).then_some("true")>{format!("{days} days")}</a> }
    });
    let error = error.map(|e| view! { <Banner state=State::Deny title="Nothing was changed.">{e.0.detail}</Banner> });
    let (standing, figures, stops) = (standing(found), figures(&found.seen), stops(found));
    let (boundary, limits, enforce) = (draft::boundary(found), draft::limits(&found.seen), enforce(found));
    let lead = "What it asked for, answered again by the policy of today as if it were enforced";
    view! {
        <a class="idn-back" href=record><Icon name="chevron-left"/>{name.clone()}</a>
        <Page title=format!("What enforcing {name} would change") lead>
            {error}
            {standing}
            <nav class="chips" aria-label="Period">{chips.collect_view()}</nav>
            {figures}
            {stops}
            {boundary}
            {limits}
            {enforce}
        </Page>
    }
}

fn standing(found: &Found) -> impl IntoView + use<> {
    let o = &found.seen;
    let held = o.to_a_person + o.denied;
    let words = match (o.asked, held) {
        (0, _) => format!("It asked for nothing in {} days.", found.days),
        (asked, 0) => format!("All {} questions of {} days would be permitted.", count(asked as i64), found.days),
        (asked, held) => {
            format!(
                "Of {} questions in {} days it would hold back {}.",
                count(asked as i64),
                found.days,
                count(held as i64)
            )
        }
    };
    match found.it.mode {
        Mode::Observe => {
            view! { <Banner state=State::Wait title="Observed only: nothing is held back, save above the floor.">{words}</Banner> }
        }
        Mode::Enforce => view! { <Banner state=State::Allow title="It is enforced.">{words}</Banner> },
    }
}

fn figures(o: &Observation) -> impl IntoView + use<> {
    let of = |n: usize| match o.asked {
        0 => "nothing asked".to_owned(),
        all => format!("{}.{} % of what it asked", n * 1_000 / all / 10, n * 1_000 / all % 10),
    };
    let n = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX));
    let more = match (o.cut, o.erased) {
        (true, _) => "the newest; there are more".to_owned(),
        (false, 0) => "all of the period".to_owned(),
        (false, erased) => format!("{erased} more were erased"),
    };
    let [asked, permitted, person, denied] = [o.asked, o.permitted, o.to_a_person, o.denied].map(n);
    let [permitted_of, person_of, denied_of] = [o.permitted, o.to_a_person, o.denied].map(of);
    view! {
        <Figures>
            <Figure name="Asked" value=asked note=more/>
            <Figure name="Would be permitted" value=permitted note=permitted_of/>
            <Figure name="Would wait for a person" value=person note=person_of/>
            <Figure name="Would be denied" value=denied note=denied_of/>
        </Figures>
    }
}

fn stops(found: &Found) -> impl IntoView + use<> {
    let now = found.now;
    let rows = found.seen.stops.iter().map(|s| stop(s, now)).collect_view();
    let body = match found.seen.stops.is_empty() {
        true => view! { <Empty title="Nothing" why="All it asked for in this period would be permitted as it was."/> }
            .into_any(),
        false => {
            let columns = ["Action", "Answer", "Because of"]
                .map(Column::text)
                .into_iter()
                .chain([Column::number("Times"), Column::text("Last")]);
            view! { <Table caption="What enforcing would hold back" columns=columns.collect()>{rows}</Table> }
                .into_any()
        }
    };
    view! {
        <section class="ctn-section">
            <h2>"What it would hold back"</h2>
            <p class="note">"Sums over a day are as they were recorded: what would have been held back counted toward them."</p>
            {body}
        </section>
    }
}

fn stop(s: &Stop, now: Timestamp) -> impl IntoView + use<> {
    let (mark, word) = outcome_mark(s.answer.as_str(), None);
    let because: Vec<_> = s.because.iter().map(|b| visible_line(b).into_owned()).collect();
    let times = match s.held {
        0 => s.n.to_string(),
        held => format!("{} ({held} already were)", s.n),
    };
    let href = paths::decision(&s.last.to_string());
    view! {
        <tr>
            <th scope="row"><code>{visible_line(&s.action).into_owned()}</code></th>
            <td data-label="Answer"><Mark state=mark word/></td>
            <td data-label="Because of">{because.join(", ")}</td>
            <td class="num" data-label="Times">{times}</td>
            <td data-label="Last"><a href=href><Time at=s.last_at now/></a></td>
        </tr>
    }
}

fn enforce(found: &Found) -> impl IntoView + use<> {
    if !found.mends || found.it.mode == Mode::Enforce {
        return ().into_any();
    }
    let action = ServerAction::<Enforce>::new();
    let (id, version) = (found.it.id.to_string(), found.it.version.to_string());
    let drafted = found.seen.boundary.as_ref().and_then(|b| serde_json::to_string(b).ok());
    let document = drafted.map(|text| {
        view! {
            <input type="hidden" name="boundary" value=text/>
            <Checkbox label="Document the drafted boundary with it, in place of what stands there" name="document" value="yes" checked=true/>
        }
    });
    view! {
        <Panel title="Enforce it" id="enforce" note="From then on policy decides what it asks: what is above a limit waits for a person, what no rule permits is denied.">
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="version" value=version/>
                {document}
                <div class="actions"><Button>"Enforce from now on"</Button></div>
            </ActionForm>
        </Panel>
    }
    .into_any()
}
