//! `countersign person …`: people, their roles and groups, and one-time links to sign in with.
use super::{
    files,
    out::{List, print, table},
};
use crate::{
    config::{Address, Common},
    state::open_to_command,
};
use governance::{
    engine::{
        page::Want,
        people::{NewPerson, PeopleReport, PersonChange},
    },
    error::Result,
    person::{Person, Role, Status},
    text::visible_line,
};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a person
    Add {
        email: String,
        /// What people call them
        #[arg(long)]
        name: String,
        /// viewer, auditor, owner, approver, operator, policy-author, policy-releaser or admin; several may be given
        #[arg(long = "role", value_name = "ROLE", num_args = 1.., value_delimiter = ',')]
        roles: Vec<Role>,
        /// A group that policy routes to, such as finance-ops; several may be given
        #[arg(long = "group", value_name = "G", num_args = 1.., value_delimiter = ',')]
        groups: Vec<String>,
        /// Their manager's e-mail address
        #[arg(long, value_name = "EMAIL")]
        manager: Option<String>,
    },
    /// Change a person; what is not said stays. Other roles or another status end their sessions
    Set {
        email: String,
        #[arg(long)]
        name: Option<String>,
        /// In place of the roles they have; `none` alone: no role
        #[arg(long = "role", value_name = "ROLE", num_args = 1.., value_delimiter = ',')]
        roles: Option<Vec<String>>,
        /// In place of the groups they are in; `none` alone: no group
        #[arg(long = "group", value_name = "G", num_args = 1.., value_delimiter = ',')]
        groups: Option<Vec<String>>,
        /// active, inactive or left
        #[arg(long)]
        status: Option<Status>,
    },
    /// Make a one-time sign-in link, good for 15 minutes
    Link {
        email: String,
        /// How browsers reach the console [default: http://127.0.0.1:3000]
        #[arg(long, env = "COUNTERSIGN_PUBLIC_URL", value_name = "URL")]
        public_url: Option<String>,
    },
    /// Add and change people from a CSV file with the columns email,name,manager,groups,roles,status
    Import {
        file: PathBuf,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List people by their addresses
    List {
        /// How many at most, up to 1000
        #[arg(long, default_value_t = 1000)]
        limit: u16,
        /// Where to go on: `next` of the page before
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    match command {
        Command::Add { email, name, roles, groups, manager } => {
            let (governance, ctx) = open_to_command(&common.place()?).await?;
            let manager = match manager {
                Some(email) => Some(governance.person_find(&ctx, &email).await?.id),
                None => None,
            };
            let (roles, groups) = (roles.into_iter().collect(), groups.into_iter().collect());
            let person = governance.person_add(&ctx, NewPerson { email, name, roles, groups, manager }).await?;
            print(common.json, &person, || format!("added {}", line(&person).join("  ")))?;
        }
        Command::Set { email, name, roles, groups, status } => {
            let roles = roles.map(without_none).map(|r| r.iter().map(|r| r.parse()).collect()).transpose()?;
            let groups = groups.map(|g| without_none(g).into_iter().collect());
            let (governance, ctx) = open_to_command(&common.place()?).await?;
            let known = governance.person_find(&ctx, &email).await?;
            let change = PersonChange { name, roles, groups, status, manager: None };
            let person = governance.person_change(&ctx, known.id, change).await?;
            let what = if person.version > known.version { "changed" } else { "unchanged" };
            print(common.json, &person, || format!("{what}: {}", line(&person).join("  ")))?;
        }
        Command::Link { email, public_url } => return link(common, &email, public_url).await,
        Command::Import { file, dry_run } => {
            let (name, bytes) = files::one(&file)?;
            let (governance, ctx) = open_to_command(&common.place()?).await?;
            let report = governance.person_import(&ctx, &name, &bytes, dry_run).await?;
            print(common.json, &report, || words(&report))?;
            return Ok(super::partly(report.problems.is_empty()));
        }
        Command::List { limit, cursor } => {
            let (governance, ctx) = open_to_command(&common.place()?).await?;
            let page = governance.person_list(&ctx, &Want { cursor, limit }).await?;
            print(common.json, &List { items: &page.items, next: page.next.clone() }, || {
                let mut rows = vec![["EMAIL", "NAME", "STATUS", "ROLES", "GROUPS"].map(String::from).to_vec()];
                rows.extend(page.items.iter().map(line));
                table(&rows) + &files::more(page.next.as_deref())
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn link(common: &Common, email: &str, public_url: Option<String>) -> Result<ExitCode> {
    let public = public_url.or(common.file()?.public_url);
    let address = Address::parse(public.as_deref().unwrap_or("http://127.0.0.1:3000"))?;
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let person = governance.person_find(&ctx, email).await?;
    let link = governance.link_create(&ctx, person.id).await?;
    let path = format!("{}/{}", app::paths::SIGN_IN, link.token);
    let url = format!("{}{path}", address.url);
    let document = json!({ "person": person.id, "url": url, "path": path, "expires_at": link.expires_at });
    print(common.json, &document, || format!("{url}\ngood once, until {}", link.expires_at))?;
    Ok(ExitCode::SUCCESS)
}

fn without_none(words: Vec<String>) -> Vec<String> {
    words.into_iter().filter(|w| w != "none").collect()
}

fn line(p: &Person) -> Vec<String> {
    let or_none = |words: Vec<&str>| if words.is_empty() { "-".to_owned() } else { words.join(",") };
    vec![
        p.email.clone(),
        visible_line(&p.name).into_owned(),
        p.status.to_string(),
        or_none(p.roles.iter().map(|r| r.as_str()).collect()),
        or_none(p.groups.iter().map(String::as_str).collect()),
    ]
}

fn words(report: &PeopleReport) -> String {
    let mut text = String::new();
    for (sign, list) in [("+", &report.added), ("~", &report.changed)] {
        for email in list {
            text += &format!("{sign} {email}\n");
        }
    }
    text += &files::problems(&report.problems);
    let (added, changed, unchanged) = (report.added.len(), report.changed.len(), report.unchanged);
    text + &format!("{added} added, {changed} changed, {unchanged} unchanged{}", files::dry(report.dry_run))
}
