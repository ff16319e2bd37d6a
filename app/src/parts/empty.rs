use leptos::prelude::*;

/// What stands where a list has nothing: what the page answers, why it is empty, and (as children) the next step.
///
/// ```ignore
/// <Empty title="Nothing waiting" why="Last decision 14 min ago. 212 actions were allowed by policy since then."/>
/// ```
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] why: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{why}</p>
            {children.map(|c| view! { <div class="actions">{c()}</div> })}
        </div>
    }
}
