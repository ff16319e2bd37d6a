//! Which column of a list means what.
use crate::{
    error::{Error, Result},
    identity::Kind,
    words,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// What a column can mean.
    pub enum Field("meaning of a column") {
        /// What the identity is known by from one file to the next; without it the name is.
        Id = "id",
        Name = "name",
        Kind = "kind",
        Environment = "environment",
        /// A note: an import makes nobody an owner.
        Owner = "owner",
        Team = "team",
        Purpose = "purpose",
        Status = "status",
        Created = "created",
        /// Of the identity itself, not of one entitlement.
        LastUsed = "last_used",
        Entitlement = "entitlement",
        /// What the entitlement of the row is on.
        Resource = "resource",
        /// When the entitlement of the row ends.
        Expires = "expires",
        KeyId = "key_id",
        KeyCreated = "key_created",
        KeyRotated = "key_rotated",
        KeyExpires = "key_expires",
        /// Kept under the column's own header.
        Note = "note",
    }
}

words! {
    /// How `03/04/2025` is meant.
    pub enum Dates("order of dates") {
        DayFirst = "dmy",
        MonthFirst = "mdy",
    }
}

impl Field {
    /// What a person chooses it by.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Id => "Unique id",
            Self::Name => "Name",
            Self::Kind => "Kind of identity",
            Self::Environment => "Environment",
            Self::Owner => "Owner",
            Self::Team => "Team",
            Self::Purpose => "Purpose",
            Self::Status => "Status",
            Self::Created => "Created",
            Self::LastUsed => "Last used",
            Self::Entitlement => "Entitlement (role, permission)",
            Self::Resource => "Resource of the entitlement",
            Self::Expires => "Entitlement ends",
            Self::KeyId => "Key: id",
            Self::KeyCreated => "Key: created",
            Self::KeyRotated => "Key: last rotated",
            Self::KeyExpires => "Key: ends",
            Self::Note => "Keep as a note",
        }
    }
    /// Whether rows of one identity may differ in it: each tells of another entitlement, credential or use.
    #[must_use]
    pub const fn is_of_the_row(self) -> bool {
        matches!(
            self,
            Self::LastUsed
                | Self::Entitlement
                | Self::Resource
                | Self::Expires
                | Self::KeyId
                | Self::KeyCreated
                | Self::KeyRotated
                | Self::KeyExpires
        )
    }
}

/// What somebody said of a list; what they left out is remembered, or asked for. The form of `--mapping FILE`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// By the header of the column; a column that is not here is not read.
    pub columns: Option<BTreeMap<String, Field>>,
    pub dates: Option<Dates>,
    /// What a row is that does not say its kind; a service account where nobody said.
    pub kind: Option<Kind>,
}

/// The whole of it: what is remembered for a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The columns of the file it was said of.
    pub header: Vec<String>,
    pub columns: BTreeMap<String, Field>,
    /// `None`: a date that could be meant either way is refused.
    pub dates: Option<Dates>,
    pub kind: Kind,
}

/// A mapping names what identities are known by, and means each thing once.
///
/// # Errors
/// `Invalid`, saying which.
pub fn check(columns: &BTreeMap<String, Field>) -> Result<()> {
    let count = |field| columns.values().filter(|f| **f == field).count();
    if let Some(twice) = Field::ALL.iter().find(|f| **f != Field::Note && count(**f) > 1) {
        return Err(Error::invalid(format!(
            "two columns are said to be {twice}: choose one, and keep the other as a note"
        )));
    }
    if count(Field::Id) + count(Field::Name) == 0 {
        return Err(Error::invalid("no column says which identity a row is of: choose one to be name, or id"));
    }
    Ok(())
}

/// Reads `Account=name,Role=entitlement`.
///
/// # Errors
/// `Invalid`, naming the part.
pub fn parse(text: &str) -> Result<BTreeMap<String, Field>> {
    let mut columns = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (header, field) = part.rsplit_once('=').ok_or_else(|| {
            Error::invalid(format!(
                "{:?}: a mapping is COLUMN=MEANING, several between commas",
                crate::word::short(part)
            ))
        })?;
        if columns.insert(header.trim().to_owned(), field.trim().parse()?).is_some() {
            return Err(Error::invalid(format!("{:?} is mapped twice", crate::word::short(header))));
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_said_in_one_line() {
        let got = parse("Account=name, Owner e-mail = owner,a=b=last-used").unwrap();
        let want = [("Account", Field::Name), ("Owner e-mail", Field::Owner), ("a=b", Field::LastUsed)];
        assert_eq!(got, want.map(|(h, f)| (h.to_owned(), f)).into());
        for (wrong, says) in [("Account", "COLUMN=MEANING"), ("A=x", "meaning of a column"), ("A=name,A=id", "twice")] {
            let said = parse(wrong).unwrap_err().detail;
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn a_mapping_says_who_it_is_and_each_thing_once() {
        let refused = |text: &str| check(&parse(text).unwrap()).err().map(|e| e.detail).unwrap_or_default();
        assert_eq!(refused("A=id,B=name,C=note,D=note"), "");
        assert!(refused("A=owner").contains("which identity"));
        assert!(refused("A=name,B=team,C=team").contains("said to be team"));
    }
}
