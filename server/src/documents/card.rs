//! A card as it was shown, for paper: the same data value the inbox renders, with the votes it got.
use governance::{
    engine::evidence::{Asked, Gathered, SeenCard},
    escalation::{Card, Phase, Vote, card::Stop},
    json::canonical,
    text::{agent_words, visible_line},
    time::Timestamp,
};
use serde_json::Value;

pub struct Escalation {
    pub id: String,
    pub headline: String,
    pub tier: &'static str,
    pub state: &'static str,
    pub opened: String,
    pub expires: String,
    pub people: u32,
    pub cards: Vec<Shown>,
    pub votes: Vec<Voted>,
}

/// One version of a card.
pub struct Shown {
    pub version: i64,
    pub made: String,
    /// File with its bytes.
    pub payload: String,
    pub sentence: String,
    pub reversibility: String,
    pub stops: Vec<String>,
    /// Field, what was claimed, what is so and by whom it is said.
    pub refuted: Vec<[String; 3]>,
    pub checked: Vec<[String; 3]>,
    pub claimed: Vec<[String; 2]>,
    pub unknown: Vec<[String; 2]>,
    /// Field, this request, normal, difference.
    pub normal: Vec<[String; 4]>,
    pub chain: Vec<String>,
    pub grants: String,
    pub words: String,
    pub digest: String,
}

pub struct Voted {
    pub verdict: &'static str,
    pub person: String,
    pub person_id: String,
    pub for_whom: Option<String>,
    pub at: String,
    pub looked: String,
    pub card_version: i64,
    pub reason: String,
    pub step_up: Option<&'static str>,
    /// Index of its entry in the log, whose single proof is in the pack.
    pub taken_back: Option<String>,
}

/// `2026-11-21 09:00:00 UTC`.
pub fn second(at: Timestamp) -> String {
    at.datetime().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn line(text: &str) -> String {
    visible_line(text).into_owned()
}

fn value(value: &Value) -> String {
    line(&value.as_str().map_or_else(|| canonical(value), str::to_owned))
}

pub fn escalation(g: &Gathered, asked: &Asked) -> Escalation {
    let e = &asked.record.escalation;
    let newest = asked.cards.iter().rev().find_map(|c| c.card.as_ref());
    let question = &asked.record.asked;
    Escalation {
        id: e.id.to_string(),
        headline: newest.map_or_else(
            || line(&format!("{} wants to {} ({})", question.agent, question.action, question.resource_id)),
            |card| card.headline.sentence(),
        ),
        tier: e.requirement.tier.as_str(),
        state: state(e.phase(), e.released_at.is_some()),
        opened: second(e.opened_at),
        expires: second(e.expires_at),
        people: e.requirement.quorum,
        cards: asked.cards.iter().map(shown).collect(),
        votes: asked.votes.iter().map(|(vote, taken_back)| voted(g, vote, *taken_back)).collect(),
    }
}

fn state(phase: Phase, released: bool) -> &'static str {
    match phase {
        Phase::Pending => "waiting",
        Phase::Held => "approved, held",
        Phase::Approved => "approved, not used yet",
        Phase::Consumed => "approved and used once",
        Phase::Denied => "denied",
        Phase::Expired if released => "approved, not used in time",
        Phase::Expired => "nobody answered, so denied",
        Phase::Cancelled => "taken back by who asked",
        Phase::Revoked => "revoked",
    }
}

fn shown(seen: &SeenCard) -> Shown {
    let mut shown = Shown {
        version: seen.version,
        made: second(seen.made_at),
        payload: format!("payloads/{}", seen.hash),
        sentence: "What this card said was erased; its digest stands in the log.".into(),
        reversibility: String::new(),
        stops: Vec::new(),
        refuted: Vec::new(),
        checked: Vec::new(),
        claimed: Vec::new(),
        unknown: Vec::new(),
        normal: Vec::new(),
        chain: Vec::new(),
        grants: String::new(),
        words: String::new(),
        digest: String::new(),
    };
    if let Some(card) = &seen.card {
        fill(&mut shown, card);
    }
    shown
}

fn fill(shown: &mut Shown, card: &Card) {
    shown.sentence = card.headline.sentence();
    shown.reversibility =
        card.headline.reversibility.as_deref().map_or_else(|| "Nobody said whether it can be undone.".into(), line);
    shown.stops = card.stops.iter().map(stop).collect();
    shown.refuted = card
        .refuted
        .iter()
        .map(|r| [line(&r.field), value(&r.claimed), format!("{} ({})", value(&r.fact), line(&r.source))])
        .collect();
    let source = |source: &str, at| format!("{}, {}", line(source), second(at));
    shown.checked = card.checked.iter().map(|c| [line(&c.what), value(&c.value), source(&c.source, c.as_of)]).collect();
    shown.claimed = card.claimed.iter().map(|c| [line(&c.what), value(&c.value)]).collect();
    shown.unknown = card.unknown.iter().map(|u| [line(&u.what), line(&u.why)]).collect();
    let normal = |n: &governance::escalation::normal::Normal| {
        let usual = match (&n.median, &n.p95) {
            (Some(median), Some(p95)) => {
                format!("median {}, p95 {}, n = {}, {} days", value(median), value(p95), n.n, n.window_days)
            }
            _ => format!("n = {}, {} days", n.n, n.window_days),
        };
        [line(&n.field), value(&n.requested), usual, n.difference.clone()]
    };
    shown.normal = card.normal.iter().map(normal).collect();
    let link = |l: &governance::escalation::card::Link| {
        let how = if l.checked { "checked" } else { "claimed" };
        let broken = l.broken.as_deref().map_or(String::new(), |b| format!(", {}", line(b)));
        format!("{} ({}, {how}{broken})", line(&l.name), l.kind.as_str())
    };
    shown.chain = card.chain.iter().map(link).collect();
    shown.grants = grants(card);
    shown.words = card.words.as_deref().map(agent_words).unwrap_or_default();
    shown.digest = card.digest.clone();
}

fn stop(stop: &Stop) -> String {
    let mut text = format!("Rule {} ({}, line {}), decided by {}", stop.rule, stop.file, stop.line, stop.route);
    if let Some(reason) = &stop.reason {
        text = format!("{text}: {}", line(reason));
    }
    for a in &stop.limits {
        text = format!("{text}; {} {} {}, and it is {}", line(&a.field), a.operator, value(&a.limit), value(&a.value));
    }
    text
}

fn grants(card: &Card) -> String {
    let uses = if card.grants.uses == 1 { "one execution".into() } else { format!("{} executions", card.grants.uses) };
    let mut text = match card.grants.grant_s {
        Some(seconds) => format!("{uses}, within {} minutes of being asked for again", seconds.div_ceil(60)),
        None => format!("{uses}, at once when asked for again"),
    };
    for window in &card.grants.windows {
        text += &format!("; only in the window {} (UTC)", line(window));
    }
    if let Some(seconds) = card.grants.lease_s {
        text += &format!("; as a lease that ends unless it is renewed within every {seconds} s");
    }
    text
}

fn voted(g: &Gathered, vote: &Vote, taken_back: Option<Timestamp>) -> Voted {
    let (by, seat) = (vote.by.to_string(), vote.seat.to_string());
    let code = vote.code.map_or(String::new(), |c| c.as_str().replace('_', " "));
    let reason = vote.reason.as_deref().map(line).unwrap_or_default();
    Voted {
        verdict: vote.verdict.as_str(),
        person: line(g.name(&by)),
        for_whom: (by != seat).then(|| line(g.name(&seat))),
        person_id: by,
        at: second(vote.at),
        looked: vote.shown_at.map_or_else(
            || "not measured".into(),
            |at| format!("{}.{} s", (vote.at - at).num_seconds(), (vote.at - at).num_milliseconds() % 1_000 / 100),
        ),
        card_version: vote.card_version,
        reason: [code, reason].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(": "),
        step_up: vote.step_up.map(|s| s.as_str()),
        taken_back: taken_back.map(second),
    }
}
