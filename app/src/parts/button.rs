use leptos::prelude::*;

/// How much a button weighs. None is coloured by its consequence: green Approve beside red Deny would bias the choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// The one thing this page is for.
    Primary,
    #[default]
    Plain,
    /// Beside others, without a border.
    Quiet,
}

impl Kind {
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Plain => "button",
            Self::Quiet => "button button-quiet",
        }
    }
}

/// Submits the form it stands in. `name` and `value` tell two buttons of one form apart. `key` is shown as a hint;
/// `busy` is what assistive technology hears while a slow answer is awaited.
///
/// `<Button kind=Kind::Primary name="vote" value="approve" key="A">"Approve once"</Button>`
#[component]
pub fn Button(
    #[prop(optional)] kind: Kind,
    #[prop(optional, into)] name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    /// The single key that does the same (ux.md §3.9).
    #[prop(optional)]
    key: Option<&'static str>,
    /// The id of a form elsewhere on the page.
    #[prop(optional, into)]
    form: Option<String>,
    #[prop(optional)] disabled: bool,
    children: Children,
) -> impl IntoView {
    let keyed = key.map(|k| k.to_lowercase());
    view! {
        <button type="submit" class=kind.class() name=name value=value form=form disabled=disabled data-key=keyed.clone() aria-keyshortcuts=keyed>
            {children()}
            {key.map(|k| view! { <kbd aria-hidden="true">{k}</kbd> })}
        </button>
    }
}

/// A link that looks like a button: it goes somewhere and changes nothing.
#[component]
pub fn LinkButton(
    #[prop(into)] href: String,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] key: Option<&'static str>,
    /// Suggests saving what it leads to.
    #[prop(optional)]
    download: bool,
    children: Children,
) -> impl IntoView {
    let keyed = key.map(|k| k.to_lowercase());
    view! {
        <a class=kind.class() href=href download=download.then_some("") data-key=keyed.clone() aria-keyshortcuts=keyed>
            {children()}
            {key.map(|k| view! { <kbd aria-hidden="true">{k}</kbd> })}
        </a>
    }
}
