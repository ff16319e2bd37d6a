//! Rows of one table gathered and inserted many to a statement: two to four times quicker than a statement a row.
use super::db::{Arg, Insert, Tx};
use crate::error::Result;

/// Rows of one statement. SQLite takes 32,766 parameters, PostgreSQL 65,535.
const MOST: usize = 64;

/// Rows on their way into one table.
#[derive(Debug)]
pub struct Rows {
    /// `insert into TABLE (COLUMN, …)`.
    head: &'static str,
    /// `on conflict …`, or nothing.
    tail: &'static str,
    columns: usize,
    args: Vec<Arg>,
}

impl Rows {
    #[must_use]
    pub fn into_table(head: &'static str, columns: usize) -> Self {
        Self { head, tail: "", columns, args: Vec::new() }
    }

    /// The same; `tail`, `on conflict … do update …`, says what happens to a row that is there already. One statement must not
    /// meet the same row twice.
    #[must_use]
    pub fn or(self, tail: &'static str) -> Self {
        Self { tail, ..self }
    }

    /// How many are gathered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.args.len() / self.columns
    }

    pub fn push(&mut self, row: impl IntoIterator<Item = Arg>) {
        self.args.extend(row);
        debug_assert!(self.args.len().is_multiple_of(self.columns), "a row of {} columns", self.columns);
    }

    /// What was gathered, as one statement's rows; forgets it.
    #[must_use]
    pub fn take(&mut self) -> Insert {
        Insert { head: self.head, columns: self.columns, args: std::mem::take(&mut self.args) }
    }

    /// Inserts what was gathered, in its order, and forgets it.
    ///
    /// # Errors
    /// As the database says.
    pub async fn insert(&mut self, tx: &mut Tx) -> Result<()> {
        let args = std::mem::take(&mut self.args);
        for rows in args.chunks(MOST * self.columns) {
            tx.insert_rows((self.head, self.tail), self.columns, rows).await?;
        }
        Ok(())
    }
}
