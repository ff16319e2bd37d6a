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
    /// `https://countersign.example` or `http://127.0.0.1:3000`: no path, no slash at the end.
    pub url: String,
    pub https: bool,
    /// Said by whoever runs this, not guessed from the socket.
    pub configured: bool,
}

impl Address {
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
        Ok(Self { url: format!("{}://{authority}", if https { "https" } else { "http" }), https, configured: true })
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
        Self { url: format!("http://{host}:{}", socket.port()), https: false, configured: false }
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
    fn an_unknown_setting_is_refused_with_its_line() {
        let path = std::env::temp_dir().join(format!("countersign-config-{}.toml", std::process::id()));
        std::fs::write(&path, "listen = \"127.0.0.1:3000\"\npublic-ulr = \"https://cs.example\"\n").unwrap();
        let common = Common { data: None, database: None, config: Some(path.clone()), json: false };
        let said = common.file().unwrap_err().to_string();
        std::fs::remove_file(path).unwrap();
        assert!(said.contains("line 2") && said.contains("public-ulr"), "{said}");
    }
}
