//! What it holds without an end: administrative rights, and rights that lead to more.
use super::{Facts, in_production, of, privileged};
use crate::{
    entitlement::Privilege,
    finding::{Found, Rule, Severity},
    import::snapshot::{EVERYTHING, LIMITED, held_where},
};

pub fn administrative(facts: &Facts<'_>) -> Option<Found> {
    let standing: Vec<_> = privileged(facts)
        .into_iter()
        .filter(|e| e.facts.is_standing() && e.facts.privilege == Privilege::Administrative)
        .collect();
    if standing.is_empty() {
        return None;
    }
    let anyone = facts.credentials.iter().any(|c| c.facts.trust_wildcard && c.facts.active);
    let open = if anyone { " Anyone may act as it." } else { "" };
    let words = format!(
        "{} holds {} administrative {} with no end.{open}",
        facts.identity.name,
        standing.len(),
        if standing.len() == 1 { "entitlement" } else { "entitlements" }
    );
    let everywhere = standing.iter().any(|e| e.key.resource.starts_with('*'));
    let severity = match (anyone, everywhere) {
        (true, _) => Severity::Critical,
        (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    };
    let mend = "Replace it by a grant with an end, for the actions that are used.";
    let mut found = of(facts, Rule::StandingAdmin, severity, words, mend);
    found.evidence =
        standing.iter().take(10).map(|e| format!("{} on {}, by {}", e.key.action, e.key.resource, e.key.via)).collect();
    Some(found)
}

/// Its rights let it take more than they say. Who may do everything has nothing more to take.
pub fn can_escalate(facts: &Facts<'_>) -> Option<Found> {
    let ways: Vec<_> = facts.powers.iter().filter(|(way, _)| way != EVERYTHING).collect();
    let (first, at) = ways.first()?;
    let more = match ways.len() - 1 {
        0 => String::new(),
        1 => " One more way is open.".to_owned(),
        n => format!(" {n} more ways are open."),
    };
    let words = format!("{} {first}, {}.{more}", facts.identity.name, held_where(at));
    let severity = match (ways.iter().all(|(_, at)| at.ends_with(LIMITED)), in_production(facts)) {
        (true, _) => Severity::Medium,
        (false, false) => Severity::High,
        (false, true) => Severity::Critical,
    };
    let mend = "Take away one right of each way, or bound it: see what it reaches, and right-size it.";
    let mut found = of(facts, Rule::CanEscalate, severity, words, mend);
    found.evidence = ways.iter().take(10).map(|(way, at)| format!("{way}, {}", held_where(at))).collect();
    Some(found)
}
