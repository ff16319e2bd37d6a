use super::mark::{Mark, State};
use leptos::prelude::*;

/// One name and value, with where it comes from and whether it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub name: String,
    pub value: String,
    pub href: Option<String>,
    /// Only where it says one: unknown, refuted …
    pub state: Option<(State, String)>,
    /// Source and age: "register, 3 min ago".
    pub source: Option<String>,
}

impl Fact {
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), href: None, state: None, source: None }
    }
}

/// Names and values, one a line.
///
/// `<Facts facts=vec![Fact::new("Team", identity.team)]/>`
#[component]
pub fn Facts(facts: Vec<Fact>) -> impl IntoView {
    let items = facts.into_iter().map(|f| {
        let value = match f.href {
            Some(href) => view! { <a href=href>{f.value}</a> }.into_any(),
            None => f.value.into_any(),
        };
        view! {
            <div>
                <dt>{f.name}</dt>
                <dd>
                    {f.state.map(|(state, word)| view! { <Mark state word/> " " })}
                    {value}
                    {f.source.map(|s| view! { <span class="source">{s}</span> })}
                </dd>
            </div>
        }
    });
    view! { <dl class="facts">{items.collect_view()}</dl> }
}
