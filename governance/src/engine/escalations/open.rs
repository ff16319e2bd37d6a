//! Opening one, or joining the one that is open, inside the transaction of the decision that escalated.
use super::clock::settle_in;
use super::moves::{event, save, terms};
use crate::engine::Write;
use crate::engine::findings::recompute_subject;
use crate::engine::notices::{tell, tell_crowded};
use crate::error::{Error, Result};
use crate::escalation::binding::parameters_hash;
use crate::escalation::card::{self, Card, Decider, Grants};
use crate::escalation::{Asked, Bars, Binding, Electorate, Escalation, GateRef, Phase, Record, Requirement, State};
use crate::finding::rules;
use crate::id::{DecisionId, EscalationId, IdentityId, KeyId, PersonId, TaskId};
use crate::log::event::EventKind;
use crate::notice::Kind;
use crate::store;
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Open cards of one agent; more are denied (semantics.md, "Same question again").
pub const MOST_OPEN: i64 = 20;
/// The least time between two re-asks of one question.
const BETWEEN_RE_ASKS: TimeDelta = TimeDelta::seconds(1);

/// A gate that matched, as the card shows it, and who wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct GateStop {
    pub stop: card::Stop,
    /// The one person who wrote it; `None`: several did, or no person of ours.
    pub sole_author: Option<PersonId>,
}

/// All that is known when a question is to wait for people.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEscalation {
    /// The decision that escalates.
    pub decision: DecisionId,
    pub key: KeyId,
    pub agent: IdentityId,
    pub agent_epoch: i64,
    /// The person acted for as given, and who of ours that is.
    pub acting: Option<(String, Option<PersonId>)>,
    /// People who asked for this work or started it.
    pub requesters: BTreeSet<PersonId>,
    /// People who handed it on.
    pub delegators: BTreeSet<PersonId>,
    /// Who made the key it is asked with.
    pub keyholders: BTreeSet<PersonId>,
    /// People who answer for the identities it was handed through: like its own owners, they never decide alone.
    pub also_owners: BTreeSet<PersonId>,
    /// Names of the identities it was handed through, first to last.
    pub chain: Vec<String>,
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    /// [`crate::escalation::binding::parameters`].
    pub parameters: Vec<u8>,
    /// At least one.
    pub gates: Vec<GateStop>,
    pub requirement: Requirement,
    pub headline: card::Headline,
    pub refuted: Vec<card::Refuted>,
    pub checked: Vec<card::Checked>,
    pub claimed: Vec<card::Claimed>,
    pub unknown: Vec<card::Unknown>,
    pub normal: Vec<crate::escalation::normal::Normal>,
    pub links: Vec<card::Link>,
    /// The agent's own words.
    pub words: Option<String>,
    /// Hash of the bundle that stopped it.
    pub bundle: String,
    pub callback: Option<Value>,
    /// The task it is for.
    pub task: Option<TaskId>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Opened {
    New(Box<Record>),
    /// The same question was open already.
    Joined(Box<Record>),
    /// Nobody will be asked: the decision is a deny for this reason.
    Refused {
        reason: &'static str,
        message: String,
    },
}

impl NewEscalation {
    fn gate_hashes(&self) -> Vec<String> {
        self.gates.iter().map(|g| g.stop.text_hash.clone()).collect()
    }
    fn binding<'a>(&'a self, gates: &'a [String]) -> Binding<'a> {
        Binding {
            agent: self.agent,
            agent_epoch: self.agent_epoch,
            acting: self.acting.as_ref().map(|(named, _)| named.as_str()),
            chain: &self.chain,
            action: &self.action,
            resource: (&self.resource_type, &self.resource_id),
            parameters: &self.parameters,
            gates,
            task: self.task,
        }
    }
    fn bars(&self, owners: BTreeSet<PersonId>) -> Bars {
        Bars {
            requesters: self.requesters.clone(),
            acting: self.acting.iter().filter_map(|(_, person)| *person).collect(),
            delegators: self.delegators.clone(),
            keyholders: self.keyholders.clone(),
            authors: self.gates.iter().filter_map(|g| g.sole_author).collect(),
            owners: &owners | &self.also_owners,
        }
    }
}

/// Opens an escalation for a question that only gates stand before, or joins the one that is open for it. Rows, card and
/// event go into the open transaction; a refusal writes at most that a route has nobody to ask.
///
/// # Errors
/// `TooMany` for a re-ask within a second.
pub async fn escalation_open_in(w: &mut Write, new: NewEscalation) -> Result<Opened> {
    let hashes = new.gate_hashes();
    let question = new.binding(&hashes).question();
    if let Some(joined) = escalation_join_in(w, &question, &new.bars(BTreeSet::new()), false).await? {
        return Ok(Opened::Joined(Box::new(joined)));
    }
    if store::escalations::count_open(&mut w.tx, new.agent).await? >= MOST_OPEN {
        tell_crowded(w, new.agent).await?;
        let message = format!("{MOST_OPEN} requests of this agent wait for people already: wait for their answers");
        return Ok(Opened::Refused { reason: "too_many_pending", message });
    }
    let (at, since) = (w.at(), w.gov().installation().created_at);
    let (electorate, names) = store::electorate::get(&mut w.tx, new.agent, None, since, at).await?;
    let bars = new.bars(electorate.bars.owners.clone());
    for route in electorate.answerable(&bars, &new.requirement.routes, new.requirement.quorum) {
        let (needs, has) = (new.requirement.quorum, route.people.len());
        let empty = rules::of_route(&route.route);
        let short = (!route.enough).then(|| rules::of_short_route(&route.route, needs, has));
        let subject = empty.subject.clone();
        recompute_subject(w, &subject, route.empty_group.then_some(empty).into_iter().chain(short)).await?;
        if !route.enough {
            let message = format!(
                "nobody who may decide can be found: {} needs {needs} people who did not ask for it, not owners alone, and has {has}",
                route.route,
            );
            return Ok(Opened::Refused { reason: "no_approver", message });
        }
    }
    let record = record(w, &new, question, &hashes, bars);
    let card = card(&new, &record, deciders(&electorate, &names, &record)).bytes()?;
    insert(w, record, &card).await.map(|r| Opened::New(Box::new(r)))
}

/// The escalation that is open for this question, if any; with `approved` (an access request was submitted), one that was
/// approved and not used as well. Whom asking again bars (`asking`) is barred from then on.
///
/// # Errors
/// `TooMany` within a second of the last time.
pub async fn escalation_join_in(
    w: &mut Write,
    question: &str,
    asking: &Bars,
    approved: bool,
) -> Result<Option<Record>> {
    if let Some(found) = store::escalations::open(&mut w.tx, question).await? {
        let found = settle_in(w, found).await?;
        if found.escalation.phase().open() {
            return join(w, found, asking, approved).await.map(Some);
        }
    }
    if approved && let Some(found) = store::escalations::approved(&mut w.tx, question).await? {
        let found = settle_in(w, found).await?;
        return Ok(Some(found).filter(|r| r.escalation.phase() == Phase::Approved));
    }
    Ok(None)
}

/// `submitted`: an access request that is open already is returned however often it is submitted.
async fn join(w: &mut Write, mut record: Record, asking: &Bars, submitted: bool) -> Result<Record> {
    if !submitted && w.at() < record.asked_at + BETWEEN_RE_ASKS {
        return Err(Error::new(
            crate::error::Kind::TooMany,
            "the same question waits for people: ask again in a second, or poll it",
        ));
    }
    record.asked_at = w.at();
    let mut same = record.escalation.clone();
    if same.votes.iter().any(|v| asking.why(v.by).is_some() || asking.why(v.seat).is_some()) {
        return super::refresh::bar(w, record, asking).await;
    }
    same.bars = same.bars.and(asking);
    save(w, record, same).await
}

fn record(w: &Write, new: &NewEscalation, question: String, hashes: &[String], bars: Bars) -> Record {
    let at = w.at();
    let id = EscalationId::new(at, w.random());
    let expires_at = at + TimeDelta::seconds(new.requirement.expires_s.into());
    let escalation = Escalation {
        id,
        decision: new.decision,
        agent: new.agent,
        agent_epoch: new.agent_epoch,
        requirement: new.requirement.clone(),
        bars,
        digest: new.binding(hashes).digest(id, expires_at),
        card_version: 1,
        card_hash: String::new(),
        opened_at: at,
        expires_at,
        state: State::Pending,
        released_at: None,
        learned_at: None,
        votes: vec![],
        version: 0,
    };
    let gates = new.gates.iter().map(|g| &g.stop);
    let asked = Asked {
        key: new.key,
        agent: new.headline.actor.clone(),
        acting: new.acting.as_ref().map(|(named, _)| named.clone()),
        chain: new.chain.clone(),
        action: new.action.clone(),
        resource_type: new.resource_type.clone(),
        resource_id: new.resource_id.clone(),
        question,
        params_hash: parameters_hash(&new.parameters),
        gates: gates.map(|s| GateRef { rule: s.rule.clone(), text_hash: s.text_hash.clone() }).collect(),
        bundle: new.bundle.clone(),
        callback: new.callback.clone(),
        task: new.task,
    };
    Record { escalation, asked, asked_at: at, reminded_at: None }
}

/// Who could decide now, with the routes they decide on.
pub(super) fn deciders(all: &Electorate, names: &BTreeMap<PersonId, String>, record: &Record) -> Vec<Decider> {
    let e = &record.escalation;
    let mut found: BTreeMap<PersonId, Vec<String>> = BTreeMap::new();
    for route in all.answerable(&e.bars, &e.requirement.routes, e.requirement.quorum) {
        for person in route.people {
            found.entry(person).or_default().push(route.route.clone());
        }
    }
    let named = |(person, routes)| Decider { person, name: names.get(&person).cloned().unwrap_or_default(), routes };
    found.into_iter().map(named).collect()
}

fn card(new: &NewEscalation, record: &Record, deciders: Vec<Decider>) -> Card {
    let e = &record.escalation;
    let mut normal = new.normal.clone();
    normal.sort_by_key(|row| !row.unusual);
    Card {
        version: card::CARD_VERSION,
        escalation: e.id,
        decision: e.decision,
        agent: e.agent,
        opened_at: e.opened_at,
        expires_at: e.expires_at,
        tier: e.requirement.tier,
        quorum: e.requirement.quorum,
        headline: new.headline.clone(),
        stops: new.gates.iter().map(|g| g.stop.clone()).collect(),
        refuted: new.refuted.clone(),
        checked: new.checked.clone(),
        claimed: new.claimed.clone(),
        unknown: new.unknown.clone(),
        normal,
        chain: new.links.clone(),
        grants: Grants::of(&e.requirement),
        deciders,
        words: new.words.as_ref().map(|w| w.chars().take(card::MAX_WORDS).collect()),
        parameters: serde_json::from_slice(&new.parameters).unwrap_or_default(),
        digest: e.digest.clone(),
        bundle: new.bundle.clone(),
    }
}

async fn insert(w: &mut Write, mut record: Record, card: &[u8]) -> Result<Record> {
    record.escalation.card_hash = w.payload(card).await?;
    let terms = terms(w, &record).await?;
    store::escalations::insert(&mut w.tx, &record).await?;
    let mut event = event(&record, EventKind::EscalationOpened, &record.asked.key.to_string());
    event.payloads.insert("terms", terms);
    event.reasons = record.asked.gates.iter().map(|g| g.rule.clone()).collect();
    w.append(event).await?;
    tell(w, &record, Kind::Opened).await?;
    Ok(record)
}
