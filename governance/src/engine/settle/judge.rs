//! The outcome before approvals, from what is recorded of the decision and nothing else: so it replays (I11).
use crate::decision::Outcome;
use crate::engine::builds;
use crate::engine::decisions::{Grounds, Inputs};
use crate::engine::write::hex;
use crate::id::IdentityId;
use crate::identity::{Mode, Status};
use crate::policy::chain::LinkAnswer;
use crate::policy::gate::{Gate, Tier};
use crate::policy::question::{Evaluation, Tentative};
use crate::resource::Listed;
use crate::task::Misuse;
use sha2::{Digest as _, Sha256};

/// What is decided, before it is written.
pub(crate) struct Verdict {
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub message: Option<String>,
    pub rules: Vec<String>,
    pub gates: Vec<Gate>,
    /// Observe mode: what enforcing would have answered.
    pub would: Option<Outcome>,
}

impl Verdict {
    fn deny(reason: &str, message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Deny,
            reason: Some(reason.into()),
            message: Some(message.into()),
            rules: Vec::new(),
            gates: Vec::new(),
            would: None,
        }
    }
}

/// The outcome on these inputs; `identity` is the subject, where the register has it.
pub(crate) fn judge(identity: Option<IdentityId>, inputs: &Inputs) -> Verdict {
    let unrecorded = Grounds::default();
    let grounds = inputs.grounds.as_ref().unwrap_or(&unrecorded);
    if let Some(what) = stopped(identity, inputs, grounds) {
        return Verdict::deny("revoked", format!("{what} is stopped"));
    }
    if let Some(status) = inputs.fact("status").filter(|status| *status != Status::Active.as_str()) {
        return Verdict::deny("not_active", format!("{} is {status}", inputs.question.subject_id));
    }
    if inputs.chain.iter().filter(|link| link.is_none()).count() > inputs.handed_by.len() {
        let place = grounds.stranger.or_else(|| inputs.chain.iter().position(Option::is_none)).unwrap_or(0);
        return Verdict::deny("unregistered", format!("link {} of the chain is not in the register", place + 1));
    }
    if let Some(broken) = broken_chain(identity, inputs) {
        return broken;
    }
    let mut verdict = match (build_changed(inputs), &inputs.task) {
        (Some(words), _) => Verdict::deny(builds::REASON, words),
        (None, Some((_, Some(why)))) => Verdict::deny(why, misuse(why, inputs)),
        (None, _) => by_policy(&inputs.united()),
    };
    stand_before(&mut verdict, inputs);
    if stops_for_orphans(&verdict, grounds) {
        verdict = orphaned(inputs);
    }
    let observes = inputs.fact("mode") == Some(Mode::Observe.as_str());
    if observes && verdict.outcome != Outcome::Permit && !grounds.above_floor {
        verdict.would = Some(verdict.outcome);
        verdict.outcome = Outcome::Permit;
    }
    // containment holds in observe mode too
    if verdict.outcome == Outcome::Permit && grounds.narrowed {
        verdict.outcome = Outcome::Escalate;
        verdict.reason = Some("approval_required".into());
        verdict.would = None;
        let gate = narrowed();
        verdict.message.clone_from(&gate.reason);
        verdict.gates = vec![gate];
        if grounds.orphaned {
            verdict = orphaned(inputs);
        }
    }
    verdict
}

/// UC-17: what needs a person or a grant is for somebody to answer for; what policy permits by itself goes on.
fn stops_for_orphans(verdict: &Verdict, grounds: &Grounds) -> bool {
    let granted = verdict.outcome == Outcome::Permit && grounds.above_floor;
    grounds.orphaned && (granted || verdict.outcome == Outcome::Escalate)
}

fn orphaned(inputs: &Inputs) -> Verdict {
    let through = if inputs.chain.is_empty() { "" } else { ", or for an agent it acts through" };
    let name = &inputs.question.subject_id;
    let words = format!("nobody active answers for {name}{through}: what takes a person or a grant waits for an owner");
    Verdict::deny("orphaned", words)
}

/// What the register says of tool, destination and memory store stands before what policy permits, beside the gates of policy.
fn stand_before(verdict: &mut Verdict, inputs: &Inputs) {
    if verdict.outcome == Outcome::Deny {
        return;
    }
    for mut gate in inputs.register.iter().flat_map(Listed::gates) {
        let same = verdict.gates.iter().filter(|g| g.id.starts_with(&gate.id)).count();
        if same > 0 {
            gate.id = format!("{}-{}", gate.id, same + 1);
        }
        if verdict.outcome == Outcome::Permit {
            verdict.outcome = Outcome::Escalate;
            verdict.reason = Some("approval_required".into());
            verdict.message.clone_from(&gate.reason);
        }
        verdict.gates.push(gate);
    }
}

/// The gate before each act of an identity that a rule narrowed.
fn narrowed() -> Gate {
    const TEXT: &str = "an identity that a rule narrowed: each of its acts needs a person";
    Gate {
        id: "narrowed".into(),
        route: "containment".into(),
        tier: Tier::High,
        quorum: 1,
        expires_s: None,
        grant_s: None,
        terms: Default::default(),
        reason: Some("A rule narrowed this agent after something odd was seen: each of its acts needs a person".into()),
        file: "countersign".into(),
        line: 1,
        text: TEXT.into(),
        text_hash: hex(&Sha256::digest(TEXT)),
        limits: vec![],
    }
}

/// Whether the outcome could be another one, had [`Grounds`] been recorded: they say more than nothing about it.
pub(crate) fn rests_on_grounds(inputs: &Inputs, verdict: &Verdict) -> bool {
    let reaches = |kind: &str| match kind {
        "source" => true,
        "owner" => !inputs.chain.is_empty(),
        _ => false,
    };
    let stop = verdict.reason.as_deref() != Some("revoked") && inputs.stops.iter().any(|(kind, _)| reaches(kind));
    stop || verdict.would.is_some()
}

/// A chain that comes back to who asks, or that leads through an agent that is not active.
fn broken_chain(identity: Option<IdentityId>, inputs: &Inputs) -> Option<Verdict> {
    let name = |link: usize| inputs.links.iter().find(|l| l.link == link).map_or("it", |l| l.name.as_str());
    if let Some(at) = inputs.chain.iter().position(|link| link.is_some() && *link == identity) {
        let (link, name) = (at + 1, name(at + 1));
        let why = format!("link {link} of the chain is {name}, which asks: act names those before it alone");
        return Some(Verdict::deny("chain_cycle", why));
    }
    let status = |l: &LinkAnswer| l.facts.attrs.get("status").and_then(|s| s.as_str()).map(str::to_owned);
    let active = |l: &LinkAnswer| status(l).is_none_or(|s| s == Status::Active.as_str());
    let link = inputs.links.iter().find(|l| !active(l) || l.build_changed)?;
    let why = match status(link).filter(|_| !active(link)) {
        None => format!("{}: it runs another build, and its owner looks first", builds::REASON),
        Some(status) => format!("not_active: it is {status}"),
    };
    let words = format!("link {} of the chain, {}, is denied {why}", link.link, link.name);
    Some(Verdict::deny("chain_denied", words))
}

/// Why the question may not be permitted for its build; `None`: it may, or nobody named one.
fn build_changed(inputs: &Inputs) -> Option<String> {
    let (digest, changed) = inputs.build.as_ref()?;
    let told = inputs.subject_properties.get("build").and_then(|build| build.as_str());
    (*changed || told.is_some_and(|told| told != digest)).then(|| {
        let name = &inputs.question.subject_id;
        format!("{name} runs another build than the one that may act, {digest}: its owner or an operator looks first")
    })
}

fn misuse(why: &str, inputs: &Inputs) -> String {
    let reference = inputs.subject_properties.get("task").and_then(|task| task.as_str()).unwrap_or_default();
    why.parse().map_or_else(|_| why.to_owned(), |why: Misuse| why.words(reference, &inputs.question.action))
}

fn by_policy(evaluation: &Evaluation) -> Verdict {
    match &evaluation.outcome {
        Tentative::Permit => Verdict {
            outcome: Outcome::Permit,
            reason: None,
            message: None,
            rules: evaluation.determining.clone(),
            gates: Vec::new(),
            would: None,
        },
        Tentative::Deny { reason } => {
            let mut v = Verdict::deny(reason.as_str(), evaluation.why(*reason));
            v.rules.clone_from(&evaluation.determining);
            v
        }
        Tentative::Gated { gates } => Verdict {
            outcome: Outcome::Escalate,
            reason: Some("approval_required".into()),
            message: gates.first().and_then(|g| g.reason.clone()),
            rules: evaluation.determining.clone(),
            gates: gates.clone(),
            would: None,
        },
    }
}

fn stopped(identity: Option<IdentityId>, inputs: &Inputs, grounds: &Grounds) -> Option<&'static str> {
    let those = || identity.iter().chain(inputs.chain.iter().flatten());
    let owned = |by: &str| grounds.links.iter().any(|l| l.owner.is_some_and(|o| o.to_string() == by));
    let from = |source: &str| {
        grounds
            .source
            .iter()
            .chain(grounds.links.iter().filter_map(|l| l.source.as_ref()))
            .any(|s| s.to_string() == source)
    };
    inputs.stops.iter().find_map(|(kind, id)| match kind.as_str() {
        "everything" => Some("everything"),
        "tool" if *id == inputs.question.action => Some("this action"),
        "identity" if those().any(|s| s.to_string() == *id) => Some("the identity"),
        "owner" if inputs.fact("owner") == Some(id) || owned(id) => Some("all that its owner answers for"),
        "source" if from(id) => Some("all of its source"),
        _ => None,
    })
}
