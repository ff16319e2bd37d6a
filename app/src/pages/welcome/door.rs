use crate::parts::Icon;
use leptos::prelude::*;

/// One way in: what it is, how long it takes, and (as children) what to press.
#[component]
pub fn Door(
    number: &'static str,
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] time: String,
    children: Children,
) -> impl IntoView {
    let id = format!("door-{number}");
    view! {
        <section class="panel door" aria-labelledby=id.clone()>
            <header>
                <span class="door-icon"><Icon name=icon/></span>
                <h2 id=id.clone()>{title}</h2>
                <span class="door-time">{time}</span>
            </header>
            {children()}
        </section>
    }
}
