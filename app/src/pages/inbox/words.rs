//! How tiers, states and values read.
use crate::parts::State;
use governance::{
    escalation::{Phase, Tier, card::Headline},
    json::canonical,
    text::visible_line,
};
use serde_json::Value;

pub const fn tier_state(tier: Tier) -> State {
    match tier {
        Tier::Low => State::Allow,
        Tier::Medium => State::Info,
        Tier::High => State::Wait,
        Tier::Critical => State::Deny,
    }
}
pub const fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Low => "Low",
        Tier::Medium => "Medium",
        Tier::High => "High",
        Tier::Critical => "Critical",
    }
}

pub const fn phase_state(phase: Phase) -> State {
    match phase {
        Phase::Pending => State::Wait,
        Phase::Held | Phase::Approved | Phase::Consumed => State::Allow,
        Phase::Denied | Phase::Expired | Phase::Revoked => State::Deny,
        Phase::Cancelled => State::Unknown,
    }
}
/// `released`: it had been approved before it came to this.
pub const fn phase_word(phase: Phase, released: bool) -> &'static str {
    match phase {
        Phase::Pending => "Waiting",
        Phase::Held => "Approved, held",
        Phase::Approved => "Approved",
        Phase::Consumed => "Approved and used",
        Phase::Denied => "Denied",
        Phase::Expired if released => "Approved, not used in time",
        Phase::Expired => "Expired, so denied",
        Phase::Cancelled => "Taken back",
        Phase::Revoked => "Revoked",
    }
}

/// `Refund 4,820.00 EUR`; hidden characters are spelled out.
pub fn title(headline: &Headline) -> String {
    let amount = headline.amount.as_ref().map_or(String::new(), |a| format!(" {a}"));
    let text = format!("{}{amount}", headline.verb);
    let mut chars = visible_line(&text).into_owned().chars().collect::<Vec<_>>();
    if let Some(first) = chars.first_mut() {
        *first = first.to_uppercase().next().unwrap_or(*first);
    }
    chars.into_iter().collect()
}

/// The last two parts of a dotted path say enough beside the request: `input.amount_minor`, not `context.input.amount_minor`.
pub fn field(path: &str) -> String {
    let path = path.strip_prefix("context.").unwrap_or(path);
    visible_line(path).into_owned()
}

/// A value as a person reads it. Whole numbers in hundredths (`…_minor`) get their point back, and the unit where one is known.
pub fn value(path: &str, value: &Value, unit: Option<&str>) -> String {
    match value {
        Value::String(text) => visible_line(text).into_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Number(n) if path.ends_with("_minor") => n.as_i64().map_or_else(
            || n.to_string(),
            |n| {
                let cents = n.unsigned_abs();
                let sign = if n < 0 { "−" } else { "" };
                let whole = crate::parts::count(i64::try_from(cents / 100).unwrap_or(i64::MAX));
                let unit = unit.map_or(String::new(), |u| format!(" {u}"));
                format!("{sign}{whole}.{:02}{unit}", cents % 100)
            },
        ),
        Value::Number(n) => n.as_i64().map_or_else(|| n.to_string(), crate::parts::count),
        Value::Array(items) if items.iter().all(|i| !i.is_array() && !i.is_object()) => {
            items.iter().map(|i| self::value(path, i, unit)).collect::<Vec<_>>().join(", ")
        }
        other => visible_line(&canonical(other)).into_owned(),
    }
}

/// `is above`, for a sentence "the value … the limit".
pub fn operator(sign: &str) -> &str {
    match sign {
        ">" => "above",
        ">=" => "at or above",
        "<" => "below",
        "<=" => "at or below",
        "==" => "the same as",
        "!=" => "other than",
        other => other,
    }
}

/// A remark as a sentence: first letter upper case, a point at the end.
pub fn sentence(words: &str) -> String {
    let text = visible_line(words).trim().trim_end_matches('.').to_owned();
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

/// One thing or several.
pub fn many(n: usize, one: &str, several: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {several}") }
}

/// Seconds as a length of time: `5 min`, `1 h 30 min`.
pub fn seconds(s: u32) -> String {
    crate::parts::span(chrono::TimeDelta::seconds(s.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use governance::escalation::card::Amount;
    use serde_json::json;

    #[test]
    fn values_read_as_people_write_them() {
        for (path, given, unit, want) in [
            ("input.amount_minor", json!(482_000), Some("EUR"), "4,820.00 EUR"),
            ("input.amount_minor", json!(-5), None, "−0.05"),
            ("input.rows", json!(12_400), Some("EUR"), "12,400"),
            ("input.note", json!("a\u{202e}b"), None, "a⟦U+202E⟧b"),
            ("input.tags", json!(["x", true]), None, "x, yes"),
            ("input.deep", json!({"b": 1, "a": []}), None, r#"{"a":[],"b":1}"#),
            ("input.none", json!(null), None, "nothing"),
        ] {
            assert_eq!(value(path, &given, unit), want, "{path}");
        }
        assert_eq!(field("context.input.amount_minor"), "input.amount_minor");
    }

    #[test]
    fn a_title_starts_with_its_verb_and_hides_nothing() {
        let headline = Headline {
            actor: "bot".into(),
            verb: "refund".into(),
            amount: Some(Amount { value: "482000".into(), unit: Some("EUR".into()), minor_units: true }),
            target: "stripe:test".into(),
            reversibility: None,
        };
        assert_eq!(title(&headline), "Refund 4,820.00 EUR");
        let odd = Headline { verb: "\u{200b}x".into(), amount: None, ..headline };
        assert_eq!(title(&odd), "⟦U+200B⟧x");
    }
}
