//! What commands print: for people a few lines, with `--json` one document.
use governance::error::{Error, Result};
use serde::Serialize;
use std::io::Write as _;

/// Prints the document with `--json`, else the text. A reader that went away is no failure.
///
/// # Errors
/// What cannot be written as JSON.
pub fn print(json: bool, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
    let text = match json {
        true => serde_json::to_string_pretty(document).map_err(Error::internal)?,
        false => text(),
    };
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
    Ok(())
}

/// A list as one document: `{"items": […], "next": cursor or null}`.
#[derive(Serialize)]
pub struct List<'a, T> {
    pub items: &'a [T],
    pub next: Option<String>,
}

/// Columns as wide as their widest cell, two spaces between them.
#[must_use]
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The first twelve characters of a hash, which is how people are shown one.
#[must_use]
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "bb".into()], vec!["ccc".into(), String::new()]];
        assert_eq!(table(&rows), "a    bb\nccc\n");
    }
}
