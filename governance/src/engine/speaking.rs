//! For whom a key may ask.
use super::KeyCaller;
use crate::decision::Entity;
use crate::error::{Error, Result};

/// An agent's own key speaks for that agent alone; a gateway's for the subjects its patterns name.
pub(super) fn may_speak_for(key: &KeyCaller, subject: &Entity) -> Result<()> {
    let allowed = match &key.identity_name {
        Some(name) => *name == subject.id,
        None => is_for(key, &subject.kind, &subject.id),
    };
    if allowed { Ok(()) } else { Err(not_yours(subject)) }
}

/// Whether a gateway's key is for this subject: one of its patterns names it, or it has none.
pub(super) fn is_for(key: &KeyCaller, kind: &str, id: &str) -> bool {
    key.patterns.is_empty() || key.patterns.iter().any(|p| pattern_matches(p, kind, id))
}

pub(super) fn not_yours(subject: &Entity) -> Error {
    Error::forbidden(format!(
        "this key may not ask for {}:{}",
        crate::word::short(&subject.kind),
        crate::word::short(&subject.id)
    ))
}

/// `TYPE:PATTERN` with `*` for any run of characters.
fn pattern_matches(pattern: &str, kind: &str, id: &str) -> bool {
    let Some((of, pattern)) = pattern.split_once(':') else { return false };
    (of == "*" || of == kind) && wildcard(pattern.as_bytes(), id.as_bytes())
}

fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            (p, t) = (p + 1, t + 1);
        } else if let Some((sp, st)) = star {
            star = Some((sp, st + 1));
            (p, t) = (sp + 1, st + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        let check = |pattern: &str, id: &str, want: bool| {
            assert_eq!(pattern_matches(pattern, "agent", id), want, "{pattern} {id}");
        };
        check("agent:invoice-*", "invoice-07", true);
        check("agent:invoice-*", "my-invoice-07", false);
        check("workload:*", "invoice-07", false);
        check("*:*", "x", true);
        check("agent:a*c*e", "abcde", true);
        check("agent:a*c*e", "abcd", false);
        check("agent", "agent", false);
    }
}
