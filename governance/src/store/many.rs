//! Rows of one table gathered and inserted many to a statement: two to four times quicker than a statement a row.
//!
//! The text of a statement is its head repeated over so many rows, made once for each power of two up to [`MOST`]: a
//! handful of texts, each prepared once by every connection.
use super::db::{Arg, Tx};
use crate::error::Result;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Rows of one statement. SQLite takes 32,766 parameters, PostgreSQL 65,535.
const MOST: usize = 64;

/// Rows on their way into one table.
#[derive(Debug)]
pub struct Rows {
    /// `insert into TABLE (COLUMN, …)`.
    head: &'static str,
    columns: usize,
    args: Vec<Arg>,
}

impl Rows {
    #[must_use]
    pub fn into_table(head: &'static str, columns: usize) -> Self {
        Self { head, columns, args: Vec::new() }
    }

    pub fn push(&mut self, row: impl IntoIterator<Item = Arg>) {
        self.args.extend(row);
        debug_assert!(self.args.len().is_multiple_of(self.columns), "a row of {} columns", self.columns);
    }

    /// Inserts what was gathered, in its order, and forgets it.
    ///
    /// # Errors
    /// As the database says.
    pub async fn insert(&mut self, tx: &mut Tx) -> Result<()> {
        let args = std::mem::take(&mut self.args);
        let mut rest = args.as_slice();
        while !rest.is_empty() {
            let rows = rest.len() / self.columns;
            let rows = if rows >= MOST { MOST } else { 1 << rows.ilog2() };
            let (now, later) = rest.split_at(rows * self.columns);
            tx.execute(text(self.head, self.columns, rows), now).await?;
            rest = later;
        }
        Ok(())
    }
}

/// The statement for so many rows; every text is made once and kept for the life of the process.
fn text(head: &'static str, columns: usize, rows: usize) -> &'static str {
    static TEXTS: LazyLock<Mutex<HashMap<(&str, usize), &str>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts.entry((head, rows)).or_insert_with(|| made(head, columns, rows).leak())
}

fn made(head: &str, columns: usize, rows: usize) -> String {
    let mut text = format!("{head} values ");
    for n in 0..columns * rows {
        let open = match (n, n % columns) {
            (0, _) => "(",
            (_, 0) => "), (",
            _ => ", ",
        };
        // writing to a String cannot fail
        let _ = write!(text, "{open}${}", n + 1);
    }
    text + ")"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_numbers_every_value_of_every_row() {
        assert_eq!(made("insert into t (a, b)", 2, 1), "insert into t (a, b) values ($1, $2)");
        assert_eq!(made("insert into t (a, b)", 2, 2), "insert into t (a, b) values ($1, $2), ($3, $4)");
        assert_eq!(made("insert into t (a)", 1, 3), "insert into t (a) values ($1), ($2), ($3)");
    }
}
