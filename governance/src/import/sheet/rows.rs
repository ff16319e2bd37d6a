//! The bytes of a list to its header and its rows, each with the line it starts on.
use crate::{
    error::{Error, Result},
    import::{
        redact::{MARK, secret},
        snapshot::Problem,
    },
    text::visible_line,
};
use std::collections::HashSet;

/// The longest list, in bytes.
pub const LONGEST: usize = 100 << 20;
/// The most columns: a wider table is not a list of accounts.
const MOST_COLUMNS: usize = 200;

/// A list whose header could be read.
#[derive(Debug)]
pub struct Rows {
    pub file: String,
    pub header: Vec<String>,
    pub rows: Vec<Row>,
    /// Rows that could not be read.
    pub problems: Vec<Problem>,
}

/// One row: as many cells as the header has.
#[derive(Debug)]
pub struct Row {
    pub line: u64,
    cells: csv::StringRecord,
}

impl Row {
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
}

/// A header for people to read: a list without one begins with its first row, where a secret may stand.
#[must_use]
pub fn shown(header: &str) -> String {
    if secret("", header).is_some() { MARK.into() } else { crate::word::short(&visible_line(header)) }
}

impl Rows {
    /// Reads the file: commas, semicolons or tabs between cells, quotes around what holds them.
    ///
    /// # Errors
    /// `Invalid` for what is no text, is cut inside of a quote, has two columns of one name, or no row.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self> {
        if bytes.len() > LONGEST {
            return Err(Error::invalid(format!(
                "{file}: longer than {} MB: give it in parts, as lists of their own",
                LONGEST >> 20
            )));
        }
        let text = text(file, bytes)?;
        let (said, skipped) = separator_line(&text);
        let body = &text[skipped..];
        let before = u64::from(skipped > 0);
        let delimiter = said.unwrap_or_else(|| delimiter(body));
        if let Some(line) = unclosed(body, delimiter) {
            let line = line + before;
            return Err(Error::invalid(format!(
                "{file}: line {line}: a quote opens that nothing closes: the file is cut off or damaged"
            )));
        }
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(body.as_bytes());
        let first = reader.headers().map_err(|_| Error::invalid(format!("{file}: line 1: no CSV header")))?.clone();
        let header = header(file, &first)?;
        let mut it = Self { file: file.into(), header, rows: vec![], problems: vec![] };
        for record in reader.records() {
            let place = |at: Option<&csv::Position>| at.map_or(0, csv::Position::line) + before;
            match record {
                Ok(cells) => it.take(place(cells.position()), cells),
                Err(e) => it.problem(place(e.position()), "not a CSV row".into()),
            }
        }
        if it.rows.is_empty() && it.problems.is_empty() {
            return Err(Error::invalid(format!("{file}: a header and no row: export it again")));
        }
        Ok(it)
    }

    fn take(&mut self, line: u64, cells: csv::StringRecord) {
        let width = self.header.len();
        let blank = |c: &str| c.is_empty();
        if cells.iter().all(blank) {
            return;
        }
        // spreadsheets write separators behind the last column
        if cells.len() < width || !cells.iter().skip(width).all(blank) {
            self.problem(line, format!("{} cells, the header has {width}", cells.len()));
        } else {
            self.rows.push(Row { line, cells });
        }
    }

    fn problem(&mut self, line: u64, words: String) {
        self.problems.push(Problem { file: self.file.clone(), place: format!("line {line}"), words });
    }
}

fn text(file: &str, bytes: &[u8]) -> Result<String> {
    let wrong = || {
        Error::invalid(format!(
            "{file}: not text in UTF-8, or in UTF-16 with its mark: save it as \"CSV UTF-8\" (a workbook is no CSV)"
        ))
    };
    let is_text = |e: &Error| e.detail.contains("not a text file");
    let text = crate::import::read::text(file, bytes).map_err(|e| if is_text(&e) { wrong() } else { e })?;
    // UTF-16 without its mark reads as text full of these
    if text.contains('\0') {
        return Err(wrong());
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n")) // the reader counts lines by \n alone
}

/// `sep=;`, which spreadsheets put before the header: what it says, and how many bytes it takes.
fn separator_line(text: &str) -> (Option<u8>, usize) {
    let line = text.split_inclusive('\n').next().unwrap_or_default();
    match line.trim_end().as_bytes() {
        [s, e, p, b'=', mark] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => (Some(*mark), line.len()),
        _ => (None, 0),
    }
}

/// Whichever of the three stands most often in the header, outside of quotes.
fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in text.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(mark, _)| *mark == byte).for_each(|(_, n)| *n += 1),
        }
    }
    // of several that stand as often the first
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(mark, _)| *mark)
}

/// The line of a quote that nothing closes: the reader would take the rest of the file for one cell.
fn unclosed(text: &str, delimiter: u8) -> Option<u64> {
    let (mut line, mut opened, mut starts) = (1, None, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match opened {
            Some(_) if byte == b'"' && bytes.peek() == Some(&b'"') => drop(bytes.next()),
            Some(_) if byte == b'"' => opened = None,
            Some(_) => {}
            None if byte == b'"' && starts => opened = Some(line),
            None => {}
        }
        starts = opened.is_none() && (byte == delimiter || byte == b'\n');
        line += u64::from(byte == b'\n');
    }
    opened
}

fn header(file: &str, first: &csv::StringRecord) -> Result<Vec<String>> {
    let at = |words: String| Error::invalid(format!("{file}: line 1: {words}"));
    let mut header: Vec<String> =
        first.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    while header.last().is_some_and(String::is_empty) {
        header.pop();
    }
    if header.is_empty() {
        return Err(at("the header is empty: the first line names the columns".into()));
    }
    if header.len() > MOST_COLUMNS {
        return Err(at(format!("more than {MOST_COLUMNS} columns")));
    }
    let mut seen = HashSet::new();
    for (n, name) in header.iter_mut().enumerate() {
        if name.is_empty() {
            *name = format!("column {}", n + 1);
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(at(format!("two columns are called {:?}: rename one", shown(name))));
        }
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line and its cells.
    type Told = (u64, Vec<String>);

    fn cells(text: &str) -> (Vec<String>, Vec<Told>, Vec<String>) {
        let it = Rows::read("f.csv", text.as_bytes()).unwrap();
        let row = |r: &Row| (r.line, (0..it.header.len()).map(|i| r.cell(i).to_owned()).collect());
        (it.header.clone(), it.rows.iter().map(row).collect(), it.problems.iter().map(ToString::to_string).collect())
    }
    fn refused(bytes: &[u8]) -> String {
        Rows::read("f.csv", bytes).unwrap_err().detail
    }

    #[test]
    fn what_stands_between_cells_is_found() {
        for text in [
            "Name,Owner\nx,y\n",
            "Name;Owner\r\nx;y\r\n",
            "Name\tOwner\rx\ty\r",
            "\u{feff}Name,Owner,\nx,y,\n,,\n",
            "\"Name\",Owner\n\"x\",y",
        ] {
            let (header, rows, problems) = cells(text);
            assert_eq!((header, problems), (vec!["Name".to_owned(), "Owner".into()], vec![]), "{text:?}");
            assert_eq!(rows, [(2, vec!["x".to_owned(), "y".into()])], "{text:?}");
        }
        assert_eq!(cells("sep=;\nA;B\n1;2\n").1[0].0, 3);
        assert_eq!(cells("Only\nx\n").1, [(2, vec!["x".to_owned()])]);
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("A;B\n1;ä\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(Rows::read("f", &wide).unwrap().rows[0].cell(1), "ä");
    }

    #[test]
    fn a_cell_may_hold_lines_and_a_row_too_short_is_named() {
        let (_, rows, problems) = cells("A,B\n\"one\ntwo, \"\"three\"\"\",x\nonly\n=1+1,\"5\"\" disk\"\na,b,c\n");
        let lines: Vec<_> = rows.iter().map(|(line, cells)| (*line, cells[0].as_str())).collect();
        assert_eq!(lines, [(2, "one\ntwo, \"three\""), (5, "=1+1")]);
        assert_eq!(problems, ["f.csv: line 4: 1 cells, the header has 2", "f.csv: line 6: 3 cells, the header has 2"]);
    }

    #[test]
    fn what_is_no_list_is_refused_in_one_line() {
        for (bytes, says) in [
            (&b""[..], "empty"),
            (b"A,B\n", "no row"),
            (b"A,a\n1,2\n", "two columns are called"),
            (b"A,B\n1,\"cut", "line 2: a quote opens"),
            (b",,\n1,2,3\n", "header is empty"),
            (b"PK\x03\x04\xff\xff", "CSV UTF-8"),
            (b"A\0,\0B\0\n\0", "CSV UTF-8"),
            (b"N\xe4me,B\n1,2\n", "CSV UTF-8"),
        ] {
            let said = refused(bytes);
            assert!(said.contains(says) && said.starts_with("f.csv: ") && !said.contains('\n'), "{said}");
        }
        let token = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
        assert!(!refused(format!("{token},{token}\n1,2\n").as_bytes()).contains(&token));
    }
}
