//! Fields of forms: label above, hint and error below and tied to the field, so that both are read out with it.
use leptos::prelude::*;

/// Ids of hint and error, for `aria-describedby`.
fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    let parts: Vec<_> =
        [(hint, "hint"), (error, "error")].into_iter().filter(|p| p.0).map(|p| format!("{id}-{}", p.1)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[component]
fn Notes(id: String, hint: Option<String>, error: Option<String>) -> impl IntoView {
    view! {
        {hint.map(|text| view! { <p class="hint" id=format!("{id}-hint")>{text}</p> })}
        {error.map(|text| view! { <p class="field-error" id=format!("{id}-error")>{text}</p> })}
    }
}

/// One line of input.
///
/// `<Field label="Reason" name="reason" hint="At least 15 characters" error=errors.reason/>`
#[component]
pub fn Field(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    /// `text` unless said: `email`, `number`, `date`, `search`, `password`.
    #[prop(optional)]
    kind: Option<&'static str>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    /// As HTML's `autocomplete`; `off` for what nobody should be offered again.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let id = format!("f-{name}");
    let by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input id=id.clone() name=name type=kind.unwrap_or("text") value=value placeholder=placeholder required=required
                autocomplete=autocomplete aria-describedby=by aria-invalid=invalid/>
            <Notes id hint error/>
        </div>
    }
}

/// Several lines of input.
#[component]
pub fn TextArea(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Option<String>,
    #[prop(default = 3)] rows: u32,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let id = format!("f-{name}");
    let by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea id=id.clone() name=name rows=rows.to_string() required=required aria-describedby=by aria-invalid=invalid>{value}</textarea>
            <Notes id hint error/>
        </div>
    }
}

/// One of a closed list. `options` are value and words; `selected` is a value.
///
/// `<Select label="Theme" name="theme" options=vec![("dark".into(), "Dark".into())] selected="dark"/>`
#[component]
pub fn Select(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    options: Vec<(String, String)>,
    #[prop(optional, into)] selected: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let id = format!("f-{name}");
    let by = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    let options = options.into_iter().map(|(value, words)| {
        let chosen = value == selected;
        view! { <option value=value selected=chosen>{words}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id.clone() name=name required=required aria-describedby=by aria-invalid=invalid>{options.collect_view()}</select>
            <Notes id hint error/>
        </div>
    }
}

/// Yes or no; sends `value` (unless said: `on`) when ticked and nothing otherwise.
#[component]
pub fn Checkbox(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional)] checked: bool,
    #[prop(optional, into)] hint: Option<String>,
) -> impl IntoView {
    let id = value.as_ref().map_or_else(|| format!("f-{name}"), |v| format!("f-{name}-{v}"));
    let by = described_by(&id, hint.is_some(), false);
    view! {
        <div class="check">
            <input type="checkbox" id=id.clone() name=name value=value.unwrap_or_else(|| "on".into()) checked=checked aria-describedby=by/>
            <label for=id.clone()>{label}</label>
            <Notes id hint error=None/>
        </div>
    }
}
