//! Policy bundles and the three answers made from Cedar's two (semantics.md, "Policy: three answers from Cedar").
pub mod duration;
pub mod fault;
pub mod gate;
pub mod limit;
pub mod question;

#[cfg(feature = "engine")]
pub mod baseline;
#[cfg(feature = "engine")]
pub mod bundle;
#[cfg(feature = "engine")]
pub mod chain;
#[cfg(feature = "engine")]
mod check;
#[cfg(feature = "engine")]
mod entities;
#[cfg(feature = "engine")]
mod evaluate;
#[cfg(feature = "engine")]
pub mod files;
#[cfg(feature = "engine")]
mod guard;
#[cfg(feature = "engine")]
pub mod manifest;
#[cfg(feature = "engine")]
pub mod rules;
#[cfg(feature = "engine")]
mod shape;
#[cfg(feature = "engine")]
mod slice;
#[cfg(feature = "engine")]
mod split;
#[cfg(feature = "engine")]
pub mod starters;
#[cfg(feature = "engine")]
pub mod testing;
#[cfg(feature = "engine")]
mod value;

#[cfg(feature = "engine")]
#[cfg(test)]
mod answers_test;
#[cfg(feature = "engine")]
#[cfg(test)]
mod slice_test;
