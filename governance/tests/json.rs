//! The strict reader and the canonical writer against each other and against `serde_json`.
use governance::json::{Limits, canonical, property::agrees, read};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Values the reader can produce: safe integers, short fractions, any text without NUL.
fn value() -> impl Strategy<Value = Value> {
    let fraction =
        (-99_999_999_999_999_i64..=99_999_999_999_999, 1u32..=4).prop_filter_map("refused", |(n, places)| {
            let (size, unit, width) = (n.abs(), 10_i64.pow(places), places as usize);
            let text = format!("{}{}.{:0width$}", if n < 0 { "-" } else { "" }, size / unit, size % unit);
            read(text.as_bytes(), Limits::REQUEST).ok()
        });
    let integer = (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from);
    let text = proptest::collection::vec(any::<char>().prop_filter("NUL", |c| *c != '\0'), 0..8)
        .prop_map(|chars| chars.into_iter().collect::<String>());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integer,
        fraction,
        text.clone().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The same value written loosely: other spacing, other order, escapes where none are needed, `1.00` for `1`.
fn loosely(value: &Value, style: u64) -> String {
    let space = ["", " ", "\n\t", "\r\n  "][(style % 4) as usize];
    let next = style.rotate_right(7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match value {
        Value::String(s) => loose_string(s, style),
        Value::Number(n) if n.is_i64() && style.is_multiple_of(3) && n.to_string().len() < 12 => format!("{n}.00"),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|v| format!("{space}{}", loosely(v, next))).collect();
            format!("[{}{space}]", items.join(","))
        }
        Value::Object(map) => {
            let member =
                |(k, v): (&String, &Value)| format!("{space}{}{space}:{}", loose_string(k, next), loosely(v, next));
            let mut members: Vec<_> = map.iter().map(member).collect();
            if style.is_multiple_of(2) {
                members.reverse();
            }
            format!("{{{}{space}}}", members.join(","))
        }
        other => other.to_string(),
    }
}
fn loose_string(s: &str, style: u64) -> String {
    if style % 5 > 2 {
        return Value::from(s).to_string();
    }
    let escaped: String = s.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    format!("\"{escaped}\"")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_accepted_serde_json_reads_alike(v in value(), style in any::<u64>()) {
        prop_assert!(agrees(loosely(&v, style).as_bytes()), "a good document was refused");
    }

    #[test]
    fn one_value_has_one_canonical_text(v in value(), one in any::<u64>(), other in any::<u64>()) {
        let one = read(loosely(&v, one).as_bytes(), Limits::REQUEST).expect("a good document");
        let other = read(loosely(&v, other).as_bytes(), Limits::REQUEST).expect("a good document");
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(canonical(&one), canonical(&other));
    }

    #[test]
    fn equal_texts_are_equal_values(a in value(), b in value(), n in -40_i64..40, m in -40_i64..40) {
        prop_assert_eq!(a == b, canonical(&a) == canonical(&b));
        let (n, m) = (loosely(&n.into(), n as u64), format!("{}.5", m / 2).replace(".5", if m % 2 == 0 { "" } else { ".5" }));
        let (n, m) = (read(n.as_bytes(), Limits::REQUEST).expect("a number"), read(m.as_bytes(), Limits::REQUEST).expect("a number"));
        prop_assert_eq!(n == m, canonical(&n) == canonical(&m));
    }

    #[test]
    fn damaged_documents_agree_too(v in value(), style in any::<u64>(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = loosely(&v, style).into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        agrees(&bytes);
    }

    #[test]
    fn any_double_reads_back_from_its_canonical_text(bits in any::<u64>()) {
        let double = f64::from_bits(bits);
        prop_assume!(double.is_finite());
        let text = governance::json::number(double);
        prop_assert_eq!(text.parse::<f64>().expect("a number"), double);
        let digits = |s: &str| s.split('e').next().unwrap_or("").chars().filter(char::is_ascii_digit).collect::<String>().trim_matches('0').len();
        prop_assert!(digits(&text) <= digits(&format!("{double:e}")), "{} is longer than it must be", text);
    }

    #[test]
    fn number_like_texts_agree(text in "-?[0-9]{1,17}(\\.[0-9]{0,6})?([eE][-+]?[0-9]{1,3})?") {
        agrees(text.as_bytes());
    }
}
