//! Every control test that something feeds is clean before, is violated through the operations people and agents use (never by
//! writing rows), and is found; on both databases. What the product makes impossible is shown to be refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod access;
mod decisions;
mod log;
mod refused;
mod register;
mod world;

use governance::assess::{catalogue::Catalogue, fed};
use std::collections::BTreeSet;

/// One scene a test: `"ID" module::scene`. It runs on both databases, and must see the test clean and then find it violated.
#[macro_export]
macro_rules! violated {
    ($($id:literal $name:ident)*) => {
        pub const VIOLATED: &[&str] = &[$($id),*];
        $(mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let t = governance::testkit::Fresh::sqlite().await;
                governance::testkit::played(t, async |t| $crate::world::play($id, t, super::$name).await).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(t) = governance::testkit::Fresh::postgres().await {
                    governance::testkit::played(t, async |t| $crate::world::play($id, t, super::$name).await).await;
                }
            }
        })*
    };
}

#[test]
fn every_fed_test_has_its_violation_or_is_refused() {
    let catalogue = Catalogue::shipped().unwrap();
    let fed: BTreeSet<&str> =
        catalogue.tests.iter().filter(|t| fed::missing(&catalogue, t).is_empty()).map(|t| t.id.as_str()).collect();
    let shown = [register::VIOLATED, access::VIOLATED, decisions::VIOLATED, log::VIOLATED, refused::REFUSED].concat();
    let covered: BTreeSet<&str> = shown.iter().copied().collect();
    assert_eq!(shown.len(), covered.len(), "a test is shown twice");
    let without = |all: &BTreeSet<&str>, known: &BTreeSet<&str>| -> Vec<String> {
        all.difference(known).map(ToString::to_string).collect()
    };
    assert!(without(&fed, &covered).is_empty(), "fed, but nothing violates them: {:?}", without(&fed, &covered));
    assert!(without(&covered, &fed).is_empty(), "shown, but nothing feeds them: {:?}", without(&covered, &fed));
    assert_eq!(fed.len(), fed::fed(&catalogue));
}
