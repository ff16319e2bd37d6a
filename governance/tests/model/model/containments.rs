//! Rules that act (product.md UC-04): a report narrows, suspends or revokes, and two people undo it.
use super::Model;
use super::stops::{Target, number};
use super::wrong::Wrong;
use crate::operation::{Measure, Undoer};

#[derive(Debug, Clone)]
pub struct Containment {
    agent: usize,
    measure: Measure,
    active: bool,
    first: Option<(usize, i64)>,
}

impl Model {
    /// A rule suspended it, and nobody undid that.
    pub(super) fn held(&self, agent: usize) -> bool {
        let suspends = |c: &Containment| c.agent == agent && c.active && c.measure == Measure::Suspend;
        self.containments.iter().any(suspends)
    }

    /// A gateway saw an act of it that was never decided, and the rule for that takes this measure.
    pub(super) fn report(&mut self, agent: usize, measure: Measure) -> String {
        let held = |c: &Containment| c.agent == agent && c.active && c.measure >= measure;
        // what a person suspended is not a rule's to give back
        let persons = measure == Measure::Suspend && self.agents[agent].suspended;
        if self.containments.iter().any(held) || persons {
            return "contained nothing".into();
        }
        self.containments.push(Containment { agent, measure, active: true, first: None });
        match measure {
            Measure::Narrow => self.agents[agent].narrowed = true,
            Measure::Suspend => drop(self.suspend(agent)),
            Measure::Revoke => drop(self.revoke(Target::Agent(agent))),
        }
        format!("contained {measure:?}")
    }

    pub fn containment_owner(&self, n: usize) -> usize {
        self.owner(self.containments[n].agent)
    }

    pub(super) fn undo_containment(&mut self, n: usize, by: Undoer) -> String {
        let Containment { agent, measure, active, first } = self.containments[n];
        // a revocation is undone as one
        if !active || measure == Measure::Revoke {
            return "error Conflict".into();
        }
        let who = number(by, self.owner(agent));
        match self.second(first, who, Wrong::OneUndoesContainment) {
            None => "error Conflict".into(),
            Some(false) => {
                self.containments[n].first = Some((who, self.now));
                "Begun".into()
            }
            Some(true) => {
                self.containments[n].active = false;
                match measure {
                    Measure::Narrow => self.agents[agent].narrowed = false,
                    _ if self.agents[agent].suspended => drop(self.resume(agent)),
                    _ => {}
                }
                "Lifted".into()
            }
        }
    }

    /// The stop of this target was undone, and with it what a rule did by it.
    pub(super) fn contained_again_free(&mut self, target: Target) {
        let by_it = |c: &&mut Containment| c.measure == Measure::Revoke && target == Target::Agent(c.agent);
        self.containments.iter_mut().filter(by_it).for_each(|c| c.active = false);
    }
}
