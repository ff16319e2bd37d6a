//! What an MCP configuration says: which tool servers a client may start or call, and with which secrets.
pub mod read;
mod same;
mod secrets;
