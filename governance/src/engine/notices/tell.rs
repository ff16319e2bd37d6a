//! What is to be told, noted in the transaction of what happened.
use super::places::answering;
use crate::engine::Write;
use crate::error::Result;
use crate::escalation::Record;
use crate::id::{IdentityId, NoticeId, PersonId};
use crate::notice::{About, ENDED_UNTIL, Kind};
use crate::resource::Resource;
use crate::sighting::Stage;
use crate::store;
use crate::store::notices::Told;
use crate::time::Timestamp;
use crate::watch::reaction::Containment;

/// Notes, in the transaction of what happened, that people are to be told.
pub(in crate::engine) async fn tell(w: &mut Write, record: &Record, kind: Kind) -> Result<()> {
    put(w, record, kind, None, record.escalation.expires_at).await
}

/// Notes that an agent may open no more requests, once for the latest of those that wait.
pub(in crate::engine) async fn tell_crowded(w: &mut Write, agent: IdentityId) -> Result<()> {
    let Some(latest) = store::escalations::latest_open(&mut w.tx, agent).await? else { return Ok(()) };
    if store::notices::told(&mut w.tx, latest.escalation.id, Kind::Crowded).await? {
        return Ok(());
    }
    tell(w, &latest, Kind::Crowded).await
}

/// Notes that the requester is to be told how it ended, if they asked for that.
pub(in crate::engine) async fn tell_requester(w: &mut Write, record: &Record, outcome: &str) -> Result<()> {
    if record.asked.callback_for(outcome).is_none() {
        return Ok(());
    }
    let until = w.at() + ENDED_UNTIL;
    put(w, record, Kind::Ended, Some(outcome.to_owned()), until).await
}

/// Notes that the owners of an identity are to be told what a rule did to it.
pub(in crate::engine) async fn tell_contained(w: &mut Write, it: &Containment) -> Result<()> {
    let until = w.at() + ENDED_UNTIL;
    note(w, Kind::Contained, About::Containment(it.id), None, until).await
}

/// Notes that another build of an identity waits for its owners.
pub(in crate::engine) async fn tell_build(w: &mut Write, it: IdentityId) -> Result<()> {
    register(w, Kind::BuildChanged, About::Identity(it)).await
}

/// Notes that what this person answered for is the backup owner's now.
pub(in crate::engine) async fn tell_owner(w: &mut Write, before: PersonId) -> Result<()> {
    register(w, Kind::OwnerChanged, About::Person(before)).await
}

/// Notes that this person answered for some of these last, if anything is left that nobody active answers for.
pub(in crate::engine) async fn tell_orphaned(w: &mut Write, before: PersonId, owned: &[IdentityId]) -> Result<()> {
    for id in owned {
        let it = crate::engine::identities::get(&mut w.tx, *id).await?;
        if answering(&mut w.tx, &it).await?.is_empty() {
            return register(w, Kind::Orphaned, About::Person(before)).await;
        }
    }
    Ok(())
}

/// Notes that the time of something nobody answers for runs out, or has; once for each of the two, and for all that is gathered
/// until the message is made.
pub(in crate::engine) async fn tell_gap(w: &mut Write, subject: &str, stage: Stage) -> Result<()> {
    if stage == Stage::Runs || !store::notices::gap_told(&mut w.tx, subject, stage).await? {
        return Ok(());
    }
    let until = w.at() + ENDED_UNTIL;
    if store::notices::tell_again(&mut w.tx, Kind::GapsDue, until).await? {
        return Ok(());
    }
    let installation = w.gov().installation().id;
    register(w, Kind::GapsDue, About::Gaps(installation)).await
}

/// Notes that a tool has another definition than the one that was approved.
pub(in crate::engine) async fn tell_definition(w: &mut Write, it: &Resource) -> Result<()> {
    register(w, Kind::DefinitionChanged, About::Resource(it.id)).await
}

async fn register(w: &mut Write, kind: Kind, about: About) -> Result<()> {
    let until = w.at() + ENDED_UNTIL;
    note(w, kind, about, None, until).await
}

async fn put(w: &mut Write, record: &Record, kind: Kind, outcome: Option<String>, until: Timestamp) -> Result<()> {
    note(w, kind, About::Escalation(record.escalation.id), outcome, until).await
}

async fn note(w: &mut Write, kind: Kind, about: About, outcome: Option<String>, until: Timestamp) -> Result<()> {
    let made_at = w.at();
    let told = Told { id: NoticeId::new(made_at, w.random()), kind, about, outcome, made_at, until };
    store::notices::tell(&mut w.tx, &told).await
}
