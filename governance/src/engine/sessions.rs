//! Signing in: one-time links, and the sessions they open (semantics.md, Web).
use super::{Act, Ctx, Governance};
use crate::error::{Error, Kind, Result};
use crate::id::PersonId;
use crate::log::event::{Event, EventKind};
use crate::person::Role;
use crate::store::sessions as rows;
use crate::time::Timestamp;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// How long a one-time link is good for.
const LINK_LIFE: TimeDelta = TimeDelta::minutes(15);
/// A session ends after so long without a request …
const IDLE: TimeDelta = TimeDelta::minutes(30);
/// … and so long after the link that opened it, however busy.
const LONGEST: TimeDelta = TimeDelta::hours(12);
/// How stale `seen_at` may be: a page with ten requests writes once.
const SEEN_STEP: TimeDelta = TimeDelta::minutes(1);

/// A one-time link. `token` is shown once and not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub token: String,
    pub expires_at: Timestamp,
}

/// What a session says of its person: enough to see at each request that it still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub person: PersonId,
    /// The person's epoch then; a change of roles or status raises it and voids this.
    pub epoch: i64,
    /// When a link proved who they are.
    pub at: Timestamp,
}

/// The person behind a session that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub roles: BTreeSet<Role>,
    pub proved_at: Timestamp,
}

impl Governance {
    /// Makes a one-time link for a person. Earlier ones stay good until they run out.
    ///
    /// # Errors
    /// `Forbidden` unless an admin or the command line asks, `NotFound` for a stranger, `Conflict` for somebody not active.
    pub async fn link_create(&self, ctx: &Ctx, person: PersonId) -> Result<Link> {
        ctx.authorize(Act::ManagePeople)?;
        let mut w = self.write(ctx).await?;
        let at = w.at();
        let row =
            rows::person(&mut w.tx, person, at).await?.ok_or_else(|| Error::not_found("there is no such person"))?;
        if row.status != "active" {
            return Err(Error::conflict(format!("this person is {}: only an active one may sign in", row.status)));
        }
        let token = URL_SAFE_NO_PAD.encode(self.random_bytes::<32>());
        let expires_at = at + LINK_LIFE;
        rows::links_forget(&mut w.tx, at - TimeDelta::days(1)).await?;
        rows::link_insert(&mut w.tx, &hash(&token), person, at, expires_at).await?;
        w.append(Event::new(EventKind::LinkCreated, ctx.actor.label()).subject(person)).await?;
        w.commit().await?;
        Ok(Link { token, expires_at })
    }

    /// The link that a server prints until somebody has signed in: for the first admin, whom it makes if there is none.
    ///
    /// # Errors
    /// As the database says.
    pub async fn first_link(&self) -> Result<Option<Link>> {
        let ctx = self.ctx(super::Actor::System("install"));
        let mut w = self.write(&ctx).await?;
        if rows::links_ever_used(&mut w.tx).await? {
            return Ok(None);
        }
        let at = w.at();
        if let Some(admin) = rows::admin(&mut w.tx).await? {
            drop(w);
            return self.link_create(&ctx, admin).await.map(Some);
        }
        let id = PersonId::new(at, w.random());
        let (email, name) = ("admin@localhost", "First admin");
        rows::admin_insert(&mut w.tx, id, email, name, at).await?;
        let about =
            serde_json::to_vec(&serde_json::json!({ "email": email, "name": name })).map_err(Error::internal)?;
        let hash = w.payload(&about).await?;
        let mut event = Event::new(EventKind::PersonAdded, ctx.actor.label()).subject(id).reason("first_start");
        event.payloads.insert("person", hash);
        w.append(event).await?;
        w.commit().await?;
        self.link_create(&ctx, id).await.map(Some)
    }

    /// Uses a link up. `current` is who is signed in on that browser: for the same person it is a fresh proof of who they are
    /// (a step-up), for another a new session.
    ///
    /// # Errors
    /// `NotFound` for a token nobody gave out, `Conflict` for a used one, `Expired` for a late one, `Forbidden` if the person
    /// is no longer active.
    pub async fn link_use(&self, token: &str, current: Option<PersonId>) -> Result<SignedIn> {
        let ctx = self.ctx(super::Actor::System("sign-in"));
        let hash = hash(token);
        let mut w = self.write(&ctx).await?;
        let at = w.at();
        let link = rows::link_get(&mut w.tx, &hash).await?;
        let link = link.ok_or_else(|| Error::not_found("this is not a link of this installation"))?;
        if link.used_at.is_some() {
            return Err(Error::conflict("this link was used already: ask for a new one"));
        }
        if link.expires_at <= at {
            return Err(Error::new(Kind::Expired, "this link is too old: ask for a new one"));
        }
        let person =
            rows::person(&mut w.tx, link.person, at).await?.ok_or_else(|| Error::broken("a link without a person"))?;
        if person.status != "active" {
            return Err(Error::forbidden("this person is not active and cannot sign in"));
        }
        rows::link_use(&mut w.tx, &hash, at).await?;
        let kind = if current == Some(link.person) { EventKind::SessionSteppedUp } else { EventKind::SessionOpened };
        let mut event = Event::new(kind, link.person.to_string()).subject(link.person).reason("one_time_link");
        event.epochs.insert(link.person.to_string(), person.epoch);
        w.append(event).await?;
        w.commit().await?;
        Ok(SignedIn { person: link.person, epoch: person.epoch, at })
    }

    /// Who is behind a session, if it still holds: not too old, the person active and of the same epoch.
    ///
    /// # Errors
    /// As the database says.
    pub async fn visitor(&self, signed: &SignedIn) -> Result<Option<Visitor>> {
        let now = self.now();
        if now - signed.at >= LONGEST {
            return Ok(None);
        }
        let mut tx = self.read().await?;
        let row = rows::person(&mut tx, signed.person, now).await?;
        Ok(row.filter(|p| p.status == "active" && p.epoch == signed.epoch).map(|p| Visitor {
            id: signed.person,
            name: p.name,
            email: p.email,
            roles: p.roles,
            proved_at: signed.at,
        }))
    }

    /// Records that a person signed out.
    ///
    /// # Errors
    /// `Forbidden` unless a person acts.
    pub async fn session_close(&self, ctx: &Ctx) -> Result<()> {
        let person = ctx.person()?;
        let mut w = self.write(ctx).await?;
        w.append(Event::new(EventKind::SessionClosed, ctx.actor.label()).subject(person)).await?;
        w.commit().await.map(drop)
    }

    /// What is kept under a session's id, unless it ran out. Being looked at keeps it alive.
    ///
    /// # Errors
    /// As the database says.
    pub async fn session_load(&self, id: &str) -> Result<Option<String>> {
        let now = self.now();
        let hash = hash(id);
        let mut tx = self.read().await?;
        let Some(row) = rows::get(&mut tx, &hash).await? else { return Ok(None) };
        drop(tx);
        if now - row.seen_at >= IDLE || now - row.opened_at >= LONGEST {
            return Ok(None);
        }
        if now - row.seen_at >= SEEN_STEP {
            match self.session_seen(&hash, now).await {
                // on a full disk one can still look
                Err(e) if e.kind == crate::error::Kind::Unavailable => {}
                other => other?,
            }
        }
        Ok(Some(row.data))
    }

    async fn session_seen(&self, hash: &[u8; 32], now: crate::time::Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        rows::seen(&mut tx, hash, now).await?;
        tx.commit().await
    }

    /// Keeps `data` (JSON) under a session's id, and forgets sessions that ran out.
    ///
    /// # Errors
    /// As the database says.
    pub async fn session_save(&self, id: &str, data: &str) -> Result<()> {
        let now = self.now();
        let mut tx = self.db.begin().await?;
        rows::forget(&mut tx, now - IDLE, now - LONGEST).await?;
        rows::put(&mut tx, &hash(id), data, now).await?;
        tx.commit().await
    }

    /// Forgets a session.
    ///
    /// # Errors
    /// As the database says.
    pub async fn session_delete(&self, id: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        rows::delete(&mut tx, &hash(id)).await?;
        tx.commit().await
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
