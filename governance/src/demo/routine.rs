//! What the agents ask on ordinary days. Small tables and nothing clever: the outcome is policy's.
use rand::{Rng as _, rngs::StdRng};
use serde_json::{Value, json};

/// One question, before it is asked.
#[derive(Debug, Clone)]
pub struct Said {
    pub agent: &'static str,
    pub action: &'static str,
    pub input: Value,
    pub resource: (&'static str, String),
    /// What the agent claims of the resource.
    pub claims: Value,
    pub words: String,
    /// `person`, `schedule`, `event` or `self`.
    pub initiator: &'static str,
}

pub struct Routine {
    pub per_day: u32,
    /// Hours of the day (UTC) it happens in, the last exclusive.
    pub hours: (u32, u32),
    pub say: fn(&mut StdRng) -> Said,
}

const fn each(per_day: u32, hours: (u32, u32), say: fn(&mut StdRng) -> Said) -> Routine {
    Routine { per_day, hours, say }
}

fn said(
    agent: &'static str,
    action: &'static str,
    input: Value,
    resource: (&'static str, impl Into<String>),
    words: impl Into<String>,
) -> Said {
    let initiator = match agent {
        "night-deploy" | "db-janitor" | "ledger-export" => "schedule",
        "soc-triage" => "event",
        _ => "person",
    };
    Said {
        agent,
        action,
        input,
        resource: (resource.0, resource.1.into()),
        claims: json!({}),
        words: words.into(),
        initiator,
    }
}

const CUSTOMERS: [&str; 8] =
    ["Blum KG", "Atelier Nord", "Café Lund", "J. Marques", "Studio Oak", "K. Yamada", "Hotel Seeblick", "R. Novak"];
const SUPPLIERS: [&str; 4] = ["Hafen Logistik GmbH", "Papier & Co", "Cloudharbor", "Kranwerk AG"];

fn of<'a>(rng: &mut StdRng, all: &[&'a str]) -> &'a str {
    all[rng.random_range(0..all.len())]
}
fn ticket(rng: &mut StdRng) -> String {
    format!("T-{}", rng.random_range(41_000..49_999))
}

pub const ROUTINES: [Routine; 17] = [
    each(16, (6, 20), |r| {
        let cents =
            if r.random_range(0..40) == 0 { r.random_range(60_000..180_000) } else { r.random_range(400..14_000) };
        let (customer, ticket) = (of(r, &CUSTOMERS), ticket(r));
        let input = json!({ "amount_minor": cents, "currency": "EUR", "customer": customer, "order": format!("A-{}", r.random_range(18_000..21_000)) });
        said(
            "refund-desk",
            "refund.create",
            input,
            ("account", "stripe:eu"),
            format!("Ticket {ticket}: {customer} was charged too much"),
        )
    }),
    each(22, (5, 22), |r| {
        said("support-copilot", "ticket.read", json!({}), ("ticket", ticket(r)), "Answer the customer")
    }),
    each(9, (6, 20), |r| {
        said("support-copilot", "ticket.reply", json!({}), ("ticket", ticket(r)), "Answer the customer")
    }),
    each(5, (7, 19), |r| {
        said("reply-drafter", "ticket.reply", json!({}), ("ticket", ticket(r)), "Draft for the evening shift")
    }),
    each(2, (7, 18), |_| said("support-copilot", "record.read", json!({}), ("record", "orders"), "Look up the order")),
    each(2, (8, 16), |r| {
        let (payee, cents) = (of(r, &SUPPLIERS), r.random_range(18_000..640_000));
        let invoice = format!("RE-{}", r.random_range(3_000..3_400));
        let input = json!({ "amount_minor": cents, "currency": "EUR", "payee": payee, "invoice": invoice });
        said(
            "invoice-agent",
            "payment.create",
            input,
            ("account", "bank:operations"),
            format!("Invoice {invoice} is due"),
        )
    }),
    each(1, (3, 5), |r| {
        let input =
            json!({ "destination": "warehouse.internal", "records": r.random_range(900..4_000), "rule": "nightly" });
        said("ledger-export", "record.export", input, ("record", "orders"), "Nightly load of the warehouse")
    }),
    each(4, (8, 17), |r| {
        let input = json!({ "amount_minor": r.random_range(1_200..42_000), "currency": "EUR", "item": of(r, &["Paper", "Labels", "Chairs", "Monitor"]) });
        said(
            "buyer-bot",
            "purchase.create",
            input,
            ("vendor", of(r, &["office-supplies", "cloud-hosting", "print-and-sign"])),
            "Stock is low",
        )
    }),
    each(6, (7, 19), |r| {
        let title = of(r, &["Fix rounding", "Add a test", "Update a dependency", "Tidy logging"]);
        said(
            "code-mate",
            "pull_request.open",
            json!({ "title": title }),
            ("repository", of(r, &["shop", "billing", "search"])),
            title,
        )
    }),
    each(9, (7, 20), |r| {
        said(
            "code-mate",
            "test.run",
            json!({}),
            ("repository", of(r, &["shop", "billing", "search"])),
            "Check the change",
        )
    }),
    each(1, (9, 18), |r| {
        said(
            "code-mate",
            "pull_request.merge",
            json!({}),
            ("repository", of(r, &["shop", "billing"])),
            "All checks are green",
        )
    }),
    each(1, (9, 16), |r| {
        let input = json!({ "environment": "production", "version": format!("2026.{}", r.random_range(40..60)) });
        said(
            "release-captain",
            "deploy.run",
            input,
            ("service", of(r, &["shop", "search"])),
            "The release was announced",
        )
    }),
    each(2, (0, 4), |r| {
        // once in a while it is told to deploy to production at night, which its window does not allow
        let environment = if r.random_range(0..5) == 0 { "production" } else { "staging" };
        let input = json!({ "environment": environment, "version": format!("2026.{}", r.random_range(40..60)) });
        said("night-deploy", "deploy.run", input, ("service", "shop"), "Nightly build")
    }),
    each(3, (1, 5), |r| {
        let input = json!({ "rows": r.random_range(40..900), "statement": "delete from sessions where ended_at < …" });
        said("db-janitor", "database.write", input, ("database", "billing-test"), "Sessions that ran out")
    }),
    each(2, (0, 24), |r| {
        said(
            "soc-triage",
            "endpoint.quarantine",
            json!({ "reason": "malware" }),
            ("endpoint", format!("lt-{:04}", r.random_range(1..900))),
            "Detection on the endpoint",
        )
    }),
    each(8, (6, 21), |_| said("market-scout", "record.read", json!({}), ("record", "catalogue"), "Weekly market note")),
    each(1, (9, 15), |r| {
        let recipients = if r.random_range(0..3) == 0 { r.random_range(60..160) } else { r.random_range(3..20) };
        said(
            "campaign-mailer",
            "mail.send",
            json!({ "recipients": recipients, "subject": "News of the week" }),
            ("mailbox", "newsletter"),
            "Planned campaign",
        )
    }),
];
