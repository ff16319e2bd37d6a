//! Files that came as parts of a form (multipart/form-data).
use governance::text::visible_line;

/// Files of one import: an account's access advisor is two a principal.
pub const MOST_FILES: usize = 4_000;
/// Room for the parts' own heads beside their bytes.
pub const ENVELOPE: usize = 1 << 20;

/// A part's name with the folders it was in, as text alone: nothing is ever opened or written by it. What a few platforms answer says
/// only there what it is about.
#[must_use]
pub fn path(said: Option<&str>) -> String {
    let said = visible_line(said.unwrap_or_default());
    let parts: Vec<_> = said.split(['/', '\\']).filter(|part| !["", ".", ".."].contains(part)).collect();
    if parts.is_empty() { "file".into() } else { parts.join("/") }
}

/// The last part of a path.
#[must_use]
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_text_without_a_way_out() {
        for (said, want) in [
            (Some("orgs/acme/installations.json"), "orgs/acme/installations.json"),
            (Some("acme\\orgs\\acme\\installations.json"), "acme/orgs/acme/installations.json"),
            (Some("../../etc/passwd"), "etc/passwd"),
            (Some("/a//./b.json"), "a/b.json"),
            (Some(".."), "file"),
            (Some(""), "file"),
            (None, "file"),
        ] {
            assert_eq!(path(said), want, "{said:?}");
        }
        assert!(!path(Some("a\u{202e}b\n.json")).contains(['\u{202e}', '\n']));
        assert_eq!(name("orgs/acme/installations.json"), "installations.json");
    }
}
