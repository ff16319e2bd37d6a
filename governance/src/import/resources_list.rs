//! A list of resources: CSV with the columns `type,id` and any of `kind,owner,data_class,trust,trusted_until,retention_days,
//! purpose,definition`, or one JSON object on each line with the same members.
use super::{read, snapshot::Problem, table::Table};
use crate::error::{Error, Result};
use crate::json::Limits;
use crate::resource::Change;
use serde_json::{Map, Value};

/// One row: how questions name it, and what is said of it. What the file has no cell for stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRow {
    pub resource_type: String,
    pub resource_id: String,
    pub change: Change,
    pub line: u64,
}

/// The good rows, and what was wrong with the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    pub rows: Vec<ResourceRow>,
    pub problems: Vec<Problem>,
}

const COLUMNS: [&str; 8] =
    ["kind", "owner", "data_class", "trust", "trusted_until", "retention_days", "purpose", "definition"];

/// Reads the file; what begins with `{` is JSON.
///
/// # Errors
/// `Invalid` when it is neither.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Resources> {
    let text = read::text(file, bytes)?;
    if text.trim_start().starts_with('{') { Ok(lines(file, &text)) } else { table(file, &text) }
}

fn lines(file: &str, text: &str) -> Resources {
    let mut found = Resources::default();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = n as u64 + 1;
        let one = crate::json::read(line.as_bytes(), Limits::default())
            .map_err(|e| Error::invalid(e.to_string()))
            .and_then(|value| match value {
                Value::Object(members) => row(members, number),
                _ => Err(Error::invalid("one JSON object on each line")),
            });
        match one {
            Ok(row) => found.rows.push(row),
            Err(e) => {
                let place = format!("line {number}");
                found.problems.push(Problem { file: file.into(), place, words: e.detail });
            }
        }
    }
    found
}

fn table(file: &str, text: &str) -> Result<Resources> {
    let table = Table::read(file, text, &["type", "id"])?;
    let mut found = Resources { rows: vec![], problems: table.problems.clone() };
    for cells in table.rows() {
        let mut members = Map::new();
        members.insert("type".into(), cells.get("type").into());
        members.insert("id".into(), cells.get("id").into());
        for column in COLUMNS {
            let Some(cell) = cells.some(column) else { continue };
            let number = if column == "retention_days" { cell.parse::<u32>().ok() } else { None };
            // people write memory-store and memory_store
            let word = if matches!(column, "kind" | "trust") { cell.replace('-', "_") } else { cell.to_owned() };
            members.insert(column.into(), number.map_or_else(|| word.into(), Value::from));
        }
        match row(members, cells.line()) {
            Ok(row) => found.rows.push(row),
            Err(e) => found.problems.push(cells.problem(e.detail)),
        }
    }
    Ok(found)
}

fn row(mut members: Map<String, Value>, line: u64) -> Result<ResourceRow> {
    let mut name = |what: &str| match members.remove(what) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Error::invalid(format!("{what}: a text, as questions name it"))),
    };
    let (resource_type, resource_id) = (name("type")?, name("id")?);
    let change = serde_json::from_value(members.into()).map_err(|e| Error::invalid(e.to_string()))?;
    Ok(ResourceRow { resource_type, resource_id, change, line })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Kind, Trust};

    #[test]
    fn both_forms_say_the_same() {
        let csv =
            b"type,id,kind,trust,retention_days\nhost,a.example,destination,trusted,\nmem,notes,memory-store,,30\n";
        let json = b"{\"type\":\"host\",\"id\":\"a.example\",\"kind\":\"destination\",\"trust\":\"trusted\"}\n\n{\"type\":\"mem\",\"id\":\"notes\",\"kind\":\"memory_store\",\"retention_days\":30}\n";
        let plain = |found: &Resources| -> Vec<(String, Change)> {
            found.rows.iter().map(|r| (r.resource_id.clone(), r.change.clone())).collect()
        };
        let (csv, json) = (parse("r.csv", csv), parse("r.ndjson", json).unwrap());
        assert_eq!(json.rows.iter().map(|r| r.line).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(json.rows[0].change.trust, Some(Trust::Trusted));
        assert_eq!(json.rows[1].change.kind, Some(Kind::MemoryStore));
        let csv = csv.unwrap();
        assert_eq!(plain(&csv), plain(&json), "{:?}", csv.problems);
    }

    #[test]
    fn bad_rows_are_named_by_their_line() {
        let found =
            parse("r.ndjson", b"{\"type\":\"host\"}\n{\"type\":\"host\",\"id\":\"a\",\"trusted\":true}\n[]\n").unwrap();
        let places: Vec<_> = found.problems.iter().map(|p| p.place.as_str()).collect();
        assert_eq!((found.rows.len(), places), (0, vec!["line 1", "line 2", "line 3"]));
        let found = parse("r.csv", b"type,id,kind,retention_days\nmem,notes,memory_store,long\n").unwrap();
        assert_eq!(found.problems[0].place, "line 2");
        assert!(parse("r.csv", b"name\nx\n").is_err());
    }
}
