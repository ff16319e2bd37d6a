//! `GET /log/checkpoint`, `/log/tile/…`: what a witness reads.
use crate::access_v1_evaluation::asks;
use crate::app::{Reply, TestApp};
use axum::{body::Body, http::Request};
use governance::{
    engine::Scope,
    log::{Checkpoint, merkle},
};

async fn anybody(app: &TestApp, path: &str) -> Reply {
    app.call(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_witness_reads_checkpoint_and_hashes_without_a_key_and_they_agree() {
    let app = TestApp::new().await;
    anybody(&app, "/log/checkpoint").await.problem(404);
    let key = app.gateway().await;
    for _ in 0..5 {
        app.post("/access/v1/evaluation", &key, &asks("alice", "read", "record-1")).await.ok();
    }
    app.fresh.gov.log_checkpoint_sign(&app.fresh.key, None).await.unwrap();
    let note = anybody(&app, "/log/checkpoint").await;
    assert_eq!((note.status.as_u16(), note.header("content-type")), (200, "text/plain; charset=utf-8"));
    let checkpoint = Checkpoint::verify(note.text.as_bytes(), app.fresh.key.verifier()).unwrap();
    assert_eq!(checkpoint.size, app.fresh.gov.log_size().await.unwrap());
    let path = format!("/log/tile/0/000.p/{}", checkpoint.size);
    let request = Request::get(path.as_str()).body(Body::empty()).unwrap();
    let (status, bytes) = app.bytes(request).await;
    assert_eq!(status, 200);
    let hashes: Vec<[u8; 32]> = bytes.chunks_exact(32).map(|h| h.try_into().unwrap()).collect();
    assert_eq!((hashes.len() as u64, merkle::root(&hashes)), (checkpoint.size, checkpoint.root));
    assert!(anybody(&app, &path).await.header("cache-control").contains("immutable"));
    for missing in ["/log/tile/0/001", "/log/tile/9/000", "/log/tile/x", "/log/tile/0/000.p/200"] {
        anybody(&app, missing).await.problem(404);
    }
}

#[tokio::test]
async fn entries_say_who_did_what_and_take_a_key() {
    let app = TestApp::new().await;
    app.fresh.gov.log_checkpoint_sign(&app.fresh.key, None).await.unwrap();
    let path = format!("/log/tile/entries/000.p/{}", app.fresh.gov.log_size().await.unwrap());
    anybody(&app, &path).await.problem(403);
    let (_, reads) = app.key(None, &[Scope::Read]).await;
    let reply = app.get(&path, &reads).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text.contains("installation.created"));
    let (_, asks) = app.key(None, &[Scope::Ask]).await;
    app.get(&path, &asks).await.problem(403);
    app.get(&path, "csk_nobody").await.problem(401);
}
