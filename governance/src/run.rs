//! A run: one execution, from what started it to its last act, whichever agents took part (product.md, Words). It carries the
//! highest class of data that was touched in it, so that work which passes through a queue or a file is caught too (UC-22).
use crate::id::{IdentityId, RunId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

crate::words! {
    /// Classes of data, the lowest first. A class that has another name counts as restricted: nobody here knows how little
    /// harm it can do.
    pub enum DataClass("class of data") {
        Public = "public",
        Internal = "internal",
        Confidential = "confidential",
        /// About people.
        Personal = "personal",
        Restricted = "restricted",
    }
}

impl DataClass {
    /// The class a source, a policy bundle or a report names.
    #[must_use]
    pub fn of(name: &str) -> Self {
        name.parse().unwrap_or(Self::Restricted)
    }
    /// The class an attribute names; what is no text is no class we know.
    #[must_use]
    pub fn of_value(value: &Value) -> Self {
        value.as_str().map_or(Self::Restricted, Self::of)
    }
}

/// One run as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    /// As a gateway or an agent names it.
    pub name: String,
    /// The agent that named it with its own key, whose run it is alone; `None`: a gateway named it, for all it speaks for.
    pub identity: Option<IdentityId>,
    /// The first believed kind of what started it: `person`, `schedule`, `event` or `self`.
    pub initiator: Option<String>,
    pub started_at: Timestamp,
    /// The highest class touched so far; it only rises. `None`: none that anybody named.
    pub data_class: Option<DataClass>,
    pub version: i64,
}

impl Run {
    /// Notes what was touched and what is said of its beginning; whether that changes anything.
    pub fn touch(&mut self, class: Option<DataClass>, initiator: Option<&str>) -> bool {
        let before = (self.data_class, self.initiator.is_some());
        self.data_class = self.data_class.max(class);
        if self.initiator.is_none() {
            self.initiator = initiator.map(str::to_owned);
        }
        before != (self.data_class, self.initiator.is_some())
    }
}

/// What `context.run` is to policy: `{name, data_class?}`.
#[must_use]
pub fn for_policy(name: &str, class: Option<DataClass>) -> Value {
    let mut it = Map::new();
    it.insert("name".into(), name.into());
    it.extend(class.map(|class| ("data_class".to_owned(), class.as_str().into())));
    it.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_class_nobody_knows_counts_as_the_highest() {
        assert_eq!(DataClass::of("internal"), DataClass::Internal);
        for odd in ["secret", "", "Restricted", "PUBLIC "] {
            assert_eq!(DataClass::of(odd), DataClass::Restricted, "{odd}");
        }
        assert_eq!(DataClass::of_value(&json!(["public"])), DataClass::Restricted);
        let names: Vec<_> = DataClass::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(names, ["public", "internal", "confidential", "personal", "restricted"], "the lowest first");
    }

    #[test]
    fn a_mark_only_rises_and_the_first_who_started_it_stays() {
        let mut run = Run {
            id: RunId::new(Timestamp::EPOCH, [1; 10]),
            name: "r".into(),
            identity: None,
            initiator: None,
            started_at: Timestamp::EPOCH,
            data_class: None,
            version: 0,
        };
        assert!(!run.touch(None, None));
        assert!(run.touch(Some(DataClass::Internal), None));
        assert!(run.touch(Some(DataClass::Restricted), Some("schedule")));
        assert!(!run.touch(Some(DataClass::Public), Some("person")));
        assert_eq!((run.data_class, run.initiator.as_deref()), (Some(DataClass::Restricted), Some("schedule")));
    }
}
