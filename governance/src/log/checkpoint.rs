//! The signed head of the log (c2sp.org/tlog-checkpoint).
use super::merkle::{Hash, check_size, empty_root};
use super::note::{Note, SigningKey, VerifierKey};
use crate::error::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};

/// What a log says of itself at one moment: whose log, how many entries, and the root over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// `countersign/<installation id>`, also the name of the key that signs.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root hash over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }

    /// Reads the three lines. Extension lines, which the standard allows and advises against, are refused:
    /// this log never writes any, and what nobody can audit should not be signed.
    ///
    /// # Errors
    /// `Invalid`, saying which line is wrong.
    pub fn parse(body: &str) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("not a checkpoint: {why}"));
        let body = body.strip_suffix('\n').ok_or_else(|| bad("its last line does not end"))?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(bad("it has three lines: origin, size, root"));
        };
        if origin.is_empty() || origin.contains(|c: char| c.is_control()) {
            return Err(bad("its first line, the origin, is empty or has control characters"));
        }
        let size = decimal(size).ok_or_else(|| bad("its second line is the size, a decimal number"))?;
        check_size(size)?;
        let root = base64_hash(root).ok_or_else(|| bad("its third line is the base64 of a root hash of 32 bytes"))?;
        if size == 0 && root != empty_root() {
            return Err(bad("an empty log has the hash of nothing as its root"));
        }
        Ok(Self { origin: origin.into(), size, root })
    }

    /// The signed note. The key's name must be the origin.
    ///
    /// # Errors
    /// `Invalid` when the key is of another log.
    pub fn sign(&self, key: &SigningKey) -> Result<String> {
        if key.verifier().name() != self.origin {
            return Err(Error::invalid(format!(
                "the key of {} cannot sign for {}",
                key.verifier().name(),
                self.origin
            )));
        }
        Self::parse(&self.body())?;
        Note::sign(&self.body(), &[key])
    }

    /// Reads a signed checkpoint and checks that `key` signed it and speaks for its origin.
    ///
    /// # Errors
    /// `Invalid`, saying what does not hold.
    pub fn verify(note: &[u8], key: &VerifierKey) -> Result<Self> {
        let note = Note::parse(note)?;
        let (text, _) = note.verify(std::slice::from_ref(key))?;
        let this = Self::parse(text)?;
        if this.origin != key.name() {
            return Err(Error::invalid(format!("the checkpoint is of {}, the key of {}", this.origin, key.name())));
        }
        Ok(this)
    }
}

/// A decimal number without sign or leading zero.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// 32 bytes in standard base64, padded.
pub(super) fn base64_hash(text: &str) -> Option<Hash> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Checkpoint {
        Checkpoint { origin: "countersign/ins_1".into(), size: 20_852_163, root: [7; 32] }
    }

    #[test]
    fn a_checkpoint_reads_as_it_is_written() {
        assert_eq!(Checkpoint::parse(&sample().body()).unwrap(), sample());
        let key = SigningKey::from_seed("countersign/ins_1", &[1; 32]).unwrap();
        let note = sample().sign(&key).unwrap();
        assert_eq!(Checkpoint::verify(note.as_bytes(), key.verifier()).unwrap(), sample());
    }

    #[test]
    fn a_checkpoint_of_another_log_or_key_is_refused() {
        let key = SigningKey::from_seed("countersign/ins_2", &[1; 32]).unwrap();
        assert!(sample().sign(&key).is_err());
        // signed rightly, but the text is about another log
        let note = Note::sign(&sample().body(), &[&key]).unwrap();
        assert!(Checkpoint::verify(note.as_bytes(), key.verifier()).is_err());
        let right = SigningKey::from_seed("countersign/ins_1", &[1; 32]).unwrap();
        let note = sample().sign(&right).unwrap();
        let other = SigningKey::from_seed("countersign/ins_1", &[2; 32]).unwrap();
        assert!(Checkpoint::verify(note.as_bytes(), other.verifier()).is_err());
    }

    #[test]
    fn a_malformed_body_is_refused() {
        let root = BASE64_STANDARD.encode([7; 32]);
        let check = |body: String| assert!(Checkpoint::parse(&body).is_err(), "{body:?}");
        check(String::new());
        check(format!("o\n1\n{root}"));
        check(format!("o\n1\n{root}\n\n"));
        check(format!("o\n1\n{root}\nextension\n"));
        check(format!("\n1\n{root}\n"));
        check(format!("o\r\n1\n{root}\n"));
        for size in ["", "01", "+1", "-1", " 1", "1 ", "1e3", "0x1", "18446744073709551615", "9223372036854775808", "٣"]
        {
            check(format!("o\n{size}\n{root}\n"));
        }
        check(format!("o\n1\n{}\n", BASE64_STANDARD.encode([7; 31])));
        check(format!("o\n1\n{}\n", root.trim_end_matches('=')));
        check(format!("o\n1\n {root}\n"));
        check(format!("o\n0\n{root}\n"));
    }
}
