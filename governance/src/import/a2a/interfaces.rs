//! Where an agent answers, in what protocol: cards of version 1.0 list interfaces, those before it have one address and others beside.
use crate::import::{read::At, redact, snapshot::Problem};

/// One address, without any secret that stood in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub address: String,
    /// `JSONRPC 1.0`
    pub protocol: String,
}

/// The addresses of a card, the preferred one first.
pub fn read(top: &At<'_>) -> Result<Vec<Call>, Problem> {
    let version = top.text("protocolVersion")?.unwrap_or("version not said");
    let mut all = vec![];
    for item in top.list("supportedInterfaces")? {
        let binding = item.text("protocolBinding")?.unwrap_or("binding not said");
        all.push(call(&item, binding, item.text("protocolVersion")?.unwrap_or(version))?);
    }
    if top.get("url")?.is_some() {
        all.push(call(top, top.text("preferredTransport")?.unwrap_or("JSONRPC"), version)?);
    }
    for item in top.list("additionalInterfaces")? {
        all.push(call(&item, item.text("transport")?.unwrap_or("binding not said"), version)?);
    }
    let mut once: Vec<Call> = vec![];
    for call in all {
        if !once.iter().any(|known| known.address == call.address) {
            once.push(call);
        }
    }
    Ok(once)
}

fn call(at: &At<'_>, binding: &str, version: &str) -> Result<Call, Problem> {
    let clean = redact::url(at.need("url")?).ok_or_else(|| at.problem("url is not a URL"))?;
    let protocol = redact::args(&[binding, version]).text;
    Ok(Call { address: clean.text, protocol })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_card_of_either_version_says_where() {
        let check = |card: Value, want: &[(&str, &str)]| {
            let got = read(&At::top("f", &card)).unwrap();
            let got: Vec<_> = got.iter().map(|c| (c.address.as_str(), c.protocol.as_str())).collect();
            assert_eq!(got, want, "{card}");
        };
        check(
            json!({"supportedInterfaces": [
                {"url": "https://a.example/v1", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"},
                {"url": "https://a.example/grpc", "protocolBinding": "GRPC", "protocolVersion": "1.0"},
            ]}),
            &[("https://a.example/v1", "JSONRPC 1.0"), ("https://a.example/grpc", "GRPC 1.0")],
        );
        check(
            json!({"url": "https://a.example/", "protocolVersion": "0.3.0", "preferredTransport": "HTTP+JSON",
                "additionalInterfaces": [{"url": "https://a.example/", "transport": "HTTP+JSON"}]}),
            &[("https://a.example/", "HTTP+JSON 0.3.0")],
        );
        check(
            json!({"url": "https://u:hunter2@a.example/"}),
            &[("https://u:[redacted]@a.example/", "JSONRPC version not said")],
        );
        check(json!({}), &[]);
        assert!(read(&At::top("f", &json!({"url": "nowhere"}))).is_err());
    }
}
