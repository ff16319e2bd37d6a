//! Fifty revocations of every scope against constant questions and redemptions (I3).
use crate::history::{Behind, Told, history};
use crate::load::{Aim, Load, seed};
use crate::world::{World, ask, patient};
use governance::engine::people::NewPerson;
use governance::engine::{Actor, Ctx, Role};
use governance::id::{IdentityId, PersonId, SourceId};
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::replay::Invariant;
use governance::revocation::{Target, Undoing};
use governance::source::{self, MAX_STALENESS_S, Source};
use governance::store;
use governance::testkit::Fresh;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

on_every_database! {
    fifty_revocations_leave_no_permit_behind_them
    without_the_look_under_the_lock_permits_stand_behind_revocations
    a_grant_spent_without_looking_again_is_counted
}

const TOOLS: [&str; 4] = ["tool-0", "tool-1", "tool-2", "tool-3"];
/// Permits of what is revoked before, and refusals after, each revocation.
const AROUND: usize = 4;

/// What is revoked, and whom to ask for just then.
struct Stop {
    target: Target,
    agents: Vec<String>,
    actions: Vec<&'static str>,
}

/// Everybody, with who owns them and where they come from.
#[derive(Default)]
struct Cast {
    stops: Vec<Stop>,
    /// Nobody revokes these but with everything.
    others: Vec<String>,
    belongs: BTreeMap<String, BTreeSet<(&'static str, String)>>,
    undoers: Vec<Ctx>,
}

async fn person(w: &World, name: &str, role: Role) -> PersonId {
    let new = NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        roles: [role].into(),
        groups: BTreeSet::new(),
        manager: None,
    };
    w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id
}

/// Says of agents that they come from a source, as an import does.
async fn source(w: &World, name: &str, agents: &[IdentityId]) -> SourceId {
    let mut write = w.t.gov.write(&w.t.operator()).await.unwrap();
    let source = Source {
        id: SourceId::new(write.at(), write.random()),
        kind: source::Kind::McpConfig,
        name: name.into(),
        scope: name.into(),
        last_sync_at: None,
        max_staleness_s: MAX_STALENESS_S,
        version: 0,
    };
    let at = write.at();
    store::sources::insert(&mut write.tx, &source, at).await.unwrap();
    for agent in agents {
        let args = [source.id.into(), (*agent).into()];
        write.tx.execute_one("update identities set source_id = $1 where id = $2", &args, "nobody").await.unwrap();
        let event = Event::new(EventKind::IdentityChanged, "operator:test").subject(agent);
        write.append(event.id("source", source.id).outcome("active")).await.unwrap();
    }
    write.commit().await.unwrap();
    source.id
}

impl Cast {
    /// Thirty identities, eight owners and six sources of two agents each, four tools, and everything, twice.
    async fn of(w: &World) -> Self {
        let mut cast = Self::default();
        for n in 0..4 {
            cast.others.push(format!("other-{n}"));
            w.agent(&cast.others[n], None).await;
        }
        let reads_and_pays = || vec!["read", "pay"];
        for n in 0..30 {
            let name = format!("agent-{n}");
            let id = w.agent(&name, None).await;
            cast.stops.push(Stop { target: Target::Identity(id), agents: vec![name], actions: reads_and_pays() });
        }
        for n in 0..14 {
            let owner = if n < 8 { Some(person(w, &format!("owner-{n}"), Role::Owner).await) } else { None };
            let names = vec![format!("first-{n}"), format!("second-{n}")];
            let ids = [w.agent(&names[0], owner).await, w.agent(&names[1], owner).await];
            let target = match owner {
                Some(owner) => Target::Owner(owner),
                None => Target::Source(source(w, &format!("source-{n}"), &ids).await),
            };
            for id in ids {
                cast.belongs.entry(id.to_string()).or_default().insert((target.kind(), target.id()));
            }
            cast.stops.push(Stop { target, agents: names, actions: reads_and_pays() });
        }
        for tool in TOOLS {
            let target = Target::Tool(tool.into());
            cast.stops.push(Stop { target, agents: cast.others.clone(), actions: vec![tool] });
        }
        for _ in 0..2 {
            let agents = cast.others.clone();
            cast.stops.push(Stop { target: Target::Everything, agents, actions: reads_and_pays() });
        }
        for name in ["ana", "bo"] {
            let id = person(w, name, Role::Operator).await;
            cast.undoers.push(w.t.gov.ctx(Actor::Person { id, roles: [Role::Operator].into() }));
        }
        cast
    }

    /// What stands behind a revocation that reached it and was not undone before, by the log alone.
    fn behind(&self, log: &[Told]) -> Behind {
        let mut behind = Behind::default();
        let mut stopped: BTreeMap<String, (String, String)> = BTreeMap::new();
        for told in log {
            match told.kind.as_str() {
                "revocation.made" => {
                    let target = (told.outcome.clone(), told.subject.clone());
                    stopped.insert(told.id("revocation").into(), target);
                }
                "revocation.undone" => drop(stopped.remove(told.id("revocation"))),
                _ if stopped.values().any(|(kind, id)| self.reaches(kind, id, told)) => behind.count(told),
                _ => {}
            }
        }
        behind
    }

    fn reaches(&self, kind: &str, id: &str, told: &Told) -> bool {
        match kind {
            "everything" => true,
            "identity" => told.subject == id,
            "tool" => told.action == id,
            kind => self.belongs.get(&told.subject).is_some_and(|of| of.iter().any(|(k, i)| *k == kind && i == id)),
        }
    }
}

/// Revokes one after another, each from some node, in the middle of questions about just that.
async fn race(w: &World, cast: &mut Cast, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    cast.stops.shuffle(&mut rng);
    let (load, operator) = (Load::start(w, &cast.others, seed), w.t.operator());
    for stop in &cast.stops {
        let aim = Aim::at(stop.agents.clone(), &stop.actions, None);
        load.aim(&aim);
        aim.permitted(AROUND).await;
        let gov = &w.nodes[rng.random_range(0..w.nodes.len())].gov;
        let made = patient(|| gov.revoke(&operator, &stop.target, "race")).await.unwrap();
        aim.refused(AROUND).await;
        if stop.target == Target::Everything {
            for (by, said) in cast.undoers.iter().zip([Undoing::Begun, Undoing::Lifted]) {
                let undone = patient(|| gov.revocation_undo(by, made.id, "it was a race")).await;
                assert_eq!(undone.unwrap(), said);
            }
        }
    }
    load.end().await;
}

async fn fifty_revocations_leave_no_permit_behind_them(t: Fresh) {
    let w = World::new(t).await;
    let mut cast = Cast::of(&w).await;
    race(&w, &mut cast, seed()).await;
    let log = history(&w).await;
    let count = |kind: &str| log.iter().filter(|told| told.kind == kind).count();
    assert_eq!(count("revocation.made"), 50);
    let (permits, redeemed) = (count("decision.permit"), count("grant.redeemed"));
    eprintln!("{permits} permits, {redeemed} redeemed, {} denied", count("decision.deny"));
    assert!(permits >= 50 * AROUND && redeemed > 0);
    assert_eq!(cast.behind(&log), Behind::default());
}

/// The control: what the race must show, were the guard not there.
async fn without_the_look_under_the_lock_permits_stand_behind_revocations(t: Fresh) {
    t.by_hand(&[Invariant::I3, Invariant::Grants]);
    let w = World::new(t).await;
    w.unguarded();
    let mut cast = Cast::of(&w).await;
    race(&w, &mut cast, seed()).await;
    let behind = cast.behind(&history(&w).await);
    eprintln!("{behind:?}");
    assert!(behind.permits > 0, "the race never met the moment: it would show nothing");
    // the check that any installation can run says so too
    let report = w.t.gov.log_replay(&w.t.operator()).await.unwrap();
    assert!(!report.line(Invariant::I3).unwrap().holds());
}

/// The control of the count of redemptions: a node that looks before the revocation, and writes after it.
async fn a_grant_spent_without_looking_again_is_counted(t: Fresh) {
    t.by_hand(&[Invariant::Grants]);
    let w = World::new(t).await;
    let cast = Cast::default();
    let id = w.agent("agent", None).await;
    let node = &w.nodes[0];
    let answer = node.gov.decide(&node.caller, ask("agent", "pay", &Value::Null, None)).await.unwrap();
    let grant = answer.grant.unwrap().id;
    w.t.gov.revoke(&w.t.operator(), &Target::Identity(id), "race").await.unwrap();
    assert_eq!(cast.behind(&history(&w).await), Behind::default());
    let mut write = w.t.gov.write(&w.t.operator()).await.unwrap();
    let spent = "update grants set uses_left = 0 where id = $1";
    write.tx.execute_one(spent, &[grant.into()], "no grant").await.unwrap();
    let event = Event::new(EventKind::GrantRedeemed, "test").subject(id).id("grant", grant);
    write.append(event.id("decision", answer.id)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(cast.behind(&history(&w).await), Behind { permits: 0, redeemed: 1 });
}
