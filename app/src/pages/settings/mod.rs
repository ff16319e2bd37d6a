#[cfg(feature = "ssr")]
mod access;
mod calls;
mod show;

pub use calls::{RevokeKey, SetLook, revoke_key, set_look};
pub use show::SettingsPage;
