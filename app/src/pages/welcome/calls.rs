use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How far this installation is, for the list of what comes next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub identities: i64,
    pub owned: i64,
    pub sources: usize,
    /// People who may decide.
    pub approvers: usize,
    /// Cards that wait.
    pub waiting: i64,
    pub decided: bool,
    pub revocations: i64,
    /// The name of the active bundle.
    pub bundle: Option<String>,
}

/// # Errors
/// As the operations.
#[server(prefix = "/_fn", endpoint = "welcome/begun")]
pub async fn begun_get() -> Result<Begun, AppError> {
    use governance::engine::{page::Want, policies::PolicyState};
    use governance::store::decisions::Filter;
    let (gov, ctx) = crate::viewer::acting()?;
    let o = gov.overview(&ctx).await?;
    let people = gov.person_list(&ctx, &Want { cursor: None, limit: 1_000 }).await?.items;
    let decides = |p: &&governance::person::Person| {
        p.status == governance::person::Status::Active && p.roles.contains(&governance::person::Role::Approver)
    };
    Ok(Begun {
        identities: o.identities,
        owned: o.owned,
        sources: gov.source_list(&ctx).await?.len(),
        approvers: people.iter().filter(decides).count(),
        waiting: o.waiting,
        decided: !gov.decision_list(&ctx, &Filter::default(), 1).await?.is_empty(),
        revocations: o.revocations,
        bundle: match gov.policy_state().await? {
            PolicyState::Active { name, .. } => Some(name),
            PolicyState::Sealed { .. } => None,
        },
    })
}

/// The cookie that says whether the list of what comes next is shown.
#[cfg(feature = "ssr")]
const NEXT: &str = "next";

/// Puts the list of what comes next away in this browser, or brings it back.
///
/// # Errors
/// None of its own.
#[server(prefix = "/_fn", endpoint = "welcome/next")]
pub async fn next_show(show: bool) -> Result<(), AppError> {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        let value = format!("{NEXT}={}; {}", if show { "on" } else { "off" }, crate::look::COOKIE_LIFE);
        let value = http::HeaderValue::from_str(&value).map_err(governance::error::Error::internal)?;
        response.append_header(http::header::SET_COOKIE, value);
    }
    leptos_axum::redirect(crate::paths::WELCOME);
    Ok(())
}

/// Whether this browser put the list away.
#[must_use]
pub fn next_hidden() -> bool {
    #[cfg(feature = "ssr")]
    if let Some(parts) = use_context::<http::request::Parts>() {
        let cookies = parts.headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        return cookies.flat_map(|v| v.split(';')).any(|pair| pair.trim().split_once('=') == Some((NEXT, "off")));
    }
    false
}

/// What an import would do, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub upload: String,
    pub title: String,
    /// What, and how many of it.
    pub counts: Vec<(String, usize)>,
    /// The first changes: what happens, to what, and how.
    pub rows: Vec<(String, String, String)>,
    /// Changes that are not among `rows`.
    pub more: usize,
    /// Each with file and place.
    pub problems: Vec<String>,
    pub set_aside: Vec<String>,
    pub notes: Vec<String>,
    /// Its columns were mapped, and can be anew.
    pub mapped: bool,
}

impl Preview {
    #[must_use]
    pub fn changes(&self) -> usize {
        self.rows.len() + self.more
    }
}

/// Imports what was sent, and leads to what it did.
///
/// # Errors
/// As the import.
#[server(prefix = "/_fn", endpoint = "welcome/import-sent")]
pub async fn import_sent(upload: String) -> Result<(), AppError> {
    let (gov, ctx) = crate::viewer::acting()?;
    let uploads = expect_context::<super::Uploads>();
    let found = uploads.get(&upload, ctx.person()?, ctx.at)?;
    let done = carried::run(&gov, &ctx, &found, false).await?;
    uploads.drop(&upload);
    let counts: Vec<_> = done.counts.iter().filter(|c| c.1 > 0).map(|(what, n)| format!("{n} {what}")).collect();
    let said = if counts.is_empty() { "nothing changed".to_owned() } else { counts.join(", ") };
    let said: String = said.bytes().map(|b| if b == b' ' { "+".into() } else { format!("%{b:02X}") }).collect();
    leptos_axum::redirect(&format!("{}?done={said}&problems={}", crate::paths::WELCOME_INVENTORY, done.problems.len()));
    Ok(())
}

#[cfg(feature = "ssr")]
pub(super) mod carried {
    use super::{super::Upload, super::What, Preview};
    use governance::{
        Ctx, Governance,
        engine::imports::{ImportInput, ImportReport},
        error::Result,
        import::diff::{Change, Delta},
    };

    /// Changes shown.
    const SHOWN: usize = 40;

    pub async fn run(gov: &Governance, ctx: &Ctx, upload: &Upload, dry: bool) -> Result<Preview> {
        let What::Export(kind) = upload.what else { return list(gov, ctx, upload, dry).await };
        let (files, name) = (upload.files.to_vec(), upload.name.clone());
        let input = ImportInput { kind, files, name, allow_removals: false };
        let report = match dry {
            true => gov.import_mapped_dry_run(ctx, &input, &upload.given).await?,
            false => gov.import_mapped(ctx, &input, &upload.given).await?,
        };
        Ok(of_import(upload, &report))
    }

    async fn list(gov: &Governance, ctx: &Ctx, upload: &Upload, dry: bool) -> Result<Preview> {
        let none = (String::new(), Vec::new());
        let (file, bytes) = upload.files.first().unwrap_or(&none);
        let row = |word: &'static str| move |name: &String| (word.to_owned(), name.clone(), String::new());
        let (title, counts, rows, problems): (_, _, Vec<_>, _) = if upload.what == What::People {
            let r = gov.person_import(ctx, file, bytes, dry).await?;
            let counts = vec![
                ("people added".into(), r.added.len()),
                ("people changed".into(), r.changed.len()),
                ("as they were".into(), r.unchanged),
            ];
            let rows = r.added.iter().map(row("new")).chain(r.changed.iter().map(row("changed"))).collect();
            (format!("People of {file}"), counts, rows, r.problems)
        } else {
            let r = gov.identity_own_import(ctx, file, bytes, dry).await?;
            let counts = vec![("owners set".into(), r.changed.len()), ("as they were".into(), r.unchanged)];
            (format!("Owners of {file}"), counts, r.changed.iter().map(row("owner")).collect(), r.problems)
        };
        let more = rows.len().saturating_sub(SHOWN);
        Ok(Preview {
            upload: upload.id.clone(),
            title,
            counts,
            rows: rows.into_iter().take(SHOWN).collect(),
            more,
            problems: problems.iter().map(ToString::to_string).collect(),
            set_aside: vec![],
            notes: vec![],
            mapped: false,
        })
    }

    fn of_import(upload: &Upload, report: &ImportReport) -> Preview {
        let s = &report.summary;
        let tally = |what: &str, t: &governance::import::diff::Tally| {
            [("new", t.new), ("changed", t.changed), ("gone", t.gone)].map(|(word, n)| (format!("{what} {word}"), n))
        };
        let all: Vec<_> = report.sources.iter().flat_map(|s| &s.changes).collect();
        let (mut first, rest): (Vec<&Change>, Vec<&Change>) =
            all.iter().partition(|c| matches!(c, Change::Principal { .. }));
        first.extend(rest);
        let names: Vec<_> = report.sources.iter().map(|s| s.name.clone()).collect();
        Preview {
            upload: upload.id.clone(),
            title: names.join(", "),
            counts: [
                tally("identities", &s.identities),
                tally("entitlements", &s.entitlements),
                tally("credentials", &s.credentials),
            ]
            .concat(),
            more: first.len().saturating_sub(SHOWN),
            rows: first.into_iter().take(SHOWN).map(row).collect(),
            problems: report.problems.iter().map(ToString::to_string).collect(),
            set_aside: report.set_aside.iter().map(|s| format!("{}: {}", s.principal, s.reason)).collect(),
            notes: report.notes.clone(),
            mapped: upload.list().is_some(),
        }
    }

    fn word<T>(delta: &Delta<T>) -> String {
        match (&delta.before, &delta.after) {
            (None, _) => "new",
            (_, None) => "gone",
            _ => "changed",
        }
        .into()
    }

    fn row(change: &Change) -> (String, String, String) {
        match change {
            Change::Principal { principal, delta } => {
                let claim = delta.after.as_ref().or(delta.before.as_ref());
                (
                    word(delta),
                    principal.clone(),
                    claim.map_or_else(String::new, |c| c.kind.to_string().replace('_', " ")),
                )
            }
            Change::Entitlement { principal, key, delta } => {
                (word(delta), principal.clone(), format!("may {} on {}", key.action, key.resource))
            }
            Change::Credential { principal, key, delta } => {
                (word(delta), principal.clone(), format!("credential {key}"))
            }
        }
    }
}

/// What an agent that is being connected has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    pub id: String,
    pub name: String,
    /// The first answer: decision and outcome.
    pub first: Option<(String, String)>,
    /// The card that was opened, and how it stands.
    pub card: Option<(String, String)>,
    /// The decision that an approval permitted.
    pub permitted: Option<String>,
    /// The newest grant that an approval led to, and how it stands.
    pub grant: Option<(String, String)>,
    pub revoked: bool,
    /// A question was denied because of that.
    pub refused: bool,
}

/// # Errors
/// `NotFound` for an agent that is not there.
#[server(prefix = "/_fn", endpoint = "welcome/agent")]
pub async fn agent_get(id: String) -> Result<Stand, AppError> {
    let (gov, ctx) = crate::viewer::acting()?;
    Ok(stand(&gov, &ctx, &id).await?)
}

/// The same, for whoever has an operation's context: the page and its stream of news agree by it.
///
/// # Errors
/// As [`agent_get`].
#[cfg(feature = "ssr")]
pub async fn stand(gov: &governance::Governance, ctx: &governance::Ctx, id: &str) -> governance::error::Result<Stand> {
    use governance::{decision::Outcome, store::decisions::Filter};
    let identity = gov.identity_find(ctx, id).await?;
    let filter = Filter { identity: Some(identity.id), ..Filter::default() };
    let mut decisions = gov.decision_list(ctx, &filter, 200).await?;
    decisions.reverse();
    let mut card = None;
    if let Some(escalation) = decisions.iter().rev().find_map(|d| d.escalation_id) {
        let e = gov.escalation_get(ctx, escalation).await?.record.escalation;
        card = Some((escalation.to_string(), e.due(ctx.at).unwrap_or_else(|| e.phase()).to_string()));
    }
    let approved = |d: &&governance::store::decisions::StoredDecision| d.reason.as_deref() == Some("approved");
    // an act that moves money is redeemed whoever permitted it; here it is the approval's grant that counts
    let grants = gov.grant_list(ctx, None, Some(identity.id), None, 20).await?;
    let grant = grants.into_iter().find(|g| g.escalation.is_some());
    Ok(Stand {
        id: identity.id.to_string(),
        name: identity.name,
        first: decisions.first().map(|d| (d.id.to_string(), d.outcome.clone())),
        permitted: decisions
            .iter()
            .filter(|d| d.outcome == Outcome::Permit.as_str())
            .find(approved)
            .map(|d| d.id.to_string()),
        card,
        grant: grant.map(|g| (g.id.to_string(), g.status.to_string())),
        revoked: identity.epoch > 0,
        refused: decisions.iter().any(|d| d.reason.as_deref() == Some("revoked")),
    })
}

/// Stops the agent that was connected.
///
/// # Errors
/// As `Governance::revoke`.
#[server(prefix = "/_fn", endpoint = "welcome/agent-stop")]
pub async fn agent_stop(id: String) -> Result<(), AppError> {
    use governance::engine::revocations::Target;
    let (gov, ctx) = crate::viewer::acting()?;
    let identity = gov.identity_find(&ctx, &id).await?;
    gov.revoke(&ctx, &Target::Identity(identity.id), "Tried out on the Welcome page").await?;
    leptos_axum::redirect(&format!("{}?agent={}", crate::paths::WELCOME_AGENT, identity.id));
    Ok(())
}
