//! What a statement gives back.
use super::fault::from_sqlx;
use crate::error::{Error, Result};
use crate::time::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(r) => r.try_get($column),
            Row::Postgres(r) => r.try_get($column),
        }
        .map_err(from_sqlx)
    };
}

/// Every reader below fails with `Internal` if the column is absent or holds something else.
impl Row {
    /// # Errors
    /// `Internal`.
    pub fn text(&self, column: &str) -> Result<String> {
        get!(self, column)
    }
    /// # Errors
    /// `Internal`.
    pub fn some_text(&self, column: &str) -> Result<Option<String>> {
        get!(self, column)
    }
    /// # Errors
    /// `Internal`.
    pub fn int(&self, column: &str) -> Result<i64> {
        get!(self, column)
    }
    /// # Errors
    /// `Internal`.
    pub fn some_int(&self, column: &str) -> Result<Option<i64>> {
        get!(self, column)
    }
    /// # Errors
    /// `Internal`.
    pub fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }
    /// # Errors
    /// `Internal`.
    pub fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        get!(self, column)
    }
    /// # Errors
    /// `Internal`.
    pub fn some_bytes(&self, column: &str) -> Result<Option<Vec<u8>>> {
        get!(self, column)
    }
    /// An id, or any other value that is read from its text.
    ///
    /// # Errors
    /// `Internal`.
    pub fn id<T: std::str::FromStr>(&self, column: &str) -> Result<T> {
        self.text(column)?.parse().map_err(|_| Error::broken(format!("column {column} holds another kind of value")))
    }
    /// # Errors
    /// `Internal`.
    pub fn some_id<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>> {
        self.some_text(column)?
            .map(|v| v.parse().map_err(|_| Error::broken(format!("column {column} holds another kind of value"))))
            .transpose()
    }
    /// # Errors
    /// `Internal`.
    pub fn at(&self, column: &str) -> Result<Timestamp> {
        Timestamp::from_micros(self.int(column)?).ok_or_else(|| Error::broken(format!("column {column}: no such date")))
    }
    /// # Errors
    /// `Internal`.
    pub fn some_at(&self, column: &str) -> Result<Option<Timestamp>> {
        self.some_int(column)?
            .map(|v| Timestamp::from_micros(v).ok_or_else(|| Error::broken(format!("column {column}: no such date"))))
            .transpose()
    }
    /// # Errors
    /// `Internal`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).map_err(Error::internal)
    }
}
