//! Checkpoints, proofs, exports and the check, through the engine on both databases.
use crate::foreign::{Exported, foreign_reader_accepts};
use governance::Actor;
use governance::error::Kind as Problem;
use governance::log::event::{Event, EventKind};
use governance::log::tile::Tile;
use governance::log::{Checkpoint, SigningKey, Since, root, tile};
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;
use std::collections::HashMap;

on_every_database! {
    a_checkpoint_signs_the_head_once
    nothing_is_signed_over_a_log_that_was_set_back
    a_foreign_key_signs_nothing
    every_entry_is_proven_under_the_newest_checkpoint
    a_checkpoint_handed_out_carries_the_way_from_an_earlier_one
    an_export_is_read_by_foreign_tools
    tiles_are_served_up_to_the_checkpoint_and_entries_only_to_those_who_may
    a_sound_log_checks
    any_change_in_the_database_is_found
}

async fn put(t: &Fresh, n: u64) {
    let mut w = t.gov.write(&t.gov.ctx(Actor::System("test"))).await.unwrap();
    for i in 0..n {
        let hash = if i % 50 == 0 { Some(w.payload(format!("mail {i}").as_bytes()).await.unwrap()) } else { None };
        let mut event =
            Event::new(EventKind::SettingChanged, "system:test").subject(i).id("decision", format!("dec_{i}"));
        event.payloads.extend(hash.map(|h| ("mail", h)));
        w.append(event).await.unwrap();
    }
    w.commit().await.unwrap();
}
async fn sign(t: &Fresh) -> Checkpoint {
    let note = t.gov.log_checkpoint_sign(&t.key, None).await.unwrap();
    Checkpoint::verify(note.as_bytes(), t.key.verifier()).unwrap()
}
/// What somebody with the database's password can do.
async fn doctor(t: &Fresh, statements: &[&'static str]) {
    let off: &[&'static str] = match t.url.starts_with("sqlite") {
        true => &["drop trigger events_no_update", "drop trigger events_no_delete"],
        false => &["drop trigger events_no_change on events"],
    };
    let db = store::db::Db::open(&t.url).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for sql in off.iter().chain(statements) {
        assert!(tx.execute(sql, &[]).await.is_ok(), "{sql}");
    }
    tx.commit().await.unwrap();
    db.close().await;
}

async fn a_checkpoint_signs_the_head_once(t: Fresh) {
    put(&t, 5).await;
    let first = sign(&t).await;
    assert_eq!((first.size, first.origin.as_str()), (6, t.gov.installation().origin.as_str()));
    assert_eq!(sign(&t).await, first);
    put(&t, 3).await;
    let note = t.gov.log_checkpoint_sign(&t.key, Some(&first)).await.unwrap();
    let second = Checkpoint::verify(note.as_bytes(), t.key.verifier()).unwrap();
    assert_eq!(second.size, 9);
    assert_eq!(t.gov.log_checkpoint().await.unwrap().note, note);
    for mark in [&first, &second] {
        assert_eq!(t.gov.log_seal_unless_continued(mark).await.unwrap(), None);
    }
}

async fn nothing_is_signed_over_a_log_that_was_set_back(t: Fresh) {
    put(&t, 5).await;
    let mark = sign(&t).await;
    let ahead = Checkpoint { size: 7, ..mark.clone() };
    let other = Checkpoint { root: [1; 32], ..mark.clone() };
    for bad in [&ahead, &other] {
        assert_eq!(t.gov.log_checkpoint_sign(&t.key, Some(bad)).await.unwrap_err().kind, Problem::Unavailable);
    }
    // a log that grew differently after the checkpoint: the root it was signed with is no longer inside
    doctor(&t, &["update checkpoints set root = leaf_hash from events where seq = 2"]).await;
    put(&t, 1).await;
    assert_eq!(t.gov.log_checkpoint_sign(&t.key, None).await.unwrap_err().kind, Problem::Unavailable);
}

async fn a_foreign_key_signs_nothing(t: Fresh) {
    let other = SigningKey::from_seed(&t.gov.installation().origin, &[9; 32]).unwrap();
    assert_eq!(t.gov.log_checkpoint_sign(&other, None).await.unwrap_err().kind, Problem::Invalid);
}

async fn every_entry_is_proven_under_the_newest_checkpoint(t: Fresh) {
    assert_eq!(t.gov.log_proof(&t.operator(), 0).await.unwrap_err().kind, Problem::NotFound);
    put(&t, 300).await;
    sign(&t).await;
    put(&t, 1).await;
    for seq in (0..301).step_by(43).chain([255, 256, 300]) {
        let (leaf, proof) = t.gov.log_proof(&t.operator(), seq).await.unwrap();
        let again = governance::log::ProofFile::parse(proof.print().as_bytes()).unwrap();
        assert_eq!(again.verify(&leaf, t.key.verifier()).unwrap().size, 301);
        assert_eq!(governance::log::Entry::parse(&leaf).unwrap().seq, seq);
    }
    let kind = |seq| {
        let gov = t.gov.clone();
        let ctx = t.operator();
        async move { gov.log_proof(&ctx, seq).await.unwrap_err().kind }
    };
    assert_eq!(kind(301).await, Problem::Unavailable);
    assert_eq!(kind(302).await, Problem::NotFound);
    assert_eq!(kind(u64::MAX).await, Problem::NotFound);
}

async fn a_checkpoint_handed_out_carries_the_way_from_an_earlier_one(t: Fresh) {
    put(&t, 10).await;
    let first = sign(&t).await;
    let bare = t.gov.log_checkpoint_hand_out(&t.operator(), None).await.unwrap();
    assert_eq!(Checkpoint::verify(bare.as_bytes(), t.key.verifier()).unwrap(), first);
    assert!(t.gov.log_checkpoint().await.unwrap().external);
    put(&t, 500).await;
    let second = sign(&t).await;
    let text = t.gov.log_checkpoint_hand_out(&t.operator(), Some(first.size)).await.unwrap();
    let since = Since::parse(text.as_bytes()).unwrap();
    assert_eq!(Checkpoint::verify(since.checkpoint.as_bytes(), t.key.verifier()).unwrap(), second);
    since.verify(&first.root, &second).unwrap();
    let beyond = t.gov.log_checkpoint_hand_out(&t.operator(), Some(second.size + 1)).await.unwrap_err();
    assert_eq!(beyond.kind, Problem::Invalid);
    // handing out is on record
    let mut tx = t.gov.read().await.unwrap();
    let exported = store::events::after(&mut tx, 0, 1000).await.unwrap();
    assert_eq!(exported.iter().filter(|e| e.kind == "log.exported").count(), 2);
}

async fn an_export_is_read_by_foreign_tools(t: Fresh) {
    put(&t, 600).await;
    let signed = sign(&t).await;
    put(&t, 10).await;
    let mut files = HashMap::new();
    let put_file = |path: &str, bytes: &[u8]| {
        files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    };
    assert_eq!(t.gov.log_export(&t.operator(), put_file).await.unwrap(), signed.size);
    assert_eq!(files["vkey"], format!("{}\n", t.gov.installation().vkey).into_bytes());
    let theirs = tlog_tiles::Checkpoint::from_reader(&mut files["checkpoint"].as_slice(), false).unwrap();
    assert_eq!((theirs.size(), theirs.hash().0), (signed.size, signed.root));
    assert_eq!(files.len(), 2 + tile::tiles(signed.size).unwrap().len());
    let log = Exported { files, size: signed.size };
    assert!(foreign_reader_accepts(&log, signed.root, (0..signed.size).step_by(17)));
}

async fn tiles_are_served_up_to_the_checkpoint_and_entries_only_to_those_who_may(t: Fresh) {
    put(&t, 300).await;
    sign(&t).await;
    put(&t, 300).await;
    let (gov, ctx) = (&t.gov, t.operator());
    let get = |path: &'static str, ctx| gov.log_tile(ctx, Tile::parse(path).unwrap());
    assert_eq!(get("tile/0/000", None).await.unwrap().len(), 8192);
    assert_eq!(get("tile/0/001.p/45", None).await.unwrap().len(), 45 * 32);
    assert_eq!(get("tile/1/000.p/1", None).await.unwrap().len(), 32);
    for beyond in ["tile/0/001", "tile/0/001.p/46", "tile/1/000.p/2", "tile/2/000.p/1", "tile/63/000"] {
        assert_eq!(get(beyond, None).await.unwrap_err().kind, Problem::NotFound, "{beyond}");
    }
    assert_eq!(get("tile/entries/000", None).await.unwrap_err().kind, Problem::Forbidden);
    assert_eq!(tile::read_bundle(&get("tile/entries/000", Some(&ctx)).await.unwrap(), 256).unwrap().len(), 256);
    let partial = get("tile/entries/001.p/45", Some(&ctx)).await.unwrap();
    let leaves: Vec<_> =
        tile::read_bundle(&partial, 45).unwrap().iter().map(|e| governance::log::leaf_hash(e)).collect();
    let tile: Vec<u8> = get("tile/0/001.p/45", None).await.unwrap();
    assert_eq!(leaves.concat(), tile);
    assert_ne!(root(&leaves), [0; 32]);
}

async fn a_sound_log_checks(t: Fresh) {
    for n in [10, 700, 3] {
        put(&t, n).await;
        sign(&t).await;
    }
    put(&t, 2).await;
    let mark = sign(&t).await;
    put(&t, 2).await;
    let check = t.gov.log_check(&t.operator(), Some(&mark)).await.unwrap();
    assert!(check.holds(), "{check:?}");
    assert_eq!((check.events, check.checkpoints, check.payloads), (718, 4, 18));
}

async fn any_change_in_the_database_is_found(t: Fresh) {
    put(&t, 300).await;
    let mark = sign(&t).await;
    let found = |gov: governance::Governance, ctx: governance::Ctx, mark: Checkpoint| async move {
        gov.log_check(&ctx, Some(&mark)).await.unwrap().problems.join("\n")
    };
    let check = || found(t.gov.clone(), t.operator(), mark.clone());
    assert_eq!(check().await, "");
    doctor(&t, &[]).await;
    let db = store::db::Db::open(&t.url).await.unwrap();
    // each is done, seen, and undone
    for (change, undo, word) in [
        (
            "update events set actor = 'key_x' where seq = 7",
            "update events set actor = 'system:test' where seq = 7",
            "column actor",
        ),
        ("update events set at = at + 1 where seq = 7", "update events set at = at - 1 where seq = 7", "column at"),
        (
            "update events set decision_id = null where seq = 7",
            "update events set decision_id = 'dec_6' where seq = 7",
            "column decision_id",
        ),
        (
            "update events set seq = 1000 where seq = 300",
            "update events set seq = 300 where seq = 1000",
            "one is missing",
        ),
        ("update log_head set size = 300", "update log_head set size = 301", "the head says"),
        ("update log_head set last_at = last_at + 1", "update log_head set last_at = last_at - 1", "the head's time"),
        ("update log_tiles set idx = 1", "update log_tiles set idx = 0", "tile 0/0"),
        ("update checkpoints set size = 300", "update checkpoints set size = 301", "signed for something else"),
        ("update checkpoints set size = 999", "update checkpoints set size = 301", "cut off"),
        (
            "update checkpoints set note = note || 'x'",
            "update checkpoints set note = substr(note, 1, length(note) - 1)",
            "the checkpoint at 301",
        ),
        ("update payloads set bytes = salt", "update payloads set bytes = null", "its bytes were changed"),
    ] {
        for (sql, want) in [(change, Some(word)), (undo, None)] {
            let mut tx = db.begin().await.unwrap();
            tx.execute(sql, &[]).await.unwrap();
            tx.commit().await.unwrap();
            let problems = check().await;
            match want {
                Some(word) => assert!(problems.contains(word), "{sql}: {problems}"),
                None => assert_eq!(problems, "", "{sql}"),
            }
        }
    }
    let ahead = Checkpoint { size: 302, ..mark.clone() };
    assert!(found(t.gov.clone(), t.operator(), ahead).await.contains("set back"));
    let other = Checkpoint { root: [1; 32], ..mark };
    assert!(found(t.gov.clone(), t.operator(), other).await.contains("another root at 301"));
    db.close().await;
}
