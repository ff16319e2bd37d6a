//! The card: what people decide from, frozen as data when it opens (ux.md 3.2, semantics.md "Facts are frozen").
//!
//! Pages, mails and evidence packs render the same value; each vote keeps the SHA-256 of its canonical text.
use super::normal::Normal;
use super::tier::{Requirement, Tier};
use crate::error::{Error, Result};
use crate::id::{DecisionId, EscalationId, IdentityId, PersonId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The shape below. Raised when a member changes its meaning; earlier cards stay readable.
pub const CARD_VERSION: u32 = 1;

/// Characters of the agent's own words that a card keeps (semantics.md, Hostile input).
pub const MAX_WORDS: usize = 2_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// [`CARD_VERSION`] when it was made.
    pub version: u32,
    pub escalation: EscalationId,
    pub decision: DecisionId,
    pub agent: IdentityId,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub tier: Tier,
    /// Distinct people needed on each route.
    pub quorum: u32,
    pub headline: Headline,
    /// Each gate that matched.
    pub stops: Vec<Stop>,
    /// Contradictions: shown first under the headline.
    pub refuted: Vec<Refuted>,
    pub checked: Vec<Checked>,
    pub claimed: Vec<Claimed>,
    pub unknown: Vec<Unknown>,
    /// Unusual rows first.
    pub normal: Vec<Normal>,
    /// From who or what started it to the agent that asks.
    pub chain: Vec<Link>,
    pub grants: Grants,
    /// Who could decide when it opened.
    pub deciders: Vec<Decider>,
    /// Plain text, unchecked, as it came; made visible where it is shown.
    pub words: Option<String>,
    /// The parameter bytes as the JSON they are.
    pub parameters: Value,
    /// What a vote is bound to, hex.
    pub digest: String,
    /// Hash of the policy bundle that stopped it, hex.
    pub bundle: String,
}

/// The parts of the sentence over the card (ux.md R5): from typed fields, never from the agent's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// The agent's registered name.
    pub actor: String,
    /// What it wants to do: `refund`, `merge the pull request`.
    pub verb: String,
    pub amount: Option<Amount>,
    /// What it is done to.
    pub target: String,
    /// Whether and how it can be undone; `None`: nobody said.
    pub reversibility: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// As it was sent, in digits.
    pub value: String,
    /// Currency or thing counted.
    pub unit: Option<String>,
    /// The value is in hundredths of the unit.
    pub minor_units: bool,
}

impl std::fmt::Display for Amount {
    /// `4,820.00 EUR`, `1,200 records`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, digits) = self.value.strip_prefix('-').map_or(("", self.value.as_str()), |d| ("-", d));
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = if self.minor_units && plain {
            let padded = format!("{digits:0>3}");
            let (whole, minor) = padded.split_at(padded.len() - 2);
            (whole.to_owned(), format!(".{minor}"))
        } else {
            let (whole, fraction) = digits.split_once('.').map_or((digits, ""), |(w, f)| (w, f));
            (whole.to_owned(), if fraction.is_empty() { String::new() } else { format!(".{fraction}") })
        };
        write!(f, "{sign}{}{fraction}", grouped(&whole))?;
        self.unit.as_ref().map_or(Ok(()), |unit| write!(f, " {unit}"))
    }
}

/// `1234567` as `1,234,567`; what is not all digits stays as it is.
fn grouped(whole: &str) -> String {
    if !whole.bytes().all(|b| b.is_ascii_digit()) {
        return whole.to_owned();
    }
    let mut out = String::with_capacity(whole.len() + whole.len() / 3);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Headline {
    /// `invoice-agent-07 wants to refund 4,820.00 EUR (stripe:test)`. Hidden characters are spelled out.
    #[must_use]
    pub fn sentence(&self) -> String {
        let amount = self.amount.as_ref().map_or(String::new(), |a| format!(" {a}"));
        let text = format!("{} wants to {}{amount} ({})", self.actor, self.verb, self.target);
        crate::text::visible_line(&text).into_owned()
    }
}

/// Why it stopped: one gate that matched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// The rule's `@id`.
    pub rule: String,
    pub file: String,
    pub line: u32,
    /// Hex SHA-256 of the rule's text: its version.
    pub text_hash: String,
    /// The group of people who decide.
    pub route: String,
    pub tier: Tier,
    pub quorum: u32,
    /// The gate's `@reason`.
    pub reason: Option<String>,
    /// Where the rule compares something with a number or a text, that and what the request has.
    pub limits: Vec<Against>,
}

/// `input.amount_minor > 50000`, and it is 482000.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    pub field: String,
    pub operator: String,
    pub limit: Value,
    pub value: Value,
}

/// A claim of the request that a fact of ours contradicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refuted {
    /// Dotted path in the request.
    pub field: String,
    pub claimed: Value,
    pub fact: Value,
    pub source: String,
    pub as_of: Timestamp,
}

/// Checked by us: register, bundle entities, our log, or arithmetic on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    pub what: String,
    pub value: Value,
    pub source: String,
    pub as_of: Timestamp,
}

/// In the request, and nothing of ours speaks for or against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claimed {
    pub what: String,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    pub what: String,
    pub why: String,
}

crate::words! {
    /// What a link of the chain is.
    pub enum LinkKind("kind of link") {
        Person = "person", Schedule = "schedule", Event = "event", Agent = "agent", Tool = "tool", Unknown = "unknown",
    }
}

/// One link of who asked whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub kind: LinkKind,
    pub name: String,
    /// Our id of it, where we know it.
    pub id: Option<String>,
    /// Proven to us (token, gateway, register) or only said by the caller.
    pub checked: bool,
    /// When its owner last answered for it.
    pub attested_at: Option<Timestamp>,
    /// What is wrong with this link, in words: attribution breaks here.
    pub broken: Option<String>,
}

/// What approving grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Executions.
    pub uses: u32,
    /// Seconds the grant lives from the re-ask; `None`: no grant, a permit at that moment alone.
    pub grant_s: Option<u32>,
    /// It holds only while all of these are open (`Mon-Fri 08:00-18:00`, UTC).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
    /// A lease: one renewal holds for so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_s: Option<u32>,
    /// Seconds the approval can be used at most after release, and once the agent knows of it.
    pub usable_s: u32,
    pub usable_once_known_s: u32,
}

impl Grants {
    /// What these gates let an approval grant, with the times of semantics.md.
    #[must_use]
    pub fn of(required: &Requirement) -> Self {
        let terms = &required.terms;
        Self {
            uses: terms.uses,
            grant_s: required.grant_s,
            windows: terms.windows.iter().map(ToString::to_string).collect(),
            lease_s: terms.lease_s,
            usable_s: 4 * 3_600,
            usable_once_known_s: 10 * 60,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    pub person: PersonId,
    pub name: String,
    /// Of the card's routes, those this person can decide on.
    pub routes: Vec<String>,
}

impl Card {
    /// Canonical JSON: what is stored, hashed and put into packs.
    ///
    /// # Errors
    /// `Internal` if a value has no JSON form.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let value = serde_json::to_value(self).map_err(Error::internal)?;
        Ok(crate::json::canonical(&value).into_bytes())
    }
    /// Reads what [`Card::bytes`] wrote.
    ///
    /// # Errors
    /// `Internal` for anything else, and for a card of a later version.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let card: Self = serde_json::from_slice(bytes).map_err(Error::internal)?;
        if card.version > CARD_VERSION {
            return Err(Error::broken(format!("a card of version {}, newer than this program", card.version)));
        }
        Ok(card)
    }
    /// Hex SHA-256 of the bytes as stored: what a vote keeps.
    #[must_use]
    pub fn hash(bytes: &[u8]) -> String {
        super::binding::hex(&Sha256::digest(bytes))
    }

    /// The values a critical approval may ask to be typed back (ux.md R12, R13): amount, target, what is compared with a
    /// limit, what is unusual. Never empty.
    #[must_use]
    pub fn echo_values(&self) -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> = Vec::new();
        let mut add = |what: &str, value: String| {
            if !value.is_empty() && !values.iter().any(|(_, v)| *v == value) {
                values.push((what.to_owned(), value));
            }
        };
        if let Some(amount) = &self.headline.amount {
            add("the amount", amount.to_string());
        }
        for refuted in &self.refuted {
            add(&refuted.field, plain(&refuted.fact));
        }
        // the amount again, as it was sent, would be the same check in a form nobody reads
        let amount = self.headline.amount.as_ref().map(|a| a.value.as_str());
        for row in self.normal.iter().filter(|row| row.unusual && amount != Some(&plain(&row.requested))) {
            add(&row.field, plain(&row.requested));
        }
        add("the target", self.headline.target.clone());
        if values.is_empty() {
            values.push(("the agent".into(), self.headline.actor.clone()));
        }
        values
    }
    /// Which of them this person is asked for: it rotates over people, and is the same each time one of them looks.
    #[must_use]
    pub fn echo_for(&self, person: PersonId) -> (String, String) {
        let mut values = self.echo_values();
        let seed = Sha256::digest(format!("{} {person}", self.digest));
        let pick = usize::from(u16::from_be_bytes([seed[0], seed[1]])) % values.len();
        values.swap_remove(pick)
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| crate::json::canonical(value), str::to_owned)
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
