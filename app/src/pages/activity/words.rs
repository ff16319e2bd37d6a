//! What the agent said beside a decision, in its own words, and erasing that.
use super::calls::{EraseWords, Said};
use crate::parts::{Button, Panel};
use leptos::prelude::*;

/// Nothing where the caller sent none.
pub fn panel(id: &str, said: Option<Said>) -> Option<impl IntoView + use<>> {
    let said = said?;
    if said.erased {
        return Some(
            view! { <Panel title="The agent’s own words"><p>"Erased. The log keeps their hash."</p></Panel> }
                .into_any(),
        );
    }
    let text = |title: &'static str, words: Option<String>| {
        words.map(|words| {
            view! { <h3>{title}</h3><p class="words">{words}</p> }
        })
    };
    let (prompt, rationale) = (text("What it was told", said.prompt), text("Why it asks", said.rationale));
    let erase = said.erasable.then(|| {
        let action = ServerAction::<EraseWords>::new();
        let id = id.to_owned();
        view! {
            <details class="ctn-form">
                <summary>"Erase these words"</summary>
                <ActionForm action=action>
                    <input type="hidden" name="id" value=id/>
                    <div class="field">
                        <label for="f-reason">"Why (recorded)"</label>
                        <input id="f-reason" name="reason" type="text" required=true maxlength="1000" autocomplete="off"/>
                    </div>
                    <div class="actions"><Button>"Erase them"</Button></div>
                </ActionForm>
            </details>
        }
    });
    Some(
        view! {
            <Panel title="The agent’s own words, not checked" note="Kept beside the decision; policy never reads them.">
                {prompt}
                {rationale}
                {erase}
            </Panel>
        }
        .into_any(),
    )
}
