mod calls;
mod list;
mod show;
mod words;

pub use list::ActivityPage;
#[cfg(feature = "ssr")]
pub use list::outcome_mark;
pub use show::DecisionPage;
