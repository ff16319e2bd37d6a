//! Whoever is to be told does not answer: semantics.md, Fail closed, "notification target down". That it is told later:
//! `tests/notices`.
use crate::rig::{Answer, Client, Place, SERVE, Server, alone, said, until};
use std::net::TcpListener;

/// Notices that wait, of how many there are.
async fn waiting(place: &Place) -> (i64, i64) {
    const COUNT: &str =
        "select count(*) as n, coalesce(sum(case when state = 'waiting' then 1 else 0 end), 0) as waiting from notices";
    let db = place.open().await;
    let row = db.read().await.unwrap().one(COUNT, &[]).await.unwrap();
    db.close().await;
    (row.int("waiting").unwrap(), row.int("n").unwrap())
}

#[test]
fn nobody_to_tell_and_decisions_go_on() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    let key = place.install();
    let anna = ["person", "add", "anna@example.com", "--name", "Anna", "--role", "approver", "--group", "finance-ops"];
    said(place.countersign(&anna));
    // connections are taken, and nobody ever says a word
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", silent.local_addr().unwrap());
    let mut serve = place.countersign(&SERVE);
    serve.args(["--webhook-url", &url, "--webhook-format", "slack"]);
    let server = Server::start(serve);
    let mut permitted = server.client(&key);
    let mut told = permitted.permits(5);
    for cents in 60_001..=60_005 {
        let answer = Client::to(&server.address, &key, cents).unwrap().ask();
        assert_eq!(answer, Some(Answer::Other("approval_required".into())));
    }
    let (_call, _) = silent.accept().unwrap();
    told.extend(permitted.permits(20));
    // and then not even connections
    drop(silent);
    told.extend(permitted.permits(20));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    until("five that wait", || runtime.block_on(waiting(&place)) == (5, 5));
    drop(permitted);
    server.stop();
    assert_eq!(runtime.block_on(place.lost(&told)), Vec::<u64>::new());
    place.check();
}
