use super::icon::Icon;
use leptos::prelude::*;

/// One link of a chain of hand-offs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// "Started by", "Agent", "Tool".
    pub role: String,
    pub name: String,
    pub href: Option<String>,
    /// Attestation age, credential state.
    pub note: String,
    /// What is missing in the attribution up to here, in words; shown in red.
    pub broken: Option<String>,
}

/// Who asked whom: from the person or trigger to the tool, in order.
///
/// `<Chain links=card.chain/>`
#[component]
pub fn Chain(links: Vec<Link>) -> impl IntoView {
    let last = links.len().saturating_sub(1);
    let items = links.into_iter().enumerate().map(|(i, link)| {
        let broken = link.broken.is_some();
        let name = match link.href {
            Some(href) => view! { <a class="chain-name" href=href>{link.name}</a> }.into_any(),
            None => view! { <span class="chain-name">{link.name}</span> }.into_any(),
        };
        view! {
            <li>
                <div class="chain-box" class:broken=broken>
                    <span class="chain-role">{link.role}</span>
                    {name}
                    <span class="chain-note">{link.note}</span>
                    {link.broken.map(|why| view! { <span class="chain-broken">{why}</span> })}
                </div>
                {(i < last).then(|| view! { <Icon name="arrow-right"/> })}
            </li>
        }
    });
    view! { <ol class="chain">{items.collect_view()}</ol> }
}
