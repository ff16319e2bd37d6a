//! From JSON to Cedar's values, led by the schema's types. A number is never a float on the way (interfaces.md).
use super::manifest::Types;
use super::shape::{Members, Shape};
use crate::time::Timestamp;
use cedar_policy::{EntityId, EntityUid, RestrictedExpression};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Typed {
    Bool(bool),
    Long(i64),
    Text(String),
    /// In ten-thousandths.
    Decimal(i64),
    /// Milliseconds since 1970.
    Datetime(i64),
    /// Milliseconds.
    Duration(i64),
    Ip(String),
    Entity(EntityUid),
    /// Sorted, without doubles.
    Set(Vec<Typed>),
    Record(BTreeMap<String, Typed>),
}

/// Why a value does not fit its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The schema requires it and it is not there.
    Missing(String),
    /// It is there and of another type.
    Wrong(String),
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(place) => write!(f, "{place} is required by the schema and is not there"),
            Self::Wrong(what) => f.write_str(what),
        }
    }
}

/// Where a value stands, written out only when something is wrong.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    name: &'a str,
}

impl<'a> Place<'a> {
    pub const fn root(name: &'a str) -> Self {
        Self { parent: None, name }
    }
    pub const fn member(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), name }
    }
}
impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.name)
    }
}

/// Reads one value of the type the schema says.
pub fn read(shape: &Shape, value: &Value, place: Place<'_>, types: &Types) -> Result<Typed, Misfit> {
    let fitting = match shape {
        Shape::Bool => value.as_bool().map(Typed::Bool),
        Shape::Long => value.as_i64().map(Typed::Long),
        Shape::Text => value.as_str().map(|s| Typed::Text(s.to_owned())),
        Shape::Decimal => extension(value, "decimal").map_or_else(|| decimal(value), decimal_text).map(Typed::Decimal),
        Shape::Datetime => extension(value, "datetime").or(value.as_str()).and_then(datetime).map(Typed::Datetime),
        Shape::Duration => extension(value, "duration").or(value.as_str()).and_then(duration).map(Typed::Duration),
        Shape::Ip => extension(value, "ip").or(value.as_str()).filter(|s| is_ip(s)).map(|s| Typed::Ip(s.to_owned())),
        Shape::Entity(name) => entity(name, value, types).map(Typed::Entity),
        Shape::Set(element) => match value {
            Value::Array(items) => return set(element, items, place, types),
            _ => None,
        },
        Shape::Record(members) => match value {
            Value::Object(map) => return record(members, map, place, types).map(Typed::Record),
            _ => None,
        },
    };
    fitting.ok_or_else(|| Misfit::Wrong(format!("{place} must be {}, not {}", wanted(shape), found(value))))
}

/// Reads the members the schema declares; others are left out.
pub fn record(
    members: &Members,
    map: &Map<String, Value>,
    place: Place<'_>,
    types: &Types,
) -> Result<BTreeMap<String, Typed>, Misfit> {
    let mut out = BTreeMap::new();
    for (name, member) in members {
        let at = place.member(name);
        match map.get(name) {
            Some(value) => {
                out.insert(name.clone(), read(&member.shape, value, at, types)?);
            }
            None if member.required => return Err(Misfit::Missing(at.to_string())),
            None => {}
        }
    }
    Ok(out)
}

fn set(element: &Shape, items: &[Value], place: Place<'_>, types: &Types) -> Result<Typed, Misfit> {
    let mut out = items.iter().map(|item| read(element, item, place, types)).collect::<Result<Vec<_>, _>>()?;
    out.sort();
    out.dedup();
    Ok(Typed::Set(out))
}

/// The argument of Cedar's own JSON form of an extension value: `{"__extn":{"fn","arg"}}` or `{"fn","arg"}`.
fn extension<'a>(value: &'a Value, function: &str) -> Option<&'a str> {
    let object = value.get("__extn").unwrap_or(value);
    (object.get("fn")?.as_str()? == function).then(|| object.get("arg")?.as_str()).flatten()
}

/// A JSON number of at most 15 digits, at most four of them behind the point; longer ones come as text, because JSON
/// readers on the way may have rounded them.
fn decimal(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => decimal_text(text),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.as_i64()?.checked_mul(10_000),
        Value::Number(number) => {
            let text = number.to_string();
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            if digits > 15 { None } else { decimal_text(text.strip_suffix(".0").unwrap_or(&text)) }
        }
        _ => None,
    }
}

fn decimal_text(text: &str) -> Option<i64> {
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || fraction.is_some_and(|f| !digits(f) || f.len() > 4) {
        return None;
    }
    let scaled: i128 = format!("{whole}{:0<4}", fraction.unwrap_or("")).parse().ok()?;
    i64::try_from(if negative { -scaled } else { scaled }).ok()
}

fn datetime(text: &str) -> Option<i64> {
    if let Some(at) = Timestamp::parse(text) {
        return Some(at.datetime().timestamp_millis());
    }
    Timestamp::parse(&format!("{text}T00:00:00Z")).map(|at| at.datetime().timestamp_millis())
}

/// Cedar's durations: `1d2h3m4s5ms`, each unit at most once and in this order.
fn duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)].into_iter();
    if rest.is_empty() {
        return None;
    }
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?;
        let number: i64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let is_ms = rest.starts_with("ms");
        let (unit, factor) = units.find(|(unit, _)| rest.starts_with(unit) && (is_ms == (*unit == "ms")))?;
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = &rest[unit.len()..];
    }
    Some(if negative { -total } else { total })
}

fn is_ip(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|p| !p.starts_with('+') && p.parse::<u8>().is_ok_and(|n| n <= longest))
}

/// An entity is its id (the schema knows the type), `{"type","id"}` or Cedar's `{"__entity":{…}}`.
fn entity(name: &cedar_policy::EntityTypeName, value: &Value, types: &Types) -> Option<EntityUid> {
    let object = value.get("__entity").unwrap_or(value);
    let id = match object {
        Value::String(id) => id,
        _ => {
            let given = types.cedar(object.get("type")?.as_str()?)?;
            (given == *name).then_some(())?;
            object.get("id")?.as_str()?
        }
    };
    Some(EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id)))
}

fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Bool => "true or false".into(),
        Shape::Long => "an integer".into(),
        Shape::Text => "text".into(),
        Shape::Decimal => "a decimal (integer, at most 4 digits behind the point, or text)".into(),
        Shape::Datetime => "a time such as 2026-11-21T09:00:00Z".into(),
        Shape::Duration => "a duration such as 1h30m".into(),
        Shape::Ip => "an IP address".into(),
        Shape::Entity(name) => format!("the id of a {name}"),
        Shape::Set(_) => "an array".into(),
        Shape::Record(_) => "an object".into(),
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(n) if n.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "text of another form",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

impl Typed {
    /// Cedar's own value.
    ///
    /// # Errors
    /// A record with a key given twice, which a map cannot have.
    pub fn expression(&self) -> Result<RestrictedExpression, String> {
        Ok(match self {
            Self::Bool(b) => RestrictedExpression::new_bool(*b),
            Self::Long(n) => RestrictedExpression::new_long(*n),
            Self::Text(s) => RestrictedExpression::new_string(s.clone()),
            Self::Decimal(n) => RestrictedExpression::new_decimal(decimal_form(*n)),
            Self::Datetime(ms) => RestrictedExpression::new_datetime(datetime_form(*ms)),
            Self::Duration(ms) => RestrictedExpression::new_duration(format!("{ms}ms")),
            Self::Ip(text) => RestrictedExpression::new_ip(text),
            Self::Entity(uid) => RestrictedExpression::new_entity_uid(uid.clone()),
            Self::Set(items) => {
                RestrictedExpression::new_set(items.iter().map(Self::expression).collect::<Result<Vec<_>, _>>()?)
            }
            Self::Record(members) => {
                let pairs = members.iter().map(|(k, v)| Ok((k.clone(), v.expression()?)));
                RestrictedExpression::new_record(pairs.collect::<Result<Vec<_>, String>>()?)
                    .map_err(|e| e.to_string())?
            }
        })
    }
    /// Calls `each` with every entity the value names.
    pub fn entities(&self, each: &mut impl FnMut(&EntityUid)) {
        match self {
            Self::Entity(uid) => each(uid),
            Self::Set(items) => items.iter().for_each(|item| item.entities(each)),
            Self::Record(members) => members.values().for_each(|value| value.entities(each)),
            _ => {}
        }
    }
}

fn decimal_form(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}.{:04}", n.unsigned_abs() / 10_000, n.unsigned_abs() % 10_000)
}

fn datetime_form(ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(ms).unwrap_or(chrono::DateTime::UNIX_EPOCH);
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(shape: &Shape, value: Value, want: Result<Typed, &str>) {
        let got = read(shape, &value, Place::root("context").member("x"), &Types::default());
        match want {
            Ok(want) => assert_eq!(got, Ok(want), "{value}"),
            Err(words) => assert!(matches!(&got, Err(Misfit::Wrong(m)) if m.contains(words)), "{value}: {got:?}"),
        }
    }

    #[test]
    fn an_integer_is_a_long_and_nothing_else_is() {
        check(&Shape::Long, json!(9_007_199_254_740_991_i64), Ok(Typed::Long(9_007_199_254_740_991)));
        check(&Shape::Long, json!(1.5), Err("context.x must be an integer, not a number with a fraction"));
        check(&Shape::Long, json!(1.0), Err("must be an integer"));
        check(&Shape::Long, json!("1"), Err("must be an integer, not text"));
        check(&Shape::Text, json!(1), Err("must be text, not a number"));
        check(&Shape::Bool, json!(0), Err("must be true or false"));
    }

    #[test]
    fn a_decimal_comes_as_integer_fraction_or_text_and_is_never_rounded() {
        for (value, want) in [
            (json!(12), 120_000),
            (json!(12.5), 125_000),
            (json!(-0.0001), -1),
            (json!(0.1), 1_000),
            (json!(3.0), 30_000),
            (json!("12.3456"), 123_456),
            (json!("-7"), -70_000),
            (json!({"__extn": {"fn": "decimal", "arg": "1.5"}}), 15_000),
        ] {
            check(&Shape::Decimal, value, Ok(Typed::Decimal(want)));
        }
        for value in [
            json!(0.12345),
            json!("1.23456"),
            json!(1e300),
            json!("1e3"),
            json!(""),
            json!("."),
            json!("1."),
            json!(true),
        ] {
            check(&Shape::Decimal, value, Err("must be a decimal"));
        }
        check(&Shape::Decimal, json!(12_345_678_901.477_5), Ok(Typed::Decimal(123_456_789_014_775)));
        check(&Shape::Decimal, json!(99_999_999_999_999.25), Err("must be a decimal"));
    }

    #[test]
    fn times_durations_and_addresses_read() {
        check(&Shape::Datetime, json!("2026-11-21T10:00:00+01:00"), Ok(Typed::Datetime(1_795_251_600_000)));
        check(&Shape::Datetime, json!("2026-11-21"), Ok(Typed::Datetime(1_795_219_200_000)));
        check(&Shape::Datetime, json!("yesterday"), Err("must be a time"));
        check(&Shape::Duration, json!("1h30m"), Ok(Typed::Duration(5_400_000)));
        check(&Shape::Duration, json!("2m5ms"), Ok(Typed::Duration(120_005)));
        check(&Shape::Duration, json!("30m1h"), Err("must be a duration"));
        check(&Shape::Ip, json!("10.0.0.0/8"), Ok(Typed::Ip("10.0.0.0/8".into())));
        check(&Shape::Ip, json!("10.0.0.0/33"), Err("must be an IP address"));
    }

    #[test]
    fn what_we_write_cedar_reads() {
        let values = [
            Typed::Decimal(-1),
            Typed::Decimal(i64::MIN),
            Typed::Datetime(1_795_251_600_123),
            Typed::Datetime(-1),
            Typed::Duration(-5),
            Typed::Ip("::1/64".into()),
            Typed::Set(vec![Typed::Bool(true), Typed::Bool(false)]),
        ];
        for value in values {
            let pairs = [("x".to_owned(), value.expression().unwrap())];
            assert!(cedar_policy::Context::from_pairs(pairs).is_ok(), "{value:?}");
        }
    }
}
