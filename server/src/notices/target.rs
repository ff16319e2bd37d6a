//! Addresses that notices may be sent to, read strictly.
use axum::http::Uri;
use governance::error::{Error, Result};
use std::{collections::BTreeSet, net::IpAddr};

/// Longest address that is taken, in bytes.
const MAX: usize = 2_048;

/// `https://host[:port]/path`, or `http` on this machine. Its path may be a secret (chat services make it one), so it is
/// never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub origin: Origin,
    pub path: String,
}

/// Scheme, host (lower case, no brackets) and port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub https: bool,
    pub host: String,
    pub port: u16,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/…", self.origin)
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.authority())
    }
}

impl Origin {
    /// As the header `Host` says it.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.https { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
    fn on_this_machine(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl Target {
    /// # Errors
    /// `Invalid`, saying what is wrong with it, never what it is.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("not an address notices can be sent to: {why}"));
        if text.len() > MAX || text.contains('#') {
            return Err(bad("it is longer than 2,048 bytes or has a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_| bad("it is no address like https://host/path"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad("it must begin with https://")),
        };
        let authority = uri.authority().ok_or_else(|| bad("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("it carries a user or password"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = match authority.port_u16() {
            Some(port) => port,
            // whatever follows the host then is no port: not a number, or beyond 65,535
            None if authority.as_str() != authority.host() => return Err(bad("its port is no port")),
            None if https => 443,
            None => 80,
        };
        if host.is_empty() {
            return Err(bad("it names no host"));
        }
        let origin = Origin { https, host, port };
        if !https && !origin.on_this_machine() {
            return Err(bad("http is for this machine alone; use https"));
        }
        let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        Ok(Self { origin, path: if path.starts_with('/') { path } else { format!("/{path}") } })
    }
}

/// How far an address may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The operator named it: also into our own networks.
    Anywhere,
    /// Somebody else named it: to public addresses alone.
    Public,
}

/// Where requesters may ask to be called back: origins the operator named. None: nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Must lead to public addresses.
    pub public: BTreeSet<Origin>,
    /// May lead into our own networks.
    pub internal: BTreeSet<Origin>,
}

impl Allowed {
    /// Reads origins as `https://host[:port]`.
    ///
    /// # Errors
    /// `Invalid`, naming the one that is none.
    pub fn read(public: &[String], internal: &[String]) -> Result<Self> {
        let origins = |list: &[String], option: &str| -> Result<BTreeSet<Origin>> {
            let one = |text: &String| {
                let target =
                    Target::parse(text).map_err(|e| Error::invalid(format!("--{option} {text}: {}", e.detail)))?;
                match target.path.as_str() {
                    "/" => Ok(target.origin),
                    _ => Err(Error::invalid(format!("--{option} {text}: name scheme, host and port alone"))),
                }
            };
            list.iter().map(one).collect()
        };
        Ok(Self { public: origins(public, "callback-allow")?, internal: origins(internal, "callback-internal")? })
    }

    /// Whether a requester may be called back there.
    ///
    /// # Errors
    /// `Invalid`, saying how to mend it.
    pub fn check(&self, endpoint: &str) -> Result<(Target, Reach)> {
        let target = Target::parse(endpoint).map_err(|e| Error::invalid(format!("callback.endpoint: {}", e.detail)))?;
        if self.internal.contains(&target.origin) {
            return Ok((target, Reach::Anywhere));
        }
        if self.public.contains(&target.origin) && target.origin.https {
            return Ok((target, Reach::Public));
        }
        Err(Error::invalid(
            "callback.endpoint: this installation calls nobody back there; leave callback out and poll with Prefer: wait=30, or have its operator name the address with --callback-allow",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_this_machine_are_addresses() {
        let read = |text: &str| Target::parse(text).ok().map(|t| (t.origin.to_string(), t.path));
        let is =
            |text: &str, origin: &str, path: &str| assert_eq!(read(text), Some((origin.into(), path.into())), "{text}");
        is("https://Hooks.Example/services/T0/B0?x=1", "https://hooks.example", "/services/T0/B0?x=1");
        is("https://hooks.example:8443", "https://hooks.example:8443", "/");
        is("http://127.0.0.1:9000/in", "http://127.0.0.1:9000", "/in");
        is("http://[::1]:9000/in", "http://[::1]:9000", "/in");
        is("http://localhost/in", "http://localhost", "/in");
        for bad in [
            "http://hooks.example/in",
            "http://127.0.0.1.hooks.example/in",
            "http://10.0.0.1/in",
            "ftp://hooks.example",
            "https://me:secret@hooks.example/",
            "https://hooks.example/#x",
            "https://",
            "//hooks.example",
            "hooks.example/in",
            "https://hooks.example:99999/",
            "",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_printed_of_an_address_is_no_secret() {
        let target = Target::parse("https://hooks.example/services/T0/SECRET").unwrap();
        assert_eq!(format!("{target:?}"), "https://hooks.example/…");
    }

    #[test]
    fn a_requester_is_called_back_only_where_the_operator_said() {
        let allowed = Allowed::read(&["https://agents.example".into()], &["http://127.0.0.1:9000".into()]).unwrap();
        let reach = |endpoint: &str| allowed.check(endpoint).ok().map(|(_, reach)| reach);
        assert_eq!(reach("https://agents.example/callbacks"), Some(Reach::Public));
        assert_eq!(reach("http://127.0.0.1:9000/callbacks"), Some(Reach::Anywhere));
        for no in [
            "https://agents.example:444/",
            "https://other.example/",
            "http://127.0.0.1:9001/",
            "https://agents.example.evil/",
        ] {
            assert_eq!(reach(no), None, "{no}");
        }
        assert!(Allowed::default().check("https://agents.example/").is_err());
        assert!(Allowed::read(&["https://agents.example/path".into()], &[]).is_err());
    }
}
