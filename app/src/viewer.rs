//! Who looks at the console, as its pages need to know. The server makes one for every request of a signed-in person and
//! provides it as context; pages never decide by it what is allowed, only what is worth showing.
use governance::{id::PersonId, person::Role, time::Timestamp};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    pub roles: BTreeSet<Role>,
    /// When the person last proved who they are, by a one-time link.
    pub proved_at: Timestamp,
    /// The instant this page is made for.
    pub now: Timestamp,
    /// Why nothing is decided now: no valid bundle, or a log that was set back. Said on every page.
    pub sealed: Option<String>,
    /// Marked on every page: nothing here reaches a real system.
    pub demo: bool,
}

impl Viewer {
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// The person this page is for.
///
/// # Errors
/// `Unauthenticated` where nobody is signed in.
#[cfg(feature = "ssr")]
pub fn viewer() -> governance::error::Result<Viewer> {
    use governance::error::{Error, Kind};
    leptos::prelude::use_context::<Viewer>().ok_or_else(|| Error::new(Kind::Unauthenticated, "sign in first"))
}

/// The operations and the context to call them in, for the person this page is for: the first line of a server function.
///
/// # Errors
/// `Unauthenticated` where nobody is signed in.
#[cfg(feature = "ssr")]
pub fn acting() -> governance::error::Result<(governance::Governance, governance::Ctx)> {
    use governance::{Actor, Governance, error::Error};
    let viewer = viewer()?;
    let operations = leptos::prelude::use_context::<Governance>()
        .ok_or_else(|| Error::broken("a page without operations in its context"))?;
    let ctx = operations.ctx(Actor::Person { id: viewer.id, roles: viewer.roles });
    Ok((operations, ctx))
}
