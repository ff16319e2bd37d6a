//! Control tests: the catalogue of frameworks, what its queries read, and how results become verdicts. Pure.
pub mod catalogue;
pub mod check;
pub mod fed;
pub mod plan;
pub mod report;
pub mod sql;
pub mod thresholds;
pub mod token;
pub mod verdict;
pub mod words;
