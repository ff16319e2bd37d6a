//! The console's size budgets: what a visitor downloads, compressed as it travels.
use crate::Result;
use std::{fs, path::Path};

/// What is measured, how its files end and begin, and how many bytes it may have.
const BUDGETS: [(&str, &str, &str, u64); 5] = [
    ("wasm (brotli)", "app-", "_bg.wasm.br", 200 * 1024),
    ("script (brotli)", "app-", ".js.br", 20 * 1024),
    ("style (brotli)", "style-", ".css.br", 15 * 1024),
    ("icons (gzip)", "icons-", ".svg.gz", 6 * 1024),
    ("fonts", "", ".woff2", 90 * 1024),
];

pub fn check(site: &Path) -> Result<()> {
    let mut over = Vec::new();
    for (what, start, end, budget) in BUDGETS {
        let (mut files, mut bytes) = (0, 0);
        for entry in fs::read_dir(site.join("assets"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(start) && name.ends_with(end) {
                files += 1;
                bytes += entry.metadata()?.len();
            }
        }
        println!("  {what:<16} {bytes:>7} of {budget:>7} bytes, {files} file(s)");
        if files == 0 || bytes > budget {
            over.push(what);
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("missing or over budget: {}", over.join(", ")).into()) }
}
