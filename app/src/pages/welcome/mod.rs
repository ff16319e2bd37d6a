mod agent;
mod calls;
mod columns;
mod door;
mod home;
mod inventory;
mod live;
mod look_around;
mod snippets;
#[cfg(feature = "ssr")]
mod upload;

pub use agent::{AgentPage, MadeKey};
#[cfg(feature = "ssr")]
pub use calls::stand;
pub use home::WelcomePage;
pub use inventory::InventoryPage;
pub use live::{AgentLive, DemoLive};
#[cfg(feature = "ssr")]
pub use upload::{LARGEST, Upload, Uploads, What};
