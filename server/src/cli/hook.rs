//! `countersign hook …`: where ticket and deployment systems say that work begins and ends.
use super::out::{List, print};
use crate::{config::Common, state::open_for_command};
use governance::{
    engine::{hooks::NewHook, tasks::length},
    error::{Error, Result},
    hook::{Hook, Preset},
};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Add {
    /// Its name, a part of its address: a-z 0-9 and -
    name: String,
    /// Whose messages it takes: github, jira, servicenow or standard
    #[arg(long)]
    preset: Preset,
    /// The agent its tasks are for: its name, `kind:name` or id
    #[arg(long)]
    agent: String,
    /// Actions its tasks cover; any if none is named
    #[arg(long, value_name = "ACTION", value_delimiter = ',')]
    tools: Vec<String>,
    /// Classes of data its tasks may touch, for policy to read
    #[arg(long = "data-class", value_name = "CLASS", value_delimiter = ',')]
    data_classes: Vec<String>,
    /// How long its tasks last at most, such as 2h or PT30M
    #[arg(long, default_value = "8h")]
    ends_in: String,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set up a hook; its secret is shown this once
    Add(Add),
    /// List hooks
    List,
    /// Remove a hook: it takes nothing any more
    Remove { name: String },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let opened = open_for_command(&common.place()?).await?;
    let (governance, ctx) = (&opened.governance, &opened.ctx);
    match command {
        Command::Add(new) => {
            let root = opened.hooks().ok_or_else(|| {
                Error::invalid("the secret is derived from the installation's key, which this folder lacks: name the one that holds it with --data")
            })?;
            let new = NewHook {
                name: new.name,
                preset: new.preset,
                agent: new.agent,
                tools: new.tools.into_iter().collect(),
                data: new.data_classes.into_iter().collect(),
                ends_in_s: length(&new.ends_in)?,
            };
            let made = governance.hook_add(ctx, new, &root).await?;
            print(common.json, &made, || {
                format!(
                    "hook {} takes deliveries at /v1/hooks/{}\nsecret {}\nEnter it at the platform now: it is not shown again\n",
                    made.hook.name, made.hook.name, made.secret
                )
            })?;
        }
        Command::List => {
            let hooks = governance.hook_list(ctx).await?;
            print(common.json, &List { items: &hooks, next: None }, || {
                let line = |h: &Hook| format!("{}  {}  for {}  since {}\n", h.name, h.preset, h.identity, h.created_at);
                hooks.iter().map(line).collect()
            })?;
        }
        Command::Remove { name } => {
            let hook = governance.hook_remove(ctx, &name).await?;
            print(common.json, &hook, || format!("hook {} takes nothing any more\n", hook.name))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
