//! The console's files, compiled into the binary: named by their hash, so a browser may keep them for ever, and stored
//! compressed, so nothing is compressed while somebody waits.
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::config::LeptosOptions;

struct Site {
    /// What script and wasm share of their names: `app-<hash>`.
    script: Option<&'static str>,
    style: Option<&'static str>,
    icons: Option<&'static str>,
    favicon: Option<&'static str>,
    font: Option<&'static str>,
    files: &'static [File],
}

/// Not every build has files.
#[allow(dead_code, reason = "a build without a site makes none")]
struct File {
    name: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gz: Option<&'static [u8]>,
}

static SITE: Site = include!(env!("COUNTERSIGN_SITE_MANIFEST"));

/// Tells the pages what the files are called, and leptos what the browser half is called.
#[must_use]
pub fn install() -> LeptosOptions {
    app::assets::install(app::assets::Assets {
        style: SITE.style,
        icons: SITE.icons,
        favicon: SITE.favicon,
        font: SITE.font,
        script: SITE.script.is_some(),
    });
    LeptosOptions::builder().output_name(SITE.script.unwrap_or("app")).site_pkg_dir("assets").build()
}

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = SITE.files.iter().find(|f| f.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
    let (bytes, encoding) = match (file.br, file.gz) {
        (Some(br), _) if accepts(accepted, "br") => (br, Some("br")),
        (_, Some(gz)) if accepts(accepted, "gzip") => (gz, Some("gzip")),
        _ => (file.plain, None),
    };
    let mut response = Response::new(Body::from(Bytes::from_static(bytes)));
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether an `Accept-Encoding` value (RFC 9110 §12.5.3) names `coding` with a weight above zero.
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|part| {
        let mut parts = part.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding))
            && !parts.any(|p| {
                p.strip_prefix("q=")
                    .or_else(|| p.strip_prefix("Q="))
                    .is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn only_a_coding_that_is_asked_for_is_sent() {
        for (header, coding, expected) in [
            ("gzip, deflate, br, zstd", "br", true),
            ("gzip;q=1.0, br;q=0", "br", false),
            ("gzip;q=1.0, br;q=0.000", "br", false),
            ("BR", "br", true),
            ("brotli", "br", false),
            ("", "gzip", false),
            ("identity", "gzip", false),
        ] {
            assert_eq!(accepts(header, coding), expected, "{header} / {coding}");
        }
    }
}
