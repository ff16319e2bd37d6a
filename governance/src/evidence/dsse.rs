//! Dead Simple Signing Envelope: one signature over a type and a body, so that neither passes for another.
use crate::error::{Error, Result};
use crate::log::{SigningKey, VerifierKey};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

/// The body is an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: [Signature; 1],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// Pre-authentication encoding: what is signed.
#[must_use]
pub fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len()).into_bytes();
    out.extend_from_slice(body);
    out
}

fn key_id(key: &VerifierKey) -> String {
    format!("{}+{:08x}", key.name(), u32::from_be_bytes(key.id()))
}

/// The envelope around `body`, in canonical JSON.
///
/// # Errors
/// None that can happen: JSON of text.
pub fn sign(body: &[u8], key: &SigningKey) -> Result<Vec<u8>> {
    let sig = BASE64_STANDARD.encode(key.sign(&pae(PAYLOAD_TYPE, body)));
    let envelope = Envelope {
        payload: BASE64_STANDARD.encode(body),
        payload_type: PAYLOAD_TYPE.into(),
        signatures: [Signature { keyid: key_id(key.verifier()), sig }],
    };
    serde_json::to_vec(&envelope).map_err(Error::internal)
}

/// Checks that `envelope` is `key`'s over exactly `body`; only the form [`sign`] writes is read.
///
/// # Errors
/// `Invalid`, saying what does not hold.
pub fn verify(envelope: &[u8], body: &[u8], key: &VerifierKey) -> Result<()> {
    let bad = |why: &str| Error::invalid(format!("the signature of the manifest does not hold: {why}"));
    let read: Envelope = serde_json::from_slice(envelope).map_err(|e| bad(&format!("not an envelope: {e}")))?;
    if serde_json::to_vec(&read).map_err(Error::internal)? != envelope {
        return Err(bad("the envelope is not in canonical form"));
    }
    let [signature] = &read.signatures;
    if read.payload_type != PAYLOAD_TYPE {
        return Err(bad("it is for another type of content"));
    }
    if signature.keyid != key_id(key) {
        return Err(bad(&format!("it is by {}, not by {}", signature.keyid, key_id(key))));
    }
    if BASE64_STANDARD.decode(&read.payload).ok().as_deref() != Some(body) {
        return Err(bad("it is for another manifest"));
    }
    let sig = BASE64_STANDARD.decode(&signature.sig).map_err(|_| bad("it is not base64"))?;
    if !key.verifies(&pae(PAYLOAD_TYPE, body), &sig) {
        return Err(bad("wrong key or changed bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn an_envelope_holds_for_its_body_and_key_alone() {
        let key = SigningKey::from_seed("countersign/ins_1", &[1; 32]).unwrap();
        let other = SigningKey::from_seed("countersign/ins_1", &[2; 32]).unwrap();
        let envelope = sign(b"{}", &key).unwrap();
        verify(&envelope, b"{}", key.verifier()).unwrap();
        assert!(verify(&envelope, b"{ }", key.verifier()).is_err());
        assert!(verify(&envelope, b"{}", other.verifier()).is_err());
        let text = String::from_utf8(envelope).unwrap();
        let check = |from: &str, to: &str| {
            assert!(text.contains(from), "{from} in {text}");
            assert!(verify(text.replacen(from, to, 1).as_bytes(), b"{}", key.verifier()).is_err(), "{from} → {to}");
        };
        check("vnd.in-toto", "vnd.in-tot0");
        check("{\"payload\"", "{ \"payload\"");
        check("\"signatures\":[", "\"signatures\":[{\"keyid\":\"x\",\"sig\":\"\"},");
        check("}]", "}],\"more\":1");
        check("ins_1+", "ins_2+");
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(verify(&bytes, b"{}", key.verifier()).is_err(), "byte {at}");
        }
    }
}
