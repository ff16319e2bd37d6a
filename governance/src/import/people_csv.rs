//! People from CSV: `email,name,manager,groups,roles,status`.
use super::{
    read,
    snapshot::Problem,
    table::{Row, Table},
};
use crate::{
    error::{Error, Result},
    person::{self, Role, Status},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One person as a row says it. `None`: the file has no such column, so what is known stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    pub email: String,
    pub name: String,
    /// An e-mail address; `Some(None)`: they have no manager.
    pub manager: Option<Option<String>>,
    pub groups: Option<BTreeSet<String>>,
    pub roles: Option<BTreeSet<Role>>,
    pub status: Option<Status>,
    /// For messages about what the register makes of it.
    pub line: u64,
}

/// The good rows, and what was wrong with the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    pub rows: Vec<PersonRow>,
    pub problems: Vec<Problem>,
}

/// Reads the file. Lists in a cell stand between semicolons, bars, commas (in quotes) or spaces.
///
/// # Errors
/// `Invalid` when it is no CSV with columns email and name.
pub fn parse(file: &str, bytes: &[u8]) -> Result<People> {
    let table = Table::read(file, &read::text(file, bytes)?, &["email", "name"])?;
    let mut people = People { rows: vec![], problems: table.problems.clone() };
    let mut seen = BTreeMap::new();
    for row in table.rows() {
        match one(&row) {
            Ok(person) => match seen.insert(person.email.clone(), row.line()) {
                Some(first) => people.problems.push(row.problem(format!("the same e-mail address as in line {first}"))),
                None => people.rows.push(person),
            },
            Err(e) => people.problems.push(row.problem(e.detail)),
        }
    }
    people.problems.sort_by_key(|p| p.place.trim_start_matches("line ").parse::<u64>().unwrap_or(0));
    Ok(people)
}

fn one(row: &Row<'_>) -> Result<PersonRow> {
    let name = row.some("name").ok_or_else(|| Error::invalid("name is empty"))?;
    crate::identity::check_name(name)?;
    let roles = row
        .words("roles")
        .map(|w| w.to_ascii_lowercase().replace('-', "_").parse())
        .collect::<Result<BTreeSet<Role>>>()?;
    person::check_roles(&roles)?;
    let groups: BTreeSet<_> = row.words("groups").map(ToOwned::to_owned).collect();
    groups.iter().try_for_each(|g| person::check_group(g))?;
    let status = match row.get("status").to_ascii_lowercase().as_str() {
        "" => Status::Active,
        word => word.parse()?,
    };
    Ok(PersonRow {
        email: person::email(row.get("email"))?,
        name: name.into(),
        manager: row.has("manager").then(|| row.some("manager").map(person::email).transpose()).transpose()?,
        groups: row.has("groups").then_some(groups),
        roles: row.has("roles").then_some(roles),
        status: row.has("status").then_some(status),
        line: row.line(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_come_by_name_of_the_column_and_bad_rows_by_line() {
        let csv = "email,name,manager,groups,roles,status\n\
                   Ana@Example.com,Ana Ruiz,,finance-ops;sec,approver|owner,active\n\
                   bob@example.com,Bob,ana@example.com,,admin;approver,\n\
                   nobody,No Body,,,,\n\
                   cy@example.com,Cy,,,king,\n\
                   ana@example.com,Ana again,,,,\n\
                   dee@example.com,Dee,ana@example.com,,policy-author,left\n";
        let got = parse("p.csv", csv.as_bytes()).unwrap();
        let emails: Vec<_> = got.rows.iter().map(|r| (r.email.as_str(), r.status)).collect();
        assert_eq!(emails, [("ana@example.com", Some(Status::Active)), ("dee@example.com", Some(Status::Left))]);
        assert_eq!(got.rows[0].roles.as_ref().unwrap().len(), 2);
        assert_eq!(got.rows[1].manager, Some(Some("ana@example.com".into())));
        let places: Vec<_> = got.problems.iter().map(|p| p.place.as_str()).collect();
        assert_eq!(places, ["line 3", "line 4", "line 5", "line 6"]);
        let bare = parse("p.csv", b"email,name\na@b.c,A\n").unwrap();
        assert_eq!((&bare.rows[0].roles, bare.rows[0].status), (&None, None));
        assert!(parse("p.csv", b"mail,name\n").is_err());
    }
}
