//! Evidence packs: clean ones pass, every kind of tampering is refused, and what cannot be shown is said.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod clean;
mod extract;
mod sample;
mod tamper;
mod witness;
