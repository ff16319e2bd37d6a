//! `countersign task …`: what agents work for, and its end.
use super::out::print;
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::{
        page::Want,
        tasks::{NewTask, length},
    },
    error::Result,
};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Open {
    /// What the ticket is called; the agent names it in `subject.properties.task`
    reference: String,
    /// The agent it is for: its name, `kind:name` or id
    #[arg(long)]
    agent: String,
    /// What it is to achieve
    #[arg(long)]
    purpose: String,
    /// Actions it covers; any if none is named
    #[arg(long = "tool", value_name = "ACTION", value_delimiter = ',')]
    tools: Vec<String>,
    /// Classes of data it may touch, for policy to read
    #[arg(long = "data-class", value_name = "CLASS", value_delimiter = ',')]
    data_classes: Vec<String>,
    /// Where the ticket is
    #[arg(long)]
    link: Option<String>,
    /// How long it lasts at most, such as 2h or PT30M [default: 8h]
    #[arg(long)]
    ends_in: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Open a task for an agent
    Open(Open),
    /// Close a task: grants, approvals and escalations for it end with it
    Close {
        reference: String,
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
    /// List tasks, newest first
    List,
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    match command {
        Command::Open(new) => {
            let new = NewTask {
                reference: new.reference,
                purpose: new.purpose,
                agent: new.agent,
                tools: new.tools.into_iter().collect(),
                data: new.data_classes.into_iter().collect(),
                link: new.link,
                ends_at: None,
                ends_in_s: new.ends_in.as_deref().map(length).transpose()?,
            };
            let task = governance.task_open(&ctx, &new, None).await?;
            print(common.json, &task, || format!("task {} is open until {}\n", task.reference, task.ends_at))?;
        }
        Command::Close { reference, reason } => {
            let done = governance.task_close(&ctx, &reference, &reason, None).await?;
            print(common.json, &done, || {
                let e = done.ended;
                format!(
                    "closed at place {} of the log; ended {} grants, {} approvals, {} escalations\n",
                    done.log_seq, e.grants, e.approvals, e.escalations
                )
            })?;
        }
        Command::List => {
            let page = governance.task_list(&ctx, None, None, &Want { cursor: None, limit: 1_000 }).await?;
            print(common.json, &page, || {
                let line = |t: &governance::task::Task| {
                    format!("{:6}  {}  until {}  {}\n", t.status, t.reference, t.ends_at, t.purpose)
                };
                page.items.iter().map(line).collect()
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
