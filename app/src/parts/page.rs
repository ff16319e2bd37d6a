//! The frame of a page, and the boxes in it.
use leptos::prelude::*;
use leptos_meta::Title;

/// One page: its title in the tab, its one heading, a line that answers the page's question, and what can be done at the top.
///
/// ```ignore
/// <Page title="Identities" lead="412 identities, 9 without an owner" actions=ViewFn::from(|| view! { … })>…</Page>
/// ```
#[component]
pub fn Page(
    #[prop(into)] title: String,
    #[prop(optional, into)] lead: Option<String>,
    #[prop(optional, into)] actions: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="page-head">
            <div>
                <h1 tabindex="-1">{title}</h1>
                {lead.map(|text| view! { <p class="lead">{text}</p> })}
            </div>
            {actions.map(|a| view! { <div class="actions">{a.run()}</div> })}
        </header>
        {children()}
    }
}

/// A box with a heading: one block of a record, one plot, one form.
#[component]
pub fn Panel(
    #[prop(into)] title: String,
    #[prop(optional, into)] note: Option<String>,
    /// For links to this place on the page.
    #[prop(optional, into)]
    id: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel" id=id>
            <h2>{title}</h2>
            {note.map(|text| view! { <p class="note">{text}</p> })}
            {children()}
        </section>
    }
}

/// A row of key figures.
#[component]
pub fn Figures(children: Children) -> impl IntoView {
    view! { <dl class="figures">{children()}</dl> }
}

/// One key figure: what, how much, and the words that give it meaning. A figure nothing measures says so in `value`.
///
/// `<Figure name="Without an owner" value="47" note="6 new since Monday"/>`
#[component]
pub fn Figure(
    #[prop(into)] name: String,
    #[prop(into)] value: String,
    #[prop(optional, into)] note: Option<String>,
    /// Where the list behind the number is.
    #[prop(optional, into)]
    href: Option<String>,
) -> impl IntoView {
    let number = match href {
        Some(href) => view! { <a href=href>{value}</a> }.into_any(),
        None => value.into_any(),
    };
    view! {
        <div class="figure">
            <dt>{name}</dt>
            <dd class="figure-value">{number}</dd>
            {note.map(|text| view! { <dd class="figure-note">{text}</dd> })}
        </div>
    }
}
