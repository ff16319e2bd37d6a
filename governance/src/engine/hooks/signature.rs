//! Whether a delivery was signed with its hook's secret: looked at over the raw body, before anything of it is read, and in
//! constant time.
use crate::engine::hex;
use crate::hook::Preset;
use crate::hook::read::CLOCKS;
use crate::id::HookId;
use crate::time::Timestamp;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Headers that say something of a delivery; no other is looked at. Lower case.
pub const HEADERS: [&str; 8] = [
    "x-github-event",
    "x-github-delivery",
    "x-hub-signature-256",
    "x-hub-signature",
    "x-atlassian-webhook-identifier",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];
/// Characters of a delivery's id at most.
const ID: usize = 128;
/// Signatures in one header at most: a sender that changes its secret sends two.
const SIGNATURES: usize = 8;

/// What the secrets of all hooks are derived from: the installation's own, and never in its database. Never printed.
#[derive(Clone)]
pub struct Root([u8; 32]);

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Root(…)")
    }
}

impl From<[u8; 32]> for Root {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Root {
    /// The secret of one hook, as it is entered at its platform: `whsec_…` of Standard Webhooks, else 64 hex digits.
    #[must_use]
    pub fn secret(&self, id: HookId, preset: Preset) -> String {
        let bytes = self.bytes(id);
        if preset.signs_time() { format!("whsec_{}", STANDARD.encode(bytes)) } else { hex(&bytes) }
    }

    fn bytes(&self, id: HookId) -> [u8; 32] {
        let mac = mac(&self.0).chain_update(b"countersign hook v1\0").chain_update(id.to_string());
        mac.finalize().into_bytes().into()
    }

    /// The key the platform signs with: the bytes a `whsec_` secret stands for, else the text itself.
    fn key(&self, id: HookId, preset: Preset) -> Vec<u8> {
        if preset.signs_time() { self.bytes(id).to_vec() } else { hex(&self.bytes(id)).into_bytes() }
    }
}

/// A delivery as it came: headers of [`HEADERS`] that came once, and the raw body.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub headers: BTreeMap<&'static str, String>,
    pub body: Vec<u8>,
}

impl Call {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
    /// What the platform calls the message.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.header("x-github-event")
    }
    /// SHA-256 of the body, hex.
    #[must_use]
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.body))
    }
    /// The delivery's own name: retries have it too. Without one, the body's digest.
    #[must_use]
    pub fn delivery(&self, preset: Preset) -> String {
        let id = self.header(match preset {
            Preset::Github => "x-github-delivery",
            Preset::Jira => "x-atlassian-webhook-identifier",
            Preset::Servicenow | Preset::Standard => "webhook-id",
        });
        let plain = |id: &&str| (1..=ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        id.filter(plain).map_or_else(|| self.digest(), str::to_owned)
    }

    /// Whether the body, and where the preset has them id and time, were signed with this hook's secret, now.
    #[must_use]
    pub fn signed(&self, root: &Root, id: HookId, preset: Preset, now: Timestamp) -> bool {
        let key = root.key(id, preset);
        match preset {
            Preset::Github => self.body_signed(&key, "x-hub-signature-256"),
            Preset::Jira => self.body_signed(&key, "x-hub-signature"),
            Preset::Servicenow | Preset::Standard => self.standard(&key, now).unwrap_or(false),
        }
    }

    /// `sha256=` and hex, as WebSub has it.
    fn body_signed(&self, key: &[u8], header: &str) -> bool {
        let given = self.header(header).and_then(|v| v.strip_prefix("sha256=")).and_then(unhex);
        given.is_some_and(|given| mac(key).chain_update(&self.body).verify_slice(&given).is_ok())
    }

    /// Standard Webhooks 1.0: `v1,BASE64` over id, time and body, joined by dots; the time within five minutes of ours.
    fn standard(&self, key: &[u8], now: Timestamp) -> Option<bool> {
        let (id, time) = (self.header("webhook-id")?, self.header("webhook-timestamp")?);
        let at = time.parse::<i64>().ok()?.checked_mul(1_000_000).and_then(Timestamp::from_micros)?;
        if id.is_empty() || id.len() > ID || at > now + CLOCKS || at < now - CLOCKS {
            return Some(false);
        }
        let signatures = self.header("webhook-signature")?.split(' ').take(SIGNATURES);
        let mut given = signatures.filter_map(|s| STANDARD.decode(s.strip_prefix("v1,")?).ok());
        let good = |given: Vec<u8>| {
            let mut mac = mac(key);
            for part in [id.as_bytes(), b".", time.as_bytes(), b".", &self.body] {
                mac.update(part);
            }
            mac.verify_slice(&given).is_ok()
        };
        Some(given.any(good))
    }
}

/// HMAC-SHA-256. None of our keys is longer than a block of 64 bytes, which it fills up with zeros itself.
fn mac(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Hmac::<Sha256>::new(&block.into())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn root() -> Root {
        Root::from([7; 32])
    }
    fn id() -> HookId {
        HookId::new(Timestamp::EPOCH, [1; 10])
    }
    fn now() -> Timestamp {
        Timestamp::EPOCH + TimeDelta::seconds(1_614_265_330)
    }
    fn call(headers: &[(&'static str, &str)], body: &str) -> Call {
        Call { headers: headers.iter().map(|(n, v)| (*n, (*v).to_owned())).collect(), body: body.into() }
    }

    #[test]
    fn the_signatures_are_those_of_the_platforms() {
        // GitHub's own example (docs, "Validating webhook deliveries")
        let github = call(
            &[("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")],
            "Hello, World!",
        );
        assert!(github.body_signed(b"It's a Secret to Everybody", "x-hub-signature-256"));
        assert!(!github.body_signed(b"It's a Secret to Nobody", "x-hub-signature-256"));
        // as our own sender signs, whose test has it from the openssl command
        let key: Vec<u8> = (0..24).collect();
        let standard = |id: &str, time: &str, signature: &str| {
            let headers = [("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)];
            call(&headers, r#"{"test": 1}"#).standard(&key, now()) == Some(true)
        };
        let good = "v1,W4MReZ4DOe9y7cVXPwQhyyEvofIIG1N1qGDhWYlra3U=";
        assert!(standard("ntc_1", "1614265330", good));
        assert!(standard("ntc_1", "1614265330", &format!("v1,AAAA v1a,x {good}")));
        assert!(!standard("ntc_2", "1614265330", good));
        assert!(!standard("ntc_1", "1614265331", good));
        assert!(!standard("ntc_1", "1614265330", &good[3..]));
        assert!(!standard("ntc_1", "1614265330", ""));
    }

    #[test]
    fn a_time_too_far_away_is_refused_though_signed() {
        let signed = |time: i64, now: Timestamp| {
            let mut call = call(&[("webhook-id", "m1")], "{}");
            let text = time.to_string();
            let mut mac = mac(&root().bytes(id()));
            mac.update(format!("m1.{text}.{{}}").as_bytes());
            let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
            call.headers.extend([("webhook-timestamp", text), ("webhook-signature", signature)]);
            call.signed(&root(), id(), Preset::Standard, now)
        };
        let sent = 1_614_265_330;
        for (away, good) in [(0, true), (300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(signed(sent, now() + TimeDelta::seconds(away)), good, "{away}");
        }
        assert!(!signed(i64::MAX, now()));
    }

    #[test]
    fn what_is_forged_absent_or_of_another_kind_is_refused() {
        let body = "{\"a\":1}";
        let mut mac = mac(root().secret(id(), Preset::Github).as_bytes());
        mac.update(body.as_bytes());
        let good = format!("sha256={}", hex(&mac.finalize().into_bytes()));
        let github = |header: &'static str, value: &str, body: &str| {
            call(&[(header, value)], body).signed(&root(), id(), Preset::Github, now())
        };
        assert!(github("x-hub-signature-256", &good, body));
        assert!(!github("x-hub-signature-256", &good, "{\"a\":2}"));
        assert!(!github("x-hub-signature", &good, body));
        for forged in
            ["", "sha256=", "sha1=0", &good[7..], &good[..70], &good.replace("sha256", "sha512"), &format!("{good}0")]
        {
            assert!(!github("x-hub-signature-256", forged, body), "{forged}");
        }
        assert!(!call(&[], body).signed(&root(), id(), Preset::Github, now()));
        assert!(!call(&[], body).signed(&root(), id(), Preset::Standard, now()));
        let other = HookId::new(Timestamp::EPOCH, [2; 10]);
        assert!(!call(&[("x-hub-signature-256", &good)], body).signed(&root(), other, Preset::Github, now()));
        let elsewhere = Root::from([8; 32]);
        assert!(!call(&[("x-hub-signature-256", &good)], body).signed(&elsewhere, id(), Preset::Github, now()));
        assert_eq!(format!("{:?}", root()), "Root(…)");
    }
}
