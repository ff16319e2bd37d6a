//! The data folder: made for its owner alone, locked while it is served, home of the signing key.
use governance::{
    engine::KeyWanted,
    error::{Error, Kind, Result},
    log::SigningKey,
};
use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// The folder of `--data`.
pub struct Folder(pub PathBuf);

impl Folder {
    /// Finds it, or makes it for its owner alone, and sees that it can be written to.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let cannot = |e: &std::io::Error| {
            let why = match e.kind() {
                ErrorKind::PermissionDenied => "this user may not write there".to_owned(),
                ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
                ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "it is a file".to_owned(),
                ErrorKind::NotFound => "it cannot be made there".to_owned(),
                _ => e.to_string(),
            };
            Error::invalid(format!(
                "the data folder {shown} cannot be used: {why}; name another with --data, or mend its rights"
            ))
        };
        if !path.is_dir() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| cannot(&e))?;
        }
        let probe = path.join(format!(".probe-{}", std::process::id()));
        File::create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(|e| cannot(&e))?;
        Ok(Self(path.to_owned()))
    }

    /// SQLite's locks do not hold on network file systems: two writers would both believe they are alone.
    pub fn refuse_network(&self) -> Result<()> {
        let (Ok(path), Ok(mounts)) = (self.0.canonicalize(), fs::read_to_string("/proc/self/mountinfo")) else {
            return Ok(());
        };
        match network_mount(&mounts, &path) {
            Some(kind) => Err(Error::invalid(format!(
                "the data folder {} is on a network file system ({kind}), where a database file is not safe: choose a local folder with --data, or PostgreSQL with --database",
                self.0.display()
            ))),
            None => Ok(()),
        }
    }

    pub fn lock(&self) -> Result<File> {
        let path = self.0.join("serve.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::internal)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(Error::new(
                Kind::Unavailable,
                format!("another countersign serves the data folder {}: stop it first", self.0.display()),
            )),
            Err(std::fs::TryLockError::Error(e)) => Err(Error::internal(e)),
        }
    }

    /// Keeps the key of a first start, or finds the one that was kept.
    pub fn key(&self, wanted: &KeyWanted<'_>) -> Result<Option<SigningKey>> {
        let path = self.0.join("key");
        match wanted {
            KeyWanted::New { key } => {
                keep(&path, &key.to_private_text())?;
                SigningKey::parse(&key.to_private_text()).map(Some)
            }
            KeyWanted::Of { origin } => find(&path, origin).map(Some),
        }
    }
}

/// Writes the key for its owner alone, and to the disk before the database knows of it. Never over another key.
fn keep(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Error::invalid(format!(
            "{} exists but the database is new: put the database of that key back, or move the key away to start afresh",
            path.display()
        )),
        _ => Error::invalid(format!("the key file {} cannot be written: {e}", path.display())),
    })?;
    file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(Error::internal)?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|f| f.sync_all()).map_err(Error::internal)?;
    }
    Ok(())
}

fn find(path: &Path, origin: &str) -> Result<SigningKey> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::invalid(format!(
            "the key file {shown} is missing: put the key of {origin} back from its copy; without it this log cannot go on"
        )),
        _ => Error::invalid(format!("the key file {shown} cannot be read: {e}")),
    })?;
    let mode = fs::metadata(path).map_err(Error::internal)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::invalid(format!(
            "the key file {shown} is readable by others (mode {mode:03o}): chmod 600 {shown}"
        )));
    }
    let key = SigningKey::parse(text.trim()).map_err(|_| {
        Error::invalid(format!("{shown} is not a signing key: put the key of {origin} back from its copy"))
    })?;
    let name = key.verifier().name();
    if name != origin {
        return Err(Error::invalid(format!(
            "the key file {shown} belongs to {name}, the database to {origin}: put the matching key back, or point --data at its own folder"
        )));
    }
    Ok(key)
}

/// The kind of network file system that holds `path`, by `/proc/self/mountinfo` (proc(5)); the deepest mount decides.
fn network_mount(mounts: &str, path: &Path) -> Option<String> {
    let kinds = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "ceph",
        "glusterfs",
        "lustre",
        "afs",
        "fuse.sshfs",
        "fuse.glusterfs",
    ];
    let mut deepest = (0, None);
    for line in mounts.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let (Some(point), Some(kind)) = (left.split(' ').nth(4), right.split(' ').next()) else { continue };
        let point = point.replace("\\040", " ");
        if path.starts_with(&point) && point.len() >= deepest.0 {
            deepest = (point.len(), kinds.contains(&kind).then(|| kind.to_owned()));
        }
    }
    deepest.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_decides() {
        let mounts = "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 21 0:40 / /mnt/my\\040share rw shared:1 - nfs4 host:/x rw\n31 30 8:2 / /mnt/my\\040share/local rw - ext4 /dev/sdb rw\n";
        let on = |path: &str| network_mount(mounts, Path::new(path));
        assert_eq!(on("/var/lib/countersign"), None);
        assert_eq!(on("/mnt/my share/data").as_deref(), Some("nfs4"));
        assert_eq!(on("/mnt/my share/local/data"), None);
        assert_eq!(on("/mnt/my shared"), None);
    }
}
