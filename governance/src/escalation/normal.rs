//! What is normal for a field, from what was permitted before (ux.md R8): a base and a window, never a naked score.
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Below this many earlier permits there is too little history to speak of.
pub const LEAST: usize = 20;

/// One row "requested against normal". Numbers are JSON numbers as the request and the permits carried them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normal {
    /// Dotted path, such as `input.amount_minor`.
    pub field: String,
    pub requested: Value,
    /// How many earlier permits carried the field.
    pub n: usize,
    /// Days the window reaches back.
    pub window_days: u32,
    /// The value in the middle and the one that 95 of 100 do not exceed; `None` with too little history.
    pub median: Option<Value>,
    pub p95: Option<Value>,
    /// Stands out: shown first.
    pub unusual: bool,
    /// In words: `9.8 × the 95th percentile`, `within the usual range`, `too little history`.
    pub difference: String,
}

impl Normal {
    /// Compares one requested number with those of earlier permits; `None` if it is not a number of at most 4 fraction digits.
    #[must_use]
    pub fn of(field: &str, requested: &Value, history: &[Value], window_days: u32) -> Option<Self> {
        let asked = Scaled::read(requested)?;
        let mut seen: Vec<(Scaled, &Value)> = history.iter().filter_map(|v| Some((Scaled::read(v)?, v))).collect();
        seen.sort_by_key(|(n, _)| *n);
        let row = |median, p95, unusual, difference: String| Self {
            field: field.into(),
            requested: requested.clone(),
            n: seen.len(),
            window_days,
            median,
            p95,
            unusual,
            difference,
        };
        if seen.len() < LEAST {
            return Some(row(None, None, false, "too little history".into()));
        }
        // nearest rank: the smallest value that so many of a hundred do not exceed
        let rank = |percent: usize| (seen.len() * percent).div_ceil(100).saturating_sub(1);
        let (median, p95) = (seen[rank(50)], seen[rank(95)]);
        let (unusual, difference) = if asked > p95.0 {
            (true, asked.over(p95.0))
        } else if asked < seen[0].0 {
            (true, format!("below all {} before it", seen.len()))
        } else {
            (false, "within the usual range".into())
        };
        Some(row(Some(median.1.clone()), Some(p95.1.clone()), unusual, difference))
    }
}

/// A number in ten-thousandths: exact for everything the strict reader lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Scaled(i128);

impl Scaled {
    fn read(value: &Value) -> Option<Self> {
        let text = crate::json::canonical(value.as_number().map(|_| value)?);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        if fraction.len() > 4 {
            return None;
        }
        format!("{whole}{fraction:0<4}").parse().ok().map(Self)
    }
    fn over(self, p95: Self) -> String {
        let tenths = if p95.0 > 0 { self.0.saturating_mul(10) / p95.0 } else { 0 };
        match tenths {
            11.. => format!("{}.{} × the 95th percentile", tenths / 10, tenths % 10),
            _ => "above the 95th percentile".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_is_compared_with_what_was_permitted_before() {
        #[track_caller]
        fn check(requested: Value, history: &[Value], want: (usize, Value, Value, bool, &str)) {
            let got = Normal::of("input.amount", &requested, history, 90).unwrap();
            let (median, p95) = (got.median.unwrap_or_default(), got.p95.unwrap_or_default());
            assert_eq!((got.n, median, p95, got.unusual, got.difference.as_str()), want);
        }
        let hundred: Vec<Value> = (1..=100).map(Value::from).collect();
        check(json!(50), &hundred, (100, json!(50), json!(95), false, "within the usual range"));
        check(json!(95), &hundred, (100, json!(50), json!(95), false, "within the usual range"));
        check(json!(96), &hundred, (100, json!(50), json!(95), true, "above the 95th percentile"));
        check(json!(931), &hundred, (100, json!(50), json!(95), true, "9.8 × the 95th percentile"));
        check(json!(0), &hundred, (100, json!(50), json!(95), true, "below all 100 before it"));
        check(json!(0.5), &hundred, (100, json!(50), json!(95), true, "below all 100 before it"));
        check(json!(7), &hundred[..19], (19, Value::Null, Value::Null, false, "too little history"));
        check(json!(7), &hundred[..20], (20, json!(10), json!(19), false, "within the usual range"));
        let zeros = vec![json!(0); 20];
        check(json!(5), &zeros, (20, json!(0), json!(0), true, "above the 95th percentile"));
        let mixed: Vec<Value> = (0..40).map(|i| if i % 2 == 0 { json!(i) } else { json!("text") }).collect();
        check(json!(1.25), &mixed, (20, json!(18), json!(36), false, "within the usual range"));
        assert_eq!(Normal::of("f", &json!("text"), &hundred, 90), None);
    }

    #[test]
    fn a_number_is_read_exactly() {
        for (value, want) in [
            (json!(1.5), 15_000),
            (json!(-0.0001), -1),
            (json!(9_007_199_254_740_991_i64), 90_071_992_547_409_910_000),
            (json!(12), 120_000),
        ] {
            assert_eq!(Scaled::read(&value), Some(Scaled(want)), "{value}");
        }
        assert_eq!(Scaled::read(&json!(1e-7)), None);
    }
}
