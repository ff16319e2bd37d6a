//! The transparency log, pure: an RFC 6962 tree, C2SP checkpoints, proofs and tiles (protocols.md §6.1).
//!
//! Nothing here reads a clock, a file or a database: the store keeps the rows, the engine the lock and the head.
pub mod checkpoint;
pub mod entry;
pub mod event;
pub mod frontier;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod proof_file;
pub mod range;
pub mod since;
pub mod tile;

pub use checkpoint::Checkpoint;
pub use entry::Entry;
pub use frontier::Frontier;
pub use merkle::{Hash, leaf_hash, node_hash, root};
pub use note::{Note, SigningKey, VerifierKey};
pub use proof_file::ProofFile;
pub use range::{Range, RangeProof};
pub use since::Since;
