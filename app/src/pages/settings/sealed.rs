//! The log was found set back: what is known of it, and the form by which two people let it go on.
use super::Unseal;
use crate::{
    parts::{Button, Fact, Facts, Panel, Problems, count},
    viewer,
};
use governance::{engine::Act, engine::seals::Seal, error::Result, id::PersonId, text::visible_line, time::Timestamp};
use leptos::prelude::*;

/// Nothing while the log is not sealed.
pub async fn section() -> AnyView {
    match load().await {
        Ok(None) => ().into_any(),
        Ok(Some(found)) => shown(&found).into_any(),
        Err(e) => view! { <Problems error=Some(e.into())/> }.into_any(),
    }
}

struct Found {
    seal: Seal,
    /// Who said first that it may go on.
    first: Option<String>,
    viewer: PersonId,
    may: bool,
}

async fn load() -> Result<Option<Found>> {
    let (governance, ctx) = viewer::acting()?;
    let found = governance.seal_standing().await?;
    let (viewer, may) = (viewer::viewer()?.id, Act::Unseal.allows(&ctx.actor).is_ok());
    Ok(found.map(|(seal, first)| Found { seal, first, viewer, may }))
}

fn shown(found: &Found) -> impl IntoView + use<> {
    let seal = &found.seal;
    let entries = |n: u64| count(i64::try_from(n).unwrap_or(i64::MAX));
    let at = |t: Timestamp| t.datetime().format("%Y-%m-%d %H:%M UTC").to_string();
    let first = match (&found.first, seal.first) {
        (Some(name), Some((_, when))) => format!("{}, {}", visible_line(name), at(when)),
        _ => "nobody yet".into(),
    };
    let facts = vec![
        Fact::new("Found", at(seal.sealed_at)),
        Fact::new("Entries there are", entries(seal.found_size)),
        Fact::new("Entries of the checkpoint kept beside the key", entries(seal.kept_size)),
        Fact::new("Unsealed by", format!("{first}; it takes two admins within 24 hours")),
    ];
    let said = seal.first.is_some_and(|(person, _)| person == found.viewer);
    let form = match (found.may, said) {
        (true, false) => {
            let action = ServerAction::<Unseal>::new();
            let id = seal.id.to_string();
            view! { <ActionForm action=action><input type="hidden" name="id" value=id/><div class="actions"><Button>"Unseal: let the log go on as it is"</Button></div></ActionForm> }.into_any()
        }
        (true, true) => view! { <p>"You have said so. It takes a second admin."</p> }.into_any(),
        (false, _) => view! { <p>"Admins unseal it."</p> }.into_any(),
    };
    view! {
        <div class="set-seal">
            <Panel title="The log is sealed" id="seal">
                <p>
                    "The database is older than the checkpoint kept beside the signing key, as after a restored backup. Put the newer database back if there is one. "
                    "If not: what was revoked, stopped or changed in the lost part is not known here any more. Look at keys, people and stops before it goes on. "
                    "Grants, waiting cases, approvals and sessions ended when this was found."
                </p>
                <Facts facts/>
                {form}
            </Panel>
        </div>
    }
}
