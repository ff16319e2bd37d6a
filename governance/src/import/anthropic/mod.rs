//! What Anthropic's Admin API says of an organization's API keys.
mod files;
mod keys;
pub mod read;

use super::redact;

/// Text that people wrote as it is, unless it is a secret in a place where none belongs.
pub fn plain(text: &str) -> String {
    redact::args(&[text]).text
}
