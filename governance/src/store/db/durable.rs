//! What each connection promises of a commit, and who moves SQLite's journal into its file meanwhile.
use super::fault::from_sqlx;
use super::{Db, Row};
use crate::error::Result;

impl Db {
    /// Moves what was committed from SQLite's journal into the file (a passive checkpoint): a commit that had to do it itself
    /// would keep everybody waiting. Call it every second or so; nothing on PostgreSQL.
    ///
    /// # Errors
    /// As the database says.
    pub async fn keep(&self) -> Result<()> {
        let Self::Sqlite { keeper, disk, .. } = self else { return Ok(()) };
        // the journal starts anew only where a round left nothing behind: what came meanwhile is less each time
        for _ in 0..4 {
            let done = sqlx::query("pragma wal_checkpoint(passive)").fetch_one(keeper).await;
            let row = Row::Sqlite(done.map_err(|e| {
                disk.saw(&e);
                from_sqlx(e)
            })?);
            if row.int("log")? == row.int("checkpointed")? {
                break;
            }
        }
        Ok(())
    }

    /// What every connection that the pools may ever have says of keeping what is committed. SQLite: journal mode,
    /// synchronous, foreign keys; PostgreSQL: synchronous commit, lock time-out.
    ///
    /// # Errors
    /// `Unavailable` if somebody holds one of them.
    #[cfg(feature = "testkit")]
    pub async fn durability(&self) -> Result<Vec<Vec<String>>> {
        use sqlx::Row as _;
        let mut told = vec![];
        match self {
            Self::Sqlite { writer, readers, keeper, .. } => {
                let mut held = vec![writer.acquire().await.map_err(from_sqlx)?];
                held.push(keeper.acquire().await.map_err(from_sqlx)?);
                for _ in 0..readers.options().get_max_connections() {
                    held.push(readers.acquire().await.map_err(from_sqlx)?);
                }
                for connection in &mut held {
                    let row = sqlx::query(
                        "select (select journal_mode from pragma_journal_mode), (select cast(synchronous as text) from pragma_synchronous), (select cast(foreign_keys as text) from pragma_foreign_keys)",
                    );
                    let row = row.fetch_one(&mut **connection).await.map_err(from_sqlx)?;
                    told.push((0..3).map(|i| row.try_get(i)).collect::<Result<_, _>>().map_err(from_sqlx)?);
                }
            }
            Self::Postgres(pool, _) => {
                let mut held = vec![];
                for _ in 0..pool.options().get_max_connections() {
                    held.push(pool.acquire().await.map_err(from_sqlx)?);
                }
                for connection in &mut held {
                    let row =
                        sqlx::query("select current_setting('synchronous_commit'), current_setting('lock_timeout')");
                    let row = row.fetch_one(&mut **connection).await.map_err(from_sqlx)?;
                    told.push((0..2).map(|i| row.try_get(i)).collect::<Result<_, _>>().map_err(from_sqlx)?);
                }
            }
        }
        Ok(told)
    }
}
