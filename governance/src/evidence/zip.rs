//! One zip for one content: stored files, names sorted, the same fixed time, nothing optional.
//!
//! Any tool unpacks it, but there is exactly one way to write it, and the reader takes no other: what two unzip programs
//! could read differently (names twice, data between files, comments, a directory that disagrees) is refused.
use crate::error::{Error, Result};
use std::collections::BTreeMap;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0 of the format, no flags, method "stored", midnight of 1 January 1980.
const FIXED: [u8; 10] = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
const MAX_FILES: usize = 65_534;
const MAX_NAME: usize = 200;

/// Files by name, sorted bytewise.
pub type Files<'a> = BTreeMap<&'a str, &'a [u8]>;

/// Refuses names that are not plain relative paths of ASCII letters, digits, `.`, `-` and `_`.
///
/// # Errors
/// `Invalid`, naming the file.
pub fn check_name(name: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let part = |p: &str| !p.is_empty() && !p.starts_with('.') && !p.ends_with('.') && p.bytes().all(plain);
    if name.len() > MAX_NAME || !name.split('/').all(part) {
        return Err(Error::invalid(format!("a pack cannot hold a file named {name:?}")));
    }
    Ok(())
}

/// Refuses two names that some file system takes for one, and a file where another has a folder.
fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = BTreeMap::new();
    for name in names {
        check_name(name)?;
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            return Err(Error::invalid(format!("a pack cannot hold both {other} and {name}")));
        }
    }
    for name in seen.keys() {
        let folders = name.match_indices('/').map(|(at, _)| &name[..at]);
        if let Some(folder) = folders.into_iter().find(|f| seen.contains_key(*f)) {
            return Err(Error::invalid(format!("a pack cannot hold a file and a folder named {folder}")));
        }
    }
    Ok(())
}

/// The archive of these files.
///
/// # Errors
/// `Invalid` for a name that cannot be, more than 65,534 files, or 4 GiB: choose a shorter period.
pub fn write(files: &Files<'_>) -> Result<Vec<u8>> {
    check_names(files.keys().copied())?;
    let large = || Error::invalid("the pack would have more than 65,534 files or 4 GiB: choose a shorter period");
    let length = files
        .iter()
        .try_fold(22usize, |n, (name, bytes)| n.checked_add(76)?.checked_add(2 * name.len())?.checked_add(bytes.len()));
    let length = length.filter(|n| u32::try_from(*n).is_ok() && files.len() <= MAX_FILES).ok_or_else(large)?;
    let mut out = Vec::with_capacity(length);
    let mut central = Vec::new();
    for (name, bytes) in files {
        let entry = entry(name, bytes).ok_or_else(large)?;
        let offset = u32::try_from(out.len()).map_err(|_| large())?;
        out.extend_from_slice(&LOCAL.to_le_bytes());
        out.extend_from_slice(&entry);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
        central.extend(central_entry(name, &entry, offset));
    }
    let end = end(files.len(), central.len(), out.len()).ok_or_else(large)?;
    out.extend_from_slice(&central);
    out.extend_from_slice(&end);
    Ok(out)
}

/// The 26 bytes that local header and central directory share: version to length of the extra field.
fn entry(name: &str, bytes: &[u8]) -> Option<[u8; 26]> {
    let size = u32::try_from(bytes.len()).ok()?.to_le_bytes();
    let mut out = [0; 26];
    out[..10].copy_from_slice(&FIXED);
    out[10..14].copy_from_slice(&crc32(bytes).to_le_bytes());
    out[14..18].copy_from_slice(&size);
    out[18..22].copy_from_slice(&size);
    out[22..24].copy_from_slice(&u16::try_from(name.len()).ok()?.to_le_bytes());
    Some(out)
}

fn central_entry(name: &str, entry: &[u8; 26], offset: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(46 + name.len());
    out.extend_from_slice(&CENTRAL.to_le_bytes());
    out.extend_from_slice(&FIXED[..2]);
    out.extend_from_slice(entry);
    // no comment, first disk, no attributes
    out.extend_from_slice(&[0; 10]);
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(name.as_bytes());
    out
}

fn end(count: usize, length: usize, offset: usize) -> Option<[u8; 22]> {
    let count = u16::try_from(count).ok()?.to_le_bytes();
    let mut out = [0; 22];
    out[..4].copy_from_slice(&END.to_le_bytes());
    out[8..10].copy_from_slice(&count);
    out[10..12].copy_from_slice(&count);
    out[12..16].copy_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    out[16..20].copy_from_slice(&u32::try_from(offset).ok()?.to_le_bytes());
    Some(out)
}

/// Reads an archive that [`write`] could have written, and no other.
///
/// # Errors
/// `Invalid`, saying where it differs.
pub fn read(archive: &[u8]) -> Result<Files<'_>> {
    let bad = |why: &str| Error::invalid(format!("not a pack in its one form: {why}"));
    let (mut rest, mut files, mut central) = (archive, Files::new(), Vec::new());
    let mut before = "";
    while let Some(tail) = rest.strip_prefix(&LOCAL.to_le_bytes()) {
        let offset = archive.len().checked_sub(rest.len()).and_then(|n| u32::try_from(n).ok());
        let (offset, (header, tail)) =
            offset.zip(tail.split_first_chunk::<26>()).ok_or_else(|| bad("it is cut off"))?;
        let (name, size) = name_and_size(header).ok_or_else(|| bad("a file is larger than this machine can hold"))?;
        let (name, tail) = tail.split_at_checked(name).ok_or_else(|| bad("it is cut off in a name"))?;
        let name = std::str::from_utf8(name).map_err(|_| bad("a name is not UTF-8"))?;
        check_name(name)?;
        let (bytes, tail) = tail.split_at_checked(size).ok_or_else(|| bad(&format!("it is cut off in {name}")))?;
        if name <= before {
            return Err(bad(&format!("{name} is there twice or out of order")));
        }
        if entry(name, bytes).as_ref() != Some(header) {
            return Err(bad(&format!("the header of {name} does not fit it, or its checksum is wrong")));
        }
        central.extend(central_entry(name, header, offset));
        files.insert(name, bytes);
        (before, rest) = (name, tail);
    }
    let offset = archive.len().saturating_sub(rest.len());
    let end = end(files.len(), central.len(), offset).ok_or_else(|| bad("it has too many files"))?;
    if rest.strip_prefix(central.as_slice()) != Some(end.as_slice()) {
        return Err(bad("its directory does not fit its files, or something follows it"));
    }
    if files.is_empty() {
        return Err(bad("it is empty"));
    }
    check_names(files.keys().copied())?;
    Ok(files)
}

/// Length of name and content, as a header says; the header is compared in whole with what it should be afterwards.
fn name_and_size(header: &[u8; 26]) -> Option<(usize, usize)> {
    let (_, tail) = header.split_first_chunk::<18>()?;
    let (size, tail) = tail.split_first_chunk::<4>()?;
    let (name, _) = tail.split_first_chunk::<2>()?;
    Some((usize::from(u16::from_le_bytes(*name)), usize::try_from(u32::from_le_bytes(*size)).ok()?))
}

const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut n: u32 = 0;
    let mut i = 0;
    while i < 256 {
        let mut c = n;
        let mut bit = 0;
        while bit < 8 {
            c = if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 };
            bit += 1;
        }
        table[i] = c;
        i += 1;
        n += 1;
    }
    table
};

/// The checksum of the zip format (IEEE 802.3). It finds accidents; tampering is found by SHA-256.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |c, b| {
        let [low, ..] = c.to_le_bytes();
        CRC[usize::from(low ^ b)] ^ (c >> 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Files<'static> {
        Files::from([("README.txt", &b"read me"[..]), ("a/b.json", b"{}"), ("empty", b"")])
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn an_archive_reads_as_it_is_written() {
        let bytes = write(&sample()).unwrap();
        assert_eq!(read(&bytes).unwrap(), sample());
        assert_eq!(write(&read(&bytes).unwrap()).unwrap(), bytes);
    }

    #[test]
    fn a_common_unzip_program_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack.zip");
        std::fs::write(&path, write(&sample()).unwrap()).unwrap();
        let script = "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;\
                      print([(i.filename,z.read(i).decode(),i.date_time) for i in z.infolist()])";
        let Ok(out) = std::process::Command::new("python3").args(["-c", script]).arg(&path).output() else {
            eprintln!("skipped: no python3");
            return;
        };
        let time = "(1980, 1, 1, 0, 0, 0)";
        let expected =
            format!("[('README.txt', 'read me', {time}), ('a/b.json', '{{}}', {time}), ('empty', '', {time})]\n");
        assert_eq!(String::from_utf8(out.stdout).unwrap(), expected, "{}", String::from_utf8_lossy(&out.stderr));
    }

    #[test]
    fn names_that_lead_elsewhere_or_read_twice_are_refused() {
        for name in [
            "",
            "/a",
            "a/",
            "a//b",
            "..",
            "../a",
            "a/../b",
            "./a",
            ".a",
            "a.",
            "a\\b",
            "a b",
            "c:a",
            "ä",
            "a\0",
            "a\n",
            &"a".repeat(201),
        ] {
            assert!(write(&Files::from([(name, &b""[..])])).is_err(), "{name:?}");
        }
        assert!(write(&Files::from([("a", &b""[..]), ("A", b"")])).is_err());
        assert!(write(&Files::from([("a", &b""[..]), ("A/b", b"")])).is_err());
        assert!(read(&write(&Files::new()).unwrap()).is_err());
    }

    #[test]
    fn names_out_of_order_or_twice_are_refused() {
        let one = |name: &'static str| write(&Files::from([(name, &b"x"[..])])).unwrap();
        let (a, b) = (one("a"), one("b"));
        let local = 30 + 1 + 1;
        for pair in [[&b, &a], [&a, &a]] {
            let mut bytes = [&pair[0][..local], &pair[1][..local]].concat();
            let offset = u32::try_from(bytes.len()).unwrap();
            bytes.extend_from_slice(&pair[0][local..local + 47]);
            let mut second = pair[1][local..local + 47].to_vec();
            second[42..46].copy_from_slice(&u32::try_from(local).unwrap().to_le_bytes());
            bytes.extend(second);
            bytes.extend(end(2, 94, usize::try_from(offset).unwrap()).unwrap());
            assert!(read(&bytes).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_byte_may_change_come_or_go(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let good = write(&sample()).unwrap();
            let at = at.index(good.len());
            let mut changed = good.clone();
            changed[at] = byte;
            // what still reads is what was not changed, or content whose checksum was: none here
            prop_assert_eq!(read(&changed).is_ok(), changed == good);
            prop_assert!(read(&good[..at]).is_err());
            let mut longer = good.clone();
            longer.insert(at, byte);
            prop_assert!(read(&longer).is_err());
            prop_assert!(read(&[&good[..], &[byte]].concat()).is_err());
            let mut shorter = good.clone();
            shorter.remove(at);
            prop_assert!(read(&shorter).is_err());
        }

        #[test]
        fn garbage_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), head in any::<bool>()) {
            let bytes = if head { [&LOCAL.to_le_bytes()[..], &FIXED, &bytes].concat() } else { bytes };
            prop_assert!(read(&bytes).is_err());
        }
    }
}
