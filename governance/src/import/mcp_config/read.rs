//! An MCP configuration to a snapshot.
//!
//! Each tool server becomes an identity of kind `workload`: it is software that runs with access of its own, started or called
//! by whatever client reads the file. What it may do there is its tools' business, which the file does not tell: hence one
//! entitlement (to be started, or to be called) of unknown privilege, and one for each tool the file lets run without asking.
use super::{
    same::{self, Place},
    secrets::{self, Held},
};
use crate::{
    entitlement::{Facts, Key, Privilege},
    error::{Error, Result},
    identity::{self, Kind},
    import::{
        read::{self, At},
        redact,
        snapshot::{Claim, Parsed, Part, Principal, Problem, Snapshot},
    },
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Reads the files of one import, each a source. A literal secret that stands in several places of them is told to be the same.
///
/// # Errors
/// As [`read_one`], for the first file that is not read.
pub fn read(files: &[(String, Vec<u8>)]) -> Result<Vec<Parsed>> {
    let mut found = vec![];
    let all = files.iter().map(|(name, bytes)| read_one(name, bytes, &mut found));
    let mut parsed = all.collect::<Result<Vec<_>>>()?;
    same::mark(&mut parsed, found);
    Ok(parsed)
}

/// Reads one file of any of the three shapes: `{"mcpServers": {…}}`, `{"servers": {…}, "inputs": […]}`, or servers by name.
///
/// # Errors
/// `Invalid` when the file is cut off, or none of these.
fn read_one(file: &str, bytes: &[u8], found: &mut Vec<(String, Place)>) -> Result<Parsed> {
    let text = read::without_comments(&read::text(file, bytes)?);
    let documents = read::json(file, &text)?;
    let [document] = documents.as_slice() else {
        return Err(wrong(file));
    };
    let top = At::top(file, document);
    let (servers, inputs) = shape(&top).ok_or_else(|| wrong(file))?;
    let mut parsed = Parsed {
        scope: scope(file),
        unscoped: true,
        covered: BTreeSet::from([Part::Config]),
        snapshot: Snapshot::default(),
        ..Parsed::default()
    };
    for (name, at) in servers {
        let mut held = Held::default();
        match server(name, &at, &inputs, &mut held) {
            Ok(principal) => {
                found.extend(held.places(&parsed.scope, name));
                parsed.snapshot.principals.insert(name.into(), principal);
            }
            Err(problem) => {
                parsed.partial.insert(name.into());
                parsed.problems.push(problem);
            }
        }
    }
    Ok(parsed)
}

type Shape<'a> = (Vec<(&'a str, At<'a>)>, BTreeMap<String, bool>);

/// The servers by name, and for each input whether it is typed as a password.
fn shape<'a>(top: &At<'a>) -> Option<Shape<'a>> {
    // settings of an editor hold the same under "mcp"
    let top = match top.get("mcp") {
        Ok(Some(inner)) if inner.value.get("servers").is_some() => inner,
        Ok(_) => top.clone(),
        Err(_) => return None,
    };
    for key in ["mcpServers", "servers"] {
        if let Some(servers) = top.get(key).ok()? {
            return Some((servers.members().ok()?, inputs(&top)));
        }
    }
    let flat = top.members().ok()?;
    let is_server =
        |at: &At<'_>| ["command", "url", "type", "httpUrl", "serverUrl"].iter().any(|k| at.value.get(k).is_some());
    (!flat.is_empty() && flat.iter().any(|(_, at)| is_server(at)) && flat.iter().all(|(_, at)| at.value.is_object()))
        .then_some((flat, BTreeMap::new()))
}

fn inputs(top: &At<'_>) -> BTreeMap<String, bool> {
    let list = top.list("inputs").unwrap_or_default();
    list.iter()
        .filter_map(|i| {
            Some((i.need("id").ok()?.to_owned(), i.value.get("password").and_then(Value::as_bool) == Some(true)))
        })
        .collect()
}

fn server(name: &str, at: &At<'_>, inputs: &BTreeMap<String, bool>, held: &mut Held) -> Result<Principal, Problem> {
    identity::check_name(name).map_err(|e| at.problem(e.detail))?;
    let mut notes = BTreeMap::new();
    let url = ["url", "httpUrl", "serverUrl"].iter().find_map(|k| at.text(k).transpose()).transpose()?;
    let (action, resource) = match (at.text("command")?, url) {
        (Some(command), _) => {
            notes.insert("transport".into(), "stdio".into());
            ("mcp.start", command_line(command, at, held)?)
        }
        (None, Some(url)) => {
            notes.insert("transport".into(), redact_word(at.text("type")?.unwrap_or("http")));
            ("mcp.call", address(url, at, held)?)
        }
        (None, None) => return Err(at.problem("neither command nor url: not a server")),
    };
    for (member, what) in [("env", "variable"), ("headers", "header")] {
        let Some(values) = at.get(member)? else { continue };
        for (key, value) in values.members()? {
            secrets::note(held, what, &redact_word(key), &plain(&value)?, inputs);
        }
    }
    if at.value.get("disabled").and_then(Value::as_bool) == Some(true) {
        notes.insert("disabled".into(), "the file switches it off".into());
    }
    let mut entitlements = BTreeMap::from([entitlement(action, &resource, "the configuration")]);
    for member in ["autoApprove", "alwaysAllow", "autoApproved"] {
        for tool in at.texts(member).unwrap_or_default() {
            entitlements.extend([entitlement(
                "mcp.tool",
                &redact_word(tool),
                &format!("{member}: runs without asking"),
            )]);
        }
    }
    let claim = Claim { notes, ..Claim::of(Kind::Workload, name, Part::Config) };
    Ok(Principal { claim, entitlements, credentials: std::mem::take(&mut held.facts) })
}

fn command_line(command: &str, at: &At<'_>, held: &mut Held) -> Result<String, Problem> {
    let mut words: Vec<&str> = command.split_whitespace().collect();
    words.extend(at.texts("args")?);
    let clean = redact::args(&words);
    for found in &clean.found {
        let (place, why) = found.split_once(": ").unwrap_or(("argument", found));
        secrets::exposed(&mut held.facts, place, why);
    }
    Ok(clean.text)
}

fn address(url: &str, at: &At<'_>, held: &mut Held) -> Result<String, Problem> {
    let clean = redact::url(url);
    let Some(clean) = clean.or_else(|| url.contains("${").then(|| redact::args(&[url]))) else {
        return Err(at.problem("url is not a URL"));
    };
    if let [first, ..] = clean.found.as_slice() {
        secrets::exposed(&mut held.facts, "url", first);
    }
    Ok(clean.text)
}

/// A word of the file that is shown as it is, unless it is a secret in a place where none belongs.
fn redact_word(text: &str) -> String {
    redact::args(&[text]).text
}

/// A value of an environment or a header: text, or a number or switch as text.
fn plain(at: &At<'_>) -> Result<String, Problem> {
    match at.value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(at.value.to_string()),
        other => Err(at.problem(format!("expected text, found {}", read::kind(other)))),
    }
}

fn entitlement(action: &str, resource: &str, via: &str) -> (Key, Facts) {
    let key = Key { action: action.into(), resource: resource.into(), via: via.into() };
    (key, Facts::of(Privilege::Unknown))
}

/// The file's name; with its folder where every project calls it the same.
fn scope(file: &str) -> String {
    let parts: Vec<&str> = file.split(['/', '\\']).filter(|p| !p.is_empty() && !matches!(*p, "." | "..")).collect();
    let common = |p: &str| {
        p.starts_with('.')
            || matches!(p, "mcp.json" | "mcp_config.json" | "claude_desktop_config.json" | "settings.json")
    };
    let mut from = parts.len().saturating_sub(1);
    while from > 0 && common(parts[from]) {
        from -= 1;
    }
    parts[from..].join("/")
}

fn wrong(file: &str) -> Error {
    Error::invalid(format!(
        "{file}: not an MCP configuration: expected \"mcpServers\", \"servers\", or servers by name with a command or url"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(value: &Value) -> Parsed {
        read(&[("mcp/a.json".into(), value.to_string().into_bytes())]).unwrap().remove(0)
    }

    #[test]
    fn three_shapes_are_one() {
        let servers = json!({"s": {"command": "npx", "args": ["-y", "x"]}});
        let want = parse(&json!({"mcpServers": servers}));
        assert_eq!(want.snapshot.principals.keys().collect::<Vec<_>>(), ["s"]);
        for shape in [json!({"servers": servers, "inputs": []}), servers.clone(), json!({"mcp": {"servers": servers}})]
        {
            assert_eq!(parse(&shape).snapshot, want.snapshot, "{shape}");
        }
        for wrong in
            [json!({}), json!([]), json!({"a": 1}), json!({"UserDetailList": [{"command": 1}]}), json!({"servers": []})]
        {
            assert!(read(&[("f".into(), wrong.to_string().into_bytes())]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_secret_survives_and_each_is_named() {
        let got = parse(&json!({"mcpServers": {"s": {
            "url": "https://h.example/mcp?api_key=hunter2-url",
            "headers": {"Authorization": "Bearer hunter2-header", "X-Trace": "on"},
            "env": {"GITHUB_TOKEN": "hunter2-env", "LOG_LEVEL": "debug", "KEY": "${input:k}", "TOKEN": "${env:T}"},
        }, "t": {"command": "run --password hunter2-cmd", "args": ["--token=hunter2-arg", "hunter2"]}}}));
        let text = serde_json::to_string(&got).unwrap();
        assert!(!text.contains("hunter2-"), "{text}");
        let exposed: Vec<_> = got
            .snapshot
            .principals
            .values()
            .flat_map(|p| &p.credentials)
            .filter(|(_, c)| c.exposed)
            .map(|(k, _)| k.as_str())
            .collect();
        assert_eq!(
            exposed,
            ["header Authorization", "url", "variable GITHUB_TOKEN", "argument password", "argument token"]
        );
        let kept = |key: &str| got.snapshot.principals["s"].credentials[key].storage;
        assert_eq!(kept("variable KEY"), Some(crate::credential::Storage::Prompt));
        assert_eq!(kept("variable TOKEN"), Some(crate::credential::Storage::Environment));
    }

    #[test]
    fn a_bad_server_is_named_and_the_others_go_in() {
        let got = parse(
            &json!({"mcpServers": {"a": 5, "b": {"args": []}, "c": {"command": "x"}, "d": {"command": "x", "env": {"A": []}}}}),
        );
        let words: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "mcp/a.json: mcpServers.a: expected an object, found a number",
                "mcp/a.json: mcpServers.b: neither command nor url: not a server",
                "mcp/a.json: mcpServers.d.env.A: expected text, found a list",
            ]
        );
        assert_eq!(got.snapshot.principals.keys().collect::<Vec<_>>(), ["c"]);
        assert_eq!(got.partial.len(), 3);
    }

    #[test]
    fn a_file_with_a_common_name_is_known_by_its_folder() {
        for (file, want) in [
            ("vscode_mcp.json", "vscode_mcp.json"),
            ("/home/u/shop/.vscode/mcp.json", "shop/.vscode/mcp.json"),
            ("../../x/team.json", "team.json"),
            (".mcp.json", ".mcp.json"),
            ("C:\\shop\\.cursor\\mcp.json", "shop/.cursor/mcp.json"),
        ] {
            assert_eq!(scope(file), want, "{file}");
        }
    }
}
