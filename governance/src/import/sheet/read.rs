//! The rows of a list to a snapshot: rows of one identity are put together, and what they contradict each other in is said.
use super::claim;
use super::dates::{self, Said};
use super::facts;
use super::hide::without_secrets;
use super::mapping::{Field, Layout};
use super::rows::{Row, Rows, shown};
use crate::{
    error::{Error, Result},
    identity,
    import::snapshot::{Parsed, Part, Principal, Problem},
    text::{secrets, visible_line},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a note or a name of something; what is longer is cut.
const LONGEST: usize = 1_000;

/// Reads all rows.
///
/// # Errors
/// `Invalid` for a date that could be meant either way while nobody said which: all of them are, so none is guessed.
pub fn read(rows: &Rows, layout: &Layout) -> Result<Parsed> {
    let mut reading = Reading::new(rows, layout);
    let mut snapshot = BTreeMap::new();
    for (key, of_key) in reading.by_key()? {
        if let Some(principal) = reading.principal(key, &of_key)? {
            snapshot.insert(key.to_owned(), principal);
        }
    }
    let mut parsed = reading.parsed;
    parsed.snapshot.principals = snapshot;
    if !rows.problems.is_empty() || parsed.unnamed {
        // which identity such a row is of is not known: of none is anything taken to be gone
        parsed.unnamed = true;
        parsed.partial.extend(parsed.snapshot.principals.keys().cloned());
        parsed.notes.push("some rows could not be read: nothing is taken to be gone".into());
    }
    let hidden: Vec<_> = reading.hidden.iter().map(|c| format!("{:?}", shown(&rows.header[*c]))).collect();
    if !hidden.is_empty() {
        parsed.notes.push(format!("values that look like secrets were left out: {}", hidden.join(", ")));
    }
    let mut problems = reading.problems;
    problems.sort_by_key(|(line, _)| *line);
    parsed.problems = rows.problems.iter().cloned().chain(problems.into_iter().map(|(_, p)| p)).collect();
    Ok(parsed)
}

/// A list on its way to a snapshot.
pub struct Reading<'a> {
    pub rows: &'a Rows,
    pub layout: &'a Layout,
    /// What each column that is read means.
    pub columns: Vec<(usize, Field)>,
    problems: Vec<(u64, Problem)>,
    /// Columns in which something looked like a secret.
    hidden: BTreeSet<usize>,
    pub parsed: Parsed,
}

/// Rows of one identity, at least one.
pub type Of<'a> = [&'a Row];

impl<'a> Reading<'a> {
    fn new(rows: &'a Rows, layout: &'a Layout) -> Self {
        let meaning = |(n, header): (usize, &String)| layout.columns.get(header).map(|field| (n, *field));
        let columns = rows.header.iter().enumerate().filter_map(meaning).collect();
        let parsed = Parsed {
            scope: rows.file.clone(),
            unscoped: true,
            covered: BTreeSet::from([Part::Sheet]),
            ..Parsed::default()
        };
        Self { rows, layout, columns, problems: vec![], hidden: BTreeSet::new(), parsed }
    }

    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns.iter().find(|(_, f)| *f == field).map(|(n, _)| *n)
    }
    /// The cell of a row that means this; empty where no column does.
    pub fn cell<'r>(&self, row: &'r Row, field: Field) -> &'r str {
        self.column(field).map_or("", |column| row.cell(column))
    }
    /// The first row that says it, with what it says.
    pub fn said<'r>(&self, of: &Of<'r>, field: Field) -> Option<(&'r Row, &'r str)> {
        of.iter().map(|row| (*row, self.cell(row, field))).find(|(_, cell)| !cell.is_empty())
    }

    /// Something is wrong in one cell: it counts as empty, and the register loses nothing that it knows of this identity.
    pub fn problem(&mut self, key: &str, row: &Row, column: Option<usize>, words: impl Into<String>) {
        self.wrong(row, column, words.into());
        self.parsed.partial.insert(key.to_owned());
    }

    fn wrong(&mut self, row: &Row, column: Option<usize>, words: String) {
        let place = match column.and_then(|c| self.rows.header.get(c)) {
            Some(header) => format!("line {}, column {:?}", row.line, shown(header)),
            None => format!("line {}", row.line),
        };
        self.problems.push((row.line, Problem { file: self.rows.file.clone(), place, words }));
    }

    /// The rows of each identity, in the order of their names.
    fn by_key(&mut self) -> Result<BTreeMap<&'a str, Vec<&'a Row>>> {
        let column = self.column(Field::Id).or(self.column(Field::Name));
        let column = column.ok_or_else(|| Error::invalid("no column says which identity a row is of"))?;
        let mut all: BTreeMap<&'a str, Vec<&'a Row>> = BTreeMap::new();
        let rows: &'a Rows = self.rows;
        for row in &rows.rows {
            let key = row.cell(column);
            let wrong = if key.is_empty() {
                "it is empty: nothing says which identity the row is of"
            } else if secrets::in_name(key).is_some() {
                "it looks like a secret: choose another column to know identities by"
            } else if identity::check_name(key).is_err() {
                "it is too long, or has control or invisible characters"
            } else {
                all.entry(key).or_default().push(row);
                continue;
            };
            self.wrong(row, Some(column), wrong.to_owned());
            self.parsed.unnamed = true;
        }
        Ok(all)
    }

    fn principal(&mut self, key: &str, of: &Of<'_>) -> Result<Option<Principal>> {
        self.one_story(key, of);
        let Some(claim) = claim::read(self, key, of)? else { return Ok(None) };
        let mut principal = Principal { claim, entitlements: BTreeMap::new(), credentials: BTreeMap::new() };
        facts::read(self, key, of, &mut principal)?;
        Ok(Some(principal))
    }

    /// What is of the identity itself is one in all its rows; the first that says it counts.
    fn one_story(&mut self, key: &str, of: &Of<'_>) {
        let [_, _, ..] = of else { return };
        for (column, field) in self.columns.clone() {
            if field.is_of_the_row() {
                continue;
            }
            let mut first: Option<&Row> = None;
            for row in of.iter().filter(|row| !row.cell(column).is_empty()) {
                match first {
                    None => first = Some(row),
                    Some(said) if said.cell(column).to_lowercase() == row.cell(column).to_lowercase() => {}
                    Some(said) => {
                        let words = format!("it contradicts line {}, which counts", said.line);
                        self.problem(key, row, Some(column), words);
                    }
                }
            }
        }
    }

    /// A date of one row; what cannot be read is a problem, and counts as nothing said.
    pub fn date(&mut self, key: &str, row: &Row, field: Field) -> Result<Said> {
        let said = dates::read(self.cell(row, field), self.layout.dates);
        let column = self.column(field);
        match said {
            Said::Ambiguous => {
                let header = column.map_or("", |c| self.rows.header[c].as_str());
                Err(Error::invalid(format!(
                    "{}: line {}, column {:?}: day and month could be either way round: say which comes first (--dates dmy or mdy), \
                     or write 2025-04-03",
                    self.rows.file,
                    row.line,
                    shown(header)
                )))
            }
            Said::Unreadable => {
                self.problem(key, row, column, "not a date: 2025-04-03, 2025-04-03 09:30 or RFC 3339");
                Ok(Said::Nothing)
            }
            said => Ok(said),
        }
    }

    /// The name of something that a cell holds, without what is surely a secret: a merely random one may be what it is called.
    pub fn name_of(&mut self, column: usize, cell: &str) -> String {
        let Some((left, _)) = secrets::in_name(cell) else { return line(cell) };
        self.hide(column);
        line(&left)
    }

    /// What a cell says, without secrets, as one line of a bounded length. What looks like a formula stays text.
    pub fn plain(&mut self, column: usize, cell: &str) -> String {
        let Some(left) = without_secrets(&self.rows.header[column], cell) else { return line(cell) };
        self.hide(column);
        line(&left)
    }

    /// Something in this column looked like a secret.
    pub fn hide(&mut self, column: usize) {
        self.hidden.insert(column);
    }
}

/// A cell as one line of a bounded length.
pub fn line(cell: &str) -> String {
    let words = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = visible_line(&words);
    let long = line.chars().count() > LONGEST;
    if long { line.chars().take(LONGEST - 1).chain(['…']).collect() } else { line.into_owned() }
}

/// The time that was said.
pub const fn at(said: Said) -> Option<Timestamp> {
    match said {
        Said::At(at) => Some(at),
        _ => None,
    }
}
