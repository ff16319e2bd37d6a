//! How an agent wants those who call it to authenticate. Both spellings: a `type` beside the members (before 1.0), and one member named
//! after the type (1.0).
use super::read::plain;
use crate::{
    credential::{Facts, Kind},
    import::{read::At, redact, snapshot::Problem},
};
use std::collections::BTreeMap;

/// Reads whom the agent lets in, as trusts: by each scheme, and anyone where the card asks nobody to authenticate.
pub fn read(top: &At<'_>, held: &mut BTreeMap<String, Facts>, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let schemes = top.get("securitySchemes")?;
    for (name, at) in schemes.map(|s| s.members()).transpose()?.unwrap_or_default() {
        match scheme(&at) {
            Ok(detail) => drop(held.insert(format!("trust callers by {}", plain(name)), trust(&detail))),
            Err(problem) => problems.push(problem),
        }
    }
    let asked = top.get("securityRequirements")?.or(top.get("security")?);
    let demands = asked.map(|list| list.items()).transpose()?.unwrap_or_default();
    if demands.is_empty() || demands.iter().any(|d| d.value.as_object().is_some_and(serde_json::Map::is_empty)) {
        let mut facts = trust("the card asks nobody to authenticate");
        facts.trust_wildcard = true;
        held.insert("trust anyone".into(), facts);
    }
    Ok(())
}

fn trust(detail: &str) -> Facts {
    let mut facts = Facts::of(Kind::Trust);
    facts.detail = detail.trim_end().into();
    facts
}

fn scheme(at: &At<'_>) -> Result<String, Problem> {
    const WRAPPED: [(&str, &str); 5] = [
        ("apiKeySecurityScheme", "apiKey"),
        ("httpAuthSecurityScheme", "http"),
        ("oauth2SecurityScheme", "oauth2"),
        ("openIdConnectSecurityScheme", "openIdConnect"),
        ("mtlsSecurityScheme", "mutualTLS"),
    ];
    let mut wrapped = None;
    for (member, sort) in WRAPPED {
        if let Some(inner) = at.get(member)? {
            wrapped = Some((sort, inner));
        }
    }
    let (sort, at) = match wrapped {
        Some(found) => found,
        None => (at.need("type")?, at.clone()),
    };
    let text = |key: &str| at.text(key).map(|t| t.map(plain).unwrap_or_default());
    match sort {
        "apiKey" => Ok(format!("a key in {}{} {}", text("in")?, text("location")?, text("name")?)),
        "http" => Ok(format!("HTTP {}", text("scheme")?)),
        "oauth2" => {
            let flows = at.get("flows")?.map(|flows| flows.members()).transpose()?.unwrap_or_default();
            let names: Vec<_> = flows.into_iter().map(|(name, _)| plain(name)).collect();
            Ok(format!("OAuth 2.0 {}", names.join(", ")))
        }
        "openIdConnect" => {
            let issuer = redact::url(at.need("openIdConnectUrl")?);
            Ok(format!("OpenID Connect {}", issuer.ok_or_else(|| at.problem("openIdConnectUrl is not a URL"))?.text))
        }
        "mutualTLS" => Ok("a client certificate".into()),
        _ => Err(at.problem("type is none of apiKey, http, oauth2, openIdConnect and mutualTLS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn held(card: &Value) -> (Vec<(String, String, bool)>, usize) {
        let (mut held, mut problems) = (BTreeMap::new(), vec![]);
        read(&At::top("f", card), &mut held, &mut problems).unwrap();
        (held.into_iter().map(|(k, f)| (k, f.detail, f.trust_wildcard)).collect(), problems.len())
    }

    #[test]
    fn both_spellings_of_a_scheme_are_one() {
        let flows = json!({"clientCredentials": {"tokenUrl": "https://i.example/t", "scopes": {}}});
        let old = json!({"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "o": {"type": "oauth2", "flows": flows}}, "security": [{"k": []}]});
        let new = json!({"securitySchemes": {"k": {"apiKeySecurityScheme": {"location": "header", "name": "X-Key"}},
            "o": {"oauth2SecurityScheme": {"flows": flows}}}, "securityRequirements": [{"schemes": {"k": {"list": []}}}]});
        let want = vec![
            ("trust callers by k".to_owned(), "a key in header X-Key".to_owned(), false),
            ("trust callers by o".to_owned(), "OAuth 2.0 clientCredentials".to_owned(), false),
        ];
        assert_eq!(held(&old), (want.clone(), 0));
        assert_eq!(held(&new), (want, 0));
    }

    #[test]
    fn who_asks_for_nothing_lets_anyone_in() {
        let anyone = |card: &Value| held(card).0.iter().any(|(.., wildcard)| *wildcard);
        assert!(anyone(&json!({})));
        assert!(anyone(&json!({"securitySchemes": {"k": {"type": "mutualTLS"}}})));
        assert!(anyone(&json!({"security": [{"k": []}, {}]})));
        assert!(!anyone(&json!({"security": [{"k": []}]})));
        let bad = json!({"securitySchemes": {"k": {"type": "handshake"}, "l": 7}, "security": [{"k": []}]});
        assert_eq!(held(&bad), (vec![], 2));
    }
}
