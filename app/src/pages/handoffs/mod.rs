//! Hand-offs: who acted through whom, as a graph with its table, and what happened in one run (ux.md §3.1).
//!
//! `show.rs` the page, `graph.rs` where its boxes stand, `draw.rs` the picture; `run.rs` one run.
#[cfg(feature = "ssr")]
mod draw;
#[cfg(feature = "ssr")]
mod graph;
mod page;
#[cfg(feature = "ssr")]
mod run;
#[cfg(feature = "ssr")]
mod show;

pub use page::{HandoffsPage, TimelinePage};
#[cfg(feature = "ssr")]
pub use show::edge_cells;
