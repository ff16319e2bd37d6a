//! The numbers in a rule: where a condition compares an attribute with a literal, the card can say "482000 against 50000".
use super::question::Question;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One comparison in a rule's condition. The rule matches when `attribute (+ plus) operator literal` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Dotted path: `context.input.amount_minor`, `context.used.refunds_day`, `resource.status`, `principal.environment`.
    pub attribute: String,
    /// A second attribute added to the first: `context.used.refunds_day + context.input.amount_minor`.
    pub plus: Option<String>,
    /// One of `>`, `>=`, `<`, `<=`, `==`, `!=`.
    pub operator: String,
    /// Integer, text or truth value; a decimal is its text.
    pub literal: Value,
}

impl Limit {
    /// What the question has in that place, sums added; `None` where it has nothing.
    #[must_use]
    pub fn value(&self, question: &Question) -> Option<Value> {
        let first = question.at(&self.attribute)?;
        let Some(plus) = &self.plus else { return Some(first) };
        let sum = first.as_i64()?.checked_add(question.at(plus)?.as_i64()?)?;
        Some(sum.into())
    }
    /// Whether this comparison holds for the question: it is then one of the reasons the rule matched.
    #[must_use]
    pub fn holds(&self, question: &Question) -> Option<bool> {
        let value = self.value(question)?;
        let order = match (&value, &self.literal) {
            (Value::Number(a), Value::Number(b)) => a.as_i64()?.cmp(&b.as_i64()?),
            (a, b) if matches!(self.operator.as_str(), "==" | "!=") => {
                return Some((a == b) == (self.operator == "=="));
            }
            _ => return None,
        };
        Some(match self.operator.as_str() {
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            "==" => order.is_eq(),
            "!=" => order.is_ne(),
            _ => return None,
        })
    }
}

/// Reads the comparisons out of a policy in Cedar's JSON form (`conditions[].body`).
#[must_use]
pub fn limits(policy: &Value) -> Vec<Limit> {
    let mut found = Vec::new();
    for condition in policy["conditions"].as_array().into_iter().flatten() {
        walk(&condition["body"], condition["kind"] == "unless", &mut found);
    }
    found
}

fn walk(expr: &Value, negated: bool, found: &mut Vec<Limit>) {
    let Some((op, body)) = expr.as_object().and_then(|o| o.iter().next()) else { return };
    match op.as_str() {
        "&&" | "||" => {
            walk(&body["left"], negated, found);
            walk(&body["right"], negated, found);
        }
        "!" => walk(&body["arg"], !negated, found),
        ">" | ">=" | "<" | "<=" | "==" | "!=" => {
            let (left, right) = (&body["left"], &body["right"]);
            let comparison = match (sum(left), literal(right), sum(right), literal(left)) {
                (Some(path), Some(value), _, _) => Some((path, op.as_str(), value)),
                (_, _, Some(path), Some(value)) => Some((path, mirrored(op), value)),
                _ => None,
            };
            if let Some(((attribute, plus), op, literal)) = comparison {
                let operator = if negated { opposite(op) } else { op }.to_owned();
                found.push(Limit { attribute, plus, operator, literal });
            }
        }
        _ => {}
    }
}

fn mirrored(op: &str) -> &str {
    match op {
        ">" => "<",
        ">=" => "<=",
        "<" => ">",
        "<=" => ">=",
        other => other,
    }
}

fn opposite(op: &str) -> &str {
    match op {
        ">" => "<=",
        ">=" => "<",
        "<" => ">=",
        "<=" => ">",
        "==" => "!=",
        _ => "==",
    }
}

/// An attribute, or two added together; of two the counter comes first.
fn sum(expr: &Value) -> Option<(String, Option<String>)> {
    if let Some(path) = path(expr) {
        return Some((path, None));
    }
    let (left, right) = (path(&expr["+"]["left"])?, path(&expr["+"]["right"])?);
    Some(if right.starts_with("context.used.") { (right, Some(left)) } else { (left, Some(right)) })
}

fn path(expr: &Value) -> Option<String> {
    let access = expr.get(".")?;
    let attr = access["attr"].as_str()?;
    let base = access["left"]["Var"].as_str().map(str::to_owned).or_else(|| path(&access["left"]))?;
    Some(format!("{base}.{attr}"))
}

fn literal(expr: &Value) -> Option<Value> {
    if let Some(value) = expr.get("Value") {
        return (!value.is_object()).then(|| value.clone());
    }
    expr.get("decimal")?.get(0)?.get("Value").cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attr(path: &str) -> Value {
        let mut parts = path.split('.');
        let mut expr = json!({ "Var": parts.next() });
        for part in parts {
            expr = json!({ ".": { "left": expr, "attr": part } });
        }
        expr
    }

    #[test]
    fn comparisons_are_found_turned_round_and_negated() {
        let over = json!({ ">": { "left": attr("context.input.amount"), "right": { "Value": 50 } } });
        let mirrored = json!({ "<": { "left": { "Value": 7 }, "right": attr("context.input.items") } });
        let summed = json!({ "!": { "arg": { "<=": {
            "left": { "+": { "left": attr("context.input.amount"), "right": attr("context.used.day") } },
            "right": { "Value": 200 } } } } });
        let either = json!({ "||": { "left": over, "right": { "||": { "left": mirrored, "right": summed } } } });
        let found = limits(&json!({ "conditions": [{ "kind": "when", "body": either }] }));
        let text: Vec<_> = found
            .iter()
            .map(|l| {
                format!(
                    "{}{} {} {}",
                    l.attribute,
                    l.plus.as_ref().map_or(String::new(), |p| format!(" + {p}")),
                    l.operator,
                    l.literal
                )
            })
            .collect();
        assert_eq!(
            text,
            ["context.input.amount > 50", "context.input.items > 7", "context.used.day + context.input.amount > 200"]
        );
    }

    #[test]
    fn two_attributes_compared_with_each_other_are_no_limit() {
        let body = json!({ ">": { "left": attr("context.input.a"), "right": attr("context.input.b") } });
        assert_eq!(limits(&json!({ "conditions": [{ "kind": "when", "body": body }] })), []);
    }

    #[test]
    fn a_limit_says_whether_it_holds() {
        let mut question = Question::default();
        question.input.insert("amount".into(), json!(60));
        question.server.used.insert("day".into(), 150);
        let limit = |attribute: &str, plus: Option<&str>, literal: i64| Limit {
            attribute: attribute.into(),
            plus: plus.map(Into::into),
            operator: ">".into(),
            literal: literal.into(),
        };
        assert_eq!(limit("context.input.amount", None, 50).holds(&question), Some(true));
        assert_eq!(limit("context.input.amount", None, 60).holds(&question), Some(false));
        assert_eq!(limit("context.used.day", Some("context.input.amount"), 200).value(&question), Some(json!(210)));
        assert_eq!(limit("context.input.nothing", None, 1).holds(&question), None);
    }
}
