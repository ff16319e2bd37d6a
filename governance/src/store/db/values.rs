//! Many rows in one statement, and what is known of many ids. The text is a constant head, places for the values and a constant
//! tail, made once for each number of rows and prepared once by every connection: a batch is one statement a table, whatever
//! its size.
use super::{Arg, Row, Tx};
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

/// Ids of one question. SQLite takes 32,766 parameters; more at once make it no quicker.
const MANY: usize = 64;

impl Tx {
    /// Inserts rows of so many columns in one statement; `head` is `insert into TABLE (COLUMN, …)`, `tail` what happens to a
    /// row that is there already, or nothing.
    ///
    /// # Errors
    /// As the database says.
    pub async fn insert_rows(
        &mut self,
        (head, tail): (&'static str, &'static str),
        columns: usize,
        args: &[Arg],
    ) -> Result<()> {
        let text = insert_text((head, tail), columns, args.len() / columns, self.places());
        self.execute(text, args).await.map(drop)
    }

    /// Rows of many ids, in no order; `head` ends with the column, as in `select * from TABLE where COLUMN`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn all_in(&mut self, head: &'static str, tail: &'static str, ids: &[Arg]) -> Result<Vec<Row>> {
        let text =
            text((head, tail), MANY, self.places(), |places| format!("{head} in {} {tail}", rows_of(MANY, 1, places)));
        let mut found = Vec::new();
        for chunk in ids.chunks(MANY) {
            // one text for every number of ids: the last one is said again
            let padded: Vec<_> = chunk.iter().chain(std::iter::repeat(&chunk[chunk.len() - 1])).take(MANY).collect();
            found.extend(self.all(text, padded.into_iter().cloned().collect::<Vec<_>>().as_slice()).await?);
        }
        Ok(found)
    }

    /// Inserts rows of several tables and runs one more statement, and says how many rows all of it touched. On SQLite it is
    /// one text and so one turn of the driver's thread. Each number of rows makes a text that is kept: for few of them only.
    /// `last` names its arguments in their order, each once.
    ///
    /// # Errors
    /// As the database says.
    pub async fn insert_and(&mut self, inserts: Vec<Insert>, last: (&'static str, Vec<Arg>)) -> Result<u64> {
        let places = self.places();
        let mut steps: Vec<_> = inserts
            .into_iter()
            .filter(|insert| !insert.args.is_empty())
            .map(|Insert { head, columns, args }| {
                (insert_text((head, ""), columns, args.len() / columns, places), args)
            })
            .collect();
        if places == Places::Nameless {
            let (texts, args): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
            let all = joined(&texts, last.0);
            let args: Vec<_> = args.into_iter().flatten().chain(last.1).collect();
            return self.execute(all, &args).await;
        }
        steps.push(last);
        let mut touched = 0;
        for (text, args) in steps {
            touched += self.execute(text, &args).await?;
        }
        Ok(touched)
    }

    fn places(&self) -> Places {
        if matches!(self, Self::Sqlite(..)) { Places::Nameless } else { Places::Numbered }
    }
}

/// One text of several, nameless; each is kept for the life of the process, and so known by its address.
fn joined(texts: &[&'static str], last: &'static str) -> &'static str {
    static JOINED: LazyLock<Mutex<HashMap<Vec<usize>, &'static str>>> = LazyLock::new(Mutex::default);
    let parts = texts.iter().chain([&last]).map(|text| text.as_ptr().addr()).collect();
    let mut all = JOINED.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(parts).or_insert_with(|| {
        let before: String = texts.iter().flat_map(|text| [*text, "; "]).collect();
        (before + &nameless(last)).leak()
    })
}

/// Rows for one table.
#[derive(Debug)]
pub struct Insert {
    /// `insert into TABLE (COLUMN, …)`.
    pub head: &'static str,
    pub columns: usize,
    pub args: Vec<Arg>,
}

impl Insert {
    #[must_use]
    pub fn rows(&self) -> usize {
        self.args.len() / self.columns
    }
}

/// `$1`, `$2`, … in their order, without their numbers.
fn nameless(sql: &str) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += "?";
        text += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

/// The statement for so many rows; every text is kept for the life of the process.
fn text(
    parts: (&'static str, &'static str),
    rows: usize,
    places: Places,
    made: impl FnOnce(Places) -> String,
) -> &'static str {
    type Texts = HashMap<((&'static str, &'static str), usize, Places), &'static str>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts.entry((parts, rows, places)).or_insert_with(|| made(places).leak())
}

fn insert_text(
    (head, tail): (&'static str, &'static str),
    columns: usize,
    rows: usize,
    places: Places,
) -> &'static str {
    text((head, tail), rows, places, |places| format!("{head} values {} {tail}", rows_of(columns, rows, places)))
}

/// `(?, ?), (?, ?)`: a place for every value of every row.
fn rows_of(columns: usize, rows: usize, places: Places) -> String {
    let mut text = String::new();
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
    fn there_is_a_place_for_every_value_of_every_row() {
        assert_eq!(rows_of(2, 1, Places::Numbered), "($1, $2)");
        assert_eq!(rows_of(2, 2, Places::Numbered), "($1, $2), ($3, $4)");
        assert_eq!(rows_of(1, 3, Places::Numbered), "($1), ($2), ($3)");
        assert_eq!(rows_of(2, 2, Places::Nameless), "(?, ?), (?, ?)");
        assert_eq!(nameless("update t set a = $1, b = $2 where c = $3"), "update t set a = ?, b = ? where c = ?");
    }
}
