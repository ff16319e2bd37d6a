//! What each rule may do by itself.
use super::{calls::SetRule, show::Found};
use crate::parts::{Button, Column, Mark, State, Table};
use governance::watch::reaction::{Measure, Mode, Reaction};
use leptos::prelude::*;

const fn mode_words(mode: Mode) -> (State, &'static str) {
    match mode {
        Mode::Off => (State::Unknown, "Off"),
        Mode::Would => (State::Info, "Says what it would do"),
        Mode::On => (State::Allow, "Acts"),
    }
}

const fn measure_words(measure: Measure) -> &'static str {
    match measure {
        Measure::Narrow => "Narrow: each act needs a person",
        Measure::Suspend => "Suspend: nothing is permitted",
        Measure::Revoke => "Stop: nothing is permitted, and what was allowed ends",
    }
}

pub fn table(found: &Found) -> impl IntoView + use<> {
    let rows = found.rules.iter().map(|rule| line(rule, found.sets)).collect_view();
    let columns = ["When this is found", "Rule", "What it does", "Identities an hour", "Change"];
    view! {
        <section class="ctn-section" id="rules" aria-labelledby="rules-title">
            <h2 id="rules-title">"What rules may do by themselves"</h2>
            <p class="note">"A rule acts on what a gateway saw, in the commit that records it; an agent's own word never counts alone. The owner is told."</p>
            <Table caption="Rules" columns=columns.map(Column::text).to_vec()>{rows}</Table>
        </section>
    }
}

fn line(rule: &Reaction, sets: bool) -> impl IntoView + use<> {
    let (state, word) = mode_words(rule.mode);
    let change = match sets {
        true => change(rule).into_any(),
        false => view! { "–" }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{rule.rule.title()}</th>
            <td data-label="Rule"><Mark state word/></td>
            <td data-label="What it does">{measure_words(rule.measure)}</td>
            <td data-label="Identities an hour">{rule.cap}" at most"</td>
            <td data-label="Change" class="ctn-wide">{change}</td>
        </tr>
    }
}

fn change(rule: &Reaction) -> impl IntoView + use<> {
    let action = ServerAction::<SetRule>::new();
    let name = rule.rule.as_str();
    let ids = ["mode", "measure", "cap"].map(|field| format!("f-{name}-{field}"));
    let [mode, measure, cap] = ids;
    let (title, most) = (rule.rule.title().to_lowercase(), rule.cap);
    let modes = Mode::ALL.iter().map(|m| choice(m.as_str(), mode_words(*m).1, *m == rule.mode)).collect_view();
    let measures =
        Measure::ALL.iter().map(|m| choice(m.as_str(), measure_words(*m), *m == rule.measure)).collect_view();
    view! {
        <details class="idn-mend idn-close">
            <summary>"Change "{title}</summary>
            <ActionForm action=action>
                <input type="hidden" name="rule" value=name/>
                <div class="field"><label for=mode.clone()>"It"</label><select id=mode name="mode">{modes}</select></div>
                <div class="field"><label for=measure.clone()>"What it does"</label><select id=measure name="measure">{measures}</select></div>
                <div class="field">
                    <label for=cap.clone()>"Identities an hour, at most"</label>
                    <input id=cap name="cap" type="number" min="1" max="1000" value=most required=true/>
                </div>
                <div class="actions"><Button>"Set the rule"</Button></div>
            </ActionForm>
        </details>
    }
}

fn choice(value: &'static str, words: &'static str, selected: bool) -> impl IntoView {
    view! { <option value=value selected=selected>{words}</option> }
}
