//! Filters (RFC 7644 §3.4.2.2): read once, then asked of each resource.
use super::lexer::{Sign, signs};
use super::path::{Named, named};
use super::schema::{Attribute, Form};
use super::{Fault, Resource, Result};
use serde_json::Value;

/// How deep brackets may stand in each other.
const DEEPEST: usize = 16;

/// A condition on a resource, or on one value of an attribute.
#[derive(Debug, Clone)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Present(Named),
    Compare(Named, Test, Value),
    /// One value of the attribute for which the condition holds.
    Value(&'static Attribute, Box<Filter>),
    /// Of an attribute that is not kept: it has no value.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    Equal,
    Unequal,
    Contains,
    Begins,
    Ends,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Whose attributes the words of a filter are.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    Resource(Resource),
    Parts(&'static Attribute),
}

type Signs<'a> = std::iter::Peekable<&'a mut dyn Iterator<Item = Sign>>;

/// Reads a filter on a kind of resource.
///
/// # Errors
/// `invalidFilter`, saying what is wrong with it.
pub fn parse(of: Resource, text: &str) -> Result<Filter> {
    let mut signs = signs(text)?.into_iter().map(|(_, sign)| sign);
    let mut signs: Signs<'_> = (&mut signs as &mut dyn Iterator<Item = Sign>).peekable();
    let filter = any(Scope::Resource(of), &mut signs, 0)?;
    match signs.next() {
        None => Ok(filter),
        Some(_) => Err(Fault::filter("the filter goes on where it should end")),
    }
}

/// What stands in `[…]` after its opening bracket, the closing one included.
pub(super) fn parse_bracketed(scope: Scope, signs: &mut impl Iterator<Item = Sign>) -> Result<Filter> {
    let (mut depth, mut inner) = (0, vec![]);
    for sign in signs {
        match sign {
            Sign::OpenBracket => depth += 1,
            Sign::CloseBracket if depth == 0 => {
                let mut inner = inner.into_iter();
                let mut signs: Signs<'_> = (&mut inner as &mut dyn Iterator<Item = Sign>).peekable();
                let filter = any(scope, &mut signs, 1)?;
                return match signs.next() {
                    None => Ok(filter),
                    Some(_) => Err(Fault::filter("the filter in [ ] goes on where it should end")),
                };
            }
            Sign::CloseBracket => depth -= 1,
            _ => {}
        }
        inner.push(sign);
    }
    Err(Fault::filter("a [ is not closed"))
}

fn is_word(sign: Option<&Sign>, word: &str) -> bool {
    matches!(sign, Some(Sign::Word(w)) if w.eq_ignore_ascii_case(word))
}

fn any(scope: Scope, signs: &mut Signs<'_>, depth: usize) -> Result<Filter> {
    if depth > DEEPEST {
        return Err(Fault::filter(format!("brackets stand deeper in each other than {DEEPEST}")));
    }
    let mut parts = vec![all(scope, signs, depth)?];
    while is_word(signs.peek(), "or") {
        signs.next();
        parts.push(all(scope, signs, depth)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Any(parts) })
}

fn all(scope: Scope, signs: &mut Signs<'_>, depth: usize) -> Result<Filter> {
    let mut parts = vec![one(scope, signs, depth)?];
    while is_word(signs.peek(), "and") {
        signs.next();
        parts.push(one(scope, signs, depth)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::All(parts) })
}

fn one(scope: Scope, signs: &mut Signs<'_>, depth: usize) -> Result<Filter> {
    let word = match signs.next() {
        Some(Sign::Open) => {
            let inner = any(scope, signs, depth + 1)?;
            return match signs.next() {
                Some(Sign::Close) => Ok(inner),
                _ => Err(Fault::filter("a ( is not closed")),
            };
        }
        Some(Sign::Word(word)) => word,
        _ => return Err(Fault::filter("the name of an attribute is missing")),
    };
    if word.eq_ignore_ascii_case("not") && signs.peek() == Some(&Sign::Open) {
        return one(scope, signs, depth + 1).map(|inner| Filter::Not(Box::new(inner)));
    }
    let name = resolve(scope, &word)?;
    match signs.next() {
        Some(Sign::OpenBracket) => values(scope, name, &word, signs),
        Some(Sign::Word(test)) if test.eq_ignore_ascii_case("pr") => Ok(name.map_or(Filter::Never, Filter::Present)),
        Some(Sign::Word(test)) => compare(name, &word, &test, signs.next()),
        _ => Err(Fault::filter(format!("after {word} comes eq, ne, co, sw, ew, gt, ge, lt, le or pr"))),
    }
}

fn values(scope: Scope, name: Option<Named>, word: &str, signs: &mut Signs<'_>) -> Result<Filter> {
    if matches!(scope, Scope::Parts(_)) {
        return Err(Fault::filter("brackets [ ] do not stand in each other"));
    }
    let Some(Named { attribute, part: None }) = name.filter(|n| !n.attribute.parts.is_empty()) else {
        return Err(Fault::filter(format!("{word} has no values to choose from")));
    };
    let inner = parse_bracketed(Scope::Parts(attribute), signs)?;
    Ok(Filter::Value(attribute, Box::new(inner)))
}

/// `None` for an attribute that is not kept.
fn resolve(scope: Scope, word: &str) -> Result<Option<Named>> {
    match scope {
        Scope::Resource(of) => named(of, word, false).map_err(|f| Fault::filter(f.detail)),
        Scope::Parts(of) => match of.part(word) {
            Some(part) => Ok(Some(Named { attribute: part, part: None })),
            None => Err(Fault::filter(format!("{} has no sub-attribute {:?}", of.name, crate::word::short(word)))),
        },
    }
}

fn compare(name: Option<Named>, word: &str, test: &str, value: Option<Sign>) -> Result<Filter> {
    let test = match test.to_ascii_lowercase().as_str() {
        "eq" => Test::Equal,
        "ne" => Test::Unequal,
        "co" => Test::Contains,
        "sw" => Test::Begins,
        "ew" => Test::Ends,
        "gt" => Test::Greater,
        "ge" => Test::GreaterOrEqual,
        "lt" => Test::Less,
        "le" => Test::LessOrEqual,
        _ => return Err(Fault::filter(format!("{:?} is no comparison", crate::word::short(test)))),
    };
    let Some(Sign::Value(value)) = value else {
        return Err(Fault::filter(format!("{word} is compared with nothing: a text stands in quotes")));
    };
    let Some(mut name) = name else { return Ok(Filter::Never) };
    if name.part.is_none() && name.attribute.form == Form::Complex {
        // RFC 7644 §3.4.2.2: a value of several parts is compared by its `value`
        let part = name.attribute.part("value");
        name.part = Some(part.ok_or_else(|| Fault::filter(format!("{word} is compared by one of its parts")))?);
    }
    let form = name.part.unwrap_or(name.attribute).form;
    let plain = matches!(test, Test::Equal | Test::Unequal);
    let fits = match form {
        Form::Bool => plain && (value.is_boolean() || value.is_null()),
        _ => value.is_string() || (plain && value.is_null()),
    };
    if !fits {
        return Err(Fault::filter(format!("{word} cannot be compared so")));
    }
    Ok(Filter::Compare(name, test, value))
}
