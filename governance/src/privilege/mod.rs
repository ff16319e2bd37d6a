//! Standing privilege: what an identity reaches without asking, by which path, whom it can become, and what of it nobody uses.
//!
//! Read from the policies themselves, as their platform writes them. What was not read (a policy that is not in the export, the
//! policies of an organisation or of a resource, conditions) can only take away, so an answer is an *upper bound* and says of what.
pub mod aws;
pub mod idle;
pub mod just_in_time;
pub mod reach;
pub mod right_size;
