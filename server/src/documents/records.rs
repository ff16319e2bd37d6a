//! Records of the period: decisions, approvals, the log's entries.
use super::table::Table;
use governance::{engine::evidence::Gathered, error::Result, text::visible_line};
use std::collections::BTreeMap;

pub fn put(g: &Gathered, documents: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    decisions(g).put(documents)?;
    approvals(g).put(documents)?;
    escalations(g).put(documents)?;
    events(g).put(documents)
}

fn decisions(g: &Gathered) -> Table {
    let head = &[
        "decision",
        "log_entry",
        "time",
        "identity",
        "name",
        "subject",
        "action",
        "resource",
        "outcome",
        "reason",
        "would",
        "rules",
        "tier",
        "escalation",
        "grant",
        "acting_person",
        "run",
        "task",
        "observed_by",
        "bundle",
        "params_sha256",
    ];
    let mut table = Table::new("records/decisions", head);
    for d in &g.decisions {
        let identity = d.identity_id.map(|id| id.to_string());
        table.row([
            d.id.to_string().into(),
            d.seq.into(),
            d.at.to_string().into(),
            identity.clone().into(),
            identity.as_deref().map(|id| visible_line(g.name(id)).into_owned()).into(),
            visible_line(&format!("{}:{}", d.subject_type, d.subject_id)).into_owned().into(),
            visible_line(&d.action).into_owned().into(),
            visible_line(&format!("{}:{}", d.resource_type, d.resource_id)).into_owned().into(),
            d.outcome.as_str().into(),
            d.reason.clone().into(),
            d.would.clone().into(),
            d.rules.join(" ").into(),
            d.tier.clone().into(),
            d.escalation_id.map(|id| id.to_string()).into(),
            d.grant_id.map(|id| id.to_string()).into(),
            d.acting_person.as_deref().map(|p| visible_line(p).into_owned()).into(),
            d.run.as_deref().map(|r| visible_line(r).into_owned()).into(),
            d.task.as_deref().map(|t| visible_line(t).into_owned()).into(),
            d.observed_by.as_str().into(),
            d.bundle_hash.as_str().into(),
            d.params_hash.as_str().into(),
        ]);
    }
    table
}

fn escalations(g: &Gathered) -> Table {
    let head = &[
        "escalation",
        "decision",
        "identity",
        "name",
        "action",
        "resource",
        "tier",
        "people_needed",
        "state",
        "opened",
        "expires",
        "released",
        "ended",
        "cards",
        "params_sha256",
    ];
    let mut table = Table::new("records/escalations", head);
    for a in &g.asked {
        let (e, asked) = (&a.record.escalation, &a.record.asked);
        table.row([
            e.id.to_string().into(),
            e.decision.to_string().into(),
            e.agent.to_string().into(),
            visible_line(&asked.agent).into_owned().into(),
            visible_line(&asked.action).into_owned().into(),
            visible_line(&format!("{}:{}", asked.resource_type, asked.resource_id)).into_owned().into(),
            e.requirement.tier.as_str().into(),
            i64::from(e.requirement.quorum).into(),
            e.phase().as_str().into(),
            e.opened_at.to_string().into(),
            e.expires_at.to_string().into(),
            e.released_at.map(|at| at.to_string()).into(),
            e.state.ended_at().map(|at| at.to_string()).into(),
            i64::try_from(a.cards.len()).unwrap_or(i64::MAX).into(),
            asked.params_hash.as_str().into(),
        ]);
    }
    table
}

fn approvals(g: &Gathered) -> Table {
    let head = &[
        "approval",
        "escalation",
        "person",
        "person_name",
        "vote_of",
        "verdict",
        "time",
        "looked_ms",
        "card_version",
        "card_payload",
        "digest",
        "reason_code",
        "reason",
        "step_up",
        "taken_back",
    ];
    let mut table = Table::new("records/approvals", head);
    for a in &g.asked {
        for (vote, taken_back) in &a.votes {
            let by = vote.by.to_string();
            table.row([
                vote.id.to_string().into(),
                a.record.escalation.id.to_string().into(),
                by.as_str().into(),
                visible_line(g.name(&by)).into_owned().into(),
                vote.seat.to_string().into(),
                vote.verdict.as_str().into(),
                vote.at.to_string().into(),
                vote.shown_at.map(|at| (vote.at - at).num_milliseconds()).into(),
                vote.card_version.into(),
                format!("payloads/{}", vote.card_hash).into(),
                vote.digest.as_str().into(),
                vote.code.map(|c| c.as_str()).into(),
                vote.reason.as_deref().map(|r| visible_line(r).into_owned()).into(),
                vote.step_up.map(|s| s.as_str()).into(),
                taken_back.map(|at| at.to_string()).into(),
            ]);
        }
    }
    table
}

fn events(g: &Gathered) -> Table {
    let head = &["entry", "time", "kind", "actor", "subject", "outcome", "reasons", "ids", "via", "observed_by"];
    let mut table = Table::new("records/events", head);
    for e in &g.entries {
        let ids: Vec<_> = e.ids.iter().map(|(name, id)| format!("{name}={id}")).collect();
        table.row([
            i64::try_from(e.seq).unwrap_or(i64::MAX).into(),
            e.time.to_string().into(),
            e.kind.as_str().into(),
            visible_line(&e.actor).into_owned().into(),
            e.subject.as_deref().map(|s| visible_line(s).into_owned()).into(),
            e.outcome.as_deref().map(|o| visible_line(o).into_owned()).into(),
            visible_line(&e.reasons.join("; ")).into_owned().into(),
            visible_line(&ids.join(" ")).into_owned().into(),
            e.via.clone().into(),
            e.observed_by.clone().into(),
        ]);
    }
    table
}
