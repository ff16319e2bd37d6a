//! How a receiver knows that a message is ours and new (Standard Webhooks 1.0, symmetric signatures): `webhook-id` is the
//! same in every attempt, `webhook-timestamp` is the attempt's, and the signature covers both and the body.
use base64::{Engine as _, engine::general_purpose::STANDARD};
use governance::{
    error::{Error, Result},
    time::Timestamp,
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Bytes of a secret, at least and at most, as the standard has it.
const LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// What signs. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<[u8; 32]> for Secret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Secret {
    /// `whsec_` and base64 of 24 to 64 bytes.
    ///
    /// # Errors
    /// `Invalid`, without the secret.
    pub fn parse(text: &str) -> Result<Self> {
        let how =
            "the webhook's secret is whsec_ and base64 of 24 to 64 random bytes: echo whsec_$(openssl rand -base64 32)";
        let bytes = text.trim().strip_prefix("whsec_").and_then(|b| STANDARD.decode(b).ok());
        let bytes = bytes.filter(|b| LENGTH.contains(&b.len())).ok_or_else(|| Error::invalid(how))?;
        Ok(Self(bytes))
    }

    /// The three headers.
    ///
    /// # Errors
    /// Never: the key may have any length.
    pub fn headers(&self, id: &str, at: Timestamp, body: &[u8]) -> Result<[(&'static str, String); 3]> {
        let at = at.seconds().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(Error::internal)?;
        for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
            mac.update(part);
        }
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        Ok([("webhook-id", id.to_owned()), ("webhook-timestamp", at), ("webhook-signature", signature)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_signature_is_the_one_the_standard_gives() {
        // computed with the openssl command: printf '%s' ID.TIME.BODY | openssl dgst -sha256 -mac HMAC -macopt hexkey:…
        let secret = Secret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").unwrap();
        let at = Timestamp::EPOCH + TimeDelta::seconds(1_614_265_330);
        let headers = secret.headers("ntc_1", at, br#"{"test": 1}"#).unwrap();
        assert_eq!(headers[0], ("webhook-id", "ntc_1".into()));
        assert_eq!(headers[1], ("webhook-timestamp", "1614265330".into()));
        assert_eq!(headers[2].1, "v1,W4MReZ4DOe9y7cVXPwQhyyEvofIIG1N1qGDhWYlra3U=");
    }

    #[test]
    fn a_secret_is_long_enough_and_never_printed() {
        for bad in ["", "whsec_", "whsec_AAEC", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "whsec_%%%"] {
            assert!(Secret::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", Secret::from([7; 32])), "Secret(…)");
    }
}
