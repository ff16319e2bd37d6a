//! What the address of the list says. Every view is a link; the exports read the same words.
use crate::paths;
use governance::{
    engine::identities::{Filter, Order},
    error::{Error, Result},
    id::PersonId,
};

/// The words an address may hold, in the order they are written.
const NAMES: [&str; 11] =
    ["q", "kind", "environment", "state", "mode", "owner", "finding", "priv", "unused", "source", "step"];

/// One view of the register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What narrows it, as the address has it.
    pairs: Vec<(&'static str, String)>,
    pub filter: Filter,
    pub order: Order,
    /// The cursor of the page before.
    pub after: Option<String>,
}

impl Query {
    /// Reads an address's query by name; empty values say nothing, and names of other things are left alone.
    ///
    /// # Errors
    /// `Invalid` for a word that is none of the choices, naming them.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let said = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let mut query = Self { after: said("after"), ..Self::default() };
        for name in NAMES {
            if let Some(value) = said(name) {
                narrow(&mut query.filter, name, &value)?;
                query.pairs.push((name, value));
            }
        }
        if let Some(word) = said("sort") {
            query.order = word.parse().map_err(|e: Error| Error::invalid(format!("sort: {}", e.detail)))?;
        }
        Ok(query)
    }

    /// What is narrowed by, as name and value.
    pub fn pairs(&self) -> &[(&'static str, String)] {
        &self.pairs
    }
    /// What one name says.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v)
    }
    /// The address of this view from its first line on; `path` is the list's own or an export's.
    pub fn href(&self, path: &str) -> String {
        address(path, &self.ordered(self.order))
    }
    /// What is narrowed by, and the order where it is not that of names.
    fn ordered(&self, order: Order) -> Vec<(&'static str, String)> {
        let mut pairs = self.pairs.clone();
        pairs.extend((order != Order::default()).then(|| ("sort", order.to_string())));
        pairs
    }
    /// This view in another order, from its first line on.
    pub fn by(&self, order: Order) -> String {
        address(paths::IDENTITIES, &self.ordered(order))
    }
    /// The same view, its next page.
    pub fn next(&self, cursor: &str) -> String {
        let mut pairs = self.ordered(self.order);
        pairs.push(("after", cursor.to_owned()));
        address(paths::IDENTITIES, &pairs)
    }
    /// This view with one word said otherwise; `None` takes it off.
    pub fn with(&self, name: &'static str, value: Option<&str>) -> String {
        let mut pairs: Vec<_> = self.ordered(self.order).into_iter().filter(|(n, _)| *n != name).collect();
        pairs.extend(value.map(|v| (name, v.to_owned())));
        address(paths::IDENTITIES, &pairs)
    }
}

fn narrow(f: &mut Filter, name: &str, value: &str) -> Result<()> {
    let in_place = |e: Error| Error::invalid(format!("{name}: {}", e.detail));
    match (name, value) {
        ("q", text) => f.text = Some(text.chars().take(256).collect()),
        ("kind", word) => f.kind = Some(word.parse().map_err(in_place)?),
        ("environment", "unknown") => f.environment_unknown = true,
        ("environment", word) => f.environment = Some(word.parse().map_err(in_place)?),
        ("state", "stopped") => f.stopped = true,
        ("state", word) => f.status = Some(word.parse().map_err(in_place)?),
        ("mode", word) => f.mode = Some(word.parse().map_err(in_place)?),
        ("owner", "none") => f.orphaned = true,
        ("owner", id) => {
            f.owner = Some(id.parse::<PersonId>().map_err(|e| Error::invalid(format!("owner: `none`, or {e}")))?);
        }
        ("finding", "open") => f.open = true,
        ("finding", rule) => f.finding = Some(rule.parse().map_err(in_place)?),
        ("priv", "standing") => f.standing = true,
        ("priv", _) => return Err(Error::invalid(format!("priv={value}: there is `standing`"))),
        ("unused", "90d") => f.unused = true,
        ("unused", _) => return Err(Error::invalid(format!("unused={value}: there is `90d`"))),
        ("step", word) => f.step = Some(word.parse().map_err(in_place)?),
        ("source", id) => f.source = Some(id.parse().map_err(|e| Error::invalid(format!("source: {e}")))?),
        _ => {}
    }
    Ok(())
}

fn address(path: &str, pairs: &[(&'static str, String)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// RFC 3986: what is not unreserved is escaped.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, b| {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use governance::{
        finding::Rule,
        identity::{Environment, Kind},
    };

    fn read(pairs: &[(&str, &str)]) -> Result<Query> {
        Query::read(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn an_address_reads_back_as_it_was_written() {
        let query =
            read(&[("kind", "agent"), ("finding", "no_owner"), ("q", "a&b ü"), ("mode", ""), ("done", "x")]).unwrap();
        assert_eq!(query.filter.kind, Some(Kind::Agent));
        assert_eq!(query.filter.finding, Some(Rule::NoOwner));
        assert_eq!(query.href("/identities.csv"), "/identities.csv?q=a%26b%20%C3%BC&kind=agent&finding=no_owner");
        assert_eq!(query.with("kind", None), "/identities?q=a%26b%20%C3%BC&finding=no_owner");
        assert_eq!(query.next("xyz"), "/identities?q=a%26b%20%C3%BC&kind=agent&finding=no_owner&after=xyz");
        let sorted = read(&[("kind", "agent"), ("sort", "worst")]).unwrap();
        assert_eq!(sorted.pairs().len(), 1, "an order narrows nothing");
        assert_eq!(sorted.href("/identities.csv"), "/identities.csv?kind=agent&sort=worst");
        assert_eq!(sorted.next("xyz"), "/identities?kind=agent&sort=worst&after=xyz");
        assert_eq!(sorted.with("kind", None), "/identities?sort=worst");
        assert_eq!(sorted.by(Order::Name), "/identities?kind=agent");
        let query = read(&[
            ("environment", "unknown"),
            ("owner", "none"),
            ("priv", "standing"),
            ("unused", "90d"),
            ("state", "stopped"),
        ])
        .unwrap();
        let want = Filter {
            environment_unknown: true,
            orphaned: true,
            standing: true,
            unused: true,
            stopped: true,
            ..Filter::default()
        };
        assert_eq!(query.filter, want);
        assert_eq!(read(&[("environment", "test")]).unwrap().filter.environment, Some(Environment::Test));
    }

    #[test]
    fn a_wrong_word_is_named() {
        for (name, value) in [
            ("kind", "robot"),
            ("environment", "moon"),
            ("state", "gone"),
            ("mode", "x"),
            ("owner", "ana"),
            ("finding", "bad"),
            ("priv", "all"),
            ("unused", "1d"),
            ("source", "x"),
            ("sort", "luck"),
        ] {
            let e = read(&[(name, value)]).unwrap_err();
            assert!(e.detail.starts_with(name), "{}", e.detail);
        }
    }
}
