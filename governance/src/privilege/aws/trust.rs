//! Who can become whom: a role's trust policy met with what others may do (IAM user guide, "Cross-account policy evaluation logic").
//!
//! Within one account a trust that names the principal is enough by itself; one that names the account leaves it to the
//! principal's own policies.
use super::held::Held;
use super::pattern::covers;
use serde_json::Value;

/// In lower case.
pub const ASSUME: &str = "sts:assumerole";

/// How one may become a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct How {
    /// In words: `its trust policy names it`.
    pub words: String,
    /// Only under a condition, or less what something denies.
    pub limited: bool,
}

/// Whether `who`, who holds this, may become `role`, whose trust policy this is.
#[must_use]
pub fn may_become(who: &str, held: Option<&Held>, role: &str, trust: &Value) -> Option<How> {
    // what its own policies deny no trust gives
    if who == role || held.is_some_and(|held| held.denies(ASSUME, role)) {
        return None;
    }
    let own = held.and_then(|held| held.allowing_on(ASSUME, role).into_iter().next());
    let mut best: Option<How> = None;
    for statement in statements(trust) {
        if !actions(statement).iter().any(|a| covers(&a.to_ascii_lowercase(), ASSUME)) {
            continue;
        }
        let named = names(statement, who);
        let conditional = statement.get("Condition").is_some_and(|c| c.as_object().is_none_or(|o| !o.is_empty()));
        if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
            if named != Named::Not && !conditional {
                return None;
            }
            continue;
        }
        let how = match (named, &own) {
            (Named::Itself, _) => How { words: "its trust policy names it".into(), limited: conditional },
            (Named::ItsAccount, Some(own)) => How {
                words: format!("its trust policy names the account, and {} allows it", own.via),
                limited: conditional || !own.unlimited,
            },
            (Named::ItsAccount, None) | (Named::Not, _) => continue,
        };
        if best.as_ref().is_none_or(|b| b.limited && !how.limited) {
            best = Some(how);
        }
    }
    best
}

/// Whom a trust policy names: principals of their own, and whether it names its account, or everybody, so that the policies of
/// each of its principals decide.
#[must_use]
pub fn named(role: &str, trust: &Value) -> (Vec<String>, bool) {
    let (mut each, mut account) = (vec![], false);
    let own = role.split(':').nth(4).unwrap_or_default();
    for who in statements(trust).into_iter().flat_map(principals) {
        match of(who, "", own) {
            Named::ItsAccount => account = true,
            Named::Itself | Named::Not => each.push(who.to_owned()),
        }
    }
    (each, account)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Not,
    ItsAccount,
    Itself,
}

fn names(statement: &Value, who: &str) -> Named {
    let account = who.split(':').nth(4).unwrap_or_default();
    let all: Vec<_> = principals(statement).into_iter().map(|p| of(p, who, account)).collect();
    let has = |n| all.contains(&n);
    if has(Named::Itself) {
        Named::Itself
    } else if has(Named::ItsAccount) {
        Named::ItsAccount
    } else {
        Named::Not
    }
}

fn of(named: &str, who: &str, account: &str) -> Named {
    match named {
        named if named == who => Named::Itself,
        "*" => Named::ItsAccount,
        named if named == account || named.ends_with(":root") && named.split(':').nth(4) == Some(account) => {
            Named::ItsAccount
        }
        _ => Named::Not,
    }
}

/// Who stands in a statement of a trust policy, people and services of AWS left out.
fn principals(statement: &Value) -> Vec<&str> {
    match statement.get("Principal") {
        Some(everybody @ Value::String(_)) => texts(everybody),
        Some(some) => some.get("AWS").map(texts).unwrap_or_default(),
        None => vec![],
    }
}

fn statements(trust: &Value) -> Vec<&Value> {
    match trust.get("Statement") {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => vec![],
    }
}

fn actions(statement: &Value) -> Vec<&str> {
    statement.get("Action").map(texts).unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::snapshot::Document;
    use serde_json::json;

    const WHO: &str = "arn:aws:iam::123456789012:role/a";
    const ROLE: &str = "arn:aws:iam::123456789012:role/b";

    fn check(own: Option<Value>, trust: Value, want: Option<(&str, bool)>) {
        let documents =
            own.map(|d| ("policy p".to_owned(), Document { id: None, text: Some(d.into()) })).into_iter().collect();
        let held = Held::of(&documents);
        let how = may_become(WHO, held.as_ref(), ROLE, &json!({"Statement": [trust]}));
        assert_eq!(how.as_ref().map(|h| (h.words.as_str(), h.limited)), want, "{trust}");
    }

    #[test]
    fn a_role_is_assumed_by_who_it_names_and_by_who_its_account_lets() {
        let trust = |aws: &str| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": aws}});
        let allow = |on: &str| Some(json!({"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": on}}));
        let account = "its trust policy names the account, and policy p allows it";
        check(None, trust(WHO), Some(("its trust policy names it", false)));
        check(None, trust("arn:aws:iam::123456789012:root"), None);
        check(allow("*"), trust("arn:aws:iam::123456789012:root"), Some((account, false)));
        check(allow("arn:aws:iam::*:role/b"), trust("123456789012"), Some((account, false)));
        check(allow("arn:aws:iam::*:role/c"), trust("123456789012"), None);
        check(allow("*"), trust("arn:aws:iam::999999999999:root"), None);
        check(
            allow("*"),
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}),
            None,
        );
    }

    #[test]
    fn a_condition_limits_and_a_denial_ends_it() {
        let condition = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": WHO},
            "Condition": {"StringEquals": {"sts:ExternalId": "x"}}});
        check(None, condition, Some(("its trust policy names it", true)));
        let documents = json!({"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": WHO}},
            {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*"}]});
        assert_eq!(may_become(WHO, None, ROLE, &documents), None);
        let denied = json!({"Statement": {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}});
        check(Some(denied), json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": WHO}}), None);
    }
}
