mod calls;
mod show;

pub use calls::{SetLook, set_look};
pub use show::SettingsPage;
