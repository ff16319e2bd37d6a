//! Every address of the console, once: pages and links are made of these.

pub const HOME: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
pub const SIGN_OUT: &str = "/sign-out";
pub const SETTINGS: &str = "/settings";
pub const OVERVIEW: &str = "/overview";
pub const ACTIVITY: &str = "/activity";

/// One decision, explained.
#[must_use]
pub fn decision(id: &str) -> String {
    format!("{ACTIVITY}/{id}")
}
pub const INBOX: &str = "/inbox";
/// A stream of what changes in the viewer's inbox.
pub const INBOX_LIVE: &str = "/live/inbox";
