//! What the disk under a database last did to those who write (semantics.md, Fail closed).
//!
//! Full: nothing is decided, and once something is committed again all is well. Failed: after an error of reading or writing
//! nobody knows what the disk holds (a later sync may report success for what is lost), so nothing more is written and the
//! process ends; the next start reads what is really there.
use sqlx::sqlite::SqliteError;
use std::sync::Arc;
use tokio::sync::watch;

/// SQLite's primary result codes (sqlite.org/rescode.html); extended ones carry them in their low byte.
const IO: i32 = 10;
const FULL: i32 = 13;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Trouble {
    #[default]
    None,
    Full,
    Failed,
}

/// Shared by every connection of one database.
#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<watch::Sender<Trouble>>);

impl Disk {
    #[must_use]
    pub fn full(&self) -> bool {
        *self.0.borrow() == Trouble::Full
    }
    #[must_use]
    pub fn failed(&self) -> bool {
        *self.0.borrow() == Trouble::Failed
    }
    /// Waits until the disk fails; for ever if it does not.
    pub async fn until_failed(&self) {
        let mut changes = self.0.subscribe();
        if changes.wait_for(|t| *t == Trouble::Failed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
    /// A writer met this error.
    pub(super) fn saw(&self, error: &sqlx::Error) {
        let next = match sqlite_code(error) {
            Some(IO) => Trouble::Failed,
            Some(FULL) => Trouble::Full,
            None if is_postgres_full(error) => Trouble::Full,
            _ => return,
        };
        // what failed stays failed
        self.0.send_if_modified(|now| *now != Trouble::Failed && std::mem::replace(now, next) != next);
    }
    /// Something was committed: there is room again.
    pub(super) fn committed(&self) {
        self.0.send_if_modified(|now| {
            *now == Trouble::Full && {
                *now = Trouble::None;
                true
            }
        });
    }
}

/// The primary result code of SQLite; `None` for everything else.
pub(super) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let sqlx::Error::Database(e) = error else { return None };
    e.try_downcast_ref::<SqliteError>()?;
    e.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}

fn is_postgres_full(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if e.code().as_deref() == Some("53100"))
}
