//! A bundle is a folder of known files, and nothing else (interfaces.md, "A policy bundle is a folder").
use super::fault::Fault;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Names inside the bundle, with `/` between folders, and bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

pub const MANIFEST: &str = "bundle.toml";
pub const SCHEMA: &str = "schema.cedarschema";
pub const ENTITIES: &str = "entities.json";
/// All files together; a bound on memory and on what one row of the database holds.
pub const LARGEST_BUNDLE: u64 = 32 * 1024 * 1024;

/// Whether a file of this name belongs to a bundle.
#[must_use]
pub fn belongs(name: &str) -> bool {
    let flat = |rest: &str, ending: &str| {
        rest.strip_suffix(ending).is_some_and(|stem| !stem.is_empty() && !stem.contains(['/', '\\']))
    };
    matches!(name, MANIFEST | SCHEMA | ENTITIES)
        || name.strip_prefix("policies/").is_some_and(|rest| flat(rest, ".cedar"))
        || name.strip_prefix("tests/").is_some_and(|rest| flat(rest, ".toml"))
}

/// Reads a bundle's folder. Hidden files are passed over; any other stranger is refused, so that a misspelt folder is
/// not silently left out.
///
/// # Errors
/// A file that does not belong, cannot be read, or is too much.
pub fn read_dir(dir: &Path) -> Result<Files, Fault> {
    let mut files = Files::new();
    let mut total = 0;
    for (name, path) in entries(dir, "")? {
        if !path.is_dir() {
            take(&mut files, &mut total, name, &path)?;
            continue;
        }
        if name != "policies" && name != "tests" {
            return Err(Fault::new(
                name,
                None,
                "this folder does not belong to a bundle; only policies/ and tests/ do",
            ));
        }
        for (name, path) in entries(&path, &format!("{name}/"))? {
            take(&mut files, &mut total, name, &path)?;
        }
    }
    Ok(files)
}

fn entries(dir: &Path, prefix: &str) -> Result<Vec<(String, std::path::PathBuf)>, Fault> {
    let shown = || if prefix.is_empty() { dir.display().to_string() } else { prefix.to_owned() };
    let unreadable = |e: std::io::Error| Fault::new(shown(), None, format!("cannot be read: {e}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            return Err(Fault::new(shown(), None, "holds a file whose name is not UTF-8"));
        };
        if !name.starts_with('.') {
            found.push((format!("{prefix}{name}"), entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn take(files: &mut Files, total: &mut u64, name: String, path: &Path) -> Result<(), Fault> {
    if !belongs(&name) {
        let known = "bundle.toml, schema.cedarschema, entities.json, policies/*.cedar and tests/*.toml";
        return Err(Fault::new(name, None, format!("this file does not belong to a bundle; it holds {known}")));
    }
    let unreadable = |e: std::io::Error| Fault::new(name.clone(), None, format!("cannot be read: {e}"));
    *total += std::fs::metadata(path).map_err(unreadable)?.len();
    if *total > LARGEST_BUNDLE {
        return Err(Fault::new(name, None, "the bundle is larger than 32 MiB"));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    files.insert(name, bytes);
    Ok(())
}

/// SHA-256 over names and bytes, sorted by name, each preceded by its length (eight bytes, big-endian).
#[must_use]
pub fn hash(files: &Files) -> [u8; 32] {
    let mut sha = Sha256::new();
    let mut add = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    add(b"countersign policy bundle v1");
    for (name, bytes) in files {
        add(name.as_bytes());
        add(bytes);
    }
    sha.finalize().into()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bundles_own_files_belong() {
        for (name, want) in [
            ("bundle.toml", true),
            ("policies/a.cedar", true),
            ("tests/a.toml", true),
            ("policies/.cedar", false),
            ("policies/a/b.cedar", false),
            ("policy/a.cedar", false),
            ("../bundle.toml", false),
            ("README.md", false),
        ] {
            assert_eq!(belongs(name), want, "{name}");
        }
    }

    #[test]
    fn the_hash_covers_names_and_bytes_and_where_one_ends() {
        let of = |pairs: &[(&str, &str)]| {
            hash(&pairs.iter().map(|(n, b)| ((*n).to_owned(), b.as_bytes().to_vec())).collect::<Files>())
        };
        let base = of(&[("a", "bc"), ("d", "e")]);
        assert_eq!(base, of(&[("d", "e"), ("a", "bc")]));
        for other in
            [&[("a", "bcd"), ("", "e")][..], &[("ab", "c"), ("d", "e")], &[("a", "bc"), ("d", "f")], &[("a", "bc")]]
        {
            assert_ne!(base, of(other));
        }
    }

    #[test]
    fn a_folder_with_a_stranger_is_refused_and_hidden_files_are_passed_over() {
        let dir = std::env::temp_dir().join(format!("bundle-files-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(dir.join("policies")).unwrap();
        std::fs::write(dir.join("bundle.toml"), "x").unwrap();
        std::fs::write(dir.join(".keep"), "x").unwrap();
        std::fs::write(dir.join("policies/a.cedar"), "x").unwrap();
        let names: Vec<_> = read_dir(&dir).unwrap().into_keys().collect();
        assert_eq!(names, ["bundle.toml", "policies/a.cedar"]);
        std::fs::write(dir.join("policies/a.ceder"), "x").unwrap();
        assert_eq!(read_dir(&dir).unwrap_err().file, "policies/a.ceder");
        std::fs::remove_file(dir.join("policies/a.ceder")).unwrap();
        std::fs::create_dir(dir.join("policy")).unwrap();
        assert_eq!(read_dir(&dir).unwrap_err().file, "policy");
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
