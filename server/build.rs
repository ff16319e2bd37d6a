//! Says where the assembled site is. A release build is given its folder (`COUNTERSIGN_SITE`, see scripts/build.sh) and takes
//! the files into the binary; any other build has none, and its pages are plain HTML.
use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=COUNTERSIGN_SITE");
    let manifest = match env::var_os("COUNTERSIGN_SITE") {
        Some(folder) if !folder.is_empty() => {
            // relative to the workspace, as whoever types it means it
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
            println!("cargo:rerun-if-changed={}", folder.join("site.rs").display());
            folder.join("site.rs")
        }
        _ => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/web/no_site.rs"),
    };
    println!("cargo:rustc-env=COUNTERSIGN_SITE_MANIFEST={}", manifest.display());
}
