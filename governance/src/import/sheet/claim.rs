//! What the rows of one identity say of the identity itself.
use super::cells::{self, Who};
use super::dates::{self, Said};
use super::mapping::Field;
use super::read::{Of, Reading, at};
use crate::{
    error::Result,
    identity::{self, Environment, Kind},
    import::snapshot::{Claim, Part, SetAside},
    text::secrets,
};

/// Reads it; `None`: it is a person, and was set aside.
///
/// # Errors
/// As a date that could be meant either way.
pub fn read(reading: &mut Reading<'_>, key: &str, of: &Of<'_>) -> Result<Option<Claim>> {
    let Some(kind) = kind(reading, key, of) else { return Ok(None) };
    let mut claim = Claim::of(kind, name(reading, key, of), Part::Sheet);
    claim.environment = environment(reading, key, of);
    for row in of {
        let created = reading.date(key, row, Field::Created)?;
        claim.created_at = claim.created_at.or(at(created));
        let used = reading.date(key, row, Field::LastUsed)?;
        claim.last_used_at = claim.last_used_at.max(at(used));
        // an empty cell is silence, not disuse
        claim.usage_reported |= matches!(used, Said::At(_) | Said::Never);
    }
    notes(reading, of, &mut claim);
    Ok(Some(claim))
}

/// `None`: it is a person, and was set aside.
fn kind(reading: &mut Reading<'_>, key: &str, of: &Of<'_>) -> Option<Kind> {
    let Some((row, cell)) = reading.said(of, Field::Kind) else { return Some(reading.layout.kind) };
    match cells::who(cell) {
        Some(Who::Identity(kind)) => Some(kind),
        Some(Who::Person) => {
            let reason = "a person, as its row says".to_owned();
            reading.parsed.set_aside.push(SetAside { principal: key.to_owned(), reason });
            None
        }
        None => {
            let known: Vec<_> = Kind::ALL.iter().map(|k| k.as_str()).collect();
            let words = format!("not a kind of identity: one of {}", known.join(", "));
            reading.problem(key, row, reading.column(Field::Kind), words);
            reading.parsed.kinds_unread.insert(key.to_owned());
            Some(reading.layout.kind)
        }
    }
}

fn name(reading: &mut Reading<'_>, key: &str, of: &Of<'_>) -> String {
    let Some((row, cell)) = reading.said(of, Field::Name) else { return key.to_owned() };
    let name = match reading.column(Field::Name) {
        Some(column) if secrets::in_name(cell).is_some() => reading.name_of(column, cell),
        _ => cell.to_owned(),
    };
    if identity::check_name(&name).is_ok() {
        return name;
    }
    let words = "it is too long, or has control or invisible characters: the id stands in its place";
    reading.problem(key, row, reading.column(Field::Name), words);
    key.to_owned()
}

fn environment(reading: &mut Reading<'_>, key: &str, of: &Of<'_>) -> Option<Environment> {
    let (row, cell) = reading.said(of, Field::Environment)?;
    let found = Environment::guess(cell);
    if found.is_none() && !matches!(dates::read(cell, None), Said::Nothing) {
        let known: Vec<_> = Environment::ALL.iter().map(|e| e.as_str()).collect();
        let words = format!("not an environment: one of {}", known.join(", "));
        reading.problem(key, row, reading.column(Field::Environment), words);
    }
    found
}

fn notes(reading: &mut Reading<'_>, of: &Of<'_>, claim: &mut Claim) {
    for (column, field) in reading.columns.clone() {
        let name = match field {
            Field::Owner | Field::Team | Field::Purpose | Field::Status => field.as_str().to_owned(),
            // under a name that no other note has
            Field::Note => format!("column {}", reading.rows.header[column]),
            _ => continue,
        };
        if let Some(cell) = of.iter().map(|row| row.cell(column)).find(|cell| !cell.is_empty()) {
            let text = reading.plain(column, cell);
            claim.notes.insert(name, text);
        }
    }
}
