mod calls;
mod show;

pub use show::OverviewPage;
