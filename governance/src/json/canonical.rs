//! The canonical text of a JSON value: RFC 8785, the form that is digested, compared and signed.
use serde_json::{Map, Number, Value};

/// RFC 8785 text: no space, keys in order of UTF-16 code units, numbers as ECMAScript writes them, the fewest escapes.
///
/// An integer beyond ±(2^53−1), which RFC 8785 has no form for and [`super::read`] refuses, keeps all its digits: two
/// values never share one text.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(n) => out.push_str(&from_number(n)),
        Value::String(s) => string(s, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => object(map, out),
    }
}

fn object(map: &Map<String, Value>, out: &mut String) {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (i, (key, value)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        string(key, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

/// RFC 8785 §3.2.2.2.
fn string(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn from_number(n: &Number) -> String {
    if n.is_f64() { n.as_f64().map_or_else(|| n.to_string(), number) } else { n.to_string() }
}

/// A finite double as ECMAScript's `Number::toString` writes it (ECMA-262 §6.1.6.1.20); not a number is `null`.
#[must_use]
pub fn number(n: f64) -> String {
    if n == 0.0 {
        return "0".into();
    }
    if !n.is_finite() {
        return "null".into();
    }
    // The shortest digits that read back as this double, the even ones where two are as near; std's `{:e}` is not even.
    let mut buffer = ryu::Buffer::new();
    let shortest = buffer.format_finite(n.abs());
    let (plain, power) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let Ok(power) = power.parse::<i32>() else { return "null".into() };
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let zeros = digits.len() - significant.len();
    let point = i32::try_from(whole.len()).unwrap_or(0) - i32::try_from(zeros).unwrap_or(0) + power;
    let sign = if n < 0.0 { "-" } else { "" };
    format!("{sign}{}", place_point(significant.trim_end_matches('0'), point))
}

/// `digits` with the point after the first `point` of them, in the four shapes ECMAScript has.
fn place_point(digits: &str, point: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    match point {
        1..=21 if count <= point => format!("{digits}{}", zeros(point - count)),
        1..=21 => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{whole}.{fraction}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let power = point - 1;
            let sign = if power < 0 { '-' } else { '+' };
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{sign}{}", power.abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_as_ecmascript_writes_them() {
        let cases: [(u64, &str); 22] = [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
            (0x3ff8_0000_0000_0000, "1.5"),
            (0x4024_0000_0000_0000, "10"),
            (0xc05e_dd2f_1a9f_be77, "-123.456"),
        ];
        for (bits, want) in cases {
            assert_eq!(number(f64::from_bits(bits)), want, "{bits:016x}");
        }
    }

    #[test]
    fn keys_stand_in_the_order_of_utf16() {
        // U+1F600 is a surrogate pair (d83d …) and so stands before U+FB33, though its code point is larger
        let value =
            json!({"\u{fb33}": 1, "\u{1f600}": 2, "\u{20ac}": 3, "\r": 4, "1": 5, "\u{80}": 6, "\u{f6}": 7, "": 8});
        let want = "{\"\":8,\"\\r\":4,\"1\":5,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}";
        assert_eq!(canonical(&value), want);
    }

    #[test]
    fn a_document_as_a_whole() {
        let value = json!({
            "z": [56, {"d": true, "10": null, "1": []}], "peach": "\u{7f}\u{1}\u{1f}/\"\\\u{8}\t\n\u{c}\r€\u{2028}",
            "n": [333333333.3333333, 1e30, 4.5, 0.002, 1e-27, -0.0, 10.0]
        });
        let want = concat!(
            r#"{"n":[333333333.3333333,1e+30,4.5,0.002,1e-27,0,10],"#,
            "\"peach\":\"\u{7f}\\u0001\\u001f/\\\"\\\\\\b\\t\\n\\f\\r€\u{2028}\",",
            r#""z":[56,{"1":[],"10":null,"d":true}]}"#
        );
        assert_eq!(canonical(&value), want);
    }

    #[test]
    fn large_integers_never_meet() {
        assert_ne!(canonical(&json!(u64::MAX)), canonical(&json!(u64::MAX - 1)));
        assert_eq!(canonical(&json!(i64::MIN)), "-9223372036854775808");
    }
}
