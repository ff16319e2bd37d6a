//! Escalations: opened and used up inside the decision's own transaction, decided by people, ended by time.
mod clock;
mod consume;
mod draft;
mod end;
mod moves;
mod open;
mod read;
mod refresh;
mod requester;
mod vote;

// inside other operations' transactions; tests reach them too, nobody else does
#[cfg(not(feature = "testkit"))]
pub(crate) use {
    consume::escalation_consume_in, end::escalation_revoke_in, open::escalation_join_in, open::escalation_open_in,
};
#[cfg(feature = "testkit")]
pub use {
    consume::escalation_consume_in, end::escalation_revoke_in, open::escalation_join_in, open::escalation_open_in,
};

pub use consume::{Consumption, Used};
pub(crate) use draft::draft;
pub use end::Voided;
pub(crate) use end::escalation_unapprove_in;
pub use open::{GateStop, MOST_OPEN, NewEscalation, Opened};
pub(crate) use read::decide_now;
pub use read::{Listed, Page, Query, Seen, Shown};
pub use vote::Cast;
