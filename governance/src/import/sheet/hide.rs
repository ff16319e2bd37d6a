//! Secrets in cells: a list is written by people, and people write them anywhere.
use crate::import::redact::{MARK, secret};

/// A cell with whatever looks like a secret taken out, as a whole or word by word; `None` where nothing does.
#[must_use]
pub fn without_secrets(header: &str, cell: &str) -> Option<String> {
    if secret(header, cell).is_some() {
        return Some(MARK.into());
    }
    let mut found = false;
    let words = cell.split_inclusive(char::is_whitespace).map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if secret("", bare).is_none() {
            return word.to_owned();
        }
        found = true;
        word.replace(bare, MARK)
    });
    let left: String = words.collect();
    found.then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_a_sentence_and_under_its_name() {
        let token = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
        let left = |header: &str, cell: &str| without_secrets(header, cell).unwrap_or_else(|| cell.to_owned());
        assert_eq!(left("Notes", &format!("ask Ana ({token}), then")), format!("ask Ana ({MARK}), then"));
        assert_eq!(left("Notes", "at https://u:hunter2@h.example/x now"), format!("at {MARK} now"));
        assert_eq!(left("Password", "correct horse"), MARK);
        for plain in ["billing runs at night", "ana@example.com", "0b0e7f4e-1111-4222-8333-444455556666", "=1+1", ""] {
            assert_eq!(without_secrets("Remarks", plain), None, "{plain}");
        }
    }
}
