//! A changed migration is a changed program: the statements are embedded.
fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
