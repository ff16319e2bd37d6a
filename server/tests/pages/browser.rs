//! A browser without script: a cookie, pages, forms that lead somewhere.
use crate::app::{Reply, TestApp};
use axum::{body::Body, extract::ConnectInfo, http::Request};
use governance::id::PersonId;
use std::{collections::BTreeMap, net::SocketAddr};

/// Somebody signed in.
pub struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
}

fn from_here(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5_000))));
    request
}

impl<'a> Browser<'a> {
    /// By a one-time link.
    pub async fn sign_in(app: &'a TestApp, person: PersonId) -> Self {
        let link = app.fresh.gov.link_create(&app.fresh.operator(), person).await.unwrap();
        let request = Request::post(format!("/sign-in/{}", link.token)).header("sec-fetch-site", "same-origin");
        let reply = app.call(from_here(request.body(Body::empty()).unwrap())).await;
        let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
        assert!(cookie.contains('='), "{reply:?}");
        Self { app, cookie }
    }

    pub async fn get(&self, path: &str) -> Reply {
        let request = Request::get(path).header("cookie", &self.cookie).header("accept", "text/html");
        self.app.call(from_here(request.body(Body::empty()).unwrap())).await
    }

    /// Posts these fields as a script would, and hears the answer itself.
    pub async fn call(&self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let body = fields.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect::<Vec<_>>().join("&");
        let request = Request::post(action)
            .header("cookie", &self.cookie)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.app.call(from_here(request.body(body.into()).unwrap())).await
    }

    fn posted(&self, path: &str, action: &str, fields: &BTreeMap<String, String>) -> Request<Body> {
        let body = fields.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect::<Vec<_>>().join("&");
        let request = Request::post(action)
            .header("cookie", &self.cookie)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("referer", format!("https://cs.example{path}"));
        from_here(request.body(body.into()).unwrap())
    }

    /// Posts what no form of a page offers; the answer is not followed.
    pub async fn post(&self, path: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.app.call(self.posted(path, action, &fields)).await
    }

    /// Posts without fields, for the bytes of a file.
    pub async fn file(&self, path: &str, action: &str) -> (axum::http::StatusCode, Vec<u8>) {
        self.app.bytes(self.posted(path, action, &BTreeMap::new())).await
    }

    /// Presses the button of the form that `page` holds for `action`, with `changed` typed into it, and follows the answer.
    pub async fn submit(&self, path: &str, page: &str, action: &str, changed: &[(&str, &str)]) -> (String, Reply) {
        let mut fields = hidden(form(page, action));
        fields.extend(changed.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let reply = self.app.call(self.posted(path, action, &fields)).await;
        assert_eq!(reply.status, 302, "{}", reply.text);
        let to = reply.header("location").trim_start_matches("https://cs.example").to_owned();
        let page = self.get(&to).await;
        (to, page)
    }
}

/// The form of `page` that posts to `action`.
#[track_caller]
pub fn form<'p>(page: &'p str, action: &str) -> &'p str {
    let found = page
        .split("<form")
        .find(|f| f.split('>').next().is_some_and(|tag| tag.contains(&format!("action=\"{action}\""))));
    found.unwrap_or_else(|| panic!("no form for {action} in\n{}", text(page))).split("</form>").next().unwrap()
}

fn hidden(form: &str) -> BTreeMap<String, String> {
    let inputs =
        form.split("<input").skip(1).map(|i| i.split('>').next().unwrap()).filter(|i| i.contains("type=\"hidden\""));
    inputs.map(|i| (attribute(i, "name"), attribute(i, "value"))).collect()
}

fn attribute(tag: &str, name: &str) -> String {
    let value = tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
    value.replace("&amp;", "&")
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// What of a page is read: tags become spaces, runs of spaces one.
pub fn text(page: &str) -> String {
    let main = page.split("<main").nth(1).unwrap_or(page).split("</main>").next().unwrap();
    let mut out = String::new();
    let mut inside = true;
    for c in main.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    let plain = out
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'");
    plain.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace("( ", "(").replace(" )", ")")
}
