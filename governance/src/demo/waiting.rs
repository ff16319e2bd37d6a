//! The seven that wait for a person when a visitor comes.
use super::routine::Said;
use serde_json::{Value, json};

/// One of the seven.
pub struct Waiting {
    pub agent: &'static str,
    pub action: &'static str,
    pub resource: (&'static str, &'static str),
    /// How long ago it was asked, in minutes. Short enough that none has run out.
    pub minutes_ago: i64,
    pub words: &'static str,
    input: fn() -> Value,
    claims: fn() -> Value,
}

const fn waits(
    agent: &'static str,
    action: &'static str,
    resource: (&'static str, &'static str),
    minutes_ago: i64,
    words: &'static str,
    input: fn() -> Value,
) -> Waiting {
    Waiting { agent, action, resource, minutes_ago, words, input, claims: || json!({}) }
}

pub const WAITING: [Waiting; 7] = [
    waits(
        "campaign-mailer",
        "mail.send",
        ("mailbox", "newsletter"),
        12,
        "Planned campaign: spring catalogue",
        || json!({ "recipients": 180, "subject": "Spring catalogue" }),
    ),
    waits(
        "market-scout",
        "record.read",
        ("record", "interviews-2026"),
        9,
        "The weekly market note quotes customers",
        || json!({}),
    ),
    waits(
        "buyer-bot",
        "purchase.create",
        ("vendor", "nordlicht-media"),
        7,
        "Stand at the trade fair in March",
        || json!({ "amount_minor": 215_000, "currency": "EUR", "item": "Trade-fair stand" }),
    ),
    waits(
        "refund-desk",
        "refund.create",
        ("account", "stripe:eu"),
        6,
        "Ticket T-48213: Blum KG was charged twice for order A-20417",
        || json!({ "amount_minor": 482_000, "currency": "EUR", "customer": "Blum KG", "order": "A-20417" }),
    ),
    waits(
        "ledger-export",
        "record.export",
        ("record", "orders"),
        5,
        "Quarter-end load of the warehouse",
        || json!({ "destination": "warehouse.internal", "records": 12_400, "rule": "quarter-end" }),
    ),
    // it says that the database is for staging; the company's facts say production
    Waiting {
        claims: || json!({ "environment": "staging" }),
        ..waits(
            "db-janitor",
            "database.write",
            ("database", "billing"),
            4,
            "Staging only: sessions that ran out",
            || json!({ "rows": 1_200, "statement": "delete from sessions where ended_at < …" }),
        )
    },
    waits(
        "invoice-agent",
        "payment.create",
        ("account", "bank:operations"),
        2,
        "Invoice RE-3391 is due today",
        || json!({ "amount_minor": 1_840_000, "currency": "EUR", "payee": "Hafen Logistik GmbH", "invoice": "RE-3391" }),
    ),
];

impl Waiting {
    #[must_use]
    pub(super) fn said(&self) -> Said {
        Said {
            agent: self.agent,
            action: self.action,
            input: (self.input)(),
            resource: (self.resource.0, self.resource.1.into()),
            claims: (self.claims)(),
            words: self.words.into(),
            initiator: "person",
        }
    }
}
