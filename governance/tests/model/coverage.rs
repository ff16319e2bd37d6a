//! How often each operation was answered how, and what must have happened at least once.
use crate::operation::Op;
use std::collections::BTreeMap;

/// How often each kind of operation was given each kind of answer.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<(String, String), usize>);

/// What each operation must have been answered at least once.
const EVERYTHING: &[(&str, &[&str])] = &[
    (
        "Ask",
        &[
            "permit",
            "permit approved",
            "escalate",
            "deny revoked",
            "deny not_active",
            "deny chain_cycle",
            "deny chain_denied",
            "deny build_changed",
            "deny another_task",
            "deny task_over",
            "deny outside_task",
            "deny outside_window",
            "deny forbidden",
            "deny approval_unverifiable",
            "deny out_of_scope",
            "deny grant_pending",
            "deny approval_expired",
            "deny no_approver",
            "deny too_many_pending",
            "error TooMany",
            "error Invalid",
        ],
    ),
    (
        "AskAgain",
        &[
            "permit approved",
            "escalate",
            "deny approval_expired",
            "deny policy_denied",
            "deny forbidden",
            "error TooMany",
        ],
    ),
    ("Vote", &["pending", "held", "approved", "denied", "error Conflict", "error Forbidden", "error Invalid"]),
    ("Undo", &["pending", "error Conflict", "error Forbidden"]),
    ("Cancel", &["cancelled", "error Conflict"]),
    ("Poll", &["pending", "held", "approved", "consumed", "denied", "expired", "cancelled", "revoked"]),
    ("Redeem", &["redeemed", "error Conflict", "error Expired", "error NotFound"]),
    (
        "Renew",
        &["renewed until", "lost Conflict", "error Conflict", "error Expired", "error NotFound", "error TooMany"],
    ),
    ("RevokeGrant", &["ended"]),
    ("RevokeAgent", &["ended"]),
    ("RevokeOwner", &["ended"]),
    ("RevokeSource", &["ended"]),
    ("RevokeTool", &["ended"]),
    ("RevokeEverything", &["ended"]),
    ("UndoStop", &["Begun", "Lifted", "error Conflict", "error Forbidden"]),
    ("Suspend", &["suspended", "error Conflict"]),
    ("Resume", &["resumed", "error Conflict"]),
    ("ApproveBuild", &["approved", "error Conflict"]),
    ("Report", &["contained Narrow", "contained Suspend", "contained Revoke", "contained nothing"]),
    ("UndoContainment", &["Begun", "Lifted", "error Conflict"]),
    ("OpenTask", &["opened", "error Conflict"]),
    ("CloseTask", &["ended", "error Conflict", "error NotFound"]),
    ("Wait", &["swept", "waited"]),
    ("NewAgent", &["added"]),
    ("NextTool", &["next"]),
];

/// An answer's first two words, numbers and names with numbers left out.
fn kind_of(answer: &str) -> String {
    let numbered = |word: &&str| word.chars().any(|c| c.is_ascii_digit());
    answer.split(' ').take(2).filter(|word| !numbered(word)).collect::<Vec<_>>().join(" ")
}

impl Seen {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn count(&mut self, op: &Op, answer: &str) {
        *self.0.entry((op.kind(), kind_of(answer))).or_default() += 1;
    }
    pub fn add(&mut self, other: Self) {
        for (kind, n) in other.0 {
            *self.0.entry(kind).or_default() += n;
        }
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Whether an operation was answered so.
    pub fn has(&self, op: &str, answer: &str) -> bool {
        self.0.contains_key(&(op.to_owned(), answer.to_owned()))
    }
    /// What should have happened and did not, and operations that nothing is expected of.
    pub fn missing(&self) -> Vec<String> {
        let expected = EVERYTHING.iter().flat_map(|(op, answers)| answers.iter().map(|answer| (*op, *answer)));
        let never = expected.filter(|(op, answer)| !self.has(op, answer)).map(|(op, answer)| format!("{op}: {answer}"));
        let known = |op: &String| EVERYTHING.iter().any(|(known, _)| known == op);
        never.chain(self.0.keys().map(|(op, _)| op).filter(|op| !known(op)).cloned()).collect()
    }
    pub fn transitions(&self) -> usize {
        self.0.values().sum()
    }
    /// One line each, and how many there were together.
    pub fn lines(&self) -> String {
        let lines: Vec<_> = self.0.iter().map(|((op, answer), n)| format!("{n:>7} {op}: {answer}\n")).collect();
        format!("{}{:>7} transitions", lines.concat(), self.transitions())
    }
}
