//! Pages know nothing of the path they are under: on the way out their addresses are put there, in tags alone, never in text.
use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use governance::error::Error;

/// Attributes that hold an address.
const ADDRESSES: [&str; 4] = ["href", "action", "formaction", "src"];
/// Files of the site are the same for every installation.
const SHARED: &str = "/assets/";
/// No page comes near it.
const LARGEST: usize = 32 << 20;

/// The answer, with every address of this origin in it put under `base`.
pub async fn under(base: &str, mut response: Response) -> Response {
    if let Some(to) = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok())
        && is_path(to)
        && let Ok(to) = HeaderValue::from_str(&format!("{base}{to}"))
    {
        response.headers_mut().insert(header::LOCATION, to);
    }
    let html =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !html {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    match to_bytes(body, LARGEST).await.map(|bytes| String::from_utf8(bytes.to_vec())) {
        Ok(Ok(html)) => Response::from_parts(parts, Body::from(rewritten(&html, base))),
        _ => crate::problem::Refusal(Error::broken("a page that could not be read")).into_response(),
    }
}

/// A path of this origin: one slash at its start.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//")
}

/// Our own HTML: every attribute value in double quotes, every `<` of a text escaped, script whole until its end tag.
fn rewritten(html: &str, base: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        out.push_str(text);
        let opens = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if !opens {
            out.push('<');
            rest = &tag[1..];
            continue;
        }
        let (tag, after) = tag.split_at(end_of_tag(tag));
        put(tag, base, &mut out);
        let raw = ["script", "style"].into_iter().find(|name| tag[1..].starts_with(name));
        let skip = raw.and_then(|name| after.find(&format!("</{name}"))).unwrap_or(0);
        out.push_str(&after[..skip]);
        rest = &after[skip..];
    }
    out.push_str(rest);
    out
}

/// Where the tag ends: after the first `>` outside quotes.
fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    for (at, c) in tag.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

/// Copies one tag, with `base` before each path among its addresses.
fn put(tag: &str, base: &str, out: &mut String) {
    let mut rest = tag;
    while let Some(open) = rest.find("=\"") {
        let value = open + 2;
        let close = rest[value..].find('"').map_or(rest.len(), |at| value + at + 1);
        let name = rest[..open].rsplit(|c: char| c.is_ascii_whitespace() || c == '"').next().unwrap_or("");
        out.push_str(&rest[..value]);
        let path = &rest[value..];
        if ADDRESSES.contains(&name) && is_path(path) && !path.starts_with(SHARED) {
            out.push_str(base);
        }
        out.push_str(&rest[value..close]);
        rest = &rest[close..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_tags_move_and_nothing_else_does() {
        for (html, expected) in [
            (r#"<a class="x" href="/inbox?a=1">"#, r#"<a class="x" href="/demo/inbox?a=1">"#),
            (r#"<form action="/_fn/x" method="post">"#, r#"<form action="/demo/_fn/x" method="post">"#),
            (r#"<a href="/">home</a>"#, r#"<a href="/demo/">home</a>"#),
            (r#"<link href="/assets/a.css">"#, r#"<link href="/assets/a.css">"#),
            (r##"<a href="#main">"##, r##"<a href="#main">"##),
            (r#"<a href="">"#, r#"<a href="">"#),
            (r#"<a href="//other">"#, r#"<a href="//other">"#),
            (r#"<a data-href="/x">"#, r#"<a data-href="/x">"#),
            (r#"<input value="/inbox/esc_1">"#, r#"<input value="/inbox/esc_1">"#),
            (r#"<p>say href="/x" and <b>go</b></p>"#, r#"<p>say href="/x" and <b>go</b></p>"#),
            (r#"<p title="a > b href=" href="/x">"#, r#"<p title="a > b href=" href="/demo/x">"#),
            (
                r#"<script nonce="n">x='<a href="/y">'</script><a href="/z">"#,
                r#"<script nonce="n">x='<a href="/y">'</script><a href="/demo/z">"#,
            ),
            ("<!DOCTYPE html><!--href=\"/x\"--> 1 < 2", "<!DOCTYPE html><!--href=\"/x\"--> 1 < 2"),
        ] {
            assert_eq!(rewritten(html, "/demo"), expected);
        }
    }

    #[tokio::test]
    async fn a_way_on_leads_to_the_same_installation() {
        for (to, expected) in [
            ("/inbox", "/demo/inbox"),
            ("https://cs.example/demo/inbox", "https://cs.example/demo/inbox"),
            ("//evil.test", "//evil.test"),
        ] {
            let response = axum::response::Redirect::to(to).into_response();
            assert_eq!(under("/demo", response).await.headers()[header::LOCATION], expected);
        }
    }
}
