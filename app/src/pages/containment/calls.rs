//! What the forms of containment are posted to.
use crate::error::AppError;
use leptos::prelude::*;

/// Stops a tool, all of an owner, all of a source, or everything.
///
/// # Errors
/// As `Governance::revoke`; `Invalid` for what cannot be found.
#[server(prefix = "/_fn", endpoint = "containment/stop")]
pub async fn stop_all(kind: String, which: String, reason: String) -> Result<(), AppError> {
    use governance::revocation::Target;
    let (governance, ctx) = crate::viewer::acting()?;
    let which = which.trim();
    let target = match kind.as_str() {
        "owner" => Target::Owner(governance.person_find(&ctx, which).await?.id),
        "source" => {
            let found =
                governance.source_list(&ctx).await?.into_iter().find(|s| s.name == which || s.id.to_string() == which);
            let missing = || governance::error::Error::not_found(format!("which: no source is called {which:?}"));
            Target::Source(found.ok_or_else(missing)?.id)
        }
        kind => Target::parse(kind, which)?,
    };
    let done = governance.revoke(&ctx, &target, &reason).await?;
    leptos_axum::redirect(&crate::paths::revocation(&done.id.to_string()));
    Ok(())
}

/// One person's word that a revocation may be undone.
///
/// # Errors
/// As `Governance::revocation_undo`.
#[server(prefix = "/_fn", endpoint = "containment/undo-revocation")]
pub async fn undo_revocation(id: String, reason: String) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    let id = id.parse().map_err(|_| governance::error::Error::not_found("there is no such revocation"))?;
    governance.revocation_undo(&ctx, id, &reason).await?;
    leptos_axum::redirect(&crate::paths::revocation(&id.to_string()));
    Ok(())
}

/// One person's word that what a rule did may be undone.
///
/// # Errors
/// As `Governance::containment_undo`.
#[server(prefix = "/_fn", endpoint = "containment/undo")]
pub async fn undo_held(id: String, reason: String) -> Result<(), AppError> {
    use governance::revocation::Undoing;
    let (governance, ctx) = crate::viewer::acting()?;
    let id = id.parse().map_err(|_| governance::error::Error::not_found("there is no such containment"))?;
    let done = match governance.containment_undo(&ctx, id, &reason).await? {
        Undoing::Begun => "begun",
        Undoing::Lifted => "undone",
    };
    leptos_axum::redirect(&format!("{}?done={done}", crate::paths::CONTAINMENT));
    Ok(())
}

/// Says what a rule may do by itself.
///
/// # Errors
/// As `Governance::reaction_set`.
#[server(prefix = "/_fn", endpoint = "containment/rule")]
pub async fn set_rule(rule: String, mode: String, measure: String, cap: u32) -> Result<(), AppError> {
    let (governance, ctx) = crate::viewer::acting()?;
    governance.reaction_set(&ctx, rule.parse()?, mode.parse()?, measure.parse()?, cap).await?;
    leptos_axum::redirect(&format!("{}?done=rule", crate::paths::CONTAINMENT));
    Ok(())
}

/// Why the form just posted was not carried out, whichever of them it was.
#[cfg(feature = "ssr")]
pub fn refused() -> Option<AppError> {
    macro_rules! errors {
        ($($form:ty)*) => { [$(ServerAction::<$form>::new().value().get_untracked().and_then(Result::err)),*] };
    }
    errors!(StopAll UndoHeld SetRule).into_iter().flatten().next()
}
