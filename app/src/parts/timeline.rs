use super::{
    mark::{Mark, State},
    time::Time,
};
use governance::time::Timestamp;
use leptos::prelude::*;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    pub state: State,
    /// The state's word: "Approved".
    pub word: String,
    /// Who did what, in a sentence.
    pub text: String,
    pub href: Option<String>,
}

/// What happened, oldest first.
///
/// `<Timeline entries now=ctx.at/>`
#[component]
pub fn Timeline(entries: Vec<Entry>, now: Timestamp) -> impl IntoView {
    let items = entries.into_iter().map(|e| {
        let text = match e.href {
            Some(href) => view! { <a href=href>{e.text}</a> }.into_any(),
            None => e.text.into_any(),
        };
        view! { <li><Mark state=e.state word=e.word/><span class="timeline-text">{text}</span><Time at=e.at now/></li> }
    });
    view! { <ol class="timeline">{items.collect_view()}</ol> }
}
