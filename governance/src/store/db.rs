//! SQLite or PostgreSQL behind one door. Every statement is written once, in the SQL both read; what must differ is a
//! named function in this file, with its folder the only one that knows there are two.
//!
//! `db/arg.rs` what is bound, `db/row.rs` what comes back, `db/values.rs` many rows at once, `db/fault.rs` what is refused,
//! `db/durable.rs` what keeps commits, and keeps them quick.
mod arg;
mod durable;
mod fault;
mod row;
mod values;

pub use arg::Arg;
pub use row::Row;
pub use values::Insert;

use super::disk::Disk;
use crate::assess::catalogue::{Catalogue, Which};
use crate::assess::sql::{self, Shape};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use fault::{from_migrate, from_sqlx, not_there, unreachable};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Sqlite, SqlitePool};
use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

/// How long a writer waits for the log's lock before it answers "nothing decided" (semantics.md, Fail closed).
pub(crate) const LOCK_WAIT: Duration = Duration::from_secs(1);

/// Pages of SQLite's journal (64 MiB) beyond which a commit moves them into the file itself.
const JOURNAL_PAGES: &str = "16384";
/// Prepared statements each connection keeps: about 400 texts, and up to 64 for each table that takes many rows at once.
const STATEMENTS: usize = 800;
/// How long a PostgreSQL is waited for at start.
const REACHED_WITHIN: Duration = Duration::from_secs(5);

/// One database, opened and migrated. Cloning shares the connections.
#[derive(Clone, Debug)]
pub enum Db {
    /// SQLite takes one writer: a pool of one. Readers have their own connections and see the last commit.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
        /// Moves what the writer appended into the file, so that no answer waits for it.
        keeper: SqlitePool,
        disk: Disk,
    },
    Postgres(PgPool, Disk),
}

/// One unit of work. Dropped without [`Tx::commit`], nothing of it remains.
#[derive(Debug)]
pub enum Tx {
    Sqlite(sqlx::Transaction<'static, Sqlite>, Disk),
    Postgres(sqlx::Transaction<'static, Postgres>, Disk),
}

macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut q = sqlx::query($sql);
        for arg in $args {
            q = match arg {
                Arg::Text(v) => q.bind(v.clone()),
                Arg::Int(v) => q.bind(*v),
                Arg::Bytes(v) => q.bind(v.clone()),
            };
        }
        q
    }};
}

impl Db {
    /// Opens and migrates `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// `Invalid` for an unknown scheme or a database of a newer version, `Unavailable` if it cannot be reached.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)
                .map_err(|e| Error::invalid(format!("the database address {url} cannot be read: {e}")))?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // NORMAL loses acknowledged rows in a power cut (semantics.md)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(LOCK_WAIT)
                .statement_cache_capacity(STATEMENTS)
                // the keeper does it before; this bounds the journal where there is none
                .pragma("wal_autocheckpoint", JOURNAL_PAGES)
                .foreign_keys(true);
            let writer = SqlitePoolOptions::new()
                .max_connections(1)
                // a file does not hang up; asking each time would cost a turn of its thread
                .test_before_acquire(false)
                .acquire_timeout(Duration::from_secs(5))
                // an import touches every page of a dozen indexes: 64 MiB of them stay at hand
                .connect_with(options.clone().pragma("cache_size", "-65536"))
                .await
                .map_err(unreachable)?;
            sqlx::migrate!("../migrations/sqlite").run(&writer).await.map_err(from_migrate)?;
            let keeper = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
            let keeper = keeper.connect_lazy_with(options.clone());
            let readers = SqlitePoolOptions::new()
                .max_connections(8)
                .test_before_acquire(false)
                .acquire_timeout(Duration::from_secs(5))
                .connect_with(options.read_only(true))
                .await
                .map_err(unreachable)?;
            Ok(Self::Sqlite { writer, readers, keeper, disk: Disk::default() })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|e| Error::invalid(format!("the database address cannot be read: {e}")))?
                .statement_cache_capacity(STATEMENTS);
            // a pool tries for as long as it may and then says only that the time is up
            let first = tokio::time::timeout(REACHED_WITHIN, PgConnection::connect_with(&options)).await;
            let first = first.unwrap_or_else(|e| Err(std::io::Error::from(e).into()));
            drop(first.map_err(|e| not_there(&options, e))?.close().await);
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(5))
                .after_connect(|c, _| {
                    Box::pin(async move {
                        sqlx::query("select set_config('lock_timeout', '1s', false), set_config('synchronous_commit', 'on', false)")
                            .execute(c)
                            .await
                            .map(drop)
                    })
                })
                .connect_with(options)
                .await
                .map_err(unreachable)?;
            // several nodes start at once, and one migrates: the others wait longer than a writer waits for the log
            let mut migrating = pool.acquire().await.map_err(unreachable)?;
            let patience = |wait| sqlx::query("select set_config('lock_timeout', $1, false)").bind(wait);
            patience("60s").execute(&mut *migrating).await.map_err(unreachable)?;
            sqlx::migrate!("../migrations/postgres").run(&mut *migrating).await.map_err(from_migrate)?;
            patience("1s").execute(&mut *migrating).await.map_err(unreachable)?;
            drop(migrating);
            Ok(Self::Postgres(pool, Disk::default()))
        } else {
            Err(Error::invalid("the database address must start with sqlite: or postgres:"))
        }
    }

    /// A transaction that may write. On SQLite it holds the one write lock from its start.
    ///
    /// # Errors
    /// `Unavailable` if no connection or lock can be had in time, and once the disk has failed.
    pub async fn begin(&self) -> Result<Tx> {
        if self.disk().failed() {
            return Err(Error::unavailable("the disk failed: nothing is written any more, and the process ends"));
        }
        Ok(match self {
            Self::Sqlite { writer, disk, .. } => {
                Tx::Sqlite(begin_immediate(writer).await.map_err(from_sqlx)?, disk.clone())
            }
            Self::Postgres(pool, disk) => Tx::Postgres(pool.begin().await.map_err(from_sqlx)?, disk.clone()),
        })
    }

    /// What the disk last did to those who write.
    #[must_use]
    pub fn disk(&self) -> &Disk {
        match self {
            Self::Sqlite { disk, .. } | Self::Postgres(_, disk) => disk,
        }
    }

    /// A transaction that only reads and sees one moment of the database throughout.
    ///
    /// # Errors
    /// `Unavailable` if no connection can be had.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, disk, .. } => Tx::Sqlite(readers.begin().await.map_err(from_sqlx)?, disk.clone()),
            Self::Postgres(pool, disk) => Tx::Postgres(
                pool.begin_with("begin isolation level repeatable read read only").await.map_err(from_sqlx)?,
                disk.clone(),
            ),
        })
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, keeper, .. } => {
                keeper.close().await;
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool, _) => pool.close().await,
        }
    }

    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(..))
    }
    /// Whether the database itself ends a wait for the log's lock after [`LOCK_WAIT`].
    #[must_use]
    pub(crate) fn ends_waits(&self) -> bool {
        self.is_postgres()
    }
}

/// SQLite ends a transaction by itself when the disk is full; the driver goes on counting it and could never begin another on
/// that connection, so it gets a new one.
async fn begin_immediate(writer: &SqlitePool) -> sqlx::Result<sqlx::Transaction<'static, Sqlite>> {
    const BEGIN: &str = "begin immediate";
    match writer.begin_with(BEGIN).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            drop(writer.acquire().await?.detach());
            writer.begin_with(BEGIN).await
        }
        begun => begun,
    }
}

impl Tx {
    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// As the database says; a broken unique rule is a `Conflict`.
    pub async fn execute(&mut self, sql: &'static str, args: &[Arg]) -> Result<u64> {
        let done = match self {
            Self::Sqlite(tx, _) => bound!(sql, args).execute(&mut **tx).await.map(|d| d.rows_affected()),
            Self::Postgres(tx, _) => bound!(sql, args).execute(&mut **tx).await.map(|d| d.rows_affected()),
        };
        done.map_err(|e| self.met(e))
    }

    /// A change of state: exactly one row must move.
    ///
    /// # Errors
    /// `Conflict` with `what` if none moved, else as the database says.
    pub async fn execute_one(&mut self, sql: &'static str, args: &[Arg], what: &str) -> Result<()> {
        match self.execute(sql, args).await? {
            1 => Ok(()),
            0 => Err(Error::conflict(what)),
            n => Err(Error::broken(format!("{n} rows moved where one was meant: {what}"))),
        }
    }

    /// # Errors
    /// As the database says.
    pub async fn optional(&mut self, sql: &'static str, args: &[Arg]) -> Result<Option<Row>> {
        let done = match self {
            Self::Sqlite(tx, _) => bound!(sql, args).fetch_optional(&mut **tx).await.map(|r| r.map(Row::Sqlite)),
            Self::Postgres(tx, _) => bound!(sql, args).fetch_optional(&mut **tx).await.map(|r| r.map(Row::Postgres)),
        };
        done.map_err(|e| self.met(e))
    }

    /// The one row an aggregate or a key always has.
    ///
    /// # Errors
    /// `Internal` if there is none, else as the database says.
    pub async fn one(&mut self, sql: &'static str, args: &[Arg]) -> Result<Row> {
        self.optional(sql, args).await?.ok_or_else(|| Error::broken(format!("no row: {sql}")))
    }

    /// # Errors
    /// As the database says.
    pub async fn all(&mut self, sql: &'static str, args: &[Arg]) -> Result<Vec<Row>> {
        let done = match self {
            Self::Sqlite(tx, _) => {
                bound!(sql, args).fetch_all(&mut **tx).await.map(|r| r.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx, _) => {
                bound!(sql, args).fetch_all(&mut **tx).await.map(|r| r.into_iter().map(Row::Postgres).collect())
            }
        };
        done.map_err(|e| self.met(e))
    }

    /// Runs a query of the loaded catalogue: the one text that is not a constant of this program. It is named by its test, so
    /// nothing else can be run; the catalogue was checked to hold single selects over the evidence model.
    ///
    /// # Errors
    /// `NotFound` for a test the catalogue does not have, `Internal` for a parameter without a value or a query that fails.
    pub async fn catalogue_query(
        &mut self,
        catalogue: &Catalogue,
        (test, which): (&str, Which),
        shape: Shape,
        values: &BTreeMap<String, i64>,
    ) -> Result<Vec<Row>> {
        let found =
            catalogue.test(test).ok_or_else(|| Error::not_found(format!("the catalogue has no test {test}")))?;
        let text = match which {
            Which::Population => &found.population_sql,
            Which::Violations => &found.violations_sql,
        };
        let run = sql::runnable(text, &catalogue.schema, shape)?;
        let value =
            |name: &String| values.get(name).ok_or_else(|| Error::broken(format!("{test}: no value for :{name}")));
        let args = run.parameters.iter().map(|name| value(name).map(|v| Arg::from(*v))).collect::<Result<Vec<_>>>()?;
        let safe = sqlx::AssertSqlSafe(run.sql);
        match self {
            Self::Sqlite(tx, _) => {
                bound!(safe, &args).fetch_all(&mut **tx).await.map(|r| r.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx, _) => {
                bound!(safe, &args).fetch_all(&mut **tx).await.map(|r| r.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(|e| Error::broken(format!("control test {test}: {e}")))
    }

    /// # Errors
    /// As the database says. An error here means *unknown*, not *not done* (semantics.md).
    pub async fn commit(self) -> Result<()> {
        let (done, disk) = match self {
            Self::Sqlite(tx, disk) => (tx.commit().await, disk),
            Self::Postgres(tx, disk) => (tx.commit().await, disk),
        };
        match done {
            Ok(()) => disk.committed(),
            Err(e) => {
                disk.saw(&e);
                return Err(from_sqlx(e));
            }
        }
        Ok(())
    }

    /// An error of a statement, noted where it tells of the disk.
    fn met(&self, error: sqlx::Error) -> Error {
        let (Self::Sqlite(_, disk) | Self::Postgres(_, disk)) = self;
        disk.saw(&error);
        from_sqlx(error)
    }

    /// Takes the lock every writer of the log takes, as its own, earlier statement: read and lock in one statement would
    /// read stale state on PostgreSQL. SQLite's writer holds it since `begin immediate`.
    ///
    /// # Errors
    /// `Unavailable` after a second of waiting.
    pub async fn lock_log(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(..) => Ok(()),
            Self::Postgres(tx, _) => sqlx::query("select pg_advisory_xact_lock(hashtext(current_schema()))")
                .execute(&mut **tx)
                .await
                .map(drop)
                .map_err(from_sqlx),
        }
    }

    /// The database's clock where it has one of its own (several nodes share it), else `None`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn clock(&mut self) -> Result<Option<Timestamp>> {
        match self {
            Self::Sqlite(..) => Ok(None),
            Self::Postgres(..) => {
                let row = self
                    .one("select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as at", &[])
                    .await?;
                Ok(Some(row.at("at")?))
            }
        }
    }

    /// How SQLite would go about it, step by step.
    #[cfg(all(test, feature = "testkit"))]
    pub async fn plan(&mut self, sql: &str) -> Vec<String> {
        let explained: &'static str = format!("explain query plan {sql}").leak();
        let args = vec![Arg::Text(None); (1..40).filter(|n| sql.contains(&format!("${n}"))).count()];
        let rows = self.all(explained, &args).await.expect("a plan");
        rows.iter().map(|row| row.text("detail").expect("a detail")).collect()
    }
}
