//! `countersign resource …`: the register of tools, destinations and memory stores.
use super::{
    files,
    out::{List, print, short, table},
};
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::{
        page::Want,
        resources::{Change, Kind, Resource, ResourcesReport, Trust},
        tasks::length,
    },
    error::Result,
    resource::split,
    text::visible_line,
};
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Args)]
pub struct Set {
    /// TYPE:ID as questions name it: `mcp_tool:files.read`, `destination:auditor.example.com`; `action:NAME` where the action is the tool
    name: String,
    /// tool, destination or memory-store; needed for a new one
    #[arg(long)]
    kind: Option<Kind>,
    /// Who answers for it; `none`: nobody
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// `none`: nobody says
    #[arg(long, value_name = "CLASS")]
    data_class: Option<String>,
    /// trusted, untrusted or unknown
    #[arg(long)]
    trust: Option<Trust>,
    /// How long it is trusted from now on, such as 90d; `none`: without an end
    #[arg(long, value_name = "LENGTH")]
    trusted_for: Option<String>,
    /// How long a memory store keeps what is put into it
    #[arg(long, value_name = "DAYS")]
    retention_days: Option<u32>,
    #[arg(long)]
    purpose: Option<String>,
    /// SHA-256 of a tool's definition, for one that has none yet; a changed one is approved
    #[arg(long, value_name = "DIGEST")]
    definition: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say what one is, adding it if it is new; what is not said stays as it is
    Set(Box<Set>),
    /// The same from a list: CSV with the columns type,id and any of kind,owner,data_class,trust,trusted_until,retention_days,purpose,definition; or one JSON object a line
    Import {
        file: PathBuf,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say which definition of a tool may be used from now on
    Approve {
        name: String,
        digest: String,
    },
    /// Take one out: what it is named by is unknown again
    Remove {
        name: String,
    },
    Show {
        name: String,
    },
    /// List them in the order of their names
    List {
        #[arg(long)]
        kind: Option<Kind>,
        /// Only tools whose definition changed and waits
        #[arg(long)]
        changed: bool,
        /// Where to go on: `next` of the page before
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    match command {
        Command::Set(args) => {
            let change = args.change(governance.now())?;
            let it = governance.resource_set(&ctx, split(&args.name)?, &change).await?;
            print(common.json, &it, || words(&it))?;
        }
        Command::Import { file, dry_run } => {
            let (name, bytes) = files::one(&file)?;
            let report = governance.resource_import(&ctx, &name, &bytes, dry_run).await?;
            print(common.json, &report, || report_words(&report))?;
            return Ok(super::partly(report.problems.is_empty()));
        }
        Command::Approve { name, digest } => {
            let it = governance.resource_approve(&ctx, split(&name)?, &digest).await?;
            print(common.json, &it, || words(&it))?;
        }
        Command::Remove { name } => {
            governance.resource_remove(&ctx, split(&name)?).await?;
            print(common.json, &serde_json::json!({ "removed": name }), || format!("removed {}", visible_line(&name)))?;
        }
        Command::Show { name } => {
            let it = governance.resource_get(&ctx, split(&name)?).await?;
            print(common.json, &it, || words(&it))?;
        }
        Command::List { kind, changed, cursor } => {
            let page = governance.resource_list(&ctx, kind, changed, &Want { cursor, limit: 1_000 }).await?;
            print(common.json, &List { items: &page.items, next: page.next.clone() }, || {
                let mut rows =
                    vec![["NAME", "KIND", "TRUST", "UNTIL", "DATA", "DEFINITION"].map(String::from).to_vec()];
                rows.extend(page.items.iter().map(|it| line(it, governance.now())));
                format!("{}{}", table(&rows), files::more(page.next.as_deref()))
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Set {
    fn change(&self, now: governance::time::Timestamp) -> Result<Change> {
        let some = |text: &Option<String>| text.as_ref().map(|text| Some(text.clone()).filter(|t| t != "none"));
        let until = match self.trusted_for.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(text) => Some(Some((now + chrono::TimeDelta::seconds(length(text)?.into())).to_string())),
        };
        Ok(Change {
            kind: self.kind,
            owner: some(&self.owner),
            data_class: some(&self.data_class),
            trust: self.trust,
            trusted_until: until,
            retention_days: self.retention_days.map(Some),
            purpose: some(&self.purpose),
            definition: self.definition.clone(),
        })
    }
}

fn line(it: &Resource, now: governance::time::Timestamp) -> Vec<String> {
    let definition = match (&it.definition, it.changed_at) {
        (_, Some(_)) => "changed".to_owned(),
        (Some(digest), None) => short(digest).to_owned(),
        (None, None) => "-".to_owned(),
    };
    vec![
        visible_line(&it.name()).into_owned(),
        it.kind.to_string(),
        it.standing(now).to_string(),
        it.trusted_until.map_or_else(|| "-".into(), |until| until.to_string()),
        it.data_class.as_deref().map_or_else(|| "-".into(), |class| visible_line(class).into_owned()),
        definition,
    ]
}

fn words(it: &Resource) -> String {
    let mut lines =
        vec![format!("{} is a {}, {}", visible_line(&it.name()), it.kind.as_str().replace('_', " "), it.trust)];
    lines.extend(it.trusted_until.map(|until| format!("trusted until {until}")));
    lines.extend(it.definition.as_ref().map(|digest| format!("approved definition {digest}")));
    let seen = it.seen.as_ref().filter(|_| it.changed_at.is_some());
    lines.extend(seen.map(|digest| format!("seen with {digest}: what it is used for waits until one is approved")));
    lines.join("\n")
}

fn report_words(report: &ResourcesReport) -> String {
    let would = if report.dry_run { "would be " } else { "" };
    let (added, changed) = (report.added.len(), report.changed.len());
    let counts = format!("{added} {would}added, {changed} {would}changed, {} as they were\n", report.unchanged);
    format!("{counts}{}", files::problems(&report.problems))
}
