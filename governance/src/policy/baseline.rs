//! The bundle a new installation starts with.
use super::files::Files;
use super::starters::BASELINE;

/// The baseline's files, as [`super::bundle::Bundle::from_files`] takes them.
#[must_use]
pub fn baseline() -> Files {
    BASELINE.files()
}
