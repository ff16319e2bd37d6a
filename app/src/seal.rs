//! What a page carries back to us unchanged: when it was shown, and to whom. Sealed (HMAC-SHA-256, RFC 2104), so that nobody
//! makes one up.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use governance::time::Timestamp;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::sync::Arc;

/// The key, the same on every node of an installation.
#[derive(Clone)]
pub struct Seal(Arc<[u8; 32]>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(key))
    }
    fn mac(&self, at: Timestamp, about: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).ok()?;
        mac.update(&at.micros().to_be_bytes());
        mac.update(about.as_bytes());
        Some(mac)
    }
    /// `about` says what was shown to whom; it is not part of the text and must be the same on opening.
    #[must_use]
    pub fn close(&self, at: Timestamp, about: &str) -> String {
        let tag = self.mac(at, about).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        format!("{}.{}", at.micros(), tag.unwrap_or_default())
    }
    /// When it was sealed; `None` unless we sealed it about this.
    #[must_use]
    pub fn open(&self, sealed: &str, about: &str) -> Option<Timestamp> {
        let (micros, tag) = sealed.split_once('.')?;
        let at = Timestamp::from_micros(micros.parse().ok()?)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.mac(at, about)?.verify_slice(&tag).ok().map(|()| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_sealed_opens_and_only_about_the_same() {
        let (seal, other) = (Seal::new([7; 32]), Seal::new([8; 32]));
        let at = Timestamp::from_micros(1_795_251_600_000_000).unwrap();
        let text = seal.close(at, "per_1 esc_1");
        assert_eq!(seal.open(&text, "per_1 esc_1"), Some(at));
        assert_eq!(seal.open(&text, "per_2 esc_1"), None);
        assert_eq!(other.open(&text, "per_1 esc_1"), None);
        let earlier = text.replacen("17952516", "17952515", 1);
        assert_ne!(earlier, text);
        for forged in [earlier.as_str(), "", ".", "1795251600000000.", "x.y"] {
            assert_eq!(seal.open(forged, "per_1 esc_1"), None, "{forged}");
        }
    }
}
