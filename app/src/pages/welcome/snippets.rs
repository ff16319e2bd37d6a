//! The same call in several languages, each whole and without a library that is not the language's own.

/// `curl`, and what else the tabs offer.
pub const LANGUAGES: [(&str, &str); 3] = [("curl", "curl"), ("python", "Python"), ("typescript", "TypeScript")];

fn body(agent: &str, cents: u32) -> String {
    format!(
        r#"{{
  "subject": {{"type": "agent", "id": "{agent}"}},
  "action": {{"name": "refund.create", "properties": {{"amount_minor": {cents}, "currency": "EUR"}}}},
  "resource": {{"type": "account", "id": "stripe:test"}},
  "context": {{"justification": "Try it"}}
}}"#
    )
}

/// Asks whether `agent` may refund so many cents. The key is read from the environment: `KEY`.
#[must_use]
pub fn ask(language: &str, base: &str, agent: &str, cents: u32) -> String {
    let body = body(agent, cents);
    match language {
        "python" => format!(
            r#"import json, os, urllib.request

question = {body}
request = urllib.request.Request(
    "{base}/access/v1/evaluation",
    json.dumps(question).encode(),
    {{"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"}})
print(json.dumps(json.load(urllib.request.urlopen(request)), indent=2))"#
        ),
        "typescript" => format!(
            r#"const answer = await fetch("{base}/access/v1/evaluation", {{
  method: "POST",
  headers: {{ authorization: `Bearer ${{process.env.KEY}}`, "content-type": "application/json" }},
  body: JSON.stringify({body}),
}});
console.log(await answer.json());"#
        ),
        _ => format!(
            "curl -sS \"{base}/access/v1/evaluation\" \\\n  -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\\n  -d '{body}'"
        ),
    }
}

/// Spends the grant: the last call before the side effect.
#[must_use]
pub fn redeem(base: &str, grant: &str) -> String {
    format!("curl -sS -X POST \"{base}/v1/grants/{grant}/redeem\" \\\n  -H \"Authorization: Bearer $KEY\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_asks_the_same_question() {
        for (language, _) in LANGUAGES {
            let text = ask(language, "http://127.0.0.1:3000/demo", "my-first-agent", 4_820);
            for part in
                ["http://127.0.0.1:3000/demo/access/v1/evaluation", "\"amount_minor\": 4820", "my-first-agent", "KEY"]
            {
                assert!(text.contains(part), "{language}: {part}\n{text}");
            }
        }
    }
}
