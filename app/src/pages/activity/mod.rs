mod calls;
mod list;
mod show;

pub use list::ActivityPage;
pub use show::DecisionPage;
