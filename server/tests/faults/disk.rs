//! A disk that is full, and one that gives errors: semantics.md, Fail closed, "disk full"; invariant I2.
use crate::rig::{Answer, Client, Permit, Place, Server, alone, required, signal, skipped, until};
use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A small file system of its own; it goes with the test.
struct Small(tempfile::TempDir);

impl Small {
    /// `None`, and the reason printed, where this user may not mount one.
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=0700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "countersign-test"]).arg(folder.path());
        match mount.output() {
            Ok(done) if done.status.success() => Some(Self(folder)),
            Ok(done) => {
                skipped(&format!("no tmpfs may be mounted here: {}", String::from_utf8_lossy(&done.stderr).trim()));
                None
            }
            Err(e) => {
                skipped(&format!("there is no mount here: {e}"));
                None
            }
        }
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
    /// Takes all the room that is left.
    fn fill(&self) {
        let mut ballast = OpenOptions::new().create(true).append(true).open(self.path().join("ballast")).unwrap();
        for size in [1 << 20, 4096, 1] {
            let block = vec![0; size];
            while ballast.write_all(&block).is_ok() {}
        }
    }
    fn make_room(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}

#[test]
fn a_full_disk_refuses_decisions_and_there_is_room_again() {
    let _alone = alone();
    let Some(disk) = Small::mount("32m") else { return };
    let place = Place::at(&disk.path().join("data"));
    let key = place.install();
    let mut server = place.serve();
    let mut client = server.client(&key);
    let mut told = client.permits(20);
    assert_eq!(server.get("/readyz", "").0, 200);

    let mut refused = 0;
    for _ in 0..20_000 {
        // what is given back in between is taken again
        disk.fill();
        match client.ask() {
            Some(Answer::Permit(permit)) => told.push(permit),
            Some(Answer::Refused(503, _)) => refused += 1,
            other => panic!("{other:?} on a full disk"),
        }
        if refused == 20 {
            break;
        }
    }
    assert_eq!(refused, 20, "it never filled up");
    let (status, words) = server.get("/readyz", "");
    assert!(status == 503 && words.contains("the disk is full"), "{status} {words}");
    assert_eq!(server.get("/healthz", "").0, 200);
    assert_eq!(server.get("/v1/decisions", &key).0, 200, "people and agents can look meanwhile");
    assert!(server.child.try_wait().unwrap().is_none(), "it ended instead of waiting for room");

    disk.make_room();
    until("decisions with room again", || match client.ask() {
        Some(Answer::Permit(permit)) => {
            told.push(permit);
            true
        }
        Some(Answer::Refused(503, _)) => false,
        other => panic!("{other:?}"),
    });
    told.extend(client.permits(20));
    assert_eq!(server.get("/readyz", "").0, 200);
    drop(client);
    server.stop();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(place.lost(&told)), Vec::<u64>::new());
    place.check();
}

/// `strace` on a process, giving errors to what `inject` names; nothing where it is `None`.
struct Tracer(Child);

impl Tracer {
    /// `None`, and the reason printed, where processes may not be traced.
    fn attach(server: &Server, inject: Option<&str>) -> Option<Self> {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync,pwrite64", "-p"]);
        strace.arg(server.child.id().to_string());
        if let Some(what) = inject {
            strace.args(["-e", &format!("inject={what}:error=EIO")]);
        }
        let mut child = strace.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        if !line.contains("attached") {
            skipped(&format!("processes may not be traced here: {}", line.trim()));
            drop(child.wait());
            return None;
        }
        std::thread::spawn(move || drop(std::io::copy(&mut said, &mut File::create("/dev/null").unwrap())));
        Some(Self(child))
    }

    fn detach(mut self) {
        signal("INT", self.0.id());
        drop(self.0.wait());
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_disk_that_gives_errors_permits_nothing_and_ends_the_process() {
    let _alone = alone();
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        assert!(!required("REQUIRE_STRACE"), "REQUIRE_STRACE is set and there is no strace");
        return skipped("there is no strace here");
    }
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    let key = place.install();
    let mut told: Vec<Permit> = vec![];
    for what in ["fsync,fdatasync", "pwrite64"] {
        let mut server = place.serve();
        let mut client = server.client(&key);
        // the control: traced all the same, and no error given
        let Some(tracer) = Tracer::attach(&server, None) else { return };
        told.extend(client.permits(10));
        tracer.detach();
        told.extend(client.permits(10));
        let Some(_tracer) = Tracer::attach(&server, Some(what)) else { return };
        let answers = nothing_is_permitted(&mut client);
        println!("{what}: {answers} refused before the end");
        assert_eq!(server.ended().code(), Some(1), "{what}");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        assert_eq!(runtime.block_on(place.lost(&told)), Vec::<u64>::new(), "{what}");
        place.check();
    }
    let server = place.serve();
    server.client(&key).permits(10);
    server.stop();
}

/// Asks until nobody answers any more.
fn nothing_is_permitted(client: &mut Client) -> usize {
    let mut refused = 0;
    while let Some(answer) = client.ask() {
        assert!(matches!(answer, Answer::Refused(503, _)), "{answer:?} although nothing can be written");
        refused += 1;
    }
    refused
}
