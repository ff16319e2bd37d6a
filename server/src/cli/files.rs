//! Files that commands read, and what all imports say alike.
use governance::{
    error::{Error, Result},
    import::snapshot::Problem,
    text::visible_line,
};
use std::path::{Path, PathBuf};

/// All files of one import together may be this long: a large account's export is some ten megabytes.
const LONGEST: u64 = 512 << 20;

/// One file with its name as it was given.
///
/// # Errors
/// `Invalid` if it cannot be read.
pub fn one(path: &Path) -> Result<(String, Vec<u8>)> {
    let cannot = |e: std::io::Error| Error::invalid(format!("{}: cannot be read: {e}", path.display()));
    let length = std::fs::metadata(path).map_err(cannot)?.len();
    if length > LONGEST {
        return Err(Error::invalid(format!("{}: longer than {} MiB", path.display(), LONGEST >> 20)));
    }
    Ok((path.display().to_string(), std::fs::read(path).map_err(cannot)?))
}

/// Files, and for each folder the files right in it, in the order of their names; hidden ones are passed over.
///
/// # Errors
/// `Invalid` if one cannot be read, a folder is empty, or all are too long together.
pub fn all(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>> {
    let found = found(paths)?;
    let total: u64 = found.iter().filter_map(|p| std::fs::metadata(p).ok()).map(|m| m.len()).sum();
    if total > LONGEST {
        return Err(Error::invalid(format!("the files are longer than {} MiB together", LONGEST >> 20)));
    }
    found.iter().map(|p| one(p)).collect()
}

/// The files that are meant, as [`all`] finds them, none opened yet.
///
/// # Errors
/// `Invalid` if a folder cannot be read or is empty.
pub fn found(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = vec![];
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let cannot = |e: std::io::Error| Error::invalid(format!("{}: cannot be read: {e}", path.display()));
        let mut inside = vec![];
        for entry in std::fs::read_dir(path).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !hidden && entry.path().is_file() {
                inside.push(entry.path());
            }
        }
        if inside.is_empty() {
            return Err(Error::invalid(format!("{}: there is no file in this folder", path.display())));
        }
        inside.sort();
        found.extend(inside);
    }
    Ok(found)
}

/// One line for each object that was passed over.
#[must_use]
pub fn problems(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("skipped: {}\n", visible_line(&p.to_string()))).collect()
}

#[must_use]
pub fn dry(dry_run: bool) -> &'static str {
    if dry_run { " (dry run: nothing was written)" } else { "" }
}

/// How to get the next page.
#[must_use]
pub fn more(next: Option<&str>) -> String {
    next.map_or_else(String::new, |cursor| format!("more: --cursor {cursor}\n"))
}
