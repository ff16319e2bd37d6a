//! What the forms of a record are posted to. With script or without, the answer leads back to the record.
use crate::error::AppError;
use leptos::prelude::*;

/// Says who answers for an identity: addresses of people; an empty backup means none.
///
/// # Errors
/// As `Governance::identity_own`; `Invalid` for an address nobody has.
#[server(prefix = "/_fn", endpoint = "identities/own")]
pub async fn own(id: String, owner: String, backup: Option<String>) -> Result<(), AppError> {
    use crate::pages::people::named;
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    let owner = named(&governance, &ctx, &owner).await?;
    let backup = match backup.filter(|b| !b.trim().is_empty()) {
        Some(backup) => Some(named(&governance, &ctx, &backup).await?),
        None => None,
    };
    governance.identity_own(&ctx, id, owner, backup).await?;
    lead_back(id, "owner");
    Ok(())
}

/// Answers for an identity one owns.
///
/// # Errors
/// As `Governance::identity_attest`.
#[server(prefix = "/_fn", endpoint = "identities/attest")]
pub async fn attest(id: String, version: i64, answer: String, note: Option<String>) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    governance.identity_attest(&ctx, id, version, answer.parse()?, note.as_deref()).await?;
    lead_back(id, "attested");
    Ok(())
}

/// Switches between observing and enforcing.
///
/// # Errors
/// As `Governance::identity_mode`.
#[server(prefix = "/_fn", endpoint = "identities/mode")]
pub async fn mode(id: String, mode: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    governance.identity_mode(&ctx, id, mode.parse()?).await?;
    lead_back(id, "mode");
    Ok(())
}

/// Says what an identity is for and may reach; lists are one entry a line.
///
/// # Errors
/// As `Governance::identity_change`.
#[server(prefix = "/_fn", endpoint = "identities/scope")]
#[allow(clippy::too_many_arguments, reason = "the fields of the form, one for one")]
pub async fn scope(
    id: String,
    version: i64,
    purpose: String,
    environment: String,
    team: String,
    systems: String,
    tools: String,
    data_classes: String,
) -> Result<(), AppError> {
    use governance::engine::identity_changes::Change;
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    let it = governance.identity_find(&ctx, &id.to_string()).await?;
    let mut boundary = it.boundary.unwrap_or_default();
    (boundary.systems, boundary.tools, boundary.data_classes) = (lines(&systems), lines(&tools), lines(&data_classes));
    let environment = Some(environment).filter(|e| !e.is_empty()).map(|e| e.parse()).transpose()?;
    let change = Change {
        purpose: Some(Some(purpose)),
        team: Some(Some(team)),
        environment: Some(environment),
        boundary: Some(Some(boundary)),
        ..Change::default()
    };
    governance.identity_change(&ctx, id, version, change).await?;
    lead_back(id, "scope");
    Ok(())
}

/// Says the documented limits: `name: limit`, one a line, and the hours.
///
/// # Errors
/// As `Governance::identity_change`; `Invalid` for a line without a colon.
#[server(prefix = "/_fn", endpoint = "identities/limits")]
pub async fn limits(id: String, version: i64, limits: String, hours: String) -> Result<(), AppError> {
    use governance::{engine::identity_changes::Change, error::Error};
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    let it = governance.identity_find(&ctx, &id.to_string()).await?;
    let mut boundary = it.boundary.unwrap_or_default();
    let split = |line: String| match line.split_once(':') {
        Some((name, limit)) => Ok((name.trim().to_owned(), limit.trim().to_owned())),
        None => Err(Error::invalid(format!(
            "{line}: write a name, a colon and the limit, such as refunds a day: 2,000.00 EUR"
        ))),
    };
    boundary.thresholds = lines(&limits).into_iter().map(split).collect::<Result<_, _>>()?;
    boundary.active_hours = Some(hours.trim().to_owned()).filter(|h| !h.is_empty());
    let change = Change { boundary: Some(Some(boundary)), ..Change::default() };
    governance.identity_change(&ctx, id, version, change).await?;
    lead_back(id, "limits");
    Ok(())
}

/// Says the day an identity ends, as `YYYY-MM-DD` (its end, UTC); an empty day means no end.
///
/// # Errors
/// As `Governance::identity_change`; `Invalid` for what is no day.
#[server(prefix = "/_fn", endpoint = "identities/end")]
pub async fn end(id: String, version: i64, day: String) -> Result<(), AppError> {
    use governance::{engine::identity_changes::Change, error::Error, time::Timestamp};
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    let ends_at = match day.trim() {
        "" => None,
        day => Some(
            Timestamp::parse(&format!("{day}T23:59:59Z"))
                .ok_or_else(|| Error::invalid("end date: write it as 2027-03-31"))?,
        ),
    };
    let change = Change { ends_at: Some(ends_at), ..Change::default() };
    governance.identity_change(&ctx, id, version, change).await?;
    lead_back(id, "end");
    Ok(())
}

/// Suspends, resumes, or begins to retire.
///
/// # Errors
/// As `Governance::identity_status`.
#[server(prefix = "/_fn", endpoint = "identities/status")]
pub async fn status(id: String, version: i64, status: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    governance.identity_status(&ctx, id, version, status.parse()?).await?;
    lead_back(id, "status");
    Ok(())
}

/// Takes an identity's access back at once and leads to what that stopped.
///
/// # Errors
/// As `Governance::revoke`.
#[server(prefix = "/_fn", endpoint = "identities/stop")]
pub async fn stop(id: String, reason: String) -> Result<(), AppError> {
    use governance::revocation::Target;
    let (governance, ctx) = crate::viewer::acting()?;
    let done = governance.revoke(&ctx, &Target::Identity(identity(&id)?), &reason).await?;
    leptos_axum::redirect(&crate::paths::revocation(&done.id.to_string()));
    Ok(())
}

/// Closes what watching found about an identity, in the words of somebody who looked.
///
/// # Errors
/// As `Governance::finding_resolve`.
#[server(prefix = "/_fn", endpoint = "identities/finding-close")]
pub async fn close_finding(id: String, finding: String, reason: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    let finding = finding.parse().map_err(|_| governance::error::Error::not_found("there is no such finding"))?;
    governance.finding_resolve(&ctx, finding, &reason).await?;
    lead_back(id, "finding");
    Ok(())
}

/// Opens a task for an identity; lists are one entry a line.
///
/// # Errors
/// As `Governance::task_open`.
#[server(prefix = "/_fn", endpoint = "identities/task-open")]
#[allow(clippy::too_many_arguments, reason = "the fields of the form, one for one")]
pub async fn open_task(
    id: String,
    reference: String,
    length: String,
    purpose: String,
    task_tools: String,
    task_data: String,
    link: String,
) -> Result<(), AppError> {
    use governance::engine::tasks::{self, NewTask};
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    let new = NewTask {
        reference: reference.trim().to_owned(),
        purpose: purpose.trim().to_owned(),
        agent: id.to_string(),
        tools: lines(&task_tools).into_iter().collect(),
        data: lines(&task_data).into_iter().collect(),
        link: Some(link.trim().to_owned()).filter(|l| !l.is_empty()),
        ends_at: None,
        ends_in_s: Some(tasks::length(&length)?),
    };
    governance.task_open(&ctx, &new, None).await?;
    lead_back(id, "task-open");
    Ok(())
}

/// Closes a task, and all that was allowed for it.
///
/// # Errors
/// As `Governance::task_close`.
#[server(prefix = "/_fn", endpoint = "identities/task-close")]
pub async fn close_task(id: String, reference: String, reason: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = identity(&id)?;
    governance.task_close(&ctx, &reference, &reason, None).await?;
    lead_back(id, "task-closed");
    Ok(())
}

/// Why the form just posted was not carried out, whichever of them it was.
#[cfg(feature = "ssr")]
pub fn refused() -> Option<AppError> {
    macro_rules! errors {
        ($($form:ty)*) => { [$(ServerAction::<$form>::new().value().get_untracked().and_then(Result::err)),*] };
    }
    errors!(Own Attest Mode Scope Limits End Status Stop OpenTask CloseTask CloseFinding).into_iter().flatten().next()
}

#[cfg(feature = "ssr")]
fn identity(id: &str) -> governance::error::Result<governance::id::IdentityId> {
    id.parse().map_err(|_| governance::error::Error::not_found("there is no such identity"))
}

/// The entries of a text area, one a line, empty ones left out.
#[cfg(feature = "ssr")]
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

#[cfg(feature = "ssr")]
fn lead_back(id: governance::id::IdentityId, done: &str) {
    leptos_axum::redirect(&format!("{}?done={done}", crate::paths::identity(&id.to_string())));
}
