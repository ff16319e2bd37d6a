//! Files between being sent and being imported: kept in memory alone, since a configuration may hold a secret that is
//! redacted only on its way into the register.
use governance::{
    engine::imports::ImportInput,
    error::{Error, Result},
    id::PersonId,
    import::sheet::mapping::Given,
    source,
    time::Timestamp,
};
use std::sync::{Arc, Mutex, PoisonError};

/// What sort of file was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// What a platform exports.
    Export(source::Kind),
    People,
    Owners,
}

impl What {
    /// What its files are about stands in the folders they are kept in.
    #[must_use]
    pub const fn comes_as_folder(self) -> bool {
        matches!(self, Self::Export(source::Kind::Github))
    }
}

impl std::str::FromStr for What {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self> {
        match word {
            "people" => Ok(Self::People),
            "owners" => Ok(Self::Owners),
            kind => kind.parse().map(Self::Export),
        }
    }
}

/// Bytes of one upload, all files together.
pub const LARGEST: usize = 48 << 20;
/// Bytes of all that wait.
const ROOM: usize = 160 << 20;
/// How long one waits for its import.
const LIFE: chrono::TimeDelta = chrono::TimeDelta::minutes(30);

/// What one person sent.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: String,
    pub by: PersonId,
    pub what: What,
    /// What the source is called, where its export does not say.
    pub name: Option<String>,
    /// Name and bytes.
    pub files: Arc<Vec<(String, Vec<u8>)>>,
    /// What was said of a list's columns.
    pub given: Given,
    pub at: Timestamp,
}

impl Upload {
    fn size(&self) -> usize {
        self.files.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// The import of a list of one's own; `None` for anything else.
    #[must_use]
    pub fn list(&self) -> Option<ImportInput> {
        let kind = source::Kind::Csv;
        (self.what == What::Export(kind)).then(|| ImportInput {
            kind,
            files: self.files.to_vec(),
            name: self.name.clone(),
            allow_removals: false,
        })
    }
}

/// All that wait. One a person: a new one takes the place of the last.
#[derive(Debug, Clone, Default)]
pub struct Uploads(Arc<Mutex<Vec<Upload>>>);

impl Uploads {
    /// Keeps one.
    ///
    /// # Errors
    /// `TooMany` while others fill the room.
    pub fn keep(&self, upload: Upload) -> Result<()> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|u| u.by != upload.by && upload.at - u.at < LIFE);
        if all.iter().map(Upload::size).sum::<usize>() + upload.size() > ROOM {
            return Err(Error::new(
                governance::error::Kind::TooMany,
                "too many files wait to be imported: try again shortly",
            ));
        }
        all.push(upload);
        Ok(())
    }

    /// What this person sent under that id.
    ///
    /// # Errors
    /// `Expired` once it was imported or waited too long.
    pub fn get(&self, id: &str, by: PersonId, now: Timestamp) -> Result<Upload> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|u| u.id == id && u.by == by && now - u.at < LIFE);
        found.cloned().ok_or_else(|| {
            Error::new(governance::error::Kind::Expired, "these files are no longer here: choose them once more")
        })
    }

    /// Keeps what this person said of its columns.
    ///
    /// # Errors
    /// As [`Uploads::get`].
    pub fn map(&self, id: &str, by: PersonId, now: Timestamp, given: Given) -> Result<()> {
        let found = self.get(id, by, now)?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter_mut().filter(|u| u.id == found.id && u.by == by).for_each(|u| u.given.clone_from(&given));
        Ok(())
    }

    /// Forgets it.
    pub fn drop(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|u| u.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(id: &str, by: u8, minute: i64, bytes: usize) -> Upload {
        let at = Timestamp::EPOCH + chrono::TimeDelta::minutes(minute);
        let by = PersonId::new(Timestamp::EPOCH, [by; 10]);
        Upload {
            id: id.into(),
            by,
            what: What::People,
            name: None,
            files: Arc::new(vec![("a".into(), vec![0; bytes])]),
            given: Given::default(),
            at,
        }
    }

    #[test]
    fn one_waits_a_while_for_whoever_sent_it() {
        let (all, at) = (Uploads::default(), |minute| Timestamp::EPOCH + chrono::TimeDelta::minutes(minute));
        let (one, two) = (upload("a", 1, 0, 9), upload("b", 2, 0, 9));
        all.keep(one.clone()).unwrap();
        assert!(all.get("a", one.by, at(29)).is_ok());
        assert!(all.get("a", two.by, at(1)).is_err(), "another person's");
        assert!(all.get("a", one.by, at(30)).is_err(), "late");
        all.keep(upload("c", 1, 1, 9)).unwrap();
        assert!(all.get("a", one.by, at(1)).is_err(), "its place was taken");
        all.drop("c");
        assert!(all.get("c", one.by, at(1)).is_err());
    }

    #[test]
    fn the_room_is_bounded() {
        let all = Uploads::default();
        for n in 0..4 {
            let kept = all.keep(upload(&n.to_string(), n, 0, LARGEST));
            assert_eq!(kept.is_ok(), n < 3);
        }
        all.keep(upload("late", 9, 30, LARGEST)).unwrap();
    }
}
