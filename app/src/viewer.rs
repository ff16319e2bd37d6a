//! Who looks at the console, as its pages need to know. The server makes one for every request of a signed-in person and
//! provides it as context; pages never decide by it what is allowed, only what is worth showing.
use governance::{id::PersonId, time::Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    pub id: PersonId,
    pub name: String,
    pub email: String,
    /// As product.md spells them.
    pub roles: Vec<String>,
    /// When the person last proved who they are, by a one-time link.
    pub proved_at: Timestamp,
    /// The instant this page is made for.
    pub now: Timestamp,
    /// Marked on every page: nothing here reaches a real system.
    pub demo: bool,
}

impl Viewer {
    #[must_use]
    pub fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r == role)
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

/// The operations, and the context in which this person calls them: the first line of every server function.
///
/// # Errors
/// `Unauthenticated` where nobody is signed in.
#[cfg(feature = "ssr")]
pub fn signed_in() -> governance::error::Result<(governance::Governance, governance::Ctx)> {
    use governance::error::Error;
    let viewer = viewer()?;
    let gov = leptos::prelude::use_context::<governance::Governance>();
    let gov = gov.ok_or_else(|| Error::broken("no governance in context"))?;
    let roles = viewer.roles.iter().map(|role| role.parse()).collect::<governance::error::Result<_>>()?;
    let ctx = gov.ctx(governance::Actor::Person { id: viewer.id, roles });
    Ok((gov, ctx))
}
