//! What a filter or a change speaks of: an attribute, perhaps some of its values, perhaps a part of them.
use super::filter::{Filter, Scope, parse_bracketed};
use super::lexer::{Sign, signs};
use super::schema::{self, Attribute};
use super::{Fault, Resource, Result};

/// An attribute, or a part of one.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub attribute: &'static Attribute,
    pub part: Option<&'static Attribute>,
}

/// Which of a resource's values a change is about.
#[derive(Debug, Clone)]
pub struct Target {
    pub attribute: &'static Attribute,
    /// Only the values of which this holds.
    pub which: Option<Filter>,
    pub part: Option<&'static Attribute>,
}

/// Where a path leads.
#[derive(Debug, Clone)]
pub enum Place {
    Kept(Target),
    /// To a standard attribute that is not kept.
    Unkept,
}

/// `text` without the URN of the resource's schema; `None` where it has the URN of an extension that is not kept.
fn without_urn(of: Resource, text: &str) -> Option<&str> {
    let after = |urn: &str| {
        let head = text.get(..urn.len()).filter(|head| head.eq_ignore_ascii_case(urn))?;
        text.get(head.len()..)
    };
    if after(schema::ENTERPRISE).is_some() {
        return None;
    }
    match after(of.urn()) {
        Some(rest) if rest.starts_with(':') => rest.get(1..),
        _ => Some(text),
    }
}

/// The attribute that a word names.
pub(super) fn named(of: Resource, word: &str, written: bool) -> Result<Option<Named>> {
    let Some(short) = without_urn(of, word) else { return Ok(None) };
    let (name, part) = short.split_once('.').map_or((short, None), |(a, b)| (a, Some(b)));
    let found = if written { schema::find_written(of, name) } else { schema::find(of, name) };
    let Some(attribute) = found else {
        return match schema::is_unkept(name) {
            true => Ok(None),
            false => Err(Fault::path(format!("{} have no attribute {:?}", plural(of), crate::word::short(short)))),
        };
    };
    let part = match part {
        None => None,
        Some(part) => Some(attribute.part(part).ok_or_else(|| {
            Fault::path(format!("{} has no sub-attribute {:?}", attribute.name, crate::word::short(part)))
        })?),
    };
    Ok(Some(Named { attribute, part }))
}

fn plural(of: Resource) -> &'static str {
    of.endpoint().trim_start_matches('/')
}

/// Reads the path of a change.
///
/// # Errors
/// `invalidPath`, saying what is wrong; `invalidFilter` for what stands in brackets.
pub fn parse(of: Resource, text: &str) -> Result<Place> {
    let signs = signs(text).map_err(|f| Fault::path(f.detail))?;
    let mut signs = signs.into_iter().map(|(_, sign)| sign).peekable();
    let Some(Sign::Word(word)) = signs.next() else {
        return Err(Fault::path("a path begins with the name of an attribute"));
    };
    let Some(named) = named(of, &word, true)? else { return Ok(Place::Unkept) };
    let mut target = Target { attribute: named.attribute, which: None, part: named.part };
    if signs.peek() == Some(&Sign::OpenBracket) {
        signs.next();
        if target.part.is_some() || !target.attribute.many || target.attribute.parts.is_empty() {
            return Err(Fault::path(format!("{word} has no values to choose from")));
        }
        target.which = Some(parse_bracketed(Scope::Parts(target.attribute), &mut signs)?);
        if let Some(sign) = signs.next() {
            let Sign::Word(rest) = sign else { return Err(Fault::path("nothing but .name comes after a ]")) };
            let part = rest.strip_prefix('.').and_then(|p| target.attribute.part(p));
            target.part =
                Some(part.ok_or_else(|| {
                    Fault::path(format!("{word} has no sub-attribute {:?}", crate::word::short(&rest)))
                })?);
        }
    }
    match signs.next() {
        None => Ok(Place::Kept(target)),
        Some(_) => Err(Fault::path("the path goes on where it should end")),
    }
}
