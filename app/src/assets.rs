//! Where the site's files are, by the names their content gave them.
use std::sync::OnceLock;

/// Public paths of the assembled site; each is absent in a build made without it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Assets {
    pub style: Option<&'static str>,
    pub icons: Option<&'static str>,
    pub favicon: Option<&'static str>,
    /// The one font worth loading before the style asks for it.
    pub font: Option<&'static str>,
    /// Whether there is a browser half to load.
    pub script: bool,
}

static ASSETS: OnceLock<Assets> = OnceLock::new();

/// Says once, at start, which files this process serves. A second call changes nothing.
pub fn install(assets: Assets) {
    let _ = ASSETS.set(assets);
}

#[must_use]
pub fn assets() -> Assets {
    ASSETS.get().copied().unwrap_or_default()
}

/// What stands before every path of this installation, for what an island asks for by itself: nothing, or `/demo`.
#[must_use]
pub fn base() -> String {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::document()
            .document_element()
            .and_then(|html| html.get_attribute("data-base"))
            .unwrap_or_default()
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

/// The sprite's path. An island reads it from the page that carries it.
#[must_use]
pub fn icons() -> String {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::document()
            .document_element()
            .and_then(|html| html.get_attribute("data-icons"))
            .unwrap_or_default()
    }
    #[cfg(not(feature = "hydrate"))]
    assets().icons.map(|name| format!("/assets/{name}")).unwrap_or_default()
}
