//! One table, as CSV and as JSON.
use governance::{
    error::{Error, Result},
    text::csv_cell,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A cell: a text anybody may have written, or a number of ours.
pub enum Cell {
    Text(String),
    Number(i64),
    None,
}

impl From<&str> for Cell {
    fn from(v: &str) -> Self {
        Self::Text(v.into())
    }
}
impl From<String> for Cell {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}
impl From<i64> for Cell {
    fn from(v: i64) -> Self {
        Self::Number(v)
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::None, Into::into)
    }
}

pub struct Table {
    /// Path in the pack, without its ending.
    pub name: String,
    pub head: &'static [&'static str],
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    pub fn new(name: impl Into<String>, head: &'static [&'static str]) -> Self {
        Self { name: name.into(), head, rows: Vec::new() }
    }
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        debug_assert_eq!(N, self.head.len(), "{}", self.name);
        self.rows.push(cells.into());
    }

    /// Puts both files among the documents.
    ///
    /// # Errors
    /// `Internal` if a value has no JSON form.
    pub fn put(&self, documents: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
        documents.insert(format!("{}.csv", self.name), self.csv().into_bytes());
        let items: Vec<Value> = self.rows.iter().map(|row| self.object(row)).collect();
        documents.insert(format!("{}.json", self.name), json_bytes(&json!({ "items": items }))?);
        Ok(())
    }

    fn object(&self, row: &[Cell]) -> Value {
        let members = self.head.iter().zip(row).map(|(name, cell)| {
            let value = match cell {
                Cell::Text(text) => Value::from(text.as_str()),
                Cell::Number(n) => Value::from(*n),
                Cell::None => Value::Null,
            };
            ((*name).to_owned(), value)
        });
        Value::Object(members.collect::<Map<_, _>>())
    }

    /// RFC 4180, with a guard: no cell is taken for a formula.
    fn csv(&self) -> String {
        let mut out = self.head.join(",");
        out.push_str("\r\n");
        for row in &self.rows {
            for (n, cell) in row.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                match cell {
                    Cell::Text(text) => quoted(&csv_cell(text), &mut out),
                    Cell::Number(number) => out.push_str(&number.to_string()),
                    Cell::None => {}
                }
            }
            out.push_str("\r\n");
        }
        out
    }
}

fn quoted(text: &str, out: &mut String) {
    if text.contains(['"', ',', '\r', '\n']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// # Errors
/// `Internal` if a value has no JSON form.
pub fn json_bytes(value: &Value) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Error::internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_back_from_both_of_its_files() {
        let mut table = Table::new("x/y", &["subject", "n", "when"]);
        table.row(["=1+1".into(), (-5).into(), Cell::None]);
        table.row(["a \"quoted\", text\nof two lines".into(), 0.into(), "2026".into()]);
        let mut documents = BTreeMap::new();
        table.put(&mut documents).unwrap();
        assert_eq!(
            String::from_utf8(documents["x/y.csv"].clone()).unwrap(),
            "subject,n,when\r\n'=1+1,-5,\r\n\"a \"\"quoted\"\", text\nof two lines\",0,2026\r\n"
        );
        let json: Value = serde_json::from_slice(&documents["x/y.json"]).unwrap();
        assert_eq!(json["items"][0], json!({"subject": "=1+1", "n": -5, "when": null}));
        assert_eq!(json["items"].as_array().unwrap().len(), 2);
    }
}
