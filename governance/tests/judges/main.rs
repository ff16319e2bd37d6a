//! What we say of AWS policies beside what independent judges say of the same ones. `scripts/judges.sh` installs them and says where
//! they are; with `REQUIRE_JUDGES` their absence is a failure.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod access;
mod escalation;
mod narrow;
mod risks;

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the judges are")]
fn judge(name: &str) -> Option<String> {
    let judge = std::env::var(name).ok();
    assert!(judge.is_some() || std::env::var("REQUIRE_JUDGES").is_err(), "REQUIRE_JUDGES is set, {name} is not");
    if judge.is_none() {
        eprintln!("skipped: {name} is not set (scripts/judges.sh)");
    }
    judge
}
