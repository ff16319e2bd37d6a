#[cfg(feature = "ssr")]
mod access;
mod calls;
#[cfg(feature = "ssr")]
mod sealed;
mod show;

pub use calls::{RevokeKey, SetLook, Unseal, revoke_key, set_look, unseal};
pub use show::SettingsPage;
