//! The console: pages, and the server functions they call.
//!
//! - `routes.rs` which page answers which address; `nav.rs` the navigation; `shell.rs` the document around them
//! - `pages/<noun>/` a page a file, its server functions in `calls.rs` beside it
//! - `parts/` shared pieces, each once; `look.rs` theme, density and keys; `paths.rs` every address
//!
//! Pages are HTML made on the server, with real links and forms; `#[island]`s are what comes alive in the browser.
pub mod assets;
pub mod demo;
pub mod error;
pub mod look;
pub mod nav;
pub mod pages;
pub mod parts;
pub mod paths;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod seal;
pub mod shell;
pub mod viewer;

/// Wakes the islands of the page. `scripted` on the root lets the style show what only script can do.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    if let Some(html) = leptos::prelude::document().document_element() {
        drop(html.class_list().add_1("scripted"));
        // server functions of the demo's pages are the demo's
        if let Some(base) = html.get_attribute("data-base") {
            leptos::server_fn::client::set_server_url(Box::leak(base.into_boxed_str()));
        }
    }
    leptos::mount::hydrate_islands();
}
