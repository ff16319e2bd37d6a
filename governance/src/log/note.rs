//! Signed notes (c2sp.org/signed-note): text, a blank line, and one signature line a key.
use crate::error::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};

/// Signature type Ed25519 of the note specification.
const ED25519: u8 = 1;
/// More than any note of ours needs; the specification asks for at least 16.
const MAX_SIGNATURES: usize = 64;
const MAX_BYTES: usize = 1 << 20;
const PRIVATE: &str = "PRIVATE+KEY+";

/// The public half: a name, and the Ed25519 key that speaks for it. Printed and read as a *vkey*,
/// `name+<8 hex digits of key id>+<base64 of 0x01 ‖ public key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: ed25519_dalek::VerifyingKey,
}

/// The private half. Printed and read as `PRIVATE+KEY+name+<key id>+<base64 of 0x01 ‖ seed>`; its debug form hides the seed.
#[derive(Clone)]
pub struct SigningKey {
    public: VerifierKey,
    key: ed25519_dalek::SigningKey,
}

fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let digest = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(public).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

/// A key name is not empty and has neither spaces, control characters nor `+`.
fn check_name(name: &str) -> Result<()> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.len() > 255 || name.contains(bad) {
        return Err(Error::invalid("a key name is 1 to 255 bytes without spaces, control characters or `+`"));
    }
    Ok(())
}

/// Splits `name+8hex+base64(0x01 ‖ 32 bytes)`, checking everything but the key id.
fn split_key<'a>(text: &'a str, what: &str) -> Result<(&'a str, [u8; 4], [u8; 32])> {
    let bad = |why: &str| Error::invalid(format!("not a {what}: {why}"));
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad("it has three parts, joined by `+`"));
    };
    check_name(name)?;
    if id.len() != 8 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(bad("its second part is 8 lower-case hexadecimal digits"));
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| bad("its second part is 8 hexadecimal digits"))?;
    let bytes = BASE64_STANDARD.decode(key).map_err(|_| bad("its third part is base64"))?;
    match bytes.split_first() {
        Some((&ED25519, key)) => {
            let key = key.try_into().map_err(|_| bad("an Ed25519 key has 32 bytes"))?;
            Ok((name, id.to_be_bytes(), key))
        }
        _ => Err(bad("only Ed25519 keys (type 1) are known here")),
    }
}

fn join_key(name: &str, id: [u8; 4], key: &[u8; 32]) -> String {
    let mut bytes = vec![ED25519];
    bytes.extend_from_slice(key);
    format!("{name}+{:08x}+{}", u32::from_be_bytes(id), BASE64_STANDARD.encode(bytes))
}

impl VerifierKey {
    fn new(name: &str, key: ed25519_dalek::VerifyingKey) -> Result<Self> {
        check_name(name)?;
        Ok(Self { name: name.into(), id: key_id(name, key.as_bytes()), key })
    }
    /// Reads a vkey.
    ///
    /// # Errors
    /// `Invalid` when it is malformed, its key id is not that of its name and key, or the key is no point of the curve.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, id, bytes) = split_key(text, "public key of a log (vkey)")?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes)
            .map_err(|_| Error::invalid("not a public key of a log (vkey): the key is not valid"))?;
        let this = Self::new(name, key)?;
        if this.id != id {
            return Err(Error::invalid("not a public key of a log (vkey): its key id does not fit its name and key"));
        }
        Ok(this)
    }
    /// The name the key signs as; for a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// First four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)`.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        self.id
    }
    /// The 32 bytes of the Ed25519 public key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }
    /// Whether `signature` (64 bytes) is this key's over `message`; the strict rules of Ed25519, no weak keys.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature).is_ok_and(|s| self.key.verify_strict(message, &s).is_ok())
    }
}
impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&join_key(&self.name, self.id, self.public()))
    }
}

impl SigningKey {
    /// A key from a name and 32 random bytes.
    ///
    /// # Errors
    /// `Invalid` when the name has a character key names may not have.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        Ok(Self { public: VerifierKey::new(name, key.verifying_key())?, key })
    }
    /// Reads the private form.
    ///
    /// # Errors
    /// `Invalid` when it is malformed or its key id does not fit. The message never repeats the input.
    pub fn parse(text: &str) -> Result<Self> {
        let rest = text.strip_prefix(PRIVATE);
        let rest = rest.ok_or_else(|| Error::invalid("not a signing key: it begins with `PRIVATE+KEY+`"))?;
        let (name, id, seed) = split_key(rest, "signing key")?;
        let this = Self::from_seed(name, &seed)?;
        if this.public.id != id {
            return Err(Error::invalid("not a signing key: its key id does not fit its name and key"));
        }
        Ok(this)
    }
    /// The private form, for the key file alone.
    #[must_use]
    pub fn to_private_text(&self) -> String {
        format!("{PRIVATE}{}", join_key(&self.public.name, self.public.id, self.key.as_bytes()))
    }
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.public
    }
    /// An Ed25519 signature over `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

/// One signature line as it was read: by whom it claims to be, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// A note that was read, its signatures unchecked: its text means nothing before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// Signs `text` with one or more keys, in this order.
    ///
    /// # Errors
    /// `Invalid` when the text does not end in a newline, has control characters, or nobody signs.
    pub fn sign(text: &str, keys: &[&SigningKey]) -> Result<String> {
        check_text(text)?;
        if keys.is_empty() || keys.len() > MAX_SIGNATURES {
            return Err(Error::invalid("a note needs at least one signature"));
        }
        let mut note = format!("{text}\n");
        for key in keys {
            let mut bytes = key.public.id.to_vec();
            bytes.extend_from_slice(&key.sign(text.as_bytes()));
            note.push_str(&format!("— {} {}\n", key.public.name, BASE64_STANDARD.encode(bytes)));
        }
        Ok(note)
    }

    /// Reads a note strictly; what does not print back to the same bytes is refused.
    ///
    /// # Errors
    /// `Invalid`, saying what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("not a signed note: {why}"));
        if bytes.len() > MAX_BYTES {
            return Err(bad("it is larger than 1 MiB"));
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
        if whole.contains(|c: char| c < ' ' && c != '\n') {
            return Err(bad("it has control characters"));
        }
        let cut = whole.rfind("\n\n").ok_or_else(|| bad("it has no blank line before its signatures"))?;
        let (text, lines) = (&whole[..=cut], &whole[cut + 2..]);
        check_text(text)?;
        let lines = lines.strip_suffix('\n').ok_or_else(|| bad("its last line does not end, or nobody signed it"))?;
        let signatures = lines.split('\n').map(|l| signature(l).ok_or_else(|| bad("a signature line is malformed")));
        let signatures = signatures.take(MAX_SIGNATURES + 1).collect::<Result<Vec<_>>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(bad("it has more than 64 signatures"));
        }
        Ok(Self { text: text.into(), signatures })
    }

    /// The text, once a key of `keys` is shown to have signed it; with it, the keys that did.
    /// Signatures of keys not in `keys` are ignored.
    ///
    /// # Errors
    /// `Invalid` when none of `keys` signed, or a signature that claims to be of one of them is not, or is there twice.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<(&str, Vec<&'k VerifierKey>)> {
        let mut signers: Vec<&VerifierKey> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|k| k.name == signature.name && k.id == signature.id) else { continue };
            if !key.verifies(self.text.as_bytes(), &signature.bytes) {
                return Err(Error::invalid(format!("the signature of {} is wrong", key.name)));
            }
            if signers.contains(&key) {
                return Err(Error::invalid(format!("{} signed twice", key.name)));
            }
            signers.push(key);
        }
        if signers.is_empty() {
            return Err(Error::invalid("no key that is trusted here has signed it"));
        }
        Ok((&self.text, signers))
    }

    /// The text, though nobody vouches for it: to find out which key to ask for.
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }
    /// How many signature lines it carries, known or not.
    #[must_use]
    pub fn signature_count(&self) -> usize {
        self.signatures.len()
    }
}

fn check_text(text: &str) -> Result<()> {
    if !text.ends_with('\n') || text.contains(|c: char| c < ' ' && c != '\n') {
        return Err(Error::invalid("the text of a note ends in a newline and has no control characters"));
    }
    Ok(())
}

fn signature(line: &str) -> Option<Signature> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    check_name(name).ok()?;
    let bytes = BASE64_STANDARD.decode(encoded).ok()?;
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    if rest.is_empty() {
        return None;
    }
    Some(Signature { name: name.into(), id: *id, bytes: rest.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example keys and note of Go's golang.org/x/mod/sumdb/note, which the specification grew out of.
    const GO_PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const GO_PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key(name: &str, byte: u8) -> SigningKey {
        SigningKey::from_seed(name, &[byte; 32]).unwrap()
    }

    #[test]
    fn the_published_example_reads_verifies_and_signs_to_the_same_bytes() {
        let signing = SigningKey::parse(GO_PRIVATE).unwrap();
        assert_eq!(signing.to_private_text(), GO_PRIVATE);
        assert_eq!(signing.verifier().to_string(), GO_PUBLIC);
        let public = VerifierKey::parse(GO_PUBLIC).unwrap();
        let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
        let (text, signers) = note.verify(std::slice::from_ref(&public)).unwrap();
        assert_eq!(signers, [&public]);
        assert_eq!(Note::sign(text, &[&signing]).unwrap(), GO_NOTE);
    }

    #[test]
    fn a_signing_key_does_not_show_its_seed() {
        let signing = SigningKey::parse(GO_PRIVATE).unwrap();
        assert!(!format!("{signing:?}").contains("AYEKFALV"));
    }

    #[test]
    fn unknown_signatures_are_ignored_and_known_ones_must_hold() {
        let (log, witness, stranger) = (key("log.example", 1), key("witness.example", 2), key("stranger.example", 3));
        let signed = Note::sign("one\n\ntwo\n", &[&stranger, &log, &witness]).unwrap();
        let note = Note::parse(signed.as_bytes()).unwrap();
        let known = [log.verifier().clone(), witness.verifier().clone()];
        let (text, signers) = note.verify(&known).unwrap();
        assert_eq!((text, signers.len(), note.signature_count()), ("one\n\ntwo\n", 2, 3));
        assert!(note.verify(&[]).is_err());
        assert!(note.verify(&[key("log.example", 9).verifier().clone()]).is_err(), "same name, other key");
        assert!(note.verify(&[key("other.example", 1).verifier().clone()]).is_err(), "same key, other name");

        let changed = signed.replacen("two", "too", 1);
        assert!(Note::parse(changed.as_bytes()).unwrap().verify(&known).is_err());
        let last = signed.lines().last().unwrap();
        let twice = format!("{signed}{last}\n");
        assert!(Note::parse(twice.as_bytes()).unwrap().verify(&known).is_err());
    }

    #[test]
    fn a_malformed_note_is_refused() {
        let sign = |text: &str| Note::sign(text, &[&key("a.example", 1)]);
        for text in ["", "no newline", "tab\t\n", "cr\r\n"] {
            assert!(sign(text).is_err(), "{text:?}");
        }
        assert!(Note::sign("text\n", &[]).is_err());
        let good = sign("text\n").unwrap();
        assert!(Note::parse(good.as_bytes()).is_ok());
        let line = good.lines().last().unwrap();
        let check = |bytes: String| assert!(Note::parse(bytes.as_bytes()).is_err(), "{bytes:?}");
        check(good.trim_end().into());
        check(format!("{good}\n"));
        check(format!("text\n{line}\n"));
        check("text\n\n".into());
        check("text\n\n\n".into());
        check(good.replace("— ", "- "));
        check(good.replace("— ", "—  "));
        check(good.replace("a.example ", "a.example  "));
        check(good.replace("a.example ", "a+example "));
        check(good.replace("a.example ", "a\u{a0}example "));
        check(good.replace("=\n", "\n"));
        check(good.replace("text", "te\u{1}xt"));
        check("text\n\n— a.example AAAAAA==\n".into());
        check(format!("text\n\n{}", format!("{line}\n").repeat(65)));
        assert!(Note::parse(b"text\n\n\xff").is_err());
        assert!(Note::parse(&vec![b'a'; MAX_BYTES + 1]).is_err());
    }

    #[test]
    fn a_malformed_key_is_refused() {
        let other_id = GO_PUBLIC.replace("c74f20a3", "c74f20a4");
        let upper = GO_PUBLIC.replace("c74f20a3", "C74F20A3");
        let renamed = GO_PUBLIC.replace("PeterNeumann", "Peter");
        let short = &GO_PUBLIC[..GO_PUBLIC.len() - 4];
        let kind = GO_PUBLIC.replace("+ARpc", "+AhpC");
        for text in ["", "a", "a+b", "+c74f20a3+AR", GO_PRIVATE, &other_id, &upper, &renamed, short, &kind] {
            assert!(VerifierKey::parse(text).is_err(), "{text}");
        }
        for text in ["", GO_PUBLIC, &GO_PRIVATE.replace("c74f20a3", "c74f20a4"), &GO_PRIVATE.replace("Peter", "P ")] {
            assert!(SigningKey::parse(text).is_err(), "{text}");
        }
        assert!(SigningKey::from_seed("with space", &[0; 32]).is_err());
        assert!(SigningKey::from_seed("", &[0; 32]).is_err());
    }
}
