//! The readable half of evidence packs.
mod card;
mod controls;
pub mod pack;
mod records;
mod report;
mod table;
