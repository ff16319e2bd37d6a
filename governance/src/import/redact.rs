//! Literal secrets in what somebody wrote: found, and taken out before anything is stored or printed.
//!
//! Errs on the side of taking out: a false alarm costs a look, a secret in a table is a leak. What refers to a secret
//! (`${input:key}`, `$TOKEN`, `<your key>`) is not one.
use std::sync::LazyLock;

/// What stands in a secret's place.
pub const MARK: &str = "[redacted]";

/// Prefixes by which issuers mark their secrets, and what they are.
const ISSUED: &[(&str, &str)] = &[
    ("ghp_", "a GitHub token"),
    ("gho_", "a GitHub token"),
    ("ghs_", "a GitHub token"),
    ("github_pat_", "a GitHub token"),
    ("glpat-", "a GitLab token"),
    ("sk-ant-", "an Anthropic key"),
    ("sk-", "an API key"),
    ("sk_live_", "a Stripe key"),
    ("sk_test_", "a Stripe key"),
    ("rk_live_", "a Stripe key"),
    ("AKIA", "an AWS access key"),
    ("ASIA", "an AWS access key"),
    ("AIza", "a Google API key"),
    ("ya29.", "a Google token"),
    ("xoxb-", "a Slack token"),
    ("xoxp-", "a Slack token"),
    ("xapp-", "a Slack token"),
    ("npm_", "an npm token"),
    ("pypi-", "a PyPI token"),
    ("hf_", "a Hugging Face token"),
    ("lin_api_", "a Linear key"),
    ("dop_v1_", "a DigitalOcean token"),
    ("pplx-", "a Perplexity key"),
    ("SG.", "a SendGrid key"),
    ("ntn_", "a Notion token"),
    ("secret_", "a secret"),
    ("csk_", "a Countersign key"),
    ("eyJ", "a signed token"),
];

/// What is left when everything that was found is taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    pub text: String,
    /// What was found, in words, each with its place where it has one. Never the secret.
    pub found: Vec<String>,
}

/// Why a value is a literal secret; `None` when it is not, or only refers to one.
#[must_use]
pub fn secret(name: &str, value: &str) -> Option<&'static str> {
    let rest = without_references(value);
    let rest = rest.trim();
    if rest.is_empty() || is_placeholder(rest) {
        return None;
    }
    if let Some(why) = issued(rest) {
        return Some(why);
    }
    if rest.contains("-----BEGIN") && rest.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if url(rest).is_some_and(|r| !r.found.is_empty()) {
        return Some("a URL with a secret in it");
    }
    if names_secret(name) && !is_setting(rest) {
        return Some("a value under a secret's name");
    }
    rest.split([' ', ',', ';', '"', '\'']).any(is_random).then_some("a long random value")
}

/// Takes secrets out of a command line: `--token x`, `--token=x`, `KEY=x`, `Authorization: Bearer x`, URLs, known prefixes.
#[must_use]
pub fn args(args: &[&str]) -> Redacted {
    let mut out = Redacted::default();
    let mut words = vec![];
    let mut named: Option<String> = None;
    for (i, arg) in args.iter().enumerate() {
        let name = named.take().unwrap_or_default();
        let (left, value) = split(arg);
        let label = if left.is_empty() { name.as_str() } else { left.trim_end_matches([':', '=', ' ']) };
        match secret(label, value) {
            Some(why) => {
                let clean = url(value).filter(|r| !r.found.is_empty()).map_or_else(|| MARK.to_owned(), |r| r.text);
                words.push(format!("{left}{clean}"));
                let of = label.trim_start_matches('-');
                out.found.push(if of.is_empty() {
                    format!("argument {}: {why}", i + 1)
                } else {
                    format!("argument {of}: {why}")
                });
            }
            None => words.push((*arg).to_owned()),
        }
        if arg.starts_with('-') && left.is_empty() {
            named = Some((*arg).to_owned());
        }
    }
    out.text = words.join(" ");
    out
}

/// Takes secrets out of a URL: a password before the host, values of the query, random parts of the path.
/// `None` when the text is no URL.
#[must_use]
pub fn url(text: &str) -> Option<Redacted> {
    url_where(text, &|part| issued(part).is_some() || is_random(part), &secret_value)
}

/// The same where others say which part is a token, and which value of a parameter is a secret.
pub fn url_where(text: &str, token: &dyn Fn(&str) -> bool, parameter: &dyn Fn(&str, &str) -> bool) -> Option<Redacted> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
        return None;
    }
    let mut found = vec![];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, password)) if !without_references(password).trim().is_empty() => {
                found.push("a password in the URL".into());
                format!("{name}:{MARK}@{host}")
            }
            None if token(user) => {
                found.push("a token in the URL".into());
                format!("{MARK}@{host}")
            }
            _ => authority.into(),
        },
        None => authority.into(),
    };
    let (tail, fragment) = tail.split_once('#').map_or((tail, None), |(t, f)| (t, Some(f)));
    let (path, query) = tail.split_once('?').map_or((tail, None), |(p, q)| (p, Some(q)));
    let path: Vec<_> = path
        .split('/')
        .map(|part| {
            if !token(part) {
                return part.to_owned();
            }
            found.push("a secret in the URL's path".into());
            MARK.into()
        })
        .collect();
    let mut out = format!("{scheme}://{authority}{}", path.join("/"));
    for (mark, pairs) in [('?', query), ('#', fragment)] {
        let Some(pairs) = pairs else { continue };
        out.push(mark);
        out.push_str(&parameters(pairs, token, parameter, &mut found));
    }
    Some(Redacted { text: out, found })
}

fn parameters(
    query: &str,
    token: &dyn Fn(&str) -> bool,
    parameter: &dyn Fn(&str, &str) -> bool,
    found: &mut Vec<String>,
) -> String {
    let part = |pair: &str, found: &mut Vec<String>| match pair.split_once('=') {
        Some((name, value)) if parameter(name, value) => {
            found.push(format!("parameter {} of the URL", short_name(name)));
            format!("{name}={MARK}")
        }
        None if token(pair) => {
            found.push("a secret in the URL".into());
            MARK.into()
        }
        _ => pair.into(),
    };
    query.split('&').map(|pair| part(pair, found)).collect::<Vec<_>>().join("&")
}

/// As [`secret`], for the value of a URL's parameter, which is not looked into as a URL again.
fn secret_value(name: &str, value: &str) -> bool {
    let rest = without_references(value);
    let rest = rest.trim();
    if rest.is_empty() || is_placeholder(rest) {
        return false;
    }
    issued(rest).is_some() || (names_secret(name) && !is_setting(rest)) || is_random(rest) || rest.contains("://")
}

fn short_name(name: &str) -> String {
    crate::word::short(name)
}

/// `--name=`, `NAME=` or `Header: ` and what follows; nothing before when it is a value alone.
fn split(arg: &str) -> (&str, &str) {
    let is_name =
        |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    for mark in ["=", ": "] {
        if let Some(at) = arg.find(mark).filter(|at| is_name(&arg[..*at])) {
            return arg.split_at(at + mark.len());
        }
    }
    ("", arg)
}

/// The text without `${…}`, `{{…}}`, `$NAME` and `%NAME%`, and without the word before a header's token.
pub(super) fn without_references(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{', '%']) {
        out.push_str(&rest[..at]);
        let here = &rest[at..];
        let closed = |open: &str, close: &str| {
            here.strip_prefix(open).and_then(|r| r.find(close).map(|e| open.len() + e + close.len()))
        };
        let name = |from: usize| here[from..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let bare = if here.starts_with('$') && here[1..].starts_with(|c: char| c.is_ascii_uppercase() || c == '_') {
            1 + name(1)
        } else {
            0
        };
        let percent =
            if here.starts_with('%') && name(1) > 0 && here[1 + name(1)..].starts_with('%') { 2 + name(1) } else { 0 };
        let skip = closed("${", "}").or_else(|| closed("{{", "}}")).unwrap_or(bare.max(percent));
        if skip == 0 {
            let width = here.chars().next().map_or(1, char::len_utf8);
            out.push_str(&here[..width]);
            rest = &here[width..];
        } else {
            rest = &here[skip..];
        }
    }
    out.push_str(rest);
    let trimmed = out.trim();
    for word in ["Bearer", "bearer", "Basic", "Token", "token"] {
        if let Some(rest) = trimmed.strip_prefix(word).filter(|r| r.is_empty() || r.starts_with(' ')) {
            return rest.trim().into();
        }
    }
    trimmed.into()
}

/// A value that only says where the real one goes.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let told =
        ["your", "changeme", "change-me", "change_me", "replace", "placeholder", "example", "todo", "insert", "dummy"];
    (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with('[') && text.ends_with(']'))
        || told.iter().any(|t| lower.starts_with(t) || lower.contains(&format!("-{t}-")))
        || text.chars().all(|c| matches!(c, 'x' | 'X' | '*' | '.' | '-'))
}

/// A value that is a switch, a small number, a path or a plain address, whatever its name.
fn is_setting(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "none" | "null" | "on" | "off" | "auto"
    ) || (text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit()))
        || text.starts_with(['/', '~'])
        || text.starts_with("./")
        || text.get(1..3) == Some(":\\")
        || (text.contains("://") && url(text).is_some_and(|u| u.found.is_empty()))
}

/// Whether a name says that its value is secret.
#[must_use]
pub fn names_secret(name: &str) -> bool {
    static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        vec![
            "token",
            "secret",
            "password",
            "passwd",
            "pwd",
            "apikey",
            "authorization",
            "credential",
            "credentials",
            "privatekey",
            "accesskey",
            "auth",
            "pat",
            "passphrase",
            "cookie",
            "signingkey",
            "jwt",
            "bearer",
        ]
    });
    let parts = name_parts(name);
    let last = parts.last().map_or("", String::as_str);
    if [
        "file", "path", "url", "uri", "dir", "limit", "ttl", "expiry", "type", "name", "endpoint", "method", "count",
        "scope", "id",
    ]
    .contains(&last)
    {
        return false;
    }
    let joined: String = parts.concat();
    parts.iter().any(|p| WORDS.contains(&p.as_str()))
        || ["apikey", "accesskey", "privatekey", "secretkey", "signingkey", "authkey"]
            .iter()
            .any(|w| joined.ends_with(w))
        || last == "key"
}

/// `X-Api-Key`, `GITHUB_TOKEN` and `apiKey` in lower-case words.
fn name_parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            parts.push(String::new());
        } else if c.is_ascii_uppercase() && lower_before {
            parts.push(c.to_ascii_lowercase().to_string());
        } else if let Some(last) = parts.last_mut() {
            last.push(c.to_ascii_lowercase());
        }
        lower_before = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    parts.retain(|p| !p.is_empty());
    parts
}

fn issued(text: &str) -> Option<&'static str> {
    let long = |prefix: &str| text.len() >= prefix.len() + 8 && !text[prefix.len()..].contains(['/', ' ']);
    ISSUED.iter().find(|(prefix, _)| text.starts_with(prefix) && long(prefix)).map(|(_, what)| *what)
}

/// Long, of a token's alphabet, with letters and digits, and without the regularity of words. Digests and UUIDs are not meant.
fn is_random(text: &str) -> bool {
    let text = text.rsplit_once(['@', ':']).map_or(text, |(before, after)| {
        // a pinned digest or commit: name@sha256:…, name@<commit>
        if after.len() >= 32 && after.bytes().all(|b| b.is_ascii_hexdigit()) && !before.is_empty() { "" } else { text }
    });
    let token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'=' | b'.');
    if text.len() < 32 || !text.bytes().all(token) || uuid::Uuid::try_parse(text).is_ok() {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
    digits >= 3 && letters >= 3 && entropy(text) > if hex { 3.0 } else { 3.7 }
}

/// Bits a character, from how often each occurs.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    text.bytes().for_each(|b| counts[usize::from(b)] += 1);
    let all = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts.iter().filter(|c| **c > 0).map(|c| f64::from(*c) / all).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_literal_is_a_secret_and_a_reference_is_not() {
        let check = |name: &str, value: &str, want: bool| {
            assert_eq!(secret(name, value).is_some(), want, "{name}={value}");
        };
        check("GITHUB_TOKEN", "ghp_0123456789abcdefghijABCDEFGHIJ012345", true);
        check("ANY", "ghp_0123456789abcdefghijABCDEFGHIJ012345", true);
        check("Authorization", "Bearer hunter2", true);
        check("Authorization", "Bearer ${user_config.api_key}", false);
        check("Authorization", "Bearer ${input:key}-tail9", true);
        check("API_KEY", "${env:API_KEY}", false);
        check("API_KEY", "$API_KEY", false);
        check("API_KEY", "%API_KEY%", false);
        check("API_KEY", "{{ api_key }}", false);
        check("API_KEY", "<your-api-key>", false);
        check("API_KEY", "YOUR_API_KEY", false);
        check("API_KEY", "xxxxxxxx", false);
        check("API_KEY", "", false);
        check("DB_PASSWORD", "pa$$word", true);
        check("MAX_TOKENS", "4096", false);
        check("TOKEN_FILE", "hunter2", false);
        check("API_KEY", "/run/secrets/key", false);
        check("LOG_LEVEL", "debug", false);
        check("DATABASE_URL", "postgres://app:hunter2@db/app", true);
        check("DATABASE_URL", "postgres://app:${env:PW}@db/app", false);
        check("DATABASE_URL", "postgres://db/app", false);
        check("apiKey", "hunter2", true);
        check("X-Api-Key", "hunter2", true);
        check("MONKEY", "banana", false);
        check("REGION", "eu-central-1", false);
        check("TENANT", "7d4f3f0e-6f0c-4b7c-9f7e-0d4c3b2a1f00", false);
        check("OTHER", "f3A9kQ2mZ7xW1cV5bN8jL4hG6tR0yU3p", true);
        check("PEM", "-----BEGIN PRIVATE KEY-----\nabc", true);
    }

    #[test]
    fn a_command_line_loses_its_secrets_and_nothing_else() {
        let check = |from: &[&str], want: &str, found: usize| {
            let got = args(from);
            assert_eq!((got.text.as_str(), got.found.len()), (want, found), "{from:?} {:?}", got.found);
        };
        check(&["run", "start-stdio"], "run start-stdio", 0);
        check(&["-y", "@scope/pkg@1.2.3", "--port", "3000"], "-y @scope/pkg@1.2.3 --port 3000", 0);
        check(&["--api-key", "hunter2", "go"], "--api-key [redacted] go", 1);
        check(&["--api-key=hunter2"], "--api-key=[redacted]", 1);
        check(&["--api-key=${input:k}"], "--api-key=${input:k}", 0);
        check(&["-e", "GITHUB_TOKEN=hunter2"], "-e GITHUB_TOKEN=[redacted]", 1);
        check(&["--header", "Authorization: Bearer hunter2"], "--header Authorization: [redacted]", 1);
        check(
            &["mcp-remote", "https://x.example/mcp?api_key=hunter2&v=1"],
            "mcp-remote https://x.example/mcp?api_key=[redacted]&v=1",
            1,
        );
        check(
            &["img@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"],
            "img@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            0,
        );
        check(&["postgresql://app:hunter2@db/app"], "postgresql://app:[redacted]@db/app", 1);
    }

    #[test]
    fn a_url_loses_its_secrets() {
        let check = |from: &str, want: &str| assert_eq!(url(from).unwrap().text, want);
        check("https://mcp.example.com/mcp", "https://mcp.example.com/mcp");
        check("https://h/s/f3A9kQ2mZ7xW1cV5bN8jL4hG6tR0yU3p/mcp", "https://h/s/[redacted]/mcp");
        check("https://h/?token=hunter2#access_token=hunter2", "https://h/?token=[redacted]#access_token=[redacted]");
        check("https://u:hunter2@h:8443/x?a=b", "https://u:[redacted]@h:8443/x?a=b");
        check("https://ghp_0123456789abcdefghij@h/x", "https://[redacted]@h/x");
        assert_eq!(url("not a url"), None);
    }

    proptest! {
        #[test]
        fn what_is_under_a_secret_name_never_comes_out(secret in "[a-zA-Z0-9]{9,40}", place in 0usize..4) {
            prop_assume!(!is_placeholder(&secret));
            let given = match place {
                0 => vec!["--token".to_owned(), secret.clone()],
                1 => vec![format!("--password={secret}")],
                2 => vec![format!("Authorization: Bearer {secret}")],
                _ => vec![format!("https://u:{secret}@h/p?api_key={secret}")],
            };
            let given: Vec<_> = given.iter().map(String::as_str).collect();
            let got = args(&given);
            prop_assert!(!got.text.contains(&secret), "{}", got.text);
            prop_assert!(!got.found.is_empty() && got.found.iter().all(|f| !f.contains(&secret)));
        }
        #[test]
        fn any_text_is_survived(text in "\\PC{0,80}") {
            let _ = (secret("x", &text), url(&text), args(&[&text]));
        }
    }
}
