//! Text for machines: shown in the mono face without ligatures, and copied whole.
use leptos::prelude::*;

/// Several lines to read or to copy.
///
/// `<CodeBlock label="The call" text=curl/>`
#[component]
pub fn CodeBlock(
    /// Names the block for those who cannot see it.
    #[prop(into)]
    label: String,
    #[prop(into)] text: String,
) -> impl IntoView {
    view! {
        <div class="code">
            <Copy text=text.clone()/>
            <pre tabindex="0" role="region" aria-label=label><code>{text}</code></pre>
        </div>
    }
}

/// A button that copies `text`. Without script it is not shown: there is nothing it could do.
#[island]
pub fn Copy(text: String) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        write(&text);
        copied.set(true);
        set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
    };
    view! {
        <button type="button" class="button button-quiet copy scripted-only" on:click=copy>
            <span aria-live="polite">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
fn write(text: &str) {
    // The promise is of no use: where the browser refuses, the text stands beside the button.
    drop(window().navigator().clipboard().write_text(text));
}
#[cfg(not(feature = "hydrate"))]
fn write(_: &str) {}

/// A hash or an account number in groups of four, whole. `short` keeps the first and last two groups.
///
/// `<Digest hex=card.digest/>`
#[component]
pub fn Digest(#[prop(into)] hex: String, #[prop(optional)] short: bool) -> impl IntoView {
    let groups = grouped(&hex);
    let shown = match (short, &groups[..]) {
        (true, [a, b, .., y, z]) if groups.len() > 4 => format!("{a} {b} … {y} {z}"),
        _ => groups.join(" "),
    };
    view! { <code class="digest" title=hex>{shown}</code> }
}

fn grouped(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(4).map(|four| four.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn groups_are_of_four() {
        assert_eq!(grouped("9f3a71c02be4a"), ["9f3a", "71c0", "2be4", "a"]);
        assert!(grouped("").is_empty());
    }
}
