//! To whom something is told: the configured webhook, and people by mail.
use super::Ways;
use crate::engine::escalations::decide_now;
use crate::engine::{Act, Governance};
use crate::error::Result;
use crate::id::{EscalationId, IdentityId, PersonId};
use crate::identity::{self, Identity};
use crate::notice::{About, Channel, Kind};
use crate::person::Status;
use crate::store;
use crate::store::db::Tx;
use crate::store::notices::Told;
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// People told of one thing: a route of more than these has other means.
const MOST_PEOPLE: usize = 50;

type Places = BTreeSet<(Channel, String)>;

pub(super) async fn places(gov: &Governance, tx: &mut Tx, told: &Told, ways: Ways, at: Timestamp) -> Result<Places> {
    let people = match told.about {
        About::Escalation(id) => return of_request(gov, tx, (id, told), ways, at).await,
        About::Containment(id) => match store::containments::get(tx, id).await? {
            Some(it) => owners(tx, it.identity).await?,
            None => return Ok(Places::new()),
        },
        About::Identity(id) => owners(tx, id).await?,
        About::Resource(id) => {
            let owner = store::resources::by_id(tx, id).await?.and_then(|it| it.owner);
            match active(tx, owner).await? {
                Some(owner) => vec![owner],
                None => keepers(tx).await?,
            }
        }
        About::Person(_) if told.kind == Kind::Orphaned => keepers(tx).await?,
        About::Person(person) => {
            let handed = handed_on(tx, person, told.made_at).await?;
            handed.into_iter().filter_map(|it| it.owner).collect::<BTreeSet<_>>().into_iter().collect()
        }
        About::Gaps(_) => keepers(tx).await?,
    };
    Ok(by(ways, people))
}

fn by(ways: Ways, people: impl IntoIterator<Item = PersonId>) -> Places {
    let webhook = ways.webhook.then(|| (Channel::Webhook, String::new()));
    let people = people.into_iter().filter(|_| ways.mail).take(MOST_PEOPLE);
    webhook.into_iter().chain(people.map(|p| (Channel::Mail, p.to_string()))).collect()
}

async fn of_request(
    gov: &Governance,
    tx: &mut Tx,
    (id, told): (EscalationId, &Told),
    ways: Ways,
    at: Timestamp,
) -> Result<Places> {
    let Some(record) = store::escalations::get(tx, id).await? else { return Ok(Places::new()) };
    if told.kind == Kind::Ended {
        let callback = told.outcome.as_deref().and_then(|outcome| record.asked.callback_for(outcome));
        return Ok(callback.map(|c| (Channel::Callback, c.endpoint)).into_iter().collect());
    }
    if !record.escalation.phase().open() || at >= told.until {
        return Ok(Places::new());
    }
    let agent = record.escalation.agent;
    if told.kind == Kind::Crowded {
        return Ok(by(ways, owners(tx, agent).await?));
    }
    if !ways.mail {
        return Ok(by(ways, []));
    }
    let (electorate, names) = store::electorate::get(tx, agent, None, gov.installation().created_at, at).await?;
    let mut people: Vec<PersonId> = decide_now(&electorate, &names, &record);
    if told.kind == Kind::Reminded {
        let subject = store::facts::subject_by_id(tx, agent).await?;
        people.splice(0..0, subject.and_then(|s| s.backup));
    }
    Ok(by(ways, people))
}

/// What this person answered for until that instant, as it is now.
pub(super) async fn handed_on(tx: &mut Tx, person: PersonId, at: Timestamp) -> Result<Vec<Identity>> {
    let mut handed = Vec::new();
    for id in store::identities::owned_until(tx, person, at).await? {
        handed.extend(store::identities::get(tx, id).await?.filter(|it| it.status != identity::Status::Retired));
    }
    Ok(handed)
}

/// Owner and backup owner, as far as they are active; else those who may give it an owner.
async fn owners(tx: &mut Tx, id: IdentityId) -> Result<Vec<PersonId>> {
    let Some(it) = store::identities::get(tx, id).await? else { return Ok(vec![]) };
    let people = answering(tx, &it).await?;
    if people.is_empty() { keepers(tx).await } else { Ok(people) }
}

/// Who answers for an identity and is active, its owner first.
pub(super) async fn answering(tx: &mut Tx, it: &Identity) -> Result<Vec<PersonId>> {
    let mut people = Vec::new();
    for person in [it.owner, it.backup] {
        people.extend(active(tx, person).await?);
    }
    Ok(people)
}

async fn active(tx: &mut Tx, person: Option<PersonId>) -> Result<Option<PersonId>> {
    let Some(id) = person else { return Ok(None) };
    Ok(store::people::get(tx, id).await?.filter(|p| p.status == Status::Active).map(|p| p.id))
}

/// Those who may give an identity an owner: who may change the register.
async fn keepers(tx: &mut Tx) -> Result<Vec<PersonId>> {
    let mut people = BTreeSet::new();
    for role in Act::ChangeRegister.allowed().0 {
        people.extend(store::people::active_with(tx, *role).await?);
    }
    Ok(people.into_iter().collect())
}
