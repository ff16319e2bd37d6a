//! The agents that ask. What merely exists comes with the imports (`fleet.rs`).
use crate::action_facts::ActionFact;
use crate::identity::{Environment, Kind, Mode};

pub struct Agent {
    pub name: &'static str,
    pub kind: Kind,
    pub team: &'static str,
    pub environment: Environment,
    pub mode: Mode,
    /// Beginning of an address: `lena.fischer`. None: nobody answers for it.
    pub owner: Option<&'static str>,
    pub backup: Option<&'static str>,
    /// It asks through the support gateway, which sees what it does; else by a key of its own.
    pub gateway: bool,
    pub purpose: &'static str,
}

const fn agent(
    name: &'static str,
    team: &'static str,
    owner: &'static str,
    backup: &'static str,
    purpose: &'static str,
) -> Agent {
    Agent {
        name,
        kind: Kind::Agent,
        team,
        environment: Environment::Production,
        mode: Mode::Enforce,
        owner: Some(owner),
        backup: Some(backup),
        gateway: false,
        purpose,
    }
}
const fn gateway(agent: Agent) -> Agent {
    Agent { gateway: true, ..agent }
}

const LENA: &str = "lena.fischer";
const SAM: &str = "sam.okafor";
const THEO: &str = "theo.blanc";

pub const AGENTS: [Agent; 14] = [
    gateway(agent("refund-desk", "support-agents", LENA, SAM, "Refunds what customers paid too much")),
    gateway(agent("support-copilot", "support-agents", LENA, SAM, "Reads tickets and drafts replies")),
    agent("invoice-agent", "finance-agents", SAM, LENA, "Pays suppliers' invoices"),
    agent("ledger-export", "finance-agents", SAM, LENA, "Moves records to the warehouse"),
    agent("buyer-bot", "procurement-agents", SAM, LENA, "Buys within the vendor list"),
    agent("code-mate", "engineering-agents", LENA, SAM, "Opens pull requests and runs tests"),
    agent("release-captain", "deployers", SAM, LENA, "Deploys what was released"),
    Agent { kind: Kind::Pipeline, ..agent("night-deploy", "deployers", SAM, LENA, "Deploys to staging every night") },
    agent("db-janitor", "operations-agents", LENA, SAM, "Removes rows that ran out"),
    agent("soc-triage", "security-agents", LENA, SAM, "Quarantines infected endpoints"),
    agent("market-scout", "research-agents", THEO, LENA, "Reads what the market says"),
    gateway(agent("campaign-mailer", "support-agents", LENA, SAM, "Sends newsletters")),
    Agent {
        environment: Environment::Staging,
        backup: None,
        ..agent("translate-helper", "research-agents", THEO, LENA, "Translates documents")
    },
    Agent {
        environment: Environment::Staging,
        mode: Mode::Observe,
        ..agent("reply-drafter", "research-agents", LENA, SAM, "Drafts replies; observed, not yet enforced")
    },
];

/// What is known of actions, whatever policy says.
pub const FACTS: [(&str, ActionFact); 4] = [
    ("refund.create", ActionFact::MovesMoney),
    ("payment.create", ActionFact::MovesMoney),
    ("identity.write", ActionFact::IdentitySystem),
    ("database.write", ActionFact::Irreversible),
];

/// Left the company on the fifth day; what they owned goes to the backup, or to nobody.
pub const LEAVER: (&str, &str) = ("theo.blanc@northwind.example", "Theo Blanc");
/// An agent that nobody registered.
pub const STRANGER: &str = "notes-taker";
/// The gateway's key.
pub const GATEWAY: &str = "support gateway";

#[must_use]
pub fn named(name: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|a| a.name == name)
}
