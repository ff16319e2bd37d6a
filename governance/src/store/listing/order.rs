//! In which order a list of identities stands, and where a page of it ends. Each order has an index (`ways.rs`).
use super::Line;
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::store::db::Arg;
use crate::words;
use serde::{Deserialize, Serialize};
use std::cmp::{Ordering, Reverse};

words! {
    /// Orders of a list of identities.
    #[derive(Default)]
    pub enum Order("order") {
        /// By name.
        #[default]
        Name = "name",
        /// The worst open finding first; those that have none at the end.
        Worst = "worst",
        /// Registered last, first.
        Newest = "newest",
    }
}

/// What an identity stands by; the id decides between equals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum By {
    Number(i64),
    Name(String),
}

/// Where a line stands in an order: a page goes on behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    order: Order,
    by: By,
    id: String,
}

/// The rank of an identity without an open finding; severities have theirs from 0 on.
pub(super) const NO_FINDING: i64 = -1;

fn rank(worst: Option<Severity>) -> i64 {
    let at = worst.and_then(|worst| Severity::ALL.iter().position(|s| *s == worst));
    at.and_then(|at| i64::try_from(at).ok()).unwrap_or(NO_FINDING)
}

impl Place {
    /// The place of a line.
    #[must_use]
    pub fn of(order: Order, line: &Line) -> Self {
        let by = match order {
            Order::Name => By::Name(line.identity.name.clone()),
            Order::Worst => By::Number(rank(line.worst)),
            Order::Newest => By::Number(line.identity.registered_at.micros()),
        };
        Self { order, by, id: line.identity.id.to_string() }
    }

    /// Whether it is of this order.
    ///
    /// # Errors
    /// `Invalid` where it is of another, or says nothing that this one goes by.
    pub fn check(self, order: Order) -> Result<Self> {
        let fits = match (order, &self.by) {
            (Order::Name, By::Name(_)) | (Order::Worst | Order::Newest, By::Number(_)) => self.order == order,
            _ => false,
        };
        let other = || Error::invalid("the cursor is of a list in another order: start again without it");
        if fits { Ok(self) } else { Err(other()) }
    }

    /// The rank of the worst finding, in the order of findings.
    pub(super) const fn rank(&self) -> Option<i64> {
        match (self.order, &self.by) {
            (Order::Worst, By::Number(rank)) => Some(*rank),
            _ => None,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Compares by the order: greater is further down.
    fn behind(&self, other: &Self) -> Ordering {
        match (&self.by, &other.by) {
            (By::Name(a), By::Name(b)) => a.cmp(b).then_with(|| self.id.cmp(&other.id)),
            (By::Number(a), By::Number(b)) if self.order == Order::Newest => {
                (Reverse(a), Reverse(&self.id)).cmp(&(Reverse(b), Reverse(&other.id)))
            }
            (By::Number(a), By::Number(b)) => (Reverse(a), &self.id).cmp(&(Reverse(b), &other.id)),
            // of one order all go by the same
            (By::Name(_), By::Number(_)) => Ordering::Greater,
            (By::Number(_), By::Name(_)) => Ordering::Less,
        }
    }
}

/// `$18` and `$19` of a page.
pub(super) fn args(order: Order, after: Option<&Place>) -> [Arg; 2] {
    let id = after.map(|place| place.id.clone()).into();
    let by = after.map(|place| &place.by);
    match (order, by) {
        (Order::Name, Some(By::Name(name))) => [Some(name.clone()).into(), id],
        (Order::Name, _) => [Arg::Text(None), id],
        (_, Some(By::Number(n))) => [Arg::Int(Some(*n)), id],
        (..) => [Arg::Int(None), id],
    }
}

/// A page of lines that are all at hand.
pub(super) fn cut(lines: Vec<Line>, order: Order, after: Option<&Place>, limit: i64) -> Vec<Line> {
    let mut placed: Vec<_> = lines.into_iter().map(|line| (Place::of(order, &line), line)).collect();
    placed.sort_by(|(a, _), (b, _)| a.behind(b));
    let rest = placed.into_iter().filter(|(place, _)| after.is_none_or(|after| place.behind(after).is_gt()));
    rest.take(usize::try_from(limit).unwrap_or(0)).map(|(_, line)| line).collect()
}
