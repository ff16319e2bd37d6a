//! A browser without script: keeps cookies by their path, posts forms.
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, header},
};
use governance::testkit::Fresh;
use server::{
    config::Address,
    demo::Demo,
    router,
    state::{AppState, CookieKey},
};
use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc};
use tower::ServiceExt as _;

pub struct Visitor {
    pub fresh: Fresh,
    pub demo: Demo,
    router: Router,
    /// By name: value and path.
    pub jar: BTreeMap<String, (String, String)>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// The key that this page shows.
    pub fn key(&self) -> String {
        let shown = self.text.split("export KEY=").nth(1).unwrap_or_else(|| panic!("no key in {}", self.text));
        shown.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    }
    pub fn to(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

fn state(fresh: &Fresh, demo: &Demo, address: &Address) -> AppState {
    AppState::new(fresh.gov.clone(), address.clone(), CookieKey(Arc::new([7; 64]))).with_demo(demo.clone())
}

fn address() -> Address {
    Address { url: "http://127.0.0.1:3000".into(), https: false, configured: false, base: "" }
}

impl Visitor {
    /// Signed in as the first admin of a fresh installation.
    pub async fn admin(data: &Path) -> Self {
        let fresh = Fresh::sqlite().await;
        let demo = Demo::of(Some(data.to_owned()), &address());
        let router = router(state(&fresh, &demo, &address()));
        let mut it = Self { fresh, demo, router, jar: BTreeMap::new() };
        let link = it.fresh.gov.first_link().await.unwrap().unwrap();
        let reply = it.post(&format!("/sign-in/{}", link.token), "").await;
        assert_eq!((reply.status, reply.to()), (303, "/"));
        it
    }

    /// The process ends and another begins on the same folders; the browser keeps its cookies.
    pub async fn restart(&mut self, data: &Path) {
        self.demo.close().await;
        self.demo = Demo::of(Some(data.to_owned()), &address());
        self.demo.resume().await;
        self.router = router(state(&self.fresh, &self.demo, &address()));
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Reply {
        let path = request.uri().path().to_owned();
        let held = self.jar.iter().filter(|(_, (_, under))| under == "/" || path.starts_with(under.as_str()));
        let cookies = held.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() && !request.headers().contains_key("authorization") {
            request.headers_mut().insert("cookie", cookies.parse().unwrap());
        }
        request.headers_mut().insert("host", "127.0.0.1:3000".parse().unwrap());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5_000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let under = set.split("; ").find_map(|a| a.strip_prefix("Path=")).unwrap_or("/");
            self.jar.insert(name.to_owned(), (value.to_owned(), under.to_owned()));
        }
        let text = String::from_utf8_lossy(&to_bytes(body, 16 << 20).await.unwrap()).into_owned();
        Reply { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap()).await
    }

    /// As our own form would.
    pub async fn post(&mut self, path: &str, body: &str) -> Reply {
        self.post_as(path, "application/x-www-form-urlencoded", body.to_owned()).await
    }

    async fn post_as(&mut self, path: &str, kind: &str, body: String) -> Reply {
        let request = Request::builder().method(Method::POST).uri(path).header("accept", "text/html");
        let request = request.header("sec-fetch-site", "same-origin").header("content-type", kind);
        self.send(request.header("referer", format!("http://127.0.0.1:3000{path}")).body(body.into()).unwrap()).await
    }

    /// Sends a file by the form of that kind.
    pub async fn upload(&mut self, what: &str, name: &str, text: &str) -> Reply {
        self.upload_as(what, "", name, text).await
    }

    /// The same for a source that is given a name.
    pub async fn upload_as(&mut self, what: &str, source: &str, name: &str, text: &str) -> Reply {
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"what\"\r\n\r\n{what}\r\n--edge\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{source}\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n{text}\r\n--edge--\r\n"
        );
        self.post_as("/welcome/inventory", "multipart/form-data; boundary=edge", body).await
    }

    /// Sends a folder, each file under its path in it.
    pub async fn upload_folder(&mut self, what: &str, files: &[(&str, &str)]) -> Reply {
        let mut body = format!("--edge\r\nContent-Disposition: form-data; name=\"what\"\r\n\r\n{what}\r\n");
        for (path, text) in files {
            body += &format!(
                "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{path}\"\r\n\r\n{text}\r\n"
            );
        }
        self.post_as("/welcome/inventory", "multipart/form-data; boundary=edge", body + "--edge--\r\n").await
    }

    /// Asks for a decision with a key.
    pub async fn ask(&mut self, path: &str, key: &str, agent: &str, cents: u32) -> Reply {
        let body = serde_json::json!({
            "subject": {"type": "agent", "id": agent},
            "action": {"name": "refund.create", "properties": {"amount_minor": cents, "currency": "EUR"}},
            "resource": {"type": "account", "id": "stripe:test"},
        });
        let request = Request::post(path).header("authorization", format!("Bearer {key}"));
        self.send(request.header("content-type", "application/json").body(body.to_string().into()).unwrap()).await
    }

    /// Presses "Look around" until the demo is there and lets the visitor in.
    pub async fn look_around(&mut self) -> Reply {
        for _ in 0..600 {
            let reply = self.post("/welcome/demo", "").await;
            assert_eq!(reply.status, 303, "{reply:?}");
            if reply.to() != "/welcome" {
                return reply;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        panic!("no demo in two minutes: {:?}", self.demo.watch().borrow());
    }
}
