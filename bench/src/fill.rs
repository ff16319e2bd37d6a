//! Fills a new installation on SQLite with a register made of numbers and a seed (`register.sql`).
use governance::error::{Error, Result};
use governance::time::{Clock as _, SystemClock};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

const SQL: &str = include_str!("../register.sql");

/// # Errors
/// `Invalid` for what is no number, else as the database says.
pub async fn fill(file: &str, identities: &str, entitlements: &str, seed: &str) -> Result<()> {
    let number = |text: &str| text.parse::<i64>().map_err(|_| Error::invalid(format!("{text} is not a number")));
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false).foreign_keys(false);
    let mut db = options.connect().await.map_err(Error::internal)?;
    let wanted = "create temp table wanted as select ? as identities, ? as entitlements, ? as seed, ? as at";
    sqlx::query(wanted)
        .bind(number(identities)?)
        .bind(number(entitlements)?)
        .bind(number(seed)?)
        .bind(SystemClock.now().micros())
        .execute(&mut db)
        .await
        .map_err(Error::internal)?;
    sqlx::raw_sql(SQL).execute(&mut db).await.map_err(Error::internal)?;
    db.close().await.map_err(Error::internal)
}
