//! A question only gates stand before: an approval is used up, an open escalation is joined, a new one is opened, or the
//! caller is told to submit.
use super::Write;
use super::committer::Prepared;
use super::decisions::{Inputs, Known};
use super::escalations::{
    Consumption, Opened, Voided, escalation_consume_in, escalation_join_in, escalation_open_in, escalation_revoke_in,
};
use crate::decision::{EscalationRef, Way};
use crate::error::Result;
use crate::escalation::binding::Binding;
use crate::escalation::{Bars, Record};
use crate::id::{DecisionId, EscalationId};
use crate::policy::gate::{Gate, Requirement, Tier};
use crate::store;
use crate::store::escalations::Of;
use crate::time::Timestamp;

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
    /// May this question use an approval up? A probe only asks; what is submitted waits; an item of a batch must name it.
    fn uses(&self, named: Option<EscalationId>) -> bool {
        match self.p.ask.way {
            Way::Submission => false,
            Way::Evaluation => !self.p.told.probe,
            Way::Item => !self.p.told.probe && named.is_some(),
        }
    }
    pub fn gate_hashes(&self) -> Vec<String> {
        self.gates.iter().map(|g| g.text_hash.clone()).collect()
    }
    /// Whom this very question bars (I5): who asked, whom it is for, who handed the work on, who holds the key it came with.
    ///
    /// # Errors
    /// As the database says.
    async fn asking(&self, w: &mut Write) -> Result<Bars> {
        let key = store::keys::get(&mut w.tx, self.p.key.id).await?;
        Ok(Bars {
            requesters: self.known.started_by.into_iter().collect(),
            acting: self.known.acting.iter().filter_map(|a| a.person).collect(),
            delegators: self.known.handed_by.iter().flatten().copied().collect(),
            keyholders: key.and_then(|k| k.created_by.parse().ok()).into_iter().collect(),
            ..Bars::default()
        })
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
            task: self.known.task.as_ref().map(|t| t.id),
        }
    }
}

/// The tier below which policy cannot go, by what the register says of the action.
pub(crate) fn floor(known: &Known, action: &str) -> Option<Tier> {
    crate::action_facts::floor_tier(known.world.action_facts.get(action)?)
}

/// Uses an approval up, joins or opens an escalation, or says why neither.
///
/// # Errors
/// `TooMany` for a re-ask within a second, else as the database says.
pub(crate) async fn gated(w: &mut Write, gated: &Gated<'_>) -> Result<Found> {
    let Some(subject) = gated.known.subject.as_deref() else {
        return Ok(deny("unregistered", "people approve for registered identities alone"));
    };
    if let Some(never) = never_holds(gated, w.at()) {
        return Ok(never);
    }
    let hashes = gated.gate_hashes();
    let binding = gated.binding(&hashes, subject);
    let asking = gated.asking(w).await?;
    let named = match &gated.p.told.approval {
        None | Some(serde_json::Value::Null) => None,
        Some(approval) => match approval["id"].as_str().and_then(|id| id.parse().ok()) {
            Some(id) => Some(id),
            None => {
                return Ok(deny("approval_unverifiable", "context.approval.id is not the id of an approval of ours"));
            }
        },
    };
    if gated.uses(named) {
        let actor = gated.p.key.id.to_string();
        match escalation_consume_in(w, &binding, named, &asking, gated.decision, &actor).await? {
            Consumption::Used(used) => {
                let escalation = EscalationRef { id: used.escalation, expires_at: used.expires_at };
                return Ok(Found::Approved(Approved { escalation, grant_s: used.grant_s }));
            }
            Consumption::Refused { reason, message } => return Ok(Found::Deny { reason, message }),
            Consumption::Nothing => {}
        }
    }
    if !gated.opens() {
        return Ok(Found::Submit);
    }
    let waits = |r: &Record| Found::Waits(EscalationRef { id: r.escalation.id, expires_at: r.escalation.expires_at });
    if let Some(joined) =
        escalation_join_in(w, &binding.question(), &asking, gated.p.ask.way == Way::Submission).await?
    {
        return Ok(waits(&joined));
    }
    let new = super::escalations::draft(w, gated, subject, asking).await?;
    Ok(match escalation_open_in(w, new).await? {
        Opened::New(record) | Opened::Joined(record) => waits(&record),
        Opened::Refused { reason, message } => Found::Deny { reason, message },
    })
}

/// Nobody is asked for what no grant could allow: its windows never open together, or its task ends before they do.
fn never_holds(gated: &Gated<'_>, at: Timestamp) -> Option<Found> {
    let required = Requirement::of(gated.gates, None)?;
    let ends = gated.known.task.as_ref().map(|t| t.ends_at);
    // how long it lives does not say whether it begins
    match required.terms.holds(at, 1, false, ends) {
        Some(_) => None,
        None => Some(deny("outside_window", &format!("no window ({}) opens in time", windows(&required)))),
    }
}

fn windows(required: &Requirement) -> String {
    required.terms.windows.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

fn deny(reason: &'static str, message: &str) -> Found {
    Found::Deny { reason, message: message.into() }
}

/// Ends the open escalations and unused approvals of what was revoked, and of what was handed on from it; returns how many
/// of each.
///
/// # Errors
/// As the database says.
pub(crate) async fn revoked(
    w: &mut Write,
    target: &crate::revocation::Target,
    affected: &[crate::store::revocations::Affected],
    revocation: crate::id::RevocationId,
) -> Result<(usize, usize)> {
    use crate::revocation::Target;
    let actor = w.actor().to_owned();
    let cause = || ("revocation", revocation.to_string());
    let mut ended = (0, 0);
    let mut add = |voided: Voided| (ended.0, ended.1) = (ended.0 + voided.escalations, ended.1 + voided.approvals);
    match target {
        Target::Grant(_) => {}
        Target::Tool(name) => add(escalation_revoke_in(w, Of::Action(name), cause(), &actor).await?),
        Target::Everything => add(escalation_revoke_in(w, Of::Everything, cause(), &actor).await?),
        Target::Identity(_) | Target::Owner(_) | Target::Source(_) => {
            for identity in affected {
                add(escalation_revoke_in(w, Of::Identity(identity.id), cause(), &actor).await?);
            }
            for handed_on in store::escalations::handed_on(&mut w.tx, affected.iter().map(|a| a.id)).await? {
                add(escalation_revoke_in(w, Of::One(handed_on), cause(), &actor).await?);
            }
        }
    }
    Ok(ended)
}
