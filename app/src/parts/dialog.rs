use super::icon::Icon;
use leptos::prelude::*;

/// A layer above the page that opens and closes without script (the browser's popover). For the step before something
/// grave, prefer a page of its own: it can be linked, printed and reloaded.
///
/// ```ignore
/// <DialogButton target="stop">"Stop…"</DialogButton>
/// <Dialog id="stop" title="Stop invoice-agent-07?"><form method="post" …/></Dialog>
/// ```
#[component]
pub fn Dialog(id: &'static str, #[prop(into)] title: String, children: Children) -> impl IntoView {
    let heading = format!("{id}-title");
    view! {
        <div id=id class="dialog" popover="auto" role="dialog" aria-labelledby=heading.clone()>
            <header class="dialog-head">
                <h2 id=heading.clone()>{title}</h2>
                <button type="button" class="button button-quiet" popovertarget=id popovertargetaction="hide" aria-label="Close"><Icon name="x"/></button>
            </header>
            {children()}
        </div>
    }
}

/// Opens the dialog of that id.
#[component]
pub fn DialogButton(target: &'static str, #[prop(optional)] quiet: bool, children: Children) -> impl IntoView {
    let class = if quiet { "button button-quiet" } else { "button" };
    view! { <button type="button" class=class popovertarget=target aria-haspopup="dialog">{children()}</button> }
}
