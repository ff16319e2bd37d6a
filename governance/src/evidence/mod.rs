//! Evidence packs, pure: how one is put together and how a stranger checks it with nothing but the file and a public key.
//! Server, command line and browser run the same [`verify`].
pub mod dsse;
pub mod manifest;
pub mod order;
pub mod pack;
pub mod report;
pub mod verify;
pub mod zip;

pub use pack::{About, Content, build};
pub use report::{Report, Verdict};
pub use verify::{Asked, verify};
