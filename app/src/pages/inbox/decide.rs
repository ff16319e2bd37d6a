//! The form: after the evidence, never over it. What it asks for grows with the tier (ux.md R12); a denial asks for nothing.
use super::{
    Undo, Vote,
    calls::{STEP_UP_MINUTES, fresh},
    live::Look,
    show::Card,
    words::tier_word,
};
use crate::parts::{Banner, Button, Icon, State, ago};
use governance::{
    escalation::{Phase, ReasonCode, Seat, Verdict},
    text::visible_line,
};
use leptos::prelude::*;

pub fn undo_form(card: &Card) -> impl IntoView + use<> {
    let action = ServerAction::<Undo>::new();
    let (id, back) = (card.id().to_string(), card.href());
    view! {
        <ActionForm action=action>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="back" value=back/>
            <Button key="Z"><Icon name="undo-2"/>"Undo"</Button>
        </ActionForm>
    }
}

pub fn decide(card: &Card) -> impl IntoView + use<> {
    match (&card.shown.seats, card.phase()) {
        (Ok(seats), Phase::Pending | Phase::Held) if card.shown.card.is_some() => form(card, seats).into_any(),
        (Err(why), Phase::Pending) => {
            let title = why.strip_prefix("you may not decide: ").unwrap_or(why);
            let title = format!("You cannot decide this: {title}.");
            view! { <section class="decide" id="decide" aria-label="Decide"><Banner state=State::Unknown title/></section> }.into_any()
        }
        _ => ().into_any(),
    }
}

fn form(card: &Card, seats: &[Seat]) -> impl IntoView + use<> {
    let e = &card.shown.record.escalation;
    let tier = e.requirement.tier;
    let friction = tier.friction();
    let held = card.phase() == Phase::Held;
    let action = ServerAction::<Vote>::new();
    let stale = friction.step_up && !fresh(&card.viewer, card.viewer.now);
    let text = if friction.text > 0 {
        format!("Reason in your words (recorded; to approve, at least {} characters)", friction.text)
    } else {
        "Reason in your words (recorded, optional)".to_owned()
    };
    let code = if friction.code { "Reason (to approve, choose one)" } else { "Reason (optional)" };
    let hidden = [
        ("id", e.id.to_string()),
        ("digest", e.digest.clone()),
        ("card_version", e.card_version.to_string()),
        ("shown", card.sealed.clone()),
        ("back", card.href()),
    ]
    .map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let seat = (seats.len() > 1).then(|| whose(card, seats));
    let typed = card.shown.echo.as_ref().filter(|_| !held).map(|(what, value)| echo(what, value));
    let asks = format!("{}: {}", tier_word(tier), asks(card));
    let worded = friction.text > 0 && !held;
    let least = worded.then(|| friction.text.to_string());
    let look = (friction.look_s > 0 && !held).then(|| view! { <Look seconds=friction.look_s/> });
    view! {
        <section class="decide" id="decide" aria-labelledby="decide-title">
            <h2 id="decide-title">"Decide"</h2>
            {stale.then(|| step_up(card))}
            <ActionForm action=action attr:autocomplete="off" attr:data-decide="">
                // the default button does nothing: pressing Enter in a field decides nothing
                <button type="submit" disabled hidden aria-hidden="true"></button>
                {hidden.collect_view()}
                <div class="decide-fields">
                    {seat}
                    {codes(code, friction.code && !held)}
                    <div class="field field-wide">
                        <label for="f-reason">{text}</label>
                        <textarea id="f-reason" name="reason" rows="2" maxlength="2000" required=worded minlength=least></textarea>
                    </div>
                    {typed}
                </div>
                <div class="decide-buttons">
                    <button type="submit" class="button" name="verdict" value="deny" formnovalidate data-key="d" aria-keyshortcuts="d">"Deny"<kbd aria-hidden="true">"D"</kbd></button>
                    {(!held).then(|| view! {
                        <button type="submit" class="button" name="verdict" value="approve" data-approve="" aria-describedby="look">"Approve once"<kbd aria-hidden="true">"A"</kbd></button>
                    })}
                </div>
                <p class="note" id="look">
                    {look}
                    {asks}
                </p>
            </ActionForm>
        </section>
    }
}

/// What the tier asks for, in one line.
fn asks(card: &Card) -> String {
    let f = card.shown.record.escalation.requirement.tier.friction();
    let mut parts = Vec::new();
    if f.look_s > 0 {
        parts.push(format!("{} s to look", f.look_s));
    }
    if f.code {
        parts.push("a reason".into());
    }
    if f.echo {
        parts.push("one value typed".into());
    }
    if f.step_up {
        parts.push("a fresh sign-in".into());
    }
    let approving = if parts.is_empty() {
        "approving takes one click".to_owned()
    } else {
        format!("approving takes {}", parts.join(", "))
    };
    format!("{approving}; denying takes nothing and ends it for everybody.")
}

fn codes(label: &'static str, required: bool) -> impl IntoView {
    let group = |verdict: Verdict| {
        let fits = move |code: &&ReasonCode| **code != ReasonCode::Other && code.fits(verdict);
        ReasonCode::ALL
            .iter()
            .filter(fits)
            .map(|code| view! { <option value=code.as_str()>{code.label()}</option> })
            .collect_view()
    };
    view! {
        <div class="field">
            <label for="f-code">{label}</label>
            <select id="f-code" name="code" required=required data-key="a">
                <option value="">"Choose…"</option>
                <optgroup label="For approving">{group(Verdict::Approve)}</optgroup>
                <optgroup label="For denying">{group(Verdict::Deny)}</optgroup>
                <option value=ReasonCode::Other.as_str()>{ReasonCode::Other.label()}</option>
            </select>
        </div>
    }
}

fn whose(card: &Card, seats: &[Seat]) -> impl IntoView + use<> {
    let options: Vec<_> = seats
        .iter()
        .map(|s| {
            let own = s.person == card.viewer.id;
            let name = if own { "My own vote".to_owned() } else { format!("For {}", card.name(s.person)) };
            view! { <option value=s.person.to_string()>{name}</option> }
        })
        .collect();
    view! { <div class="field"><label for="f-seat">"Whose vote"</label><select id="f-seat" name="seat">{options}</select></div> }
}

/// The value itself stands on the card; typing it takes looking there. Only what reads otherwise there is repeated.
fn echo(what: &str, value: &str) -> impl IntoView + use<> {
    let label = format!("To approve, type {}", visible_line(what));
    let hint = if matches!(what, "the amount" | "the target" | "the agent") {
        view! { "Exactly as the headline has it" }.into_any()
    } else {
        view! { "Exactly so: " <code>{visible_line(value).into_owned()}</code> }.into_any()
    };
    view! {
        <div class="field">
            <label for="f-echo">{label}</label>
            <input id="f-echo" name="echo" type="text" autocomplete="off" spellcheck="false" required aria-describedby="f-echo-hint"/>
            <p class="hint" id="f-echo-hint">{hint}</p>
        </div>
    }
}

fn step_up(card: &Card) -> impl IntoView + use<> {
    let ago = ago(card.viewer.proved_at, card.viewer.now);
    if card.viewer.demo {
        let words = format!(
            "You proved who you are {ago}; it counts for {STEP_UP_MINUTES} min. In the demo, one press does it; at work it takes a one-time link or a passkey. Denying needs none."
        );
        return view! {
            <Banner state=State::Wait title="Approving this takes a fresh sign-in.">{words}</Banner>
            <form method="post" action=crate::paths::ACT_AS class="actions">
                <input type="hidden" name="email" value=card.viewer.email.clone()/>
                <input type="hidden" name="back" value=card.href()/>
                <Button>"Sign in afresh"</Button>
            </form>
        }
        .into_any();
    }
    let next = format!("?next={}", card.href());
    let command = format!("countersign person link {}", card.viewer.email);
    view! {
        <Banner state=State::Wait title="Approving this takes a fresh sign-in.">
            {format!("You proved who you are {ago}; it counts for {STEP_UP_MINUTES} min. Ask an admin for a one-time link (")}
            <code>{command}</code>
            "), open it in this browser with "<code>{next}</code>" at its end, and come back here. Denying needs none."
        </Banner>
    }
    .into_any()
}
