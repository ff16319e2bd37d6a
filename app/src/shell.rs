//! The HTML document around every page.
use crate::{
    assets::{assets, icons},
    demo::in_demo,
    look::{Density, Look, Theme},
    paths,
    routes::App,
};
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// `options.output_name` carries the hash of the browser half; see `server/src/web/site.rs`.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let look = look();
    let theme = (look.theme != Theme::System).then(|| look.theme.as_str());
    let density = (look.density != Density::Regular).then(|| look.density.as_str());
    let files = assets();
    let path = |name: &str| format!("/assets/{name}");
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-density=density data-keys=(!look.keys).then_some("off") data-icons=icons() data-base=in_demo().then_some(paths::DEMO)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                {files.font.map(|font| view! { <link rel="preload" href=path(font) r#as="font" r#type="font/woff2" crossorigin="anonymous"/> })}
                {files.style.map(|style| view! { <link rel="stylesheet" href=path(style)/> })}
                {files.favicon.map(|icon| view! { <link rel="icon" r#type="image/svg+xml" href=path(icon)/> })}
                {files.script.then(|| view! { <HydrationScripts options islands=true/> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// What this request's cookies say about appearance.
#[must_use]
pub fn look() -> Look {
    #[cfg(feature = "ssr")]
    if let Some(parts) = use_context::<http::request::Parts>() {
        let cookies = parts.headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        return Look::from_cookies(&cookies.collect::<Vec<_>>().join("; "));
    }
    Look::default()
}
