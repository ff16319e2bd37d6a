//! One page of a list: its items, and where the next one starts.
use crate::error::{Error, Result};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The most a page holds.
pub const PAGE_MAX: u16 = 1_000;

/// A page; `next` is opaque, and `None` on the last one. The form of every list for machines (interfaces.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// Which part of a list: at most `limit` items after `cursor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    pub cursor: Option<String>,
    /// 1 to [`PAGE_MAX`].
    pub limit: u16,
}

impl Default for Want {
    fn default() -> Self {
        Self { cursor: None, limit: 50 }
    }
}

impl Want {
    /// The place to start after.
    ///
    /// # Errors
    /// `Invalid` for a cursor that this list did not give out.
    pub(crate) fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        let bad = || Error::invalid("the cursor is not one of this list: start again without it");
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| bad())
    }
    pub(crate) fn limit(&self) -> usize {
        usize::from(self.limit.clamp(1, PAGE_MAX))
    }
    /// How many rows to read: one more than wanted tells whether there is a next page.
    pub(crate) fn rows(&self) -> i64 {
        i64::from(self.limit.clamp(1, PAGE_MAX)) + 1
    }
    /// Cuts the rows to a page; `key` is what the next one starts after.
    pub(crate) fn page<T, K: Serialize>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Result<Page<T>> {
        let more = items.len() > self.limit();
        items.truncate(self.limit());
        let next = match items.last().filter(|_| more) {
            Some(last) => Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&key(last)).map_err(Error::internal)?)),
            None => None,
        };
        Ok(Page { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_the_next_one_starts() {
        let want = Want { cursor: None, limit: 2 };
        let page = want.page(vec![1, 2, 3], |n| *n).unwrap();
        assert_eq!(page.items, [1, 2]);
        let next = Want { cursor: page.next, limit: 2 };
        assert_eq!(next.after::<i32>().unwrap(), Some(2));
        assert_eq!(want.page(vec![1, 2], |n| *n).unwrap().next, None);
        assert!(Want { cursor: Some("%".into()), limit: 2 }.after::<i32>().is_err());
    }
}
