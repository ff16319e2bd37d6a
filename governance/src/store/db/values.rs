//! Many rows in one statement. Its text is a constant head and a row of places for each row, made once for each number of
//! rows and prepared once by every connection: a batch is one statement a table, whatever its size.
use super::{Arg, Tx};
use crate::error::Result;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

/// How a place for a value is written. SQLite looks the name of a numbered one up in a list, each time it is bound: a
/// thousand of them cost a million steps. PostgreSQL knows no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Places {
    Nameless,
    Numbered,
}

impl Tx {
    /// Inserts rows of so many columns in one statement; `head` is `insert into TABLE (COLUMN, …)`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn insert_rows(&mut self, head: &'static str, columns: usize, args: &[Arg]) -> Result<()> {
        let places = if matches!(self, Self::Sqlite(..)) { Places::Nameless } else { Places::Numbered };
        self.execute(text(head, columns, args.len() / columns, places), args).await.map(drop)
    }
}

/// The statement for so many rows; every text is kept for the life of the process.
fn text(head: &'static str, columns: usize, rows: usize, places: Places) -> &'static str {
    type Texts = HashMap<(&'static str, usize, Places), &'static str>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts.entry((head, rows, places)).or_insert_with(|| made(head, columns, rows, places).leak())
}

fn made(head: &str, columns: usize, rows: usize, places: Places) -> String {
    let mut text = format!("{head} values ");
    for n in 0..columns * rows {
        let open = match (n, n % columns) {
            (0, _) => "(",
            (_, 0) => "), (",
            _ => ", ",
        };
        text += open;
        match places {
            Places::Nameless => text += "?",
            // writing to a String cannot fail
            Places::Numbered => drop(write!(text, "${}", n + 1)),
        }
    }
    text + ")"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_place_for_every_value_of_every_row() {
        let numbered = |head, columns, rows| made(head, columns, rows, Places::Numbered);
        assert_eq!(numbered("insert into t (a, b)", 2, 1), "insert into t (a, b) values ($1, $2)");
        assert_eq!(numbered("insert into t (a, b)", 2, 2), "insert into t (a, b) values ($1, $2), ($3, $4)");
        assert_eq!(numbered("insert into t (a)", 1, 3), "insert into t (a) values ($1), ($2), ($3)");
        assert_eq!(made("insert into t (a, b)", 2, 2, Places::Nameless), "insert into t (a, b) values (?, ?), (?, ?)");
    }
}
