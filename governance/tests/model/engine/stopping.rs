//! Stops, containments, builds, and their undoing.
use super::asking::digest;
use super::{Engine, ended, error};
use crate::model::{Model, number};
use crate::operation::{Measure, Undoer};
use governance::engine::{Actor, Ctx, Role};
use governance::error::Result;
use governance::finding::Rule;
use governance::identity::Status;
use governance::revocation::{Target, Undoing};
use governance::store;
use governance::watch::reaction::{Measure as Taken, Mode};
use governance::watch::{Came, Observed, Thing};

impl Engine {
    pub(super) async fn revoke(&mut self, target: Target) -> String {
        match self.t.gov.revoke(&self.t.operator(), &target, "to see what ends").await {
            Ok(done) => {
                self.stops.push(done.id);
                ended(&done.ended)
            }
            Err(e) => error(e),
        }
    }

    /// Who undoes: an operator, or the owner of what was stopped.
    fn undoer(&self, by: Undoer, owner: usize) -> Ctx {
        let id = self.people[number(by, owner)];
        let roles = match by {
            Undoer::Operator(_) => [Role::Operator].into(),
            Undoer::Owner => [Role::Approver, Role::Owner].into(),
        };
        self.t.gov.ctx(Actor::Person { id, roles })
    }

    pub(super) async fn undo_stop(&self, n: usize, by: Undoer, model: &Model) -> String {
        let ctx = self.undoer(by, model.stop_owner(n));
        undone(self.t.gov.revocation_undo(&ctx, self.stops[n], "a false alarm").await)
    }

    pub(super) async fn undo_containment(&self, n: usize, by: Undoer, model: &Model) -> String {
        let ctx = self.undoer(by, model.containment_owner(n));
        undone(self.t.gov.containment_undo(&ctx, self.containments[n], "a false alarm").await)
    }

    pub(super) async fn become_status(&self, agent: usize, to: Status, word: &str) -> String {
        let (gov, id) = (&self.t.gov, self.agents[agent].id);
        let it = store::identities::get(&mut gov.read().await.unwrap(), id).await.unwrap().unwrap();
        let done = gov.identity_status(&self.t.operator(), id, it.version, to).await;
        done.map_or_else(error, |_| word.into())
    }

    pub(super) async fn approve_build(&self, agent: usize, build: usize) -> String {
        let id = self.agents[agent].id;
        let done = self.t.gov.identity_build_approve(&self.t.operator(), id, &digest(build)).await;
        done.map_or_else(error, |_| "approved".into())
    }

    /// A gateway reports an act that nobody asked about.
    pub(super) async fn report(&mut self, agent: usize, measure: Measure) -> String {
        let gov = self.t.gov.clone();
        let taken = match measure {
            Measure::Narrow => Taken::Narrow,
            Measure::Suspend => Taken::Suspend,
            Measure::Revoke => Taken::Revoke,
        };
        gov.reaction_set(&self.t.operator(), Rule::ExecutedUndecided, Mode::On, taken, 1_000).await.unwrap();
        let act = Observed {
            id: None,
            agent: Thing { kind: "agent".into(), id: self.agents[agent].name.clone() },
            action: "never.asked".into(),
            resource: Thing { kind: "account".into(), id: "one".into() },
            input: None,
            outcome: Came::Done,
            at: None,
            decision: None,
            grant: None,
            run: None,
            data_class: None,
            destination: None,
            tool: None,
            created: None,
        };
        let gateway = gov.ctx(self.gateway.actor.clone());
        let noted = gov.activity_report(&gateway, &[act]).await.unwrap();
        let [done] = &noted.contained[..] else {
            assert!(noted.contained.is_empty(), "one rule acts: {noted:?}");
            return "contained nothing".into();
        };
        assert_eq!(done.measure, taken);
        self.containments.push(done.id);
        let mut tx = gov.read().await.unwrap();
        let it = store::containments::get(&mut tx, done.id).await.unwrap().unwrap();
        self.stops.extend(it.revocation);
        format!("contained {measure:?}")
    }
}

fn undone(done: Result<Undoing>) -> String {
    done.map_or_else(error, |done| format!("{done:?}"))
}
