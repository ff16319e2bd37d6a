//! What a database refuses, in our kinds of error.
use super::super::disk::sqlite_code;
use crate::error::{Error, Kind};
use sqlx::postgres::PgConnectOptions;

pub fn from_sqlx(error: sqlx::Error) -> Error {
    let kind = match &error {
        sqlx::Error::Database(e) if e.is_unique_violation() => Kind::Conflict,
        // busy, locked, i/o, full, with whatever they are extended by
        _ if matches!(sqlite_code(&error), Some(5 | 6 | 10 | 13)) => Kind::Unavailable,
        // PostgreSQL: lock_timeout 55P03, disk full 53100, shutting down 57P0x
        sqlx::Error::Database(e) => match e.code().as_deref() {
            Some("55P03" | "53100" | "57P01" | "57P02" | "57P03") => Kind::Unavailable,
            _ => Kind::Internal,
        },
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) => {
            Kind::Unavailable
        }
        _ => Kind::Internal,
    };
    Error { kind, detail: kind.status_and_title().1.into(), source: Some(Box::new(error)) }
}

pub fn unreachable(error: sqlx::Error) -> Error {
    Error {
        kind: Kind::Unavailable,
        detail: format!("the database cannot be opened: {error}"),
        source: Some(Box::new(error)),
    }
}

/// No PostgreSQL answers at this address, or not us. Neither user nor password is shown.
pub fn not_there(options: &PgConnectOptions, error: sqlx::Error) -> Error {
    let at = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let database = options.get_database().unwrap_or("the user's own");
    Error {
        kind: Kind::Unavailable,
        detail: format!(
            "the database {database} at {at} cannot be reached: {error}; see that PostgreSQL runs there and that --database is right"
        ),
        source: Some(Box::new(error)),
    }
}

pub fn from_migrate(error: sqlx::migrate::MigrateError) -> Error {
    use sqlx::migrate::MigrateError;
    match error {
        MigrateError::VersionMissing(v) => Error::invalid(format!(
            "the database is of a newer version (it has migration {v}, which this program does not know): start the program that made it, or a newer one"
        )),
        MigrateError::VersionMismatch(v) => Error::invalid(format!(
            "migration {v} was applied to this database in another form: it was made by a different build; restore a backup or start with an empty data folder"
        )),
        other => Error {
            kind: Kind::Unavailable,
            detail: format!("the database cannot be migrated: {other}"),
            source: Some(Box::new(other)),
        },
    }
}
