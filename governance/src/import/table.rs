//! CSV with a header: columns by name, rows by line, commas or semicolons.
use super::snapshot::Problem;
use crate::error::{Error, Result};
use std::collections::HashMap;

/// A CSV file whose header was understood.
pub struct Table {
    file: String,
    columns: HashMap<String, usize>,
    rows: Vec<(u64, csv::StringRecord)>,
    /// Rows that could not be read.
    pub problems: Vec<Problem>,
}

/// One row and the line it starts on.
pub struct Row<'a> {
    table: &'a Table,
    line: u64,
    record: &'a csv::StringRecord,
}

impl Table {
    /// Reads `text`; a header without all of `needed` is refused.
    ///
    /// # Errors
    /// `Invalid`, naming the columns that are missing.
    pub fn read(file: &str, text: &str, needed: &[&str]) -> Result<Self> {
        let header = text.lines().next().unwrap_or_default();
        let delimiter = if header.contains(';') && !header.contains(',') { b';' } else { b',' };
        let text = text.replace("\r\n", "\n"); // the reader counts lines by \n alone
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|_| Error::invalid(format!("{file}: line 1: no CSV header")))?.clone();
        let columns: HashMap<_, _> = header.iter().enumerate().map(|(i, name)| (name.to_lowercase(), i)).collect();
        let missing: Vec<_> = needed.iter().filter(|n| !columns.contains_key(**n)).copied().collect();
        if !missing.is_empty() {
            let (missing, wanted) = (missing.join(", "), needed.join(","));
            return Err(Error::invalid(format!("{file}: line 1: no column {missing}; the header must have {wanted}")));
        }
        let mut table = Self { file: file.into(), columns, rows: vec![], problems: vec![] };
        for record in reader.records() {
            match record {
                Ok(r) => {
                    let line = r.position().map_or(0, csv::Position::line);
                    if r.len() == header.len() {
                        table.rows.push((line, r));
                    } else {
                        let words = format!("{} cells, the header has {}", r.len(), header.len());
                        table.problems.push(Problem { file: file.into(), place: format!("line {line}"), words });
                    }
                }
                Err(e) => {
                    let line = e.position().map_or(0, csv::Position::line);
                    let words = "not a CSV row".into();
                    table.problems.push(Problem { file: file.into(), place: format!("line {line}"), words });
                }
            }
        }
        Ok(table)
    }
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row { table: self, line: *line, record })
    }
}

impl<'a> Row<'a> {
    /// A cell; empty where the file has no such column.
    pub fn get(&self, column: &str) -> &'a str {
        self.table.columns.get(column).and_then(|i| self.record.get(*i)).unwrap_or_default()
    }
    /// A cell with something in it.
    pub fn some(&self, column: &str) -> Option<&'a str> {
        Some(self.get(column)).filter(|v| !v.is_empty())
    }
    /// The words of a cell that holds a list: between commas, semicolons, bars or spaces.
    pub fn words(&self, column: &str) -> impl Iterator<Item = &'a str> {
        self.get(column).split([';', ',', '|', ' ']).map(str::trim).filter(|w| !w.is_empty())
    }
    pub fn problem(&self, words: impl Into<String>) -> Problem {
        Problem { file: self.table.file.clone(), place: format!("line {}", self.line), words: words.into() }
    }
    pub fn has(&self, column: &str) -> bool {
        self.table.columns.contains_key(column)
    }
    pub fn line(&self) -> u64 {
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_name_and_bad_rows_by_line() {
        let check = |text: &str| {
            let table = Table::read("f.csv", text, &["name", "owner"]).unwrap();
            let rows: Vec<_> =
                table.rows().map(|r| (r.line(), r.get("name").to_owned(), r.get("owner").to_owned())).collect();
            assert_eq!(rows, [(2, "a".into(), "x".into()), (4, "c".into(), String::new())], "{text}");
            assert_eq!(table.problems[0].to_string(), "f.csv: line 3: 1 cells, the header has 2");
        };
        check("Owner,Name\nx,a\nonly\n,c\n");
        check("owner; name\r\nx;a\r\nonly\r\n;c\r\n");
        let wrong = Table::read("f.csv", "a,b\n1,2\n", &["name", "owner"]).err().unwrap().to_string();
        assert_eq!(wrong, "f.csv: line 1: no column name, owner; the header must have name,owner");
    }
}
