//! Notices: written with what they tell of, made into messages and sent afterwards by the server. Nothing here waits for
//! anybody outside, and nobody decides later because a message could not be sent.
use super::escalations::decide_now;
use super::findings::recompute_subject;
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Kind as Wrong, Result};
use crate::escalation::asked::Callback;
use crate::escalation::{Card, Record, Tier};
use crate::finding::rules;
use crate::id::{ContainmentId, IdentityId, NoticeId, PersonId};
use crate::log::event::{Event, EventKind};
use crate::notice::{About, Channel, ENDED_UNTIL, Fares, Kind, Notice, State};
use crate::store;
use crate::store::db::Tx;
use crate::store::notices::Told;
use crate::time::Timestamp;
use crate::watch::reaction::Containment;
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// How long notices are kept once nobody needs to hear of them.
pub const KEPT: TimeDelta = TimeDelta::days(30);
/// People told of one request: a route of more than these has other means.
const MOST_PEOPLE: usize = 50;
/// Notices made or taken in one transaction.
const BATCH: i64 = 50;

/// Which ways out are set up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    pub webhook: bool,
    pub mail: bool,
}

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
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Sent,
    /// Why not, free of secrets. `lasting`: trying again cannot help.
    Failed {
        why: String,
        lasting: bool,
    },
}

/// Notes, in the transaction of what happened, that people are to be told.
pub(super) async fn tell(w: &mut Write, record: &Record, kind: Kind) -> Result<()> {
    put(w, record, kind, None, record.escalation.expires_at).await
}

/// Notes that an agent may open no more requests, once for the latest of those that wait.
pub(super) async fn tell_crowded(w: &mut Write, agent: IdentityId) -> Result<()> {
    let Some(latest) = store::escalations::latest_open(&mut w.tx, agent).await? else { return Ok(()) };
    if store::notices::told(&mut w.tx, latest.escalation.id, Kind::Crowded).await? {
        return Ok(());
    }
    tell(w, &latest, Kind::Crowded).await
}

/// Notes that the requester is to be told how it ended, if they asked for that.
pub(super) async fn tell_requester(w: &mut Write, record: &Record, outcome: &str) -> Result<()> {
    if record.asked.callback_for(outcome).is_none() {
        return Ok(());
    }
    let until = w.at() + ENDED_UNTIL;
    put(w, record, Kind::Ended, Some(outcome.to_owned()), until).await
}

/// Notes that the owners of an identity are to be told what a rule did to it.
pub(super) async fn tell_contained(w: &mut Write, it: &Containment) -> Result<()> {
    let (made_at, about) = (w.at(), About::Containment(it.id));
    let until = made_at + ENDED_UNTIL;
    let told =
        Told { id: NoticeId::new(made_at, w.random()), kind: Kind::Contained, about, outcome: None, made_at, until };
    store::notices::tell(&mut w.tx, &told).await
}

async fn put(w: &mut Write, record: &Record, kind: Kind, outcome: Option<String>, until: Timestamp) -> Result<()> {
    let (made_at, about) = (w.at(), About::Escalation(record.escalation.id));
    let told = Told { id: NoticeId::new(made_at, w.random()), kind, about, outcome, made_at, until };
    store::notices::tell(&mut w.tx, &told).await
}

impl Governance {
    /// Makes messages of what was noted since, for the ways out that are set up; returns how many. What nobody is set up to
    /// send is put away.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn notice_spread(&self, ctx: &Ctx, ways: Ways) -> Result<usize> {
        ctx.authorize(Act::KeepHouse)?;
        // an idle look must not take the one place of a writer
        if store::notices::waiting(&mut self.read().await?, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.begin().await?;
        let mut made = 0;
        for told in store::notices::waiting(&mut tx, BATCH).await? {
            match store::notices::spread(&mut tx, told.id, ctx.at).await {
                Err(e) if e.kind == Wrong::Conflict => continue,
                other => other?,
            }
            for (channel, target) in self.places(&mut tx, &told, ways, ctx.at).await? {
                let id = NoticeId::new(ctx.at, self.random());
                store::notices::insert(&mut tx, id, &told, (channel, &target), ctx.at).await?;
                made += 1;
            }
        }
        tx.commit().await?;
        Ok(made)
    }

    async fn places(&self, tx: &mut Tx, told: &Told, ways: Ways, at: Timestamp) -> Result<BTreeSet<(Channel, String)>> {
        let mut places = BTreeSet::new();
        let escalation = match told.about {
            About::Escalation(id) => id,
            About::Containment(id) => return owners(tx, id, ways).await,
        };
        let Some(record) = store::escalations::get(tx, escalation).await? else { return Ok(places) };
        if told.kind == Kind::Ended {
            let callback = told.outcome.as_deref().and_then(|outcome| record.asked.callback_for(outcome));
            places.extend(callback.map(|c| (Channel::Callback, c.endpoint)));
            return Ok(places);
        }
        if !record.escalation.phase().open() || at >= told.until {
            return Ok(places);
        }
        if ways.webhook {
            places.insert((Channel::Webhook, String::new()));
        }
        let agent = record.escalation.agent;
        if told.kind == Kind::Crowded {
            let subject = store::facts::subject_by_id(tx, agent).await?.filter(|_| ways.mail);
            let people = subject.into_iter().flat_map(|s| [s.owner, s.backup]).flatten();
            places.extend(people.map(|p| (Channel::Mail, p.to_string())));
        } else if ways.mail {
            let since = self.installation().created_at;
            let (electorate, names) = store::electorate::get(tx, agent, None, since, at).await?;
            let mut people: Vec<PersonId> = decide_now(&electorate, &names, &record);
            if told.kind == Kind::Reminded {
                let subject = store::facts::subject_by_id(tx, agent).await?;
                people.splice(0..0, subject.and_then(|s| s.backup));
            }
            places.extend(people.into_iter().take(MOST_PEOPLE).map(|p| (Channel::Mail, p.to_string())));
        }
        Ok(places)
    }

    /// Takes messages that are due, at most `limit`: they are this caller's to send for a minute.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn notice_claim(&self, ctx: &Ctx, limit: usize) -> Result<Vec<Outgoing>> {
        ctx.authorize(Act::KeepHouse)?;
        let limit = i64::try_from(limit).unwrap_or(BATCH).min(BATCH);
        if store::notices::due(&mut self.read().await?, ctx.at, 1).await?.is_empty() {
            return Ok(vec![]);
        }
        let mut tx = self.db.begin().await?;
        let mut taken = vec![];
        for due in store::notices::due(&mut tx, ctx.at, limit).await? {
            let claimed = match address(&mut tx, &due).await? {
                Some(found) => Ok((due.claim(ctx.at)?, found)),
                None => Err(due.moot(ctx.at)),
            };
            let mut notice = match &claimed {
                Ok((notice, _)) | Err(notice) => notice.clone(),
            };
            match store::notices::save(&mut tx, &notice).await {
                Err(e) if e.kind == Wrong::Conflict => continue,
                other => other?,
            }
            notice.version += 1;
            if let Ok((_, (to, says))) = claimed {
                taken.push(Outgoing { notice, to, says });
            }
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Notes what became of an attempt. That a message arrived, and that one was given up, is on record; the latter is a
    /// finding until a message arrives there.
    ///
    /// # Errors
    /// `Forbidden`; `Conflict` if it took so long that another node took the message; else as the database says.
    pub async fn notice_settle(&self, ctx: &Ctx, notice: &Notice, attempt: &Attempt) -> Result<Notice> {
        ctx.authorize(Act::KeepHouse)?;
        let after = match attempt {
            Attempt::Sent => notice.clone().sent(ctx.at),
            Attempt::Failed { why, lasting } => notice.clone().failed(why, *lasting, ctx.at),
        };
        if after.state == State::Waiting {
            let mut tx = self.db.begin().await?;
            store::notices::save(&mut tx, &after).await?;
            tx.commit().await?;
            return Ok(after);
        }
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        store::notices::save(&mut w.tx, &after).await?;
        let (kind, found) = match after.state {
            State::Failed => (EventKind::NoticeFailed, Some(rules::of_undelivered(&after))),
            _ => (EventKind::NoticeSent, None),
        };
        recompute_subject(&mut w, &after.place(), found).await?;
        let actor = w.actor().to_owned();
        let (name, about) = after.about.named();
        let event = Event::new(kind, actor).subject(after.id).id(name, about);
        let event = match after.target.parse::<PersonId>() {
            Ok(person) => event.id("person", person),
            Err(_) => event,
        };
        w.append(event.outcome(after.kind.as_str()).reason(format!("by {}", after.channel))).await?;
        w.commit().await?;
        Ok(after)
    }

    /// How each channel that was ever used fares since an instant.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn notice_fares(&self, ctx: &Ctx, since: Timestamp) -> Result<Vec<Fares>> {
        ctx.authorize(Act::See)?;
        store::notices::fares(&mut self.read().await?, since).await
    }
}

/// The webhook, and the people who answer for what a rule acted on.
async fn owners(tx: &mut Tx, id: ContainmentId, ways: Ways) -> Result<BTreeSet<(Channel, String)>> {
    let mut places = BTreeSet::new();
    let Some(it) = store::containments::get(tx, id).await? else { return Ok(places) };
    if ways.webhook {
        places.insert((Channel::Webhook, String::new()));
    }
    let subject = store::facts::subject_by_id(tx, it.identity).await?.filter(|_| ways.mail);
    let people = subject.into_iter().flat_map(|s| [s.owner, s.backup]).flatten();
    places.extend(people.map(|p| (Channel::Mail, p.to_string())));
    Ok(places)
}

/// Who gets it and what it says; `None`: what it tells of is over, or whom it was for is gone.
async fn address(tx: &mut Tx, notice: &Notice) -> Result<Option<(To, Says)>> {
    let escalation = match notice.about {
        About::Escalation(id) => id,
        About::Containment(id) => {
            let to = match notice.channel {
                Channel::Mail => addressee(tx, notice).await?,
                _ => Some(To::Webhook),
            };
            let it = store::containments::get(tx, id).await?;
            return Ok(to.zip(it.map(|it| Says::Contained(Box::new(it)))));
        }
    };
    let Some(record) = store::escalations::get(tx, escalation).await? else { return Ok(None) };
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
    let person = store::people::get(tx, id).await?.filter(|p| p.status == crate::person::Status::Active);
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
