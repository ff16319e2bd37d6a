//! A restored backup: semantics.md, Fail closed, "head of log lower than the high-water mark kept beside the key".
//! That two people unseal it: `governance/tests/escalations/sealed.rs`.
use crate::rig::{Answer, Client, Place, Server, alone, until};
use std::path::Path;

/// A signed checkpoint says on its second line how many entries the log has.
fn marked(data: &Path) -> u64 {
    let note = std::fs::read_to_string(data.join("checkpoint")).unwrap_or_default();
    note.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0)
}

/// Permits, until the mark beside the key has seen the last of them.
fn permits(server: &Server, client: &mut Client, data: &Path) {
    let last = client.permits(10).pop().unwrap().seq;
    until("a mark behind the permits", || marked(data) > last);
    assert_eq!(server.get("/readyz", "").0, 200);
}

#[test]
fn a_restored_backup_decides_nothing_and_says_why() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    let (key, data) = (place.install(), &place.data);
    let (database, backup) = (data.join("countersign.db"), data.join("backup"));
    let server = place.serve();
    permits(&server, &mut server.client(&key), data);
    server.stop();
    std::fs::copy(&database, &backup).unwrap();
    // the control: it was stopped and copied, and goes on
    let server = place.serve();
    permits(&server, &mut server.client(&key), data);
    server.stop();

    let mark = marked(data);
    for left in ["countersign.db-wal", "countersign.db-shm"] {
        drop(std::fs::remove_file(data.join(left)));
    }
    std::fs::rename(&backup, &database).unwrap();
    // a further start does not mend it
    for _ in 0..2 {
        let server = place.serve();
        let mut client = server.client(&key);
        for _ in 0..3 {
            match client.ask() {
                Some(Answer::Refused(503, why)) => assert!(why.contains("sealed"), "{why}"),
                other => panic!("{other:?} on a log that was set back"),
            }
        }
        drop(client);
        server.stop();
    }
    assert_eq!(marked(data), mark, "nothing is signed behind the mark");
}
