//! One bounded request: ten seconds for all of it, no redirects, no proxy, nothing read but the status.
use super::{
    guard::is_public,
    target::{Reach, Target},
};
use axum::http::{Method, Request, header};
use governance::error::Error;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

/// For finding the host, connecting, sending and the first line of the answer together.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Why a message did not arrive, in words without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub why: String,
    /// Trying again cannot help.
    pub lasting: bool,
}

impl Failure {
    fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), lasting: false }
    }
}

/// Sends over TLS with the system's certificates.
#[derive(Clone)]
pub struct Poster {
    tls: TlsConnector,
}

impl Poster {
    /// # Errors
    /// `Internal` if the provider cannot do what every version of TLS asks.
    pub fn new() -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            tracing::warn!("no certificates of authorities were found: nothing can be sent over https");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(Error::internal)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Posts a body. Only 2xx counts as arrived; 410 means never again.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn post(
        &self,
        to: &Target,
        reach: Reach,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        timeout(PATIENCE, self.attempt(to, reach, headers, body))
            .await
            .unwrap_or_else(|_| Err(Failure::passing("no answer in 10 seconds")))
    }

    async fn attempt(
        &self,
        to: &Target,
        reach: Reach,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        let origin = &to.origin;
        let stream = connect(&origin.host, origin.port, reach).await?;
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&to.path)
            .header(header::HOST, origin.authority())
            .header(header::USER_AGENT, concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .header(header::CONNECTION, "close");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| Failure { why: "the request cannot be written".into(), lasting: true })?;
        if !origin.https {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(origin.host.clone())
            .map_err(|_| Failure { why: "its host is no name that a certificate could have".into(), lasting: true })?;
        let stream =
            self.tls.connect(name, stream).await.map_err(|e| Failure::passing(format!("no TLS connection: {e}")))?;
        exchange(stream, request).await
    }
}

/// Resolves once and connects to what was checked, so that a name cannot change its mind in between.
async fn connect(host: &str, port: u16, reach: Reach) -> Result<TcpStream, Failure> {
    let found: Vec<SocketAddr> = lookup_host((host, port))
        .await
        .map_err(|e| Failure::passing(format!("its host was not found: {e}")))?
        .collect();
    if reach == Reach::Public && found.iter().any(|a| !is_public(a.ip())) {
        return Err(Failure { why: "its host leads into a private network".into(), lasting: true });
    }
    let mut last = "its host has no address".to_owned();
    for address in found {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(e) => last = format!("no connection: {e}"),
        }
    }
    Err(Failure::passing(last))
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |e: hyper::Error| Failure::passing(format!("no answer: {e}"));
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(64 * 1024);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // ends with this function: what follows the head of the answer is nobody's concern
    let mut driver = tokio::task::JoinSet::new();
    driver.spawn(connection);
    let status = sender.send_request(request).await.map_err(failed)?.status();
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 => Err(Failure::passing(format!("answered {status}; redirects are not followed"))),
        410 => Err(Failure { why: "answered 410: nothing is to be sent there".into(), lasting: true }),
        _ => Err(Failure::passing(format!("answered {status}"))),
    }
}
