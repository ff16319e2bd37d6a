//! `countersign identity …`: the register of agents, service accounts, workloads, pipelines and API keys.
use super::{
    answering, files, matching,
    out::{List, print, table},
    record,
};
use crate::{config::Common, state::open_to_command};
use governance::{
    build::Build,
    engine::{
        Ctx, Governance,
        identities::{Filter, Line, NewIdentity, Order},
        ownership::OwnersReport,
        page::Want,
    },
    error::{Error, Result},
    finding::Rule,
    identity::{Criticality, Environment, Kind, Mode, Status},
    text::visible_line,
};
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Register an identity
    Add(Add),
    /// List identities by name
    List(ListArgs),
    /// Show the governance record of one: owner, scope, approval boundary, monitoring, retirement, and what is missing
    Show {
        /// Its name, its id, or kind:name
        name: String,
    },
    /// Say who answers for identities, from a CSV file with the columns name,owner,backup (a backup is needed in production)
    Own {
        file: PathBuf,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Switch one between observing and enforcing
    Mode {
        /// Its name, its id, or kind:name
        name: String,
        mode: Mode,
    },
    /// Show what one asked, answered again as if it were enforced, and what is drafted from it
    Observed {
        /// Its name, its id, or kind:name
        name: String,
        /// How many days are looked at
        #[arg(long, default_value_t = governance::observation::DAYS)]
        days: u16,
    },
    /// Enforce one from now on
    Enforce {
        /// Its name, its id, or kind:name
        name: String,
        /// Document the boundary drafted from so many days of its use in the same step
        #[arg(long, value_name = "DAYS")]
        document: Option<u16>,
    },
    /// Show the build (digest of model, prompt and tools) by which one may act, or say which it shall be
    Build {
        /// Its name, its id, or kind:name
        name: String,
        /// From now on this one may act: 64 hex digits
        #[arg(long, value_name = "DIGEST")]
        approve: Option<String>,
    },
    /// Change the team, environment or purpose of one; with another team or environment, what its old role gave ends
    Set(answering::Set),
    /// Who could answer for one instead of whoever does now, with the reasons
    Successors {
        /// Its name, its id, or kind:name
        name: String,
    },
    /// Which identities may be one, with the reasons
    Matches {
        /// Of one alone: its name, its id, or kind:name
        name: Option<String>,
    },
    /// Say that two identities are one: the first goes on with what the sources of the second show, the second is retired
    Merge {
        /// The one to keep: its name, its id, or kind:name
        keep: String,
        /// The other: its grants, approvals and keys end
        other: String,
    },
    /// Undo the merge by which one is retired; what ended with it stays ended
    Unmerge {
        /// Its name, its id, or kind:name
        name: String,
    },
    /// Say that one identity is two: what this source shows becomes one of its own
    Split {
        /// Its name, its id, or kind:name
        name: String,
        /// Name, scope or id of the source
        source: String,
    },
    /// Say that two identities that look alike are two
    Apart { one: String, other: String },
    /// What acts and nobody answers for, the longest first: since when, until when, whom to ask
    Gaps {
        /// Where to go on: `next` of the page before
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub struct Add {
    /// The id by which it asks
    name: String,
    /// agent, service_account, workload, pipeline or api_key
    #[arg(long)]
    kind: Kind,
    /// Who answers for it
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// Who steps in; needed in production
    #[arg(long, value_name = "EMAIL", requires = "owner")]
    backup: Option<String>,
    #[arg(long, value_name = "T")]
    team: Option<String>,
    /// production, staging, test or development
    #[arg(long, value_name = "E", value_parser = environment)]
    environment: Option<Environment>,
    /// observe answers permit and records what it would have answered; enforce decides
    #[arg(long, default_value_t = Mode::Enforce)]
    mode: Mode,
    /// What it is for
    #[arg(long)]
    purpose: Option<String>,
    /// low, medium, high or critical
    #[arg(long)]
    criticality: Option<Criticality>,
    /// 0 (a person does each step) to 5 (nobody watches)
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=5))]
    autonomy: Option<u8>,
}

#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[arg(long)]
    kind: Option<Kind>,
    /// production, staging, test, development, or unknown
    #[arg(long, value_name = "E")]
    environment: Option<String>,
    #[arg(long)]
    status: Option<Status>,
    /// An e-mail address (as owner or backup), or none
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// With an open finding of this rule, such as no_owner
    #[arg(long, value_name = "RULE")]
    finding: Option<Rule>,
    /// Part of a name, a source's own name for it, or a team
    #[arg(long, short = 'q', value_name = "TEXT")]
    text: Option<String>,
    /// In this order: name, worst (the worst open finding first), newest
    #[arg(long, value_name = "ORDER", default_value_t = Order::Name)]
    sort: Order,
    /// How many at most, up to 1000
    #[arg(long, default_value_t = 1000)]
    limit: u16,
    /// Where to go on: `next` of the page before
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = match &command {
        // what a file holds is looked at before anything is opened
        Command::Own { file, dry_run } => return own(common, file, *dry_run).await,
        _ => open_to_command(&common.place()?).await?,
    };
    match command {
        Command::Add(args) => {
            let it = governance.identity_add(&ctx, args.identity(&governance, &ctx).await?).await?;
            print(common.json, &it, || format!("registered {} {}  {}", it.kind, visible_line(&it.name), it.id))?;
        }
        Command::List(args) => {
            let want = Want { cursor: args.cursor.clone(), limit: args.limit };
            let sort = args.sort;
            let filter = args.filter(&governance, &ctx).await?;
            let page = governance.identity_sorted(&ctx, &filter, sort, &want).await?;
            let counts = governance.identity_counts(&ctx, &filter).await?;
            print(common.json, &List { items: &page.items, next: page.next.clone() }, || {
                let head = ["NAME", "KIND", "ENVIRONMENT", "STATUS", "MODE", "OWNER", "LAST USED", "FINDINGS"];
                let mut rows = vec![head.map(String::from).to_vec()];
                rows.extend(page.items.iter().map(line));
                let count = match counts.matching {
                    n if n >= governance::engine::identities::COUNT_MAX => "more than 10,000".into(),
                    n => n.to_string(),
                };
                format!("{}{count} identities\n{}", table(&rows), files::more(page.next.as_deref()))
            })?;
        }
        Command::Show { name } => {
            let it = governance.identity_find(&ctx, &name).await?;
            let record = governance.identity_show(&ctx, it.id).await?;
            print(common.json, &record, || record::words(&record))?;
        }
        Command::Mode { name, mode } => {
            let it = governance.identity_find(&ctx, &name).await?;
            let it = governance.identity_mode(&ctx, it.id, mode).await?;
            print(common.json, &it, || format!("{} is in mode {}", visible_line(&it.name), it.mode))?;
        }
        Command::Observed { name, days } => {
            let it = governance.identity_find(&ctx, &name).await?;
            let seen = governance.identity_observation(&ctx, it.id, Some(days)).await?;
            print(common.json, &seen, || super::observed::words(&it.name, &seen))?;
        }
        Command::Enforce { name, document } => {
            let it = governance.identity_find(&ctx, &name).await?;
            let boundary = match document {
                None => None,
                Some(days) => {
                    let drafted = governance.identity_observation(&ctx, it.id, Some(days)).await?.boundary;
                    let few = || Error::invalid("--document: too little history, 20 questions are needed");
                    Some(drafted.ok_or_else(few)?)
                }
            };
            let it = governance.identity_enforce(&ctx, it.id, it.version, boundary).await?;
            print(common.json, &it, || format!("{} is in mode {}", visible_line(&it.name), it.mode))?;
        }
        Command::Build { name, approve } => {
            let it = governance.identity_find(&ctx, &name).await?;
            let build = match approve {
                Some(digest) => Some(governance.identity_build_approve(&ctx, it.id, &digest).await?),
                None => governance.identity_build(&ctx, it.id).await?,
            };
            print(common.json, &build, || build_words(build.as_ref()))?;
        }
        Command::Set(args) => answering::set(common, &governance, &ctx, args).await?,
        Command::Successors { name } => answering::successors(common, &governance, &ctx, &name).await?,
        Command::Gaps { cursor } => answering::gaps(common, &governance, &ctx, cursor).await?,
        Command::Matches { name } => matching::matches(common, &governance, &ctx, name.as_deref()).await?,
        Command::Merge { keep, other } => matching::merge(common, &governance, &ctx, &keep, &other).await?,
        Command::Unmerge { name } => matching::unmerge(common, &governance, &ctx, &name).await?,
        Command::Split { name, source } => matching::split(common, &governance, &ctx, &name, &source).await?,
        Command::Apart { one, other } => matching::apart(common, &governance, &ctx, &one, &other).await?,
        Command::Own { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn own(common: &Common, file: &std::path::Path, dry_run: bool) -> Result<ExitCode> {
    let (name, bytes) = files::one(file)?;
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let report = governance.identity_own_import(&ctx, &name, &bytes, dry_run).await?;
    print(common.json, &report, || own_words(&report))?;
    Ok(super::partly(report.problems.is_empty()))
}

impl Add {
    async fn identity(self, governance: &Governance, ctx: &Ctx) -> Result<NewIdentity> {
        Ok(NewIdentity {
            owner: person(governance, ctx, self.owner.as_deref()).await?,
            backup: person(governance, ctx, self.backup.as_deref()).await?,
            team: self.team,
            environment: self.environment,
            mode: self.mode,
            purpose: self.purpose,
            criticality: self.criticality,
            autonomy: self.autonomy,
            ..NewIdentity::named(self.name, self.kind)
        })
    }
}

impl ListArgs {
    async fn filter(self, governance: &Governance, ctx: &Ctx) -> Result<Filter> {
        let unknown = self.environment.as_deref() == Some("unknown");
        let environment = self.environment.filter(|_| !unknown).map(|e| environment(&e)).transpose()?;
        let orphaned = self.owner.as_deref() == Some("none");
        let owner = self.owner.filter(|_| !orphaned);
        Ok(Filter {
            kind: self.kind,
            environment,
            environment_unknown: unknown,
            status: self.status,
            owner: person(governance, ctx, owner.as_deref()).await?,
            orphaned,
            finding: self.finding,
            source: None,
            text: self.text,
            ..Filter::default()
        })
    }
}

async fn person(governance: &Governance, ctx: &Ctx, email: Option<&str>) -> Result<Option<governance::id::PersonId>> {
    match email {
        Some(email) => Ok(Some(governance.person_find(ctx, email).await?.id)),
        None => Ok(None),
    }
}

/// Its own word, or one in common use (`prod`).
fn environment(text: &str) -> Result<Environment> {
    Environment::guess(text).map_or_else(|| text.parse::<Environment>().map_err(|e| Error::invalid(e.detail)), Ok)
}

fn line(it: &Line) -> Vec<String> {
    let i = &it.identity;
    let used = match (i.last_used_at, i.usage_reported) {
        (Some(at), _) => at.datetime().format("%Y-%m-%d").to_string(),
        (None, true) => "never".into(),
        (None, false) => "source does not say".into(),
    };
    let findings = match it.worst {
        Some(worst) => format!("{} ({worst})", it.open_findings),
        None => "0".into(),
    };
    vec![
        visible_line(&i.name).into_owned(),
        i.kind.to_string(),
        i.environment.map_or("unknown".into(), |e| e.to_string()),
        i.status.to_string(),
        i.mode.to_string(),
        it.owner_email.clone().unwrap_or_else(|| "none".into()),
        used,
        findings,
    ]
}

fn build_words(build: Option<&Build>) -> String {
    let Some(build) = build else { return "it never named a build".into() };
    let how = build
        .approved_by
        .as_ref()
        .map_or("the first seen, nobody approved it".into(), |by| format!("approved by {by}"));
    let mut text = format!("{}  since {}, {how}", build.digest, build.since);
    if let Some(changed) = &build.changed {
        text += &format!("\n{changed}  asks since and waits: nothing is permitted until one of them is approved");
    }
    text
}

fn own_words(report: &OwnersReport) -> String {
    let mut text: String = report.changed.iter().map(|name| format!("~ {}\n", visible_line(name))).collect();
    text += &files::problems(&report.problems);
    let (changed, unchanged, f) = (report.changed.len(), report.unchanged, report.findings);
    text +=
        &format!("{changed} changed, {unchanged} unchanged; findings: {} resolved, {} opened", f.resolved, f.opened);
    text + files::dry(report.dry_run)
}
