//! What the forms of a record share: which identity, in which version, behind a line that opens them.
use super::record::Shown;
use leptos::prelude::*;

/// The hidden fields every form has: whose it is, and what was looked at.
pub fn about(shown: &Shown) -> impl IntoView + use<> {
    let it = &shown.dossier.record.identity;
    view! {
        <input type="hidden" name="id" value=it.id.to_string()/>
        <input type="hidden" name="version" value=it.version.to_string()/>
    }
}

/// A form that is opened by its own words; open from the start where it mends a gap.
#[component]
pub fn Mend(title: &'static str, #[prop(optional)] open: bool, children: Children) -> impl IntoView {
    view! { <details class="idn-mend" open=open><summary>{title}</summary>{children()}</details> }
}

/// Text of several lines.
#[component]
pub fn Lines(
    label: &'static str,
    name: &'static str,
    #[prop(into)] value: String,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(default = 2)] rows: u32,
) -> impl IntoView {
    let id = format!("f-{name}");
    let hint_id = format!("{id}-hint");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea id=id name=name rows=rows.to_string() aria-describedby=hint.map(|_| hint_id.clone())>{value}</textarea>
            {hint.map(|text| view! { <p class="hint" id=hint_id.clone()>{text}</p> })}
        </div>
    }
}
