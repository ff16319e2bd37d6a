//! The governance record: what is known about one identity in five blocks, and what is missing, in words (ux.md 3.3).
use super::{Boundary, Identity};
use crate::{
    credential::Credential,
    entitlement::{Entitlement, Privilege, Use},
    finding::{Finding, rules},
    import::snapshot::Claim,
    matching::Merge,
    person::{Person, Status},
    sighting::Sighting,
    source::Source,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Something a block lacks, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub words: String,
    pub mend: String,
}

/// Who answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerBlock {
    pub owner: Option<Person>,
    pub backup: Option<Person>,
    pub team: Option<String>,
    pub attested_at: Option<Timestamp>,
    pub gaps: Vec<Gap>,
}

/// What it is for and may reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeBlock {
    pub purpose: Option<String>,
    pub boundary: Option<Boundary>,
    pub entitlements: usize,
    /// Of those whose source tells of use: used within 90 days, and not.
    pub used_90d: usize,
    pub unused_90d: usize,
    /// Those of which the source does not say.
    pub use_unknown: usize,
    pub administrative: usize,
    pub gaps: Vec<Gap>,
}

/// What it may do alone and what needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalBlock {
    pub mode: super::Mode,
    pub thresholds: Vec<(String, String)>,
    pub active_hours: Option<String>,
    pub gaps: Vec<Gap>,
}

/// Who would notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitoringBlock {
    pub sources: Vec<Shown>,
    pub last_used_at: Option<Timestamp>,
    pub last_asked_at: Option<Timestamp>,
    pub gaps: Vec<Gap>,
}

/// One source's view of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// `None`: it asked us.
    pub source: Option<Source>,
    pub sighting: Sighting,
    pub claim: Option<Claim>,
    pub stale: bool,
}

/// How it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetirementBlock {
    pub ends_at: Option<Timestamp>,
    pub retired_at: Option<Timestamp>,
    pub gaps: Vec<Gap>,
}

/// All five, and everything the register holds about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub identity: Identity,
    /// How many of the five blocks have no gap.
    pub complete: usize,
    pub owner: OwnerBlock,
    pub scope: ScopeBlock,
    pub approval: ApprovalBlock,
    pub monitoring: MonitoringBlock,
    pub retirement: RetirementBlock,
    pub entitlements: Vec<Entitlement>,
    pub credentials: Vec<Credential>,
    /// Open and excepted, worst first.
    pub findings: Vec<Finding>,
    /// What people said was one with it, newest first; of one that is retired by a merge the merge in force is among them.
    #[serde(default)]
    pub merges: Vec<Merge>,
}

impl Record {
    /// The merge by which it is retired.
    #[must_use]
    pub fn merged_into(&self) -> Option<&Merge> {
        self.merges.iter().find(|m| m.identity == self.identity.id && m.undone_at.is_none())
    }
}

impl Record {
    /// Puts the record together from what was read.
    #[must_use]
    pub fn of(
        facts: &rules::Facts<'_>,
        owner: Option<Person>,
        backup: Option<Person>,
        seen: Vec<(Sighting, Option<Claim>, Option<Source>)>,
        findings: Vec<Finding>,
        now: Timestamp,
    ) -> Self {
        let mut identity = facts.identity.clone();
        let live = seen.iter().filter(|(s, _, _)| s.gone_at.is_none());
        let synced = live.filter_map(|(_, _, source)| source.as_ref()?.last_sync_at).max();
        identity.last_seen_at = identity.last_seen_at.max(synced);
        let owner = owner_block(&identity, owner, backup, now);
        let scope = scope_block(facts, now);
        let approval = approval_block(&identity);
        let monitoring = monitoring_block(facts, seen, now);
        let retirement = retirement_block(&identity, now);
        let gaps = [&owner.gaps, &scope.gaps, &approval.gaps, &monitoring.gaps, &retirement.gaps];
        Self {
            complete: gaps.iter().filter(|g| g.is_empty()).count(),
            identity,
            owner,
            scope,
            approval,
            monitoring,
            retirement,
            entitlements: facts.entitlements.to_vec(),
            credentials: facts.credentials.to_vec(),
            findings,
            merges: vec![],
        }
    }
}

fn gap(words: impl Into<String>, mend: &str) -> Gap {
    Gap { words: words.into(), mend: mend.into() }
}

fn owner_block(it: &Identity, owner: Option<Person>, backup: Option<Person>, now: Timestamp) -> OwnerBlock {
    let mut gaps = vec![];
    match &owner {
        None => {
            let words = match (now - it.registered_at).num_days() {
                ..1 => "No owner yet".into(),
                1 => "No owner for 1 day".into(),
                days => format!("No owner for {days} days"),
            };
            gaps.push(gap(words, "Assign an owner and a backup"));
        }
        Some(p) if p.status != Status::Active => {
            gaps.push(gap(format!("Its owner {} {}", p.name, p.status.said()), "Assign another owner"));
        }
        Some(_) => {}
    }
    if it.environment == Some(super::Environment::Production) {
        match &backup {
            None => gaps.push(gap("In production without a backup owner", "Name a backup owner")),
            Some(p) if p.status != Status::Active => {
                gaps.push(gap(format!("Its backup owner {} {}", p.name, p.status.said()), "Name another backup owner"));
            }
            Some(_) => {}
        }
    }
    if it.attested_at.is_none() {
        gaps.push(gap("Never attested", "Ask its owner"));
    }
    OwnerBlock { owner, backup, team: it.team.clone(), attested_at: it.attested_at, gaps }
}

fn scope_block(facts: &rules::Facts<'_>, now: Timestamp) -> ScopeBlock {
    let it = facts.identity;
    let (mut used, mut unused, mut unknown) = (0, 0, 0);
    for e in facts.entitlements {
        match e.used(rules::known_since(it, e), now, rules::DAYS) {
            Use::Used(_) => used += 1,
            Use::Unused(_) => unused += 1,
            Use::Unknown => unknown += 1,
        }
    }
    let administrative = facts.entitlements.iter().filter(|e| e.facts.privilege == Privilege::Administrative).count();
    let mut gaps = vec![];
    if it.purpose.is_none() {
        gaps.push(gap("No purpose said", "Say what it is for"));
    }
    if !it.boundary.as_ref().is_some_and(Boundary::says_scope) {
        gaps.push(gap("No systems, tools or data classes said", "Draft a boundary"));
    }
    if unused > 0 {
        gaps.push(gap(format!("{unused} of {} entitlements unused", facts.entitlements.len()), "Right-size"));
    }
    if administrative > 0 {
        let entitlements = if administrative == 1 { "entitlement" } else { "entitlements" };
        gaps.push(gap(format!("{administrative} administrative {entitlements} with no end"), "Replace by a grant"));
    }
    ScopeBlock {
        purpose: it.purpose.clone(),
        boundary: it.boundary.clone(),
        entitlements: facts.entitlements.len(),
        used_90d: used,
        unused_90d: unused,
        use_unknown: unknown,
        administrative,
        gaps,
    }
}

fn approval_block(it: &Identity) -> ApprovalBlock {
    let mut gaps = vec![];
    let boundary = it.boundary.clone().unwrap_or_default();
    if boundary.thresholds.is_empty() {
        gaps.push(gap("No limit said above which a person decides", "Add a rule"));
    }
    if it.mode == super::Mode::Observe {
        gaps.push(gap("Observed only: nothing is held back", "Switch to enforce"));
    }
    ApprovalBlock {
        mode: it.mode,
        thresholds: boundary.thresholds.into_iter().collect(),
        active_hours: boundary.active_hours,
        gaps,
    }
}

fn monitoring_block(
    facts: &rules::Facts<'_>,
    seen: Vec<(Sighting, Option<Claim>, Option<Source>)>,
    now: Timestamp,
) -> MonitoringBlock {
    let shown: Vec<_> = seen
        .into_iter()
        .map(|(sighting, claim, source)| {
            let stale = source.as_ref().is_some_and(|s| s.is_stale(now));
            Shown { source, sighting, claim, stale }
        })
        .collect();
    let mut gaps = vec![];
    if !rules::is_monitored(facts) {
        gaps.push(gap(
            "It never asked us, and no source tells of its use",
            "Connect it with a key, or import its activity",
        ));
    }
    for stale in shown.iter().filter(|s| s.stale && s.sighting.gone_at.is_none()) {
        if let Some(source) = &stale.source {
            let since = source.last_sync_at.map_or("never".into(), |at| format!("{} days ago", (now - at).num_days()));
            gaps.push(gap(format!("Source {} was last read {since}", source.name), "Import it again"));
        }
    }
    MonitoringBlock {
        sources: shown,
        last_used_at: facts.identity.last_used_at,
        last_asked_at: facts.last_asked_at,
        gaps,
    }
}

fn retirement_block(it: &Identity, now: Timestamp) -> RetirementBlock {
    let gaps = match it.ends_at {
        _ if it.retired_at.is_some() => vec![],
        None => vec![gap("No end date", "Set one")],
        Some(end) if end <= now => vec![gap("Its end date is past and it is not retired", "Retire it, or set another")],
        Some(_) => vec![],
    };
    RetirementBlock { ends_at: it.ends_at, retired_at: it.retired_at, gaps }
}
