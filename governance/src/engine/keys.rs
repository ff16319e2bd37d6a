//! Keys by which agents and gateways call us: `csk_<id>_<256 bits in base 62>_<check>`; only the SHA-256 is stored.
use super::write::hex;
use super::{Act, Actor, Ctx, Governance, KeyCaller, Scope, Write};
use crate::error::{Error, Kind, Result};
use crate::id::{IdentityId, KeyId};
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::keys::Key;
use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// `None`: a gateway's.
    pub identity: Option<IdentityId>,
    pub name: String,
    /// `TYPE:PATTERN` a gateway may speak for; empty: any subject, unregistered ones included.
    pub patterns: Vec<String>,
    pub scopes: BTreeSet<Scope>,
    /// Questions above the limit open an escalation by themselves; agents' own keys by default.
    pub submits: bool,
    pub expires_at: Option<Timestamp>,
}

/// A key just made; its text is shown this once.
#[derive(Debug, Clone)]
pub struct MadeKey {
    pub id: KeyId,
    pub secret: String,
}

impl Governance {
    /// Makes a key.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound` for an identity that is not there, `Invalid` for a pattern that is not `TYPE:PATTERN`, for
    /// patterns on an agent's own key, for the scope provision beside anything else, or for an end in the past.
    pub async fn key_create(&self, ctx: &Ctx, new: NewKey) -> Result<MadeKey> {
        ctx.authorize(Act::ManageKeys)?;
        if new.identity.is_some() && !new.patterns.is_empty() {
            return Err(Error::invalid("an agent's own key speaks for that agent alone: --for goes with --gateway"));
        }
        if let Some(bad) =
            new.patterns.iter().find(|p| p.split_once(':').is_none_or(|(a, b)| a.is_empty() || b.is_empty()))
        {
            return Err(Error::invalid(format!("`{bad}` is not TYPE:PATTERN, such as agent:invoice-*")));
        }
        if new.scopes.is_empty() {
            return Err(Error::invalid("a key without a scope can do nothing: name at least one"));
        }
        if new.scopes.contains(&Scope::Provision)
            && (new.scopes.len() > 1 || new.identity.is_some() || !new.patterns.is_empty())
        {
            return Err(Error::invalid(
                "a key with the scope provision belongs to no agent and may do nothing else: --gateway --scope provision",
            ));
        }
        let mut w = self.write(ctx).await?;
        if new.expires_at.is_some_and(|end| end <= w.at()) {
            return Err(Error::invalid("the key's end is in the past"));
        }
        let mut identity_name = None;
        if let Some(identity) = new.identity {
            let subject = store::facts::subject_by_id(&mut w.tx, identity).await?;
            identity_name = Some(subject.ok_or_else(|| Error::not_found(format!("no identity {identity}")))?.name);
        }
        let id = KeyId::new(w.at(), w.random());
        let secret = secret(id, &self.random_bytes::<32>());
        let key = Key {
            id,
            hash: hash(&secret),
            name: new.name,
            identity_id: new.identity,
            identity_name,
            patterns: new.patterns,
            scopes: new.scopes,
            submits: new.submits,
            created_at: w.at(),
            created_by: w.actor().to_owned(),
            expires_at: new.expires_at,
            revoked_at: None,
            version: 0,
        };
        store::keys::insert(&mut w.tx, &key).await?;
        let mut event = Event::new(EventKind::KeyCreated, w.actor().to_owned()).id("key", id);
        event.subject = new.identity.map(|id| id.to_string());
        event.reasons = key.scopes.iter().map(|s| format!("scope {}", s.as_str())).collect();
        w.append(event).await?;
        w.commit().await?;
        Ok(MadeKey { id, secret })
    }

    /// Revokes a key: from here on it opens nothing.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Conflict` if it is revoked already.
    pub async fn key_revoke(&self, ctx: &Ctx, id: KeyId) -> Result<()> {
        ctx.authorize(Act::ManageKeys)?;
        let mut w = self.write(ctx).await?;
        let key = store::keys::get(&mut w.tx, id).await?.ok_or_else(|| Error::not_found(format!("no key {id}")))?;
        let at = w.at();
        store::keys::revoke(&mut w.tx, &key, at).await?;
        let mut event = Event::new(EventKind::KeyRevoked, w.actor().to_owned()).id("key", id);
        event.subject = key.identity_id.map(|id| id.to_string());
        w.append(event).await?;
        w.commit().await?;
        Ok(())
    }

    /// Keys, newest first; never their text.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn key_list(&self, ctx: &Ctx, identity: Option<IdentityId>) -> Result<Vec<Key>> {
        ctx.authorize(Act::See)?;
        store::keys::list(&mut self.db.read().await?, identity).await
    }

    /// Who calls with this text in `Authorization: Bearer`.
    ///
    /// # Errors
    /// `Unauthenticated` for anything that is not a live key of this installation.
    pub async fn key_authenticate(&self, secret: &str) -> Result<Actor> {
        let id = named(secret)?;
        let mut tx = self.db.read().await?;
        let world = store::head::get(&mut tx).await?.world;
        let key = store::keys::get(&mut tx, id).await?.ok_or_else(unknown)?;
        let key = self.remembered.keep_key(world, key);
        caller(&key, secret, world, self.now())
    }

    /// The same from memory where it can be, for [`Governance::decide`] alone: a decision looks at the key again under the
    /// log's lock if anything changed since.
    ///
    /// # Errors
    /// As [`Governance::key_authenticate`].
    pub async fn key_recognise(&self, secret: &str) -> Result<Actor> {
        match self.remembered.key(named(secret)?) {
            Some((world, key)) => caller(&key, secret, world, self.now()),
            None => self.key_authenticate(secret).await,
        }
    }
}

/// Refuses a caller whose key was revoked or ran out since it was recognised.
///
/// # Errors
/// `Unauthenticated`, else as the database says.
pub(super) async fn still_good(w: &mut Write, caller: &KeyCaller) -> Result<()> {
    if caller.seen_at.is_none_or(|world| world == w.world()) {
        return Ok(());
    }
    let key = store::keys::get(&mut w.tx, caller.id).await?.ok_or_else(unknown)?;
    live(&key, w.at())
}

fn caller(key: &Key, secret: &str, world: i64, now: Timestamp) -> Result<Actor> {
    if !same(&key.hash, &hash(secret)) {
        return Err(unknown());
    }
    live(key, now)?;
    Ok(Actor::Key(as_caller(key, world)))
}

fn as_caller(key: &Key, world: i64) -> KeyCaller {
    KeyCaller {
        id: key.id,
        identity: key.identity_id,
        identity_name: key.identity_name.clone(),
        patterns: key.patterns.clone(),
        scopes: key.scopes.clone(),
        submits: key.submits,
        seen_at: Some(world),
    }
}

/// The key a question was asked with, to ask it again.
///
/// # Errors
/// `Unauthenticated` once it was revoked or ran out, else as the database says.
pub(super) async fn asked_with(w: &mut Write, id: KeyId) -> Result<KeyCaller> {
    let key = store::keys::get(&mut w.tx, id).await?.ok_or_else(unknown)?;
    live(&key, w.at())?;
    Ok(as_caller(&key, w.world()))
}

fn live(key: &Key, now: Timestamp) -> Result<()> {
    if key.revoked_at.is_some() {
        return Err(refuse("this key was revoked: ask for a new one"));
    }
    if key.expires_at.is_some_and(|end| end <= now) {
        return Err(refuse("this key has expired: ask for a new one"));
    }
    Ok(())
}

fn refuse(why: &str) -> Error {
    Error::new(Kind::Unauthenticated, why)
}
fn unknown() -> Error {
    refuse("this key is not known here")
}
/// The key's id, if the text is a whole key of ours.
fn named(secret: &str) -> Result<KeyId> {
    let not_ours = "this is not a Countersign key: it looks like csk_…, and is shown once when it is made";
    id_of(secret).ok_or_else(|| refuse(not_ours))
}

fn secret(id: KeyId, random: &[u8; 32]) -> String {
    let id = id.to_string();
    let body = format!("csk_{}_{}", id.trim_start_matches("key_"), base62(random));
    format!("{body}_{}", check(&body))
}

/// The key's id, if the text is whole: the check catches a truncated paste before the database is asked.
fn id_of(secret: &str) -> Option<KeyId> {
    let (body, sum) = secret.rsplit_once('_')?;
    if secret.len() > 128 || check(body) != sum {
        return None;
    }
    let (id, _) = body.strip_prefix("csk_")?.split_once('_')?;
    format!("key_{id}").parse().ok()
}

fn check(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes())[..4])
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Without telling by its time how far two hashes agree.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

/// 256 bits as 43 letters and digits.
fn base62(bytes: &[u8; 32]) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = bytes.to_vec();
    let mut out = Vec::with_capacity(43);
    for _ in 0..43 {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = (rest << 8) | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        out.push(DIGITS[rest as usize]);
    }
    out.reverse();
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_id_and_a_cut_one_tells_nothing() {
        let id = KeyId::new(Timestamp::EPOCH, [3; 10]);
        let text = secret(id, &[0xff; 32]);
        assert_eq!(id_of(&text), Some(id));
        assert_eq!(id_of(&text[..text.len() - 1]), None);
        assert_eq!(id_of(&text.replacen("csk_", "csk-", 1)), None);
    }

    #[test]
    fn base_62_holds_256_bits() {
        let mut one = [0; 32];
        one[31] = 61;
        assert_eq!(base62(&one), format!("{}z", "0".repeat(42)));
        assert_ne!(base62(&[0xff; 32]), base62(&[0xfe; 32]));
    }
}
