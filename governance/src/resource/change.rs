//! What is said of a resource: one by one, in a list, over the API.
use super::{Kind, Resource, Trust};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// What is to be different. A part that is left out stays as it is; `Some(None)` empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// Needed for a new one; of one that is there it cannot be changed.
    pub kind: Option<Kind>,
    /// A person's address or id.
    #[serde(deserialize_with = "said")]
    pub owner: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    pub data_class: Option<Option<String>>,
    pub trust: Option<Trust>,
    /// RFC 3339; later than now.
    #[serde(deserialize_with = "said")]
    pub trusted_until: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    pub retention_days: Option<Option<u32>>,
    #[serde(deserialize_with = "said")]
    pub purpose: Option<Option<String>>,
    /// Of a new tool: the definition that may be used. A changed one is approved, not set.
    pub definition: Option<String>,
}

/// A member that is there is `Some`, also where it says `null`.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

impl Change {
    /// Applies it, with the owner it names already found, and names the parts that are different now.
    ///
    /// # Errors
    /// `Invalid`, naming the part; `Conflict` for another kind or another definition than it has.
    pub fn apply(&self, it: &mut Resource, owner: Option<PersonId>, at: Timestamp) -> Result<Vec<&'static str>> {
        if self.kind.is_some_and(|kind| kind != it.kind) {
            return Err(Error::conflict(format!("{} is a {}: remove it first", it.name(), it.kind)));
        }
        let mut changed = Vec::new();
        let mut note = |name, different: bool| changed.extend(different.then_some(name));
        if self.owner.is_some() {
            note("owner", set(&mut it.owner, owner));
        }
        if let Some(class) = &self.data_class {
            note("data_class", set(&mut it.data_class, text("data_class", class.as_ref(), 64)?));
        }
        if let Some(purpose) = &self.purpose {
            note("purpose", set(&mut it.purpose, text("purpose", purpose.as_ref(), 500)?));
        }
        if let Some(trust) = self.trust {
            note("trust", set(&mut it.trust, trust));
        }
        if let Some(until) = &self.trusted_until {
            let until = until.as_deref().map(|text| instant(text, at)).transpose()?;
            note("trusted_until", set(&mut it.trusted_until, until));
        }
        if it.trust != Trust::Trusted {
            it.trusted_until = None; // an end of what is not there
        }
        if let Some(days) = self.retention_days {
            if days.is_some() && it.kind != Kind::MemoryStore {
                return Err(Error::invalid(format!("retention_days: {} is a {}", it.name(), it.kind)));
            }
            note("retention_days", set(&mut it.retention_days, days));
        }
        if self.definition.is_some() && it.definition.is_some() && self.definition != it.definition {
            let why = format!("{} has another approved definition: approve the new one", it.name());
            return Err(Error::conflict(why));
        }
        Ok(changed)
    }

    /// Whether it says of something that it may be trusted, or trusted for longer, than before.
    #[must_use]
    pub fn vouches(&self, before: &Resource, after: &Resource) -> bool {
        let longer = match (before.trusted_until, after.trusted_until) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(was), Some(is)) => is > was,
        };
        let trusts = after.trust == Trust::Trusted && (before.trust != Trust::Trusted || longer);
        trusts || (self.definition.is_some() && before.definition.is_none())
    }
}

fn instant(text: &str, now: Timestamp) -> Result<Timestamp> {
    let at = Timestamp::parse(text)
        .ok_or_else(|| Error::invalid("trusted_until: not an instant like 2026-11-21T09:00:00Z"))?;
    if at <= now {
        return Err(Error::invalid("trusted_until: it must be later than now; to end it now, say untrusted"));
    }
    Ok(at)
}

fn text(what: &str, text: Option<&String>, most: usize) -> Result<Option<String>> {
    let text = text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    match &text {
        Some(t) if t.chars().count() > most => Err(Error::invalid(format!("{what}: at most {most} characters"))),
        _ => Ok(text),
    }
}

fn set<T: PartialEq>(at: &mut T, to: T) -> bool {
    let different = *at != to;
    *at = to;
    different
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ResourceId;
    use chrono::TimeDelta;

    fn at(second: i64) -> Timestamp {
        Timestamp::EPOCH + TimeDelta::seconds(second)
    }
    fn host() -> Resource {
        Resource::new(ResourceId::new(at(0), [1; 10]), Kind::Destination, ("destination", "a.example"), at(0)).unwrap()
    }
    fn read(json: &str) -> Change {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_left_out_stays_and_null_takes_away() {
        let mut it = host();
        let first = read(r#"{"data_class":"personal","trust":"trusted","trusted_until":"1970-01-01T00:01:00Z"}"#);
        assert_eq!(first.apply(&mut it, None, at(1)).unwrap(), ["data_class", "trust", "trusted_until"]);
        assert_eq!(it.trusted_until, Some(at(60)));
        assert_eq!(read("{}").apply(&mut it, None, at(1)).unwrap(), Vec::<&str>::new());
        assert_eq!(read(r#"{"data_class":null}"#).apply(&mut it, None, at(1)).unwrap(), ["data_class"]);
        assert_eq!(read(r#"{"trust":"untrusted"}"#).apply(&mut it, None, at(1)).unwrap(), ["trust"]);
        assert_eq!((it.data_class, it.trusted_until), (None, None), "the end of a trust goes with it");
    }

    #[test]
    fn who_makes_it_milder_vouches_for_it() {
        let check = |before: &str, after: &str, want: bool| {
            let mut was = host();
            read(before).apply(&mut was, None, at(1)).unwrap();
            let mut is = was.clone();
            let change = read(after);
            change.apply(&mut is, None, at(1)).unwrap();
            assert_eq!(change.vouches(&was, &is), want, "{before} {after}");
        };
        let (soon, later) = (r#""1970-01-01T00:01:00Z""#, r#""1970-01-01T00:02:00Z""#);
        let until = |end: &str| format!(r#"{{"trust":"trusted","trusted_until":{end}}}"#);
        check("{}", r#"{"trust":"trusted"}"#, true);
        check("{}", r#"{"trust":"untrusted","data_class":"public"}"#, false);
        check(&until(soon), &until(later), true);
        check(&until(later), &until(soon), false);
        check(&until(soon), &until("null"), true);
        check(&until("null"), &until(soon), false);
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for (bad, word) in [
            (r#"{"trusted_until":"1970-01-01T00:00:00Z"}"#, "later than now"),
            (r#"{"trusted_until":"soon"}"#, "not an instant"),
            (r#"{"retention_days":30}"#, "retention_days"),
            (r#"{"kind":"tool"}"#, "is a destination"),
        ] {
            let said = read(bad).apply(&mut host(), None, at(1)).unwrap_err().detail;
            assert!(said.contains(word), "{said}");
        }
        assert!(serde_json::from_str::<Change>(r#"{"trusted":true}"#).is_err());
    }
}
