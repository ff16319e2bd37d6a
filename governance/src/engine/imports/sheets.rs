//! Lists that somebody keeps by hand: what their columns mean is said by a person and remembered for the source.
use super::ImportInput;
use crate::engine::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::import::sheet::hide::without_secrets;
use crate::import::sheet::layout::{Drift, offer, rest, settle};
use crate::import::sheet::mapping::{Dates, Field, Given, Layout};
use crate::import::sheet::read::{line, read};
use crate::import::sheet::rows::{Rows, shown};
use crate::import::snapshot::Parsed;
use crate::person::Status;
use crate::source::Kind;
use crate::store;
use crate::store::db::Tx;
use std::collections::BTreeSet;

/// Cells of a column that a look shows, no two alike.
const SAMPLES: usize = 3;
/// Cells that are looked at for them.
const SAMPLED: usize = 50;
/// Characters of such a cell.
const SAMPLE: usize = 60;
/// Addresses of owners that are looked up.
const OWNERS: usize = 500;

/// What stands in a list, before anybody said what its columns mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub file: String,
    pub rows: usize,
    pub columns: Vec<Column>,
    /// Columns that are not those of the header for which a mapping is remembered.
    pub drift: Drift,
    /// What is remembered fits: nobody need be asked.
    pub settled: bool,
    pub dates: Option<Dates>,
    pub kind: crate::identity::Kind,
}

/// One column of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As it stands in the file: what a mapping calls it by.
    pub header: String,
    /// The same for people to read.
    pub shown: String,
    /// The first cells, without what looks like a secret.
    pub samples: Vec<String>,
    /// What was chosen, is remembered, or is a guess.
    pub field: Option<Field>,
}

/// What was read, and for a list what is to be remembered.
pub(super) struct Prepared {
    pub parsed: Vec<Parsed>,
    pub layout: Option<Layout>,
    /// The source whose remembered mapping was used, and that mapping.
    used: Option<(String, Layout)>,
}

impl Prepared {
    pub fn of(parsed: Vec<Parsed>) -> Self {
        Self { parsed, layout: None, used: None }
    }

    /// Between reading and writing nobody said otherwise.
    pub async fn still(&self, tx: &mut Tx) -> Result<()> {
        match &self.used {
            Some((name, used)) if remembered(tx, name).await?.as_ref() != Some(used) => Err(Error::conflict(
                "somebody mapped the columns of this source anew meanwhile: look at the difference again",
            )),
            _ => Ok(()),
        }
    }
}

impl Governance {
    /// What stands in a list (CSV), with what its columns seem to mean, or are known to. Nothing is written.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for what is no list, or without the name of its source.
    pub async fn sheet_look(&self, ctx: &Ctx, input: &ImportInput, given: &Given) -> Result<Look> {
        ctx.authorize(Act::Import)?;
        let (name, file, bytes) = one(input)?;
        let rows = Rows::read(file, bytes)?;
        let known = remembered(&mut self.read().await?, name).await?;
        let chosen = given.columns.clone().unwrap_or_else(|| offer(&rows.header, known.as_ref()));
        let drift = Drift::of(&rows.header, known.as_ref());
        let (dates, kind) = rest(given, known.as_ref());
        let column = |(n, header): (usize, &String)| Column {
            header: header.clone(),
            shown: shown(header),
            samples: samples(&rows, n),
            field: chosen.get(header).copied(),
        };
        Ok(Look {
            file: file.to_owned(),
            rows: rows.rows.len(),
            columns: rows.header.iter().enumerate().map(column).collect(),
            settled: known.is_some() && drift.is_empty(),
            drift,
            dates,
            kind,
        })
    }
}

fn samples(rows: &Rows, column: usize) -> Vec<String> {
    let header = &rows.header[column];
    let plain = |cell: &str| {
        let text = line(&without_secrets(header, cell).unwrap_or_else(|| cell.to_owned()));
        let long = text.chars().count() > SAMPLE;
        if long { text.chars().take(SAMPLE - 1).chain(['…']).collect() } else { text }
    };
    let mut found: Vec<String> = vec![];
    for cell in rows.rows.iter().map(|row| row.cell(column)).filter(|cell| !cell.is_empty()).take(SAMPLED) {
        let text = plain(cell);
        if found.len() < SAMPLES && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// The name of the source, and the one file.
fn one(input: &ImportInput) -> Result<(&str, &str, &[u8])> {
    let name = input.name.as_deref().ok_or_else(|| {
        Error::invalid("import csv: which list it is must be said (--name): what its columns mean is remembered by it")
    })?;
    crate::identity::check_name(name)?;
    match input.files.as_slice() {
        [(file, bytes)] => Ok((name, file, bytes)),
        _ => Err(Error::invalid("import csv: one file at a time: two lists are two sources")),
    }
}

/// Reads the files of an import of any kind.
pub(super) async fn prepare(gov: &Governance, input: &ImportInput, given: &Given) -> Result<Prepared> {
    if input.kind != Kind::Csv {
        if *given != Given::default() {
            return Err(Error::invalid(format!("import {}: only the columns of a csv are mapped", input.kind)));
        }
        return Ok(Prepared::of(super::parse(input)?));
    }
    let (name, file, bytes) = one(input)?;
    let rows = Rows::read(file, bytes)?;
    let known = remembered(&mut gov.read().await?, name).await?;
    let layout = settle(file, name, &rows.header, given, known.as_ref())?;
    let parsed = vec![read(&rows, &layout)?];
    let used = known.map(|known| (name.to_owned(), known));
    Ok(Prepared { parsed, layout: Some(layout), used })
}

async fn remembered(tx: &mut Tx, name: &str) -> Result<Option<Layout>> {
    let text = store::sources::mapping(tx, Kind::Csv, name).await?;
    text.map(|text| serde_json::from_str(&text).map_err(Error::internal)).transpose()
}

/// Says how many of those a list calls owners could be: an import makes nobody one.
pub(super) async fn owners(tx: &mut Tx, parsed: &mut Parsed) -> Result<()> {
    let said: BTreeSet<_> = parsed.snapshot.principals.values().filter_map(|p| p.claim.notes.get("owner")).collect();
    if said.is_empty() || said.len() > OWNERS {
        return Ok(());
    }
    let (of, mut known) = (said.len(), 0);
    for owner in said {
        let Ok(email) = crate::person::email(owner) else { continue };
        known += usize::from(store::people::by_email(tx, &email).await?.is_some_and(|p| p.status == Status::Active));
    }
    parsed.notes.push(format!(
        "owners: {known} of the {of} it names are active people of the register, by e-mail; an import makes nobody an owner: set \
         them with a list name,owner,backup"
    ));
    Ok(())
}
