//! The same literal secret in several places of one import.
//!
//! Values are compared while the files are read and then dropped. What is kept names a place, not the secret: no digest of it,
//! keyed or not, by which a guess could be tried. All it tells is that the places hold one and the same.
use crate::import::snapshot::Parsed;
use std::collections::BTreeMap;

/// Where a secret stands: the file's scope, the server, the credential's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub scope: String,
    pub server: String,
    pub key: String,
}

/// Writes beside each secret that stands in several places the first of them in the order of names.
pub fn mark(parsed: &mut [Parsed], found: Vec<(String, Place)>) {
    let mut by_value: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for (value, place) in found {
        by_value.entry(value).or_default().push(place);
    }
    for mut places in by_value.into_values().filter(|places| places.len() > 1) {
        places.sort();
        let first = format!("{}: {} {}", places[0].scope, places[0].server, places[0].key);
        for place in &places {
            let of_scope = parsed.iter_mut().filter(|p| p.scope == place.scope);
            for principal in of_scope.filter_map(|p| p.snapshot.principals.get_mut(&place.server)) {
                if let Some(facts) = principal.credentials.get_mut(&place.key) {
                    facts.same_as = Some(first.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{import::parse, source::Kind};
    use serde_json::json;

    #[test]
    fn one_secret_in_two_files_is_told_and_not_kept() {
        let file = |name: &str, header: &str, other: &str| {
            let servers = json!({"mcpServers": {
                "hub": {"url": "https://h.example/mcp", "headers": {"Authorization": header}},
                "own": {"command": "run", "env": {"OWN_TOKEN": other, "OUTER_TOKEN": "${env:OUTER_TOKEN}"}},
            }});
            (name.to_owned(), servers.to_string().into_bytes())
        };
        let files = [
            file("prod.json", "Bearer hunter2-shared", "hunter2-one"),
            file("test.json", "Bearer hunter2-shared", "hunter2-two"),
        ];
        let got = parse(Kind::McpConfig, &files).unwrap();
        let same = got.iter().flat_map(|p| p.snapshot.principals.values()).flat_map(|p| &p.credentials);
        let same: Vec<_> = same.map(|(key, facts)| (key.as_str(), facts.same_as.as_deref())).collect();
        let first = Some("prod.json: hub header Authorization");
        let of_file = [("header Authorization", first), ("variable OUTER_TOKEN", None), ("variable OWN_TOKEN", None)];
        assert_eq!(same, [of_file, of_file].concat());
        assert!(!format!("{got:?}").contains("hunter2"));
        // the order of the files changes nothing
        let mut turned = parse(Kind::McpConfig, &[files[1].clone(), files[0].clone()]).unwrap();
        turned.reverse();
        assert_eq!(turned, got);
    }
}
