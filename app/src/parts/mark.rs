use crate::assets::icons;
use leptos::prelude::*;

/// The six states the console tells apart, each by shape, word and colour together (ux.md §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Allowed, approved, satisfied: a circle.
    Allow,
    /// Waits for somebody, or high: a triangle.
    Wait,
    /// Denied, refused, critical: an octagon.
    Deny,
    /// Information, medium: a square.
    Info,
    /// Between agents: a diamond.
    Agent,
    /// Not known. A dashed ring: it looks unfinished on purpose.
    Unknown,
}

impl State {
    #[must_use]
    pub const fn shape(self) -> &'static str {
        match self {
            Self::Allow => "circle",
            Self::Wait => "triangle",
            Self::Deny => "octagon",
            Self::Info => "square",
            Self::Agent => "diamond",
            Self::Unknown => "ring",
        }
    }
    /// The word the tokens use: `--allow-ink`, `.is-allow`.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Allow => "is-allow",
            Self::Wait => "is-wait",
            Self::Deny => "is-deny",
            Self::Info => "is-info",
            Self::Agent => "is-agent",
            Self::Unknown => "is-unknown",
        }
    }
}

/// A state in running text or a list: shape, colour and `word`. With `quiet` the word is for screen readers alone, where the
/// same word stands close by.
///
/// `<Mark state=State::Deny word="Denied"/>`
#[component]
pub fn Mark(state: State, #[prop(into)] word: String, #[prop(optional)] quiet: bool) -> impl IntoView {
    let href = format!("{}#s-{}", icons(), state.shape());
    view! {
        <span class=format!("mark {}", state.class())>
            <svg class="shape" aria-hidden="true" width="12" height="12"><use href=href></use></svg>
            <span class=if quiet { "sr" } else { "mark-word" }>{word}</span>
        </span>
    }
}

/// A word in a tinted box: a tier, a role, a mode. Give it a state only where it says one.
///
/// `<Tag>"observe"</Tag>` · `<Tag state=State::Wait>"High"</Tag>`
#[component]
pub fn Tag(#[prop(optional)] state: Option<State>, children: Children) -> impl IntoView {
    let class = state.map_or_else(|| "tag".to_owned(), |s| format!("tag {}", s.class()));
    let shape = state.map(|s| {
        let href = format!("{}#s-{}", icons(), s.shape());
        view! { <svg class="shape" aria-hidden="true" width="10" height="10"><use href=href></use></svg> }
    });
    view! { <span class=class>{shape}{children()}</span> }
}
