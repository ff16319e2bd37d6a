//! The top of the card: what it is, what became of it, what our checks refute, why it stopped.
use super::{
    decide::undo_form,
    show::Card,
    words::{field, many, operator, phase_word, sentence, tier_state, tier_word, value},
};
use crate::parts::{Banner, Countdown, State, Tag, Time, minutes};
use governance::{
    escalation::{Phase, Verdict, card::Stop, state::State as Stands},
    text::visible_line,
};
use leptos::prelude::*;

/// What became of it, where anything did, and the way on.
pub fn outcome(card: &Card) -> impl IntoView + use<> {
    let e = &card.shown.record.escalation;
    let (phase, now) = (card.phase(), card.viewer.now);
    let mine = e.votes.iter().find(|v| v.by == card.viewer.id).map(|v| v.verdict);
    let released = e.released_at.is_some();
    let title = match (phase, mine) {
        (Phase::Pending, Some(Verdict::Approve)) => "You approved this.".to_owned(),
        (Phase::Pending, _) => return ().into_any(),
        (Phase::Held, Some(_)) => "You approved this. It is held, so that you can take it back.".to_owned(),
        (Phase::Held, None) => "Approved. It is held for a moment, in case a voter takes it back.".to_owned(),
        (Phase::Approved, _) if e.phase() == Phase::Approved || e.phase() == Phase::Held => {
            "Approved: the agent may do it once.".to_owned()
        }
        (Phase::Denied, Some(Verdict::Deny)) => "You denied this.".to_owned(),
        _ => format!("{}.", phase_word(phase, released)),
    };
    let state = match phase {
        Phase::Pending | Phase::Held => State::Wait,
        Phase::Approved | Phase::Consumed => State::Allow,
        _ => State::Unknown,
    };
    let text = match &e.state {
        Stands::Pending if phase == Phase::Pending => {
            "More people are needed; you are told nothing of each other until then.".to_owned()
        }
        Stands::Held { until } if phase == Phase::Held => {
            let left = (*until - now).num_seconds().max(0);
            format!("Released in {left} s.")
        }
        Stands::Denied { at, by } => format!("By {} at {}. The agent was told no.", card.name(*by), minutes(*at)),
        Stands::Consumed { at, .. } => format!("The agent used it at {}; it cannot be used again.", minutes(*at)),
        Stands::Approved if phase == Phase::Approved => {
            e.usable_until().map_or(String::new(), |until| format!("It can be used until {}.", minutes(until)))
        }
        Stands::Cancelled { at } => format!("The agent no longer wants it, since {}.", minutes(*at)),
        Stands::Revoked { at } => format!("It was ended from above at {}.", minutes(*at)),
        _ if phase == Phase::Expired && released => "The agent may ask again.".to_owned(),
        _ if phase == Phase::Expired => {
            format!("Nobody answered by {}, and no answer means no.", minutes(e.expires_at))
        }
        _ => String::new(),
    };
    let undo = (phase == Phase::Held && mine.is_some()).then(|| undo_form(card));
    let next = card.next.clone().filter(|_| mine.is_some() || !phase.open());
    view! {
        <div class="outcome">
            <Banner state title=title>{text}</Banner>
            <div class="actions">
                {undo}
                {next.map(|href| view! { <a class="button button-quiet" href=href>"Next in the list"</a> })}
            </div>
        </div>
    }
    .into_any()
}

/// Tier, people, id, time left; then the sentence.
pub fn head(card: &Card, named: bool) -> impl IntoView + use<> {
    let (e, now) = (&card.shown.record.escalation, card.viewer.now);
    let tier = e.requirement.tier;
    let quorum = usize::try_from(e.requirement.quorum).unwrap_or(usize::MAX);
    let approved = e.votes.iter().filter(|v| v.verdict == Verdict::Approve).count();
    let people = format!("Needs {} · {approved} of {quorum}", many(quorum, "person", "people"));
    let open = card.phase().open();
    let id = e.id.to_string();
    let short = format!("ESC-{}", id[id.len().saturating_sub(6)..].to_uppercase());
    let time = if open {
        view! {
            <span class="meta-time"><Countdown until=e.expires_at now/> " · denied by itself at " <time datetime=e.expires_at.to_string()>{minutes(e.expires_at)}</time></span>
        }
        .into_any()
    } else {
        view! { <span class="meta-time">"asked " <Time at=e.opened_at now both=true/></span> }.into_any()
    };
    let changed = (e.card_version > 1).then(
        || view! { <Tag state=State::Wait>{format!("Changed since it opened: version {}", e.card_version)}</Tag> },
    );
    let words = headline_of(card);
    let headline = if named {
        view! { <h1 id="headline" tabindex="-1">{words}</h1> }.into_any()
    } else {
        view! { <h2 id="headline" class="headline" tabindex="-1">{words}</h2> }.into_any()
    };
    view! {
        <header class="card-head">
            <p class="meta">
                <Tag state=tier_state(tier)>{tier_word(tier)}</Tag>
                {open.then(|| view! { <Tag>{people}</Tag> })}
                {changed}
                <code title=id>{short}</code>
                {time}
            </p>
            {headline}
        </header>
    }
}

fn headline_of(card: &Card) -> impl IntoView + use<> {
    let Some(shown) = &card.shown.card else {
        return "The words of this card were erased; its record stays.".into_any();
    };
    let h = &shown.headline;
    let (actor, verb, target) =
        (visible_line(&h.actor).into_owned(), visible_line(&h.verb).into_owned(), visible_line(&h.target).into_owned());
    let amount = h.amount.as_ref().map(|a| format!(" {}", visible_line(&a.to_string())));
    let undone = match &h.reversibility {
        Some(words) => view! { " " <span class="reversible">{sentence(words)}</span> }.into_any(),
        None => view! { " " <span class="reversible">"Nobody has said whether it can be undone."</span> }.into_any(),
    };
    view! { <strong>{actor}</strong> " asks to " <strong>{verb}{amount}</strong> " (" <strong>{target}</strong> ")." {undone} }.into_any()
}

/// What our facts contradict, then every gate that matched.
pub fn why(card: &Card) -> impl IntoView + use<> {
    let shown = card.shown.card.as_ref()?;
    let unit = card.unit();
    let refuted: Vec<_> = shown.refuted.iter().map(|r| {
        let (claim, fact) = (value(&r.field, &r.claimed, unit.as_deref()), value(&r.field, &r.fact, unit.as_deref()));
        let source = format!("{}, {}", visible_line(&r.source), minutes(r.as_of));
        view! { <li><strong>{field(&r.field)} ": the request says " <q>{claim}</q> ", our record says " <q>{fact}</q> "."</strong> " " <span class="source-inline">{source}</span></li> }
    }).collect();
    let refuted = (!shown.refuted.is_empty()).then(|| {
        let title = many(shown.refuted.len(), "claim of this request is wrong", "claims of this request are wrong");
        view! {
            <section class="refuted" id="refuted" tabindex="-1" aria-label="Refuted by us">
                <Banner state=State::Deny title=format!("{title}.")><ul>{refuted}</ul></Banner>
            </section>
        }
    });
    let unusual = shown.normal.iter().filter(|n| n.unusual).count();
    let unusual = (unusual > 0).then(|| {
        format!("Outside what is normal for this agent: {unusual} of {}.", many(shown.normal.len(), "value", "values"))
    });
    let stops = shown.stops.iter().map(|s| stop(s, unit.as_deref())).collect_view();
    Some(view! {
        {refuted}
        <section class="why" aria-label="Why it stopped">
            {stops}
            {unusual.map(|text| view! { <p class="why-more">{text}</p> })}
        </section>
    })
}

fn stop(stop: &Stop, unit: Option<&str>) -> impl IntoView + use<> {
    let title = format!("Stopped by {}.", visible_line(&stop.rule));
    let reason = stop.reason.as_ref().map(|r| sentence(r));
    let limits: Vec<_> = stop
        .limits
        .iter()
        .map(|l| {
            let (is, limit) = (value(&l.field, &l.value, unit), value(&l.field, &l.limit, unit));
            view! { <li><code>{field(&l.field)}</code> " is " <strong>{is}</strong> ", " {operator(&l.operator).to_owned()} " the limit of " <strong>{limit}</strong> "."</li> }
        })
        .collect();
    let version = stop.text_hash.chars().take(8).collect::<String>();
    let place = format!("{}, line {}, text {version}", visible_line(&stop.file), stop.line);
    let people = format!(
        "Decided by {} from {}.",
        many(usize::try_from(stop.quorum).unwrap_or(usize::MAX), "person", "people"),
        visible_line(&stop.route)
    );
    view! {
        <Banner state=State::Wait title=title>
            {reason} " " {people}
            {(!limits.is_empty()).then(|| view! { <ul class="limits">{limits}</ul> })}
            <span class="source-inline">{place}</span>
        </Banner>
    }
}
