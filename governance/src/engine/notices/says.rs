//! What messages say and who gets them, looked up when they are sent.
use super::BATCH;
use super::places::{answering, handed_on};
use crate::error::{Error, Result};
use crate::escalation::asked::Callback;
use crate::escalation::{Card, Record, Tier};
use crate::id::{EscalationId, IdentityId, PersonId};
use crate::identity::Status;
use crate::notice::{About, Channel, Kind, Notice};
use crate::person;
use crate::sighting::{DUE_DAYS, ENDING_DAYS};
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use crate::watch::reaction::Containment;
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Identities that are named in a message.
const NAMED: usize = 10;

/// What a message may say: names of ours, words of the policy, times, and the start of the digest. No parameters, and none
/// of the agent's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The agent's name in the register.
    pub agent: String,
    pub action: String,
    pub tier: Tier,
    pub quorum: u32,
    pub routes: Vec<String>,
    /// The gates' reasons.
    pub reasons: Vec<String>,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    /// Hex digits of the digest that the card shows, from its start.
    pub digest: String,
}

/// Signs what is sent to a requester. Who holds the agent's key can make the same: SHA-256 over a domain tag and the
/// SHA-256 of the key's text.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackSecret(pub [u8; 32]);

impl std::fmt::Debug for CallbackSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallbackSecret(…)")
    }
}

impl CallbackSecret {
    /// From the hash of a key, hex, as it is kept.
    ///
    /// # Errors
    /// `Internal` for what is no hash.
    pub fn of(hash: &str) -> Result<Self> {
        let byte = |at: usize| hash.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
        let bytes: Option<Vec<u8>> = (0..32).map(|i| byte(2 * i)).collect();
        let bytes =
            bytes.filter(|_| hash.len() == 64).ok_or_else(|| Error::broken("a key's hash of another length"))?;
        let mut h = Sha256::new();
        h.update(b"countersign callback v1\0");
        h.update(&bytes);
        Ok(Self(h.finalize().into()))
    }
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    Webhook,
    Person { email: String, name: String },
    Requester { callback: Callback, secret: CallbackSecret },
}

/// A message that was taken to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub notice: Notice,
    pub to: To,
    pub says: Says,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Of a request that waits or has ended.
    Request(Box<Facts>),
    /// Of what a rule did.
    Contained(Box<Containment>),
    /// Of an identity or a resource that is no longer what was approved.
    Registered(Registered),
    /// Of whom somebody answered for.
    Answering(Answering),
    /// Of what nobody answers for.
    Gaps(Gaps),
}

/// An identity or a resource, as a message names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// In the register.
    pub name: String,
    /// Since when it is another one.
    pub at: Timestamp,
}

/// Identities that somebody answered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    /// The first of them, in the register.
    pub names: Vec<String>,
    /// How many there are beside these.
    pub more: usize,
    /// The one there is; `None`: there are several.
    pub only: Option<IdentityId>,
}

impl Answering {
    fn add(&mut self, id: IdentityId, name: String) {
        self.only = self.names.is_empty().then_some(id);
        match self.names.len() < NAMED {
            true => self.names.push(name),
            false => self.more += 1,
        }
    }
}

/// What a message says of everything nobody answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gaps {
    /// How many have two days left, or less.
    pub ending: i64,
    /// How many should have an owner by now.
    pub over: i64,
    /// The first of both, the longest open first.
    pub names: Vec<String>,
}

/// Who gets it and what it says; `None`: what it tells of is over, or whom it was for is gone.
pub(super) async fn address(tx: &mut Tx, notice: &Notice) -> Result<Option<(To, Says)>> {
    let says = match notice.about {
        About::Escalation(id) => return of_request(tx, notice, id).await,
        About::Containment(id) => store::containments::get(tx, id).await?.map(|it| Says::Contained(Box::new(it))),
        About::Identity(id) => registered(tx, id).await?.map(Says::Registered),
        About::Person(id) => answered_by(tx, notice, id).await?.map(Says::Answering),
        About::Resource(id) => {
            let it = store::resources::by_id(tx, id).await?;
            it.and_then(|it| it.changed_at.map(|at| Says::Registered(Registered { name: it.name(), at })))
        }
        About::Gaps(_) => gaps(tx, notice.made_at).await?.map(Says::Gaps),
    };
    let to = match notice.channel {
        Channel::Mail => addressee(tx, notice).await?,
        Channel::Webhook | Channel::Callback => Some(To::Webhook),
    };
    Ok(to.zip(says))
}

/// An identity whose build waits for a person.
async fn registered(tx: &mut Tx, id: IdentityId) -> Result<Option<Registered>> {
    let it = store::identities::get(tx, id).await?.filter(|it| it.status != Status::Retired);
    let build = store::builds::get(tx, id).await?.filter(|b| b.changed.is_some());
    Ok(it.zip(build.and_then(|b| b.changed_at)).map(|(it, at)| Registered { name: it.name, at }))
}

/// What a person answered for and does no longer: what went to whom the message is for, or what nobody answers for now.
async fn answered_by(tx: &mut Tx, notice: &Notice, person: PersonId) -> Result<Option<Answering>> {
    let mut identities = handed_on(tx, person, notice.told_at).await?;
    if notice.kind == Kind::Orphaned {
        for id in store::people::owned(tx, person).await? {
            identities.extend(store::identities::get(tx, id).await?);
        }
    }
    identities.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    identities.dedup_by_key(|it| it.id);
    let mut owned = Answering { names: vec![], more: 0, only: None };
    for it in identities {
        let owner = answering(tx, &it).await?.first().copied();
        let theirs = match (notice.kind, notice.channel) {
            (Kind::Orphaned, _) => owner.is_none(),
            (_, Channel::Mail) => owner.is_some_and(|owner| owner.to_string() == notice.target),
            // by now it is somebody's: whose, the register says
            _ => owner.is_some(),
        };
        if theirs {
            owned.add(it.id, it.name);
        }
    }
    Ok(Some(owned).filter(|owned| !owned.names.is_empty()))
}

async fn gaps(tx: &mut Tx, at: Timestamp) -> Result<Option<Gaps>> {
    let (over, ending) = (at - TimeDelta::days(DUE_DAYS), at - TimeDelta::days(DUE_DAYS - ENDING_DAYS));
    let (_, over) = store::gaps::count(tx, over).await?;
    let (_, due) = store::gaps::count(tx, ending).await?;
    let oldest = store::gaps::page(tx, (i64::MIN, String::new()), BATCH).await?;
    let names = oldest.into_iter().take(NAMED).filter(|g| g.since <= ending).map(|g| g.name).collect();
    Ok((due > 0).then_some(Gaps { ending: due - over, over, names }))
}

async fn of_request(tx: &mut Tx, notice: &Notice, id: EscalationId) -> Result<Option<(To, Says)>> {
    let Some(record) = store::escalations::get(tx, id).await? else { return Ok(None) };
    if notice.kind != Kind::Ended && !record.escalation.phase().open() {
        return Ok(None);
    }
    let to = match notice.channel {
        Channel::Webhook => To::Webhook,
        Channel::Mail => match addressee(tx, notice).await? {
            Some(person) => person,
            None => return Ok(None),
        },
        Channel::Callback => {
            let outcome = notice.outcome.as_deref().unwrap_or_default();
            let (callback, key) = (record.asked.callback_for(outcome), store::keys::get(tx, record.asked.key).await?);
            let (Some(callback), Some(key)) = (callback, key) else { return Ok(None) };
            To::Requester { callback, secret: CallbackSecret::of(&key.hash)? }
        }
    };
    Ok(Some((to, Says::Request(Box::new(facts(tx, record).await?)))))
}

/// The person a mail is for; `None`: they left.
async fn addressee(tx: &mut Tx, notice: &Notice) -> Result<Option<To>> {
    let Ok(id) = notice.target.parse::<PersonId>() else { return Ok(None) };
    let person = store::people::get(tx, id).await?.filter(|p| p.status == person::Status::Active);
    Ok(person.map(|p| To::Person { email: p.email, name: p.name }))
}

async fn facts(tx: &mut Tx, record: Record) -> Result<Facts> {
    let bytes = store::events::payload(tx, &record.escalation.card_hash).await?.and_then(|(_, bytes)| bytes);
    let card = bytes.and_then(|b| Card::read(&b).ok());
    let reasons: BTreeMap<_, _> =
        card.iter().flat_map(|c| &c.stops).filter_map(|s| s.reason.clone().map(|r| (s.rule.clone(), r))).collect();
    let e = record.escalation;
    Ok(Facts {
        agent: record.asked.agent,
        action: record.asked.action,
        tier: e.requirement.tier,
        quorum: e.requirement.quorum,
        routes: e.requirement.routes.into_iter().collect(),
        reasons: reasons.into_values().collect(),
        opened_at: e.opened_at,
        expires_at: e.expires_at,
        digest: e.digest.chars().take(12).collect(),
    })
}
