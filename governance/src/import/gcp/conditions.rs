//! The conditions of bindings: when they end by themselves, and whether they ask for more.
use crate::{
    import::{read::At, snapshot::Problem},
    time::Timestamp,
};

/// The condition of a binding.
#[derive(Debug, Default)]
pub struct Condition {
    pub title: Option<String>,
    /// It asks for more than that a time has not come.
    pub more: bool,
    /// It ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// Reads the condition of a binding or an insight; none where it is absent or empty.
pub fn read(at: &At<'_>) -> Result<Condition, Problem> {
    let Some(condition) = at.get("condition")? else { return Ok(Condition::default()) };
    let expression = condition.text("expression")?.unwrap_or_default().trim();
    if expression.is_empty() {
        return Ok(Condition::default());
    }
    let title = condition.text("title")?.filter(|t| !t.is_empty()).unwrap_or("without a title");
    let clauses = clauses(expression);
    let ends: Vec<_> = clauses.iter().filter_map(|c| end(c)).collect();
    let more = clauses.is_empty() || ends.len() < clauses.len();
    Ok(Condition { title: Some(title.to_owned()), more, expires_at: ends.into_iter().min() })
}

/// The parts of an expression (CEL) that must all hold: what `&&` joins outside of brackets and quotes. None where `||` or `?`
/// stands there, since then no part must hold by itself.
fn clauses(expression: &str) -> Vec<&str> {
    let (mut all, mut from, mut depth, mut quote) = (vec![], 0, 0_usize, None);
    for (at, c) in expression.char_indices() {
        match (quote, c) {
            (Some(end), _) if c == end => quote = None,
            (Some(_), '\\') => return vec![],
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '|' | '?') if depth == 0 => return vec![],
            (None, '&') if depth == 0 && at >= from && expression[at..].starts_with("&&") => {
                all.push(&expression[from..at]);
                from = at + 2;
            }
            (None, _) => {}
        }
    }
    all.push(&expression[from..]);
    all
}

/// The instant of `request.time < timestamp("…")`.
fn end(clause: &str) -> Option<Timestamp> {
    let rest = clause.trim().strip_prefix("request.time")?.trim_start().strip_prefix('<')?;
    let inner = rest.trim_start().strip_prefix("timestamp(")?.trim_end().strip_suffix(')')?.trim();
    Timestamp::parse(inner.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_may_say_when_it_ends() {
        let check = |expression: &str, ends: Option<&str>, more: bool| {
            let value = json!({"condition": {"title": "t", "expression": expression}});
            let got = read(&At::top("f", &value)).unwrap();
            assert_eq!((got.expires_at, got.more), (ends.map(|e| Timestamp::parse(e).unwrap()), more), "{expression}");
        };
        let end = "2026-12-31T00:00:00Z";
        check("request.time < timestamp(\"2026-12-31T00:00:00Z\")", Some(end), false);
        check("request.time < timestamp('2026-12-31T00:00:00Z') && resource.name == 'x'", Some(end), true);
        check("resource.name.startsWith('x')", None, true);
        check("request.time < timestamp(\"2026-12-31T00:00:00Z\") || true", None, true);
        check("!(x && request.time < timestamp(\"2026-12-31T00:00:00Z\") && y)", None, true);
        check("a &&& request.time < timestamp(\"2026-12-31T00:00:00Z\")", None, true);
        check("a ? request.time < timestamp(\"2026-12-31T00:00:00Z\") && b : c", None, true);
        check("x == '||' && request.time < timestamp(\"2026-12-31T00:00:00Z\")", Some(end), true);
        check("!(request.time < timestamp(\"2026-12-31T00:00:00Z\"))", None, true);
        check("request.time > timestamp(\"2026-12-31T00:00:00Z\")", None, true);
        check("", None, false);
    }
}
