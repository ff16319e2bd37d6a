//! What rules did to identities, and would have done.
use super::{calls::UndoHeld, show::Found};
use crate::{
    pages::identities::words::{capital, severity_state},
    parts::{Button, Column, Mark, State, Table, Time},
    paths,
};
use governance::{
    text::visible_line,
    watch::reaction::{Containment, Measure, State as Held},
};
use leptos::prelude::*;

/// What a measure made of an identity.
pub const fn held_word(measure: Measure) -> &'static str {
    match measure {
        Measure::Narrow => "Narrowed",
        Measure::Suspend => "Suspended",
        Measure::Revoke => "Stopped",
    }
}

/// The field for the words of somebody who undoes something.
pub fn reason(field: String) -> impl IntoView {
    view! {
        <div class="field">
            <label for=field.clone()>"What you found (recorded)"</label>
            <input id=field name="reason" type="text" required=true maxlength="1000" autocomplete="off"/>
        </div>
    }
}

pub fn now(found: &Found) -> impl IntoView + use<> {
    if found.held.is_empty() {
        return ().into_any();
    }
    let rows = found.held.iter().map(|c| line(c, found)).collect_view();
    let columns = ["Identity", "What was done", "Since", "What was found", "Undo"].map(Column::text).to_vec();
    view! {
        <section class="ctn-section" aria-labelledby="held-title">
            <h2 id="held-title">"Held by rules"</h2>
            <Table caption="What rules did, newest first" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

fn identity(c: &Containment) -> impl IntoView + use<> {
    let href = paths::identity(&c.identity.to_string());
    view! { <a href=href>{visible_line(&c.name).into_owned()}</a> }
}

fn line(c: &Containment, found: &Found) -> impl IntoView + use<> {
    let now = found.now;
    let undo = match (c.revocation, found.undoes) {
        (Some(id), _) => {
            let href = paths::revocation(&id.to_string());
            view! { <a href=href>"As a revocation"</a> }.into_any()
        }
        (None, true) => undo(c).into_any(),
        (None, false) => view! { {people(c)} }.into_any(),
    };
    view! {
        <tr id=c.id.to_string()>
            <th scope="row">{identity(c)}</th>
            <td data-label="What was done"><Mark state=State::Wait word=held_word(c.measure)/></td>
            <td data-label="Since"><Time at=c.at now/></td>
            <td data-label="What was found" class="ctn-why ctn-wide">
                <Mark state=severity_state(c.severity) word=capital(c.severity.as_str())/>" "
                {visible_line(&c.words).into_owned()}
            </td>
            <td data-label="Undo" class="ctn-wide">{undo}</td>
        </tr>
    }
}

fn people(c: &Containment) -> &'static str {
    match (c.people(), c.first) {
        (1, _) => "takes one operator",
        (_, Some(_)) => "waits for a second person",
        (_, None) => "takes two people",
    }
}

fn undo(c: &Containment) -> impl IntoView + use<> {
    let action = ServerAction::<UndoHeld>::new();
    let (id, name) = (c.id.to_string(), visible_line(&c.name).into_owned());
    let (field, people) = (format!("f-undo-{id}"), people(c));
    view! {
        <details class="idn-mend idn-close">
            <summary>"Undo for "{name}</summary>
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                {reason(field)}
                <div class="actions"><Button>"It may act again"</Button></div>
                <p class="note">{people}</p>
            </ActionForm>
        </details>
    }
}

pub fn would(found: &Found) -> impl IntoView + use<> {
    if found.would.is_empty() {
        return ().into_any();
    }
    let now = found.now;
    let rows = found.would.iter().map(|c| {
        let (state, word) = match c.state {
            Held::Capped => (
                State::Wait,
                format!("Left alone: the rule was at its cap; it would be {}", held_word(c.measure).to_lowercase()),
            ),
            _ => (State::Info, format!("Would be {}", held_word(c.measure).to_lowercase())),
        };
        view! {
            <tr id=c.id.to_string()>
                <th scope="row">{identity(c)}</th>
                <td data-label="What would be done"><Mark state word/></td>
                <td data-label="When"><Time at=c.at now/></td>
                <td data-label="What was found" class="ctn-why">{visible_line(&c.words).into_owned()}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["Identity", "What would be done", "When", "What was found"].map(Column::text).to_vec();
    view! {
        <section class="ctn-section" aria-labelledby="would-title">
            <h2 id="would-title">"What rules would have done"</h2>
            <p class="note">"Nothing was done to these. Switch a rule on below once what it says is right."</p>
            <Table caption="What rules would have done, newest first" columns>{rows}</Table>
        </section>
    }
    .into_any()
}
