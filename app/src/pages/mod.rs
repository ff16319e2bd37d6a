//! One folder a noun, a page a file.
pub mod not_found;
pub mod settings;
pub mod sign_in;
