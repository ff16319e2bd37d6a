//! SQL, one file for each noun: free functions over a [`db::Tx`]; no rule of the domain lives here.
//!
//! To add a noun: 1 a migration of the same name in `migrations/sqlite` and `migrations/postgres`; 2 a file here with its
//! statements as constants; 3 its operations in `engine/`; 4 a case in `tests/store.rs`.
pub mod actions;
pub mod approvals;
pub mod assessments;
pub mod attestations;
pub mod builds;
pub mod checkpoints;
pub mod containments;
pub mod credentials;
pub mod db;
pub mod decisions;
pub mod disk;
pub mod electorate;
pub mod entitlements;
pub mod escalations;
pub mod events;
pub mod facts;
pub mod findings;
pub mod gaps;
pub mod grants;
pub mod head;
pub mod idempotency;
pub mod identities;
mod ids;
pub mod installation;
pub mod integrity;
pub mod keys;
pub mod labels;
pub mod listing;
pub mod many;
pub mod notices;
pub mod overview;
pub mod packs;
pub mod people;
pub mod policies;
pub mod resources;
pub mod revocations;
pub mod role_changes;
pub mod runs;
pub mod seals;
pub mod sessions;
pub mod sightings;
pub mod sources;
pub mod successors;
pub mod tasks;
pub mod tiles;
