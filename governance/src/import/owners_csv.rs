//! Who answers for which identity, from CSV: `name,owner,backup`.
use super::{read, snapshot::Problem, table::Table};
use crate::{error::Result, person};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One row: an identity by its name, its owner and backup by e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerRow {
    pub name: String,
    pub owner: String,
    pub backup: Option<String>,
    pub line: u64,
}

/// The good rows, and what was wrong with the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    pub rows: Vec<OwnerRow>,
    pub problems: Vec<Problem>,
}

/// Reads the file.
///
/// # Errors
/// `Invalid` when it is no CSV with columns name and owner.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Owners> {
    let table = Table::read(file, &read::text(file, bytes)?, &["name", "owner"])?;
    let mut owners = Owners { rows: vec![], problems: table.problems.clone() };
    let mut seen = BTreeMap::new();
    for row in table.rows() {
        let read = || -> Result<OwnerRow> {
            let name = row.get("name").to_owned();
            crate::identity::check_name(&name)?;
            let backup = row.some("backup").map(person::email).transpose()?;
            Ok(OwnerRow { name, owner: person::email(row.get("owner"))?, backup, line: row.line() })
        };
        match read() {
            Ok(owner) => match seen.insert(owner.name.clone(), row.line()) {
                Some(first) => owners.problems.push(row.problem(format!("the same identity as in line {first}"))),
                None => owners.rows.push(owner),
            },
            Err(e) => owners.problems.push(row.problem(e.detail)),
        }
    }
    Ok(owners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_come_by_name() {
        let got = parse("o.csv", b"name,owner,backup\nlevel1,Ana@example.com,bob@example.com\nlevel3,ana@example.com,\nx,nobody,\nlevel1,b@c.d,\n,a@b.c,\n").unwrap();
        assert_eq!(got.rows.len(), 2);
        assert_eq!((got.rows[0].owner.as_str(), got.rows[1].backup.as_deref()), ("ana@example.com", None));
        let places: Vec<_> = got.problems.iter().map(|p| p.place.as_str()).collect();
        assert_eq!(places, ["line 4", "line 5", "line 6"]);
    }
}
