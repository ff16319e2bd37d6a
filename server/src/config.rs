//! Where settings come from: the command line, then `COUNTERSIGN_*` variables (clap reads both), then the file that
//! `--config` names, then the defaults. The only place that reads the environment.
use governance::error::{Error, Result};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// Folder of this installation: SQLite file, signing key, exports [default: ./data]
    #[arg(long, global = true, env = "COUNTERSIGN_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// PostgreSQL instead of the SQLite file in the folder: postgres://user@host/database
    #[arg(long, global = true, env = "COUNTERSIGN_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// TOML file with the same settings; what is said here or in the environment goes before it
    #[arg(long, global = true, env = "COUNTERSIGN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON document for machines
    #[arg(long, global = true)]
    pub json: bool,
}

/// The file of `--config`. Every name is the long option's; an unknown one is an error, since a typing mistake must not
/// silently leave a default in force.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct File {
    pub data: Option<PathBuf>,
    pub database: Option<String>,
    pub listen: Option<SocketAddr>,
    pub public_url: Option<String>,
    pub log: Option<String>,
    pub log_json: Option<bool>,
    /// A table, `[notices]`, of the options below.
    #[serde(default)]
    pub notices: Notices,
}

/// How people and requesters are told. Secrets are read from files or from the environment, never from the command line.
#[derive(Debug, Clone, Default, clap::Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Notices {
    /// Tell a chat or a system of what waits: https://… (it may be a secret; also COUNTERSIGN_WEBHOOK_URL)
    #[arg(long, env = "COUNTERSIGN_WEBHOOK_URL", value_name = "URL", hide_env_values = true)]
    pub webhook_url: Option<String>,
    /// signed (CloudEvents, Standard Webhooks signatures) or slack [default: signed]
    #[arg(long, env = "COUNTERSIGN_WEBHOOK_FORMAT", value_name = "FORM")]
    pub webhook_format: Option<String>,
    /// File with the secret that signs: whsec_… (or COUNTERSIGN_WEBHOOK_SECRET)
    #[arg(long, env = "COUNTERSIGN_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    pub webhook_secret_file: Option<PathBuf>,
    /// Mail who can decide: smtps://HOST[:PORT] or smtp://HOST[:PORT]?tls=required
    #[arg(long, env = "COUNTERSIGN_SMTP_URL", value_name = "URL")]
    pub smtp_url: Option<String>,
    /// Whom mails come from
    #[arg(long, env = "COUNTERSIGN_SMTP_FROM", value_name = "ADDRESS")]
    pub smtp_from: Option<String>,
    /// User of the mail server
    #[arg(long, env = "COUNTERSIGN_SMTP_USER", value_name = "NAME")]
    pub smtp_user: Option<String>,
    /// File with that user's password (or COUNTERSIGN_SMTP_PASSWORD)
    #[arg(long, env = "COUNTERSIGN_SMTP_PASSWORD_FILE", value_name = "FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// Origins on the internet where requesters may ask to be called back: https://HOST[:PORT]
    #[arg(long, env = "COUNTERSIGN_CALLBACK_ALLOW", value_name = "ORIGIN", value_delimiter = ',')]
    pub callback_allow: Vec<String>,
    /// The same in networks of our own, this machine included
    #[arg(long, env = "COUNTERSIGN_CALLBACK_INTERNAL", value_name = "ORIGIN", value_delimiter = ',')]
    pub callback_internal: Vec<String>,
    #[arg(skip)]
    #[serde(skip)]
    pub webhook_secret: Option<String>,
    #[arg(skip)]
    #[serde(skip)]
    pub smtp_password: Option<String>,
}

impl Notices {
    /// What the command line and the environment say, else the file; secrets from the environment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the environment is read here alone")]
    pub fn or(self, file: Self) -> Self {
        let list = |here: Vec<String>, there| if here.is_empty() { there } else { here };
        let secret = |name| std::env::var(name).ok().filter(|s| !s.is_empty());
        Self {
            webhook_url: self.webhook_url.or(file.webhook_url),
            webhook_format: self.webhook_format.or(file.webhook_format),
            webhook_secret_file: self.webhook_secret_file.or(file.webhook_secret_file),
            smtp_url: self.smtp_url.or(file.smtp_url),
            smtp_from: self.smtp_from.or(file.smtp_from),
            smtp_user: self.smtp_user.or(file.smtp_user),
            smtp_password_file: self.smtp_password_file.or(file.smtp_password_file),
            callback_allow: list(self.callback_allow, file.callback_allow),
            callback_internal: list(self.callback_internal, file.callback_internal),
            webhook_secret: secret("COUNTERSIGN_WEBHOOK_SECRET"),
            smtp_password: secret("COUNTERSIGN_SMTP_PASSWORD"),
        }
    }
}

/// Where this installation lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub data: PathBuf,
    /// Absent: SQLite in the folder.
    pub database: Option<String>,
}

impl Common {
    /// The file's settings, or none where no file is named.
    ///
    /// # Errors
    /// `Invalid` with the file's name, line and column.
    pub fn file(&self) -> Result<File> {
        let Some(path) = &self.config else { return Ok(File::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::invalid(format!("the configuration {} cannot be read: {e}", path.display())))?;
        toml::from_str(&text).map_err(|e| {
            let line = e.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            Error::invalid(format!("{}, line {line}: {}", path.display(), e.message().replace('\n', " ")))
        })
    }

    /// # Errors
    /// As [`Common::file`].
    pub fn place(&self) -> Result<Place> {
        let file = self.file()?;
        let data = self.data.clone().or(file.data).unwrap_or_else(|| "./data".into());
        Ok(Place { data, database: self.database.clone().or(file.database) })
    }
}

/// How the console is reached from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `https://countersign.example` or `http://127.0.0.1:3000`, and [`Address::base`]: no slash at the end.
    pub url: String,
    pub https: bool,
    /// Said by whoever runs this, not guessed from the socket.
    pub configured: bool,
    /// The path this installation is under: none, or `/demo`.
    pub base: &'static str,
}

impl Address {
    /// The same process, under a path.
    #[must_use]
    pub fn under(&self, base: &'static str) -> Self {
        Self { url: format!("{}{base}", self.origin()), base, ..self.clone() }
    }

    /// Scheme, host and port, as browsers send it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.url.strip_suffix(self.base).unwrap_or(&self.url)
    }

    /// # Errors
    /// `Invalid` unless it is `http://` or `https://`, a host, perhaps a port, and nothing else.
    pub fn parse(url: &str) -> Result<Self> {
        let bad = || {
            Error::invalid(format!("--public-url {url:?} is not an address like https://countersign.example (no path)"))
        };
        let url = url.strip_suffix('/').unwrap_or(url);
        let uri: axum::http::Uri = url.parse().map_err(|_| bad())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad()),
        };
        let authority = uri.authority().ok_or_else(bad)?;
        if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(bad());
        }
        let url = format!("{}://{authority}", if https { "https" } else { "http" });
        Ok(Self { url, https, configured: true, base: "" })
    }

    /// What a browser on this machine would type.
    #[must_use]
    pub fn of(socket: SocketAddr) -> Self {
        let host = match socket {
            SocketAddr::V4(a) if a.ip().is_unspecified() => "127.0.0.1".to_owned(),
            SocketAddr::V6(a) if a.ip().is_unspecified() => "[::1]".to_owned(),
            SocketAddr::V4(a) => a.ip().to_string(),
            SocketAddr::V6(a) => format!("[{}]", a.ip()),
        };
        Self { url: format!("http://{host}:{}", socket.port()), https: false, configured: false, base: "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_scheme_and_host_alone() {
        for (url, kept) in [
            ("https://cs.example", Some("https://cs.example")),
            ("https://cs.example/", Some("https://cs.example")),
            ("http://127.0.0.1:3000", Some("http://127.0.0.1:3000")),
            ("https://cs.example/console", None),
            ("https://me@cs.example", None),
            ("https://cs.example?x", None),
            ("cs.example", None),
            ("ftp://cs.example", None),
            ("", None),
        ] {
            assert_eq!(Address::parse(url).ok().map(|a| a.url).as_deref(), kept, "{url}");
        }
    }

    #[test]
    fn an_address_under_a_path_is_of_the_same_origin() {
        let real = Address::parse("https://cs.example").unwrap();
        let demo = real.under("/demo");
        assert_eq!((demo.url.as_str(), demo.origin()), ("https://cs.example/demo", real.url.as_str()));
        assert_eq!(real.origin(), real.url);
    }

    #[test]
    fn an_unknown_setting_is_refused_with_its_line() {
        let path = std::env::temp_dir().join(format!("countersign-config-{}.toml", std::process::id()));
        std::fs::write(&path, "listen = \"127.0.0.1:3000\"\npublic-ulr = \"https://cs.example\"\n").unwrap();
        let common = Common { data: None, database: None, config: Some(path.clone()), json: false };
        let said = common.file().unwrap_err().to_string();
        std::fs::remove_file(path).unwrap();
        assert!(said.contains("line 2") && said.contains("public-ulr"), "{said}");
    }
}
