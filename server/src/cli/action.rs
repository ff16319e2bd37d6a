//! `countersign action …`: what the register says of actions.
use super::out::{List, print, table};
use crate::{config::Common, state::open_to_command};
use governance::{action_facts::facts_read, error::Result};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say what an action is, in place of what was said before; policy cannot go below what follows from it
    Set {
        /// The action as agents ask for it, such as refund.create
        name: String,
        /// irreversible, moves-money, identity-system or restricted-data; `none` alone: it is none of these
        #[arg(long = "fact", required = true, value_name = "FACT", num_args = 1.., value_delimiter = ',')]
        facts: Vec<String>,
    },
    /// List what was said; an action that is not listed is unknown
    List,
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    match command {
        Command::Set { name, facts } => {
            let facts = facts_read(&facts)?;
            let (governance, ctx) = open_to_command(&common.place()?).await?;
            let said = governance.action_facts_set(&ctx, &name, &facts).await?;
            let known = governance.policy_active().await.is_ok_and(|bundle| bundle.action_known(&name));
            print(common.json, &said, || {
                let words = if said.facts.is_empty() { "none".to_owned() } else { said.facts.join(", ") };
                let unknown = if known { "" } else { "\nnote: the active policy bundle has no such action" };
                format!("{name}: {words}{unknown}")
            })?;
        }
        Command::List => {
            let (governance, ctx) = open_to_command(&common.place()?).await?;
            let facts = governance.action_facts_list(&ctx).await?;
            print(common.json, &List { items: &facts, next: None }, || {
                if facts.is_empty() {
                    return "nothing was said of any action".into();
                }
                let words = |f: &[String]| if f.is_empty() { "none".to_owned() } else { f.join(", ") };
                table(&facts.iter().map(|f| vec![f.action.clone(), words(&f.facts)]).collect::<Vec<_>>())
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
