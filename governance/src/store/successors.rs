//! Who knows an identity: counts of what people did with it, from the rows of votes, tasks, groups, keys and
//! questions, and from the counters of who owns what.
use super::db::{Arg, Tx};
use crate::error::Result;
use crate::id::{IdentityId, PersonId, SourceId};

const VOTED: &str = "select a.seat_id as person, count(*) as n from approvals a join escalations e on e.id = a.escalation_id where e.identity_id = $1 and a.withdrawn_at is null group by a.seat_id order by n desc, a.seat_id limit 50";
const OPENED: &str = "select opened_by as person, count(*) as n from tasks where identity_id = $1 group by opened_by order by n desc, opened_by limit 50";
const GROUPS: &str = "select b.person_id as person, count(distinct b.grp) as n from person_groups a join person_groups b on b.grp = a.grp and b.person_id <> a.person_id and b.to_at is null where a.person_id = $1 group by b.person_id order by n desc, b.person_id limit 50";
const OF_TEAM: &str = "select person_id as person, n from identity_counts where what = 'team' and value = $1 and n > 0 order by n desc, person_id limit 50";
const OF_SOURCE: &str = "select person_id as person, n from identity_counts where what = 'source' and value = $1 and n > 0 order by n desc, person_id limit 50";
const ACTED_FOR: &str = "select acting_person as person, count(*) as n from decisions where identity_id is null and subject_id = $1 and acting_person is not null group by acting_person order by n desc, acting_person limit 50";
const KEYS: &str = "select k.created_by as person, count(*) as n from keys k where k.id in (select key_id from decisions where identity_id is null and subject_id = $1) group by k.created_by order by n desc, k.created_by limit 50";
const SAME_RUNS: &str = "select i.owner_id as person, count(distinct i.id) as n from decisions a join decisions b on b.run_id = a.run_id and b.identity_id is not null join identities i on i.id = b.identity_id and i.owner_id is not null where a.identity_id is null and a.subject_id = $1 and a.run_id is not null group by i.owner_id order by n desc, i.owner_id limit 50";
const NAMED_ALIKE: &str = "select owner_id as person, count(*) as n from identities where name = $1 and owner_id is not null and status <> 'retired' group by owner_id order by n desc, owner_id limit 50";

/// What ties people to an identity, or to one that nobody registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie<'a> {
    /// Their votes on its cards.
    Voted(IdentityId),
    /// Tasks they opened for it.
    Opened(IdentityId),
    /// Groups they share with a person.
    Groups(PersonId),
    /// Identities they own of a team.
    Team(&'a str),
    /// Identities they own that a source shows.
    Source(SourceId),
    /// Questions of an unregistered principal of this name that were asked for them.
    ActedFor(&'a str),
    /// Keys they made by which it asked.
    Keys(&'a str),
    /// Identities they own that took part in its runs.
    SameRuns(&'a str),
    /// Identities they own that have its name.
    NamedAlike(&'a str),
}

/// The people a tie leads to with how often, the strongest first, at most 50. Who is no person of ours is left out.
///
/// # Errors
/// As the database says.
pub async fn tied(tx: &mut Tx, tie: Tie<'_>) -> Result<Vec<(PersonId, i64)>> {
    let (sql, of): (&'static str, Arg) = match tie {
        Tie::Voted(id) => (VOTED, id.into()),
        Tie::Opened(id) => (OPENED, id.into()),
        Tie::Groups(id) => (GROUPS, id.into()),
        Tie::Team(name) => (OF_TEAM, name.into()),
        Tie::Source(id) => (OF_SOURCE, id.into()),
        Tie::ActedFor(name) => (ACTED_FOR, name.into()),
        Tie::Keys(name) => (KEYS, name.into()),
        Tie::SameRuns(name) => (SAME_RUNS, name.into()),
        Tie::NamedAlike(name) => (NAMED_ALIKE, name.into()),
    };
    let mut people = Vec::new();
    for row in tx.all(sql, &[of]).await? {
        // a gateway, the command line or a name of the caller's own is nobody here
        if let Ok(person) = row.text("person")?.parse() {
            people.push((person, row.int("n")?));
        }
    }
    Ok(people)
}
