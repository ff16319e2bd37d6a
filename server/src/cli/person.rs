//! `countersign person …`: people, their roles and groups, their one-time links.
use super::out::{List, print, table};
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::{page::Want, people::NewPerson},
    error::Result,
    person::Role,
};
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a person
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// viewer, auditor, owner, approver, operator, policy_author, policy_releaser or admin
        #[arg(long = "role", value_name = "ROLE", value_delimiter = ',')]
        roles: Vec<String>,
        /// A group that approval routes name, such as finance-ops
        #[arg(long = "group", value_name = "GROUP", value_delimiter = ',')]
        groups: Vec<String>,
    },
    /// Print a one-time sign-in link, good for 15 minutes
    Link { email: String },
    /// Add and change people from a CSV file: email,name,manager,groups,roles,status
    Import {
        file: PathBuf,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List people
    List,
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    match command {
        Command::Add { email, name, roles, groups } => {
            let roles = roles.iter().map(|r| r.replace('-', "_").parse::<Role>()).collect::<Result<_>>()?;
            let new = NewPerson { email, name, roles, groups: groups.into_iter().collect(), manager: None };
            let person = governance.person_add(&ctx, new).await?;
            print(common.json, &person, || format!("{} {}", person.id, person.email))?;
        }
        Command::Link { email } => {
            let person = governance.person_find(&ctx, &email).await?;
            let link = governance.link_create(&ctx, person.id).await?;
            let path = format!("{}/{}", app::paths::SIGN_IN, link.token);
            let document = serde_json::json!({ "path": path, "expires_at": link.expires_at.to_string() });
            print(common.json, &document, || {
                format!("{path}\nopen it on the console's address, once, before {}", link.expires_at)
            })?;
        }
        Command::Import { file, dry_run } => {
            let bytes = super::read_file(&file)?;
            let report = governance.person_import(&ctx, &file.display().to_string(), &bytes, dry_run).await?;
            print(common.json, &report, || {
                let problems: String = report.problems.iter().map(|p| format!("\n{p}")).collect();
                format!(
                    "{} added, {} changed, {} as they were{problems}",
                    report.added.len(),
                    report.changed.len(),
                    report.unchanged
                )
            })?;
            return Ok(super::partly(report.problems.is_empty()));
        }
        Command::List => {
            let people = governance.person_list(&ctx, &Want { cursor: None, limit: 1_000 }).await?;
            print(common.json, &List { items: &people.items, next: people.next.clone() }, || {
                let row = |p: &governance::person::Person| {
                    let roles: Vec<_> = p.roles.iter().map(|r| r.as_str()).collect();
                    let groups: Vec<_> = p.groups.iter().map(String::as_str).collect();
                    vec![p.email.clone(), p.name.clone(), p.status.to_string(), roles.join(","), groups.join(",")]
                };
                table(&people.items.iter().map(row).collect::<Vec<_>>())
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
