//! A public log tool (PyPI `aics-tlog`) on a real export: accepted, and refused with any byte flipped.
//! `scripts/log-tools.sh` installs it and says where it is; with `REQUIRE_LOG_TOOLS` its absence is a failure.
use governance::Actor;
use governance::log::event::{Event, EventKind};
use governance::log::{Checkpoint, Since};
use governance::testkit::Fresh;
use std::path::Path;
use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the tool is")]
fn tool() -> Option<String> {
    let tool = std::env::var("AICS_TLOG").ok();
    assert!(
        tool.is_some() || std::env::var("REQUIRE_LOG_TOOLS").is_err(),
        "REQUIRE_LOG_TOOLS is set, AICS_TLOG is not"
    );
    tool
}

async fn put(t: &Fresh, n: u64) {
    let mut w = t.gov.write(&t.gov.ctx(Actor::System("test"))).await.unwrap();
    for i in 0..n {
        w.append(Event::new(EventKind::SettingChanged, "system:test").subject(i)).await.unwrap();
    }
    w.commit().await.unwrap();
}

async fn export(t: &Fresh, dir: &Path) -> Checkpoint {
    let note = t.gov.log_checkpoint_sign(&t.key, None).await.unwrap();
    let put = |path: &str, bytes: &[u8]| {
        let path = dir.join("tiles").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        Ok(())
    };
    t.gov.log_export(&t.operator(), put).await.unwrap();
    Checkpoint::verify(note.as_bytes(), t.key.verifier()).unwrap()
}

#[tokio::test]
async fn a_public_tool_accepts_an_export_and_refuses_any_flipped_byte() {
    let Some(tool) = tool() else {
        eprintln!("skipped: AICS_TLOG is not set (scripts/log-tools.sh)");
        return;
    };
    let (t, folder) = (Fresh::sqlite().await, tempfile::tempdir().unwrap());
    let dir = folder.path();
    let (tiles, vkey) = (dir.join("tiles"), dir.join("vkey"));
    std::fs::write(&vkey, t.key.verifier().to_string()).unwrap();
    let run = |command: &str, more: &[&str]| {
        let mut run = Command::new(&tool);
        run.arg(command).arg("--tiles").arg(&tiles).arg("--vkey-file").arg(&vkey);
        let out = run.args(["--origin", &t.gov.installation().origin]).args(more).output().unwrap();
        (
            out.status.success(),
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)),
        )
    };
    let inclusion = |index: usize| run("verify-inclusion", &["--index", &index.to_string()]);
    let accepted = |(ok, said): (bool, String)| assert!(ok, "{said}");

    put(&t, 200).await;
    let first = export(&t, dir).await;
    let kept = dir.join("kept");
    std::fs::copy(tiles.join("checkpoint"), &kept).unwrap();
    put(&t, 99).await;
    let second = export(&t, dir).await;
    accepted(run("verify-checkpoint", &[]));
    for index in [0, 1, 255, 256, usize::try_from(second.size).unwrap() - 1] {
        accepted(inclusion(index));
    }
    accepted(run("verify-consistency", &["--old-checkpoint", kept.to_str().unwrap()]));
    // ours agrees
    let since = t.gov.log_checkpoint_hand_out(&t.operator(), Some(first.size)).await.unwrap();
    Since::parse(since.as_bytes()).unwrap().verify(&first.root, &second).unwrap();

    let flipped = |path: &str, at: usize, check: &dyn Fn() -> (bool, String)| {
        let path = tiles.join(path);
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, bad).unwrap();
        let (ok, said) = check();
        assert!(!ok, "byte {at} of {} was flipped, yet: {said}", path.display());
        std::fs::write(&path, good).unwrap();
    };
    let length = |path: &str| usize::try_from(std::fs::metadata(tiles.join(path)).unwrap().len()).unwrap();
    let rest = second.size - 256;
    let last = usize::try_from(second.size).unwrap() - 1;
    for (path, index) in
        [("tile/0/000".to_owned(), 0), ("tile/1/000.p/1".into(), 0), (format!("tile/0/001.p/{rest}"), last)]
    {
        for at in [0, length(&path) / 2, length(&path) - 1] {
            flipped(&path, at, &|| inclusion(index));
        }
    }
    // the first entry begins behind its length; the last ends with its bundle
    flipped("tile/entries/000", 1, &|| inclusion(0));
    flipped("tile/entries/000", 9, &|| inclusion(0));
    let bundle = format!("tile/entries/001.p/{rest}");
    flipped(&bundle, length(&bundle) - 2, &|| inclusion(last));
    let origin = t.gov.installation().origin.len();
    for at in [0, origin + 1, origin + 8, length("checkpoint") - 6] {
        flipped("checkpoint", at, &|| run("verify-checkpoint", &[]));
    }
    accepted(run("verify-checkpoint", &[]));
}
