//! Of what a filter holds (RFC 7644 §3.4.2.2).
use super::Document;
use super::filter::{Filter, Test};
use super::path::Named;
use super::schema::Form;
use crate::time::Timestamp;
use serde_json::Value;
use std::cmp::Ordering;

impl Filter {
    /// Whether it holds of this resource, or of this value of an attribute.
    #[must_use]
    pub fn holds(&self, of: &Document) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|p| p.holds(of)),
            Self::Any(parts) => parts.iter().any(|p| p.holds(of)),
            Self::Not(inner) => !inner.holds(of),
            Self::Never => false,
            Self::Present(name) => found(*name, of).iter().any(|v| !empty(v)),
            Self::Value(attribute, inner) => {
                of.get(attribute.name).is_some_and(|v| each(v).filter_map(Value::as_object).any(|v| inner.holds(v)))
            }
            Self::Compare(name, Test::Unequal, value) => {
                !found(*name, of).iter().any(|v| meets(*name, v, Test::Equal, value)) && !absent(*name, of, value)
            }
            Self::Compare(name, test, value) => {
                found(*name, of).iter().any(|v| meets(*name, v, *test, value)) || absent(*name, of, value)
            }
        }
    }

    /// The comparison by `eq` with a text that must hold for the filter to hold, if it is of this attribute.
    #[must_use]
    pub fn sure(&self, attribute: &str) -> Option<&str> {
        match self {
            Self::Compare(name, Test::Equal, Value::String(text))
                if name.part.is_none() && name.attribute.name == attribute =>
            {
                Some(text)
            }
            Self::All(parts) => parts.iter().find_map(|p| p.sure(attribute)),
            _ => None,
        }
    }

    /// The parts that a value must have for it to hold, where it says only that: `type eq "work"`.
    #[must_use]
    pub fn as_value(&self) -> Option<Document> {
        match self {
            Self::Compare(name, Test::Equal, value) if !value.is_null() => {
                Some(Document::from_iter([(name.attribute.name.to_owned(), value.clone())]))
            }
            Self::All(parts) => parts.iter().map(Self::as_value).try_fold(Document::new(), |mut all, one| {
                all.extend(one?);
                Some(all)
            }),
            _ => None,
        }
    }
}

fn absent(name: Named, of: &Document, value: &Value) -> bool {
    value.is_null() && found(name, of).iter().all(|v| empty(v))
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The values of a many-valued attribute, or the one.
pub(super) fn each(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    }
    .iter()
}

fn found(name: Named, of: &Document) -> Vec<&Value> {
    let Some(value) = of.get(name.attribute.name) else { return vec![] };
    match name.part {
        None => each(value).collect(),
        Some(part) => each(value).filter_map(|v| v.get(part.name)).collect(),
    }
}

fn meets(name: Named, it: &Value, test: Test, with: &Value) -> bool {
    let attribute = name.part.unwrap_or(name.attribute);
    let (Value::String(it), Value::String(with)) = (it, with) else {
        return test == Test::Equal && it == with;
    };
    let (it, with) = match attribute.exact {
        true => (it.clone(), with.clone()),
        false => (it.to_lowercase(), with.to_lowercase()),
    };
    let order = || match attribute.form {
        Form::Time => match (instant(&it), instant(&with)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => None,
        },
        _ => Some(it.cmp(&with)),
    };
    match test {
        Test::Equal => order() == Some(Ordering::Equal),
        Test::Unequal => order() != Some(Ordering::Equal),
        Test::Contains => it.contains(&with),
        Test::Begins => it.starts_with(&with),
        Test::Ends => it.ends_with(&with),
        Test::Greater => order() == Some(Ordering::Greater),
        Test::GreaterOrEqual => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        Test::Less => order() == Some(Ordering::Less),
        Test::LessOrEqual => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
    }
}

/// An instant; lower case came of the comparison.
fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::parse(&text.to_uppercase())
}
