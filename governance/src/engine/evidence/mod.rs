//! Evidence packs: ordered, gathered, made, handed out.
mod gather;
mod integrity;
mod orders;

pub use gather::{Asked, Gathered, LogPart, SeenCard};
