//! What is settled about a list's columns: said now, else remembered as long as the header is the same, else asked for.
use super::guess::guess;
use super::mapping::{Dates, Field, Given, Layout, check};
use super::rows::shown;
use crate::{
    error::{Error, Result},
    identity::Kind,
};
use std::collections::{BTreeMap, BTreeSet};

/// Columns that are not those of the remembered header. The order of columns means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    pub new: Vec<String>,
    pub gone: Vec<String>,
}

impl Drift {
    #[must_use]
    pub fn of(header: &[String], remembered: Option<&Layout>) -> Self {
        let Some(known) = remembered else { return Self::default() };
        let (now, then): (BTreeSet<_>, BTreeSet<_>) = (header.iter().collect(), known.header.iter().collect());
        let list = |of: std::collections::btree_set::Difference<'_, &String>| of.map(|h| (*h).clone()).collect();
        Self { new: list(now.difference(&then)), gone: list(then.difference(&now)) }
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty()
    }
}

/// What to offer: what is remembered of the columns that are still there, and a guess for the others.
#[must_use]
pub fn offer(header: &[String], remembered: Option<&Layout>) -> BTreeMap<String, Field> {
    let Some(known) = remembered else { return guess(header) };
    let here = |h: &&String| header.contains(*h);
    let mut columns: BTreeMap<_, _> =
        known.columns.iter().filter(|(h, _)| here(h)).map(|(h, f)| (h.clone(), *f)).collect();
    for (name, field) in guess(header) {
        let taken = field != Field::Note && columns.values().any(|f| *f == field);
        if !taken && !known.header.contains(&name) {
            columns.insert(name, field);
        }
    }
    columns
}

/// Settles it.
///
/// # Errors
/// `Invalid` where nobody said what the columns mean, or the header is another than the one they said it of: with the offer.
pub fn settle(
    file: &str,
    source: &str,
    header: &[String],
    given: &Given,
    remembered: Option<&Layout>,
) -> Result<Layout> {
    let drift = Drift::of(header, remembered);
    let columns = match (&given.columns, remembered) {
        (Some(said), _) => {
            if let Some(none) = said.keys().find(|h| !header.contains(h)) {
                let all: Vec<_> = header.iter().map(|h| format!("{:?}", shown(h))).collect();
                let none = shown(none);
                return Err(Error::invalid(format!(
                    "{file}: line 1: no column {none:?}; there are {}",
                    all.join(", ")
                )));
            }
            check(said)?;
            said.clone()
        }
        (None, Some(known)) if drift.is_empty() => known.columns.clone(),
        (None, _) => return Err(ask(file, source, header, &drift, remembered)),
    };
    let (dates, kind) = rest(given, remembered);
    Ok(Layout { header: header.to_vec(), columns, dates, kind })
}

/// The order of dates and the kind of a row that says none. Whoever says the columns anew says these with them.
#[must_use]
pub fn rest(given: &Given, remembered: Option<&Layout>) -> (Option<Dates>, Kind) {
    let known = remembered.filter(|_| given.columns.is_none());
    let kind = given.kind.or(known.map(|k| k.kind)).unwrap_or(Kind::ServiceAccount);
    (given.dates.or(known.and_then(|k| k.dates)), kind)
}

fn ask(file: &str, source: &str, header: &[String], drift: &Drift, remembered: Option<&Layout>) -> Error {
    let names = |of: &[String]| of.iter().map(|h| format!("{:?}", shown(h))).collect::<Vec<_>>().join(", ");
    let mut said = match remembered {
        None => format!("{file}: nobody said yet what the columns of \"{source}\" mean"),
        Some(_) => {
            let mut words = vec![];
            words.extend((!drift.new.is_empty()).then(|| format!("new {}", names(&drift.new))));
            words.extend((!drift.gone.is_empty()).then(|| format!("gone {}", names(&drift.gone))));
            let words = words.join(", ");
            format!(
                "{file}: the header is not the one that was mapped for \"{source}\": {words}; say anew what the columns mean"
            )
        }
    };
    let offer = offer(header, remembered);
    let map: Vec<_> = header.iter().filter_map(|h| offer.get(h).map(|f| format!("{}={f}", shown(h)))).collect();
    let unread: Vec<_> = header.iter().filter(|h| !offer.contains_key(*h)).cloned().collect();
    said += &format!("; the guess: --map \"{}\"", map.join(","));
    if !unread.is_empty() {
        said += &format!("; not read: {}", names(&unread));
    }
    if let Err(missing) = check(&offer) {
        said += &format!("; missing: {}", missing.detail);
    }
    Error::invalid(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::sheet::mapping::parse;

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }
    fn given(map: &str) -> Given {
        Given { columns: Some(parse(map).unwrap()), ..Given::default() }
    }

    #[test]
    fn what_was_said_once_is_remembered_until_the_header_changes() {
        let first = header("Account,Role,Floor");
        let said = Given { dates: Some(Dates::DayFirst), ..given("Account=name,Role=entitlement") };
        let known = settle("f", "HR", &first, &said, None).unwrap();
        let again = |text: &str| settle("f", "HR", &header(text), &Given::default(), Some(&known));
        assert_eq!(again("Floor,Account,Role").unwrap().columns, known.columns);
        assert_eq!(again("Account,Role,Floor").unwrap(), known);
        let asked = again("Account,Permission,Floor").unwrap_err().detail;
        for words in [
            "new \"Permission\", gone \"Role\"",
            "--map \"Account=name,Permission=entitlement\"",
            "not read: \"Floor\"",
        ] {
            assert!(asked.contains(words), "{asked}");
        }
        let month = Given { dates: Some(Dates::MonthFirst), ..Given::default() };
        assert_eq!(settle("f", "HR", &first, &month, Some(&known)).unwrap().dates, Some(Dates::MonthFirst));
        let anew = settle("f", "HR", &first, &given("Account=id"), Some(&known)).unwrap();
        assert_eq!((anew.dates, anew.columns.len()), (None, 1), "said anew, it is the whole of it");
    }

    #[test]
    fn without_a_word_there_is_a_guess_and_what_is_missing() {
        let asked = settle("f", "HR", &header("Blue,Owner"), &Given::default(), None).unwrap_err().detail;
        assert!(
            asked.contains("--map \"Owner=owner\"; not read: \"Blue\"; missing: no column says which identity"),
            "{asked}"
        );
        let none = settle("f", "HR", &header("Blue,Owner"), &given("Green=name"), None).unwrap_err().detail;
        assert_eq!(none, "f: line 1: no column \"Green\"; there are \"Blue\", \"Owner\"");
    }
}
