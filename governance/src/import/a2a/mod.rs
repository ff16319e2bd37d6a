//! What an A2A agent card says: which agent answers where, what it offers, and how it wants to be authenticated.
mod interfaces;
pub mod read;
mod schemes;
