//! Reading a leaf back: strictly, so that two readers never see two events in the same bytes.
use super::event::{EventKind, LEAF_MAX};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The largest integer that every reader of JSON reads alike (RFC 8785, appendix D).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// One entry of the log, as its leaf says it. Members stand in the order of the leaf's keys; what is absent is left out.
/// Meanings: [`super::event::Event`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acting: Option<String>,
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub build: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bundle: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub epochs: BTreeMap<String, i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub ids: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub initiator: Option<String>,
    #[serde(with = "kind")]
    pub kind: EventKind,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub observed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub payloads: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<String>,
    /// Index of the leaf in the log.
    pub seq: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task: Option<String>,
    #[serde(with = "instant")]
    pub time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub via: Option<String>,
}

impl Entry {
    /// Reads a leaf; bytes that this program would not have written are refused.
    ///
    /// # Errors
    /// `Invalid` when it is too long, no event, or not in canonical form (RFC 8785).
    pub fn parse(leaf: &[u8]) -> Result<Self> {
        if leaf.len() > LEAF_MAX {
            return Err(Error::invalid(format!("an entry of {} bytes is longer than {LEAF_MAX}", leaf.len())));
        }
        let this: Self = serde_json::from_slice(leaf)
            .map_err(|e| Error::invalid(format!("an entry of the log is no event: {e}")))?;
        let written = serde_json::to_vec(&this).map_err(Error::internal)?;
        if written != leaf {
            return Err(Error::invalid(format!("entry {} is not in canonical form", this.seq)));
        }
        Ok(this)
    }
}

mod kind {
    use super::EventKind;
    pub fn serialize<S: serde::Serializer>(kind: &EventKind, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(kind.as_str())
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<EventKind, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

mod instant {
    use super::Timestamp;
    pub fn serialize<S: serde::Serializer>(at: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(at)
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom("not an instant"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::option::of;
    use proptest::prelude::*;

    /// RFC 8785 by sorting a parsed value: another way to the same bytes.
    fn canonical(value: &serde_json::Value) -> String {
        use serde_json::Value::{Array, Object};
        match value {
            Object(map) => {
                let mut keys: Vec<_> = map.keys().collect();
                keys.sort_by_key(|k| k.encode_utf16().collect::<Vec<_>>());
                let member = |k: &&String| format!("{}:{}", serde_json::json!(k), canonical(&map[*k]));
                format!("{{{}}}", keys.iter().map(member).collect::<Vec<_>>().join(","))
            }
            Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
            other => other.to_string(),
        }
    }

    prop_compose! {
        fn any_event()(
            kind in prop::sample::select(EventKind::ALL),
            actor in any::<String>(),
            options in vec(of(any::<String>()), 13),
            reasons in vec(any::<String>(), 0..4),
            ids in btree_map(prop::sample::select(vec!["decision", "escalation", "grant", "identity"]), any::<String>(), 0..4),
            payloads in btree_map(prop::sample::select(vec!["parameters", "mail"]), "[0-9a-f]{64}", 0..2),
            epochs in btree_map("[ -~]{0,8}", -(1i64 << 53) + 1..(1i64 << 53), 0..3),
        ) -> Event {
            let mut o = options.into_iter();
            let mut next = || o.next().flatten();
            Event {
                kind, actor, reasons, ids, payloads, epochs,
                subject: next(), request: next(), outcome: next(), bundle: next(), run: next(), task: next(),
                initiator: next(), acting: next(), via: next(), observed_by: next(), build: next(), tool: next(),
            }
        }
    }

    proptest! {
        #[test]
        fn every_event_reads_back_from_canonical_bytes(
            event in any_event(), seq in 0..=MAX_INTEGER, micros in 0i64..253_402_300_800_000_000,
        ) {
            let at = Timestamp::from_micros(micros).unwrap();
            let leaf = event.leaf(seq, at).unwrap();
            let entry = Entry::parse(&leaf).unwrap();
            prop_assert_eq!((entry.seq, entry.time, entry.kind), (seq, at, event.kind));
            prop_assert_eq!(&entry.actor, &event.actor);
            prop_assert_eq!(&entry.reasons, &event.reasons);
            prop_assert_eq!(&entry.via, &event.via);
            prop_assert_eq!(&entry.epochs, &event.epochs);
            prop_assert_eq!(entry.ids.len(), event.ids.len());
            let value: serde_json::Value = serde_json::from_slice(&leaf).unwrap();
            prop_assert_eq!(canonical(&value), String::from_utf8(leaf).unwrap());
        }
    }

    #[test]
    fn what_no_reader_would_read_alike_is_not_written() {
        let at = Timestamp::EPOCH;
        let event = Event::new(EventKind::Gap, "system");
        assert!(event.leaf(MAX_INTEGER, at).is_ok());
        assert!(event.leaf(MAX_INTEGER + 1, at).is_err());
        assert!(event.leaf(0, Timestamp::from_micros(-1).unwrap()).is_err());
        assert!(event.leaf(0, Timestamp::from_micros(253_402_300_800_000_000).unwrap()).is_err());
        let mut large = event.clone();
        large.epochs.insert("idn_1".into(), 1 << 53);
        assert!(large.leaf(0, at).is_err());
        let mut odd = event.clone();
        odd.epochs.insert("ä".into(), 1);
        assert!(odd.leaf(0, at).is_err());
    }

    #[test]
    fn bytes_in_another_form_are_refused() {
        let good = r#"{"actor":"a","ids":{"decision":"d"},"kind":"gap","seq":0,"time":"1970-01-01T00:00:00.000000Z"}"#;
        assert!(Entry::parse(good.as_bytes()).is_ok());
        let check = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            assert!(Entry::parse(good.replacen(from, to, 1).as_bytes()).is_err(), "{from} → {to}");
        };
        check("{\"actor", "{ \"actor");
        check("Z\"}", "Z\"");
        check("Z\"}", "Z\"}\n");
        check("\"a\"", "\"\\u0061\"");
        check("\"a\"", "null");
        check("\"actor\":\"a\",", "");
        check("\"actor\":\"a\",", "\"actor\":\"b\",\"actor\":\"a\",");
        check("\"actor\":\"a\",", "\"acting\":null,\"actor\":\"a\",");
        check("\"ids\":{\"decision\":\"d\"},", "\"epochs\":{},\"ids\":{\"decision\":\"d\"},");
        check("{\"decision\":\"d\"}", "{\"decision\":\"e\",\"decision\":\"d\"}");
        check("{\"decision\":\"d\"}", "{\"x\":\"e\",\"decision\":\"d\"}");
        check("\"gap\"", "\"gaps\"");
        check("\"seq\":0", "\"seq\":0.0");
        check("\"seq\":0", "\"seq\":-0");
        check("\"seq\":0", "\"more\":1,\"seq\":0");
        check("00.000000Z", "00Z");
        check("00.000000Z", "00.000000+00:00");
        check("00.000000Z", "00.0000001Z");
        assert!(Entry::parse(b"\xef\xbb\xbf{}").is_err());
        assert!(Entry::parse(&[b' '; LEAF_MAX + 1]).is_err());
    }
}
