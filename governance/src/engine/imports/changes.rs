//! What an import changed, kept beside its event.
use crate::engine::Write;
use crate::error::{Error, Result};
use crate::import::diff::Change;

/// Changes of one piece, in bytes of JSON. A database keeps no value of a gigabyte, and nobody wants it in memory.
const PIECE: usize = 8 << 20;

/// Stores a document with the changes as its last members, and returns its hash: `changes`, and where they are too long for one
/// piece, before it `changes_before`: the hashes of what comes first, each a list of its own, in order. What the event commits to
/// so commits to all.
pub async fn beside(w: &mut Write, about: &str, changes: &[Change]) -> Result<String> {
    in_pieces(w, about, changes, PIECE).await
}

async fn in_pieces(w: &mut Write, about: &str, changes: &[Change], longest: usize) -> Result<String> {
    let open = about.strip_suffix('}').ok_or_else(|| Error::broken("what is kept of an import is no object"))?;
    let (mut before, mut piece) = (vec![], vec![b'[']);
    for change in changes {
        if piece.len() > 1 && piece.len() >= longest {
            piece.push(b']');
            before.push(w.payload(&piece).await?);
            piece.truncate(1);
        }
        if piece.len() > 1 {
            piece.push(b',');
        }
        serde_json::to_writer(&mut piece, change).map_err(Error::internal)?;
    }
    piece.extend(b"]}");
    let mut text = open.to_owned().into_bytes();
    if !before.is_empty() {
        text.extend(format!(",\"changes_before\":{}", serde_json::json!(before)).bytes());
    }
    text.extend(b",\"changes\":");
    text.append(&mut piece);
    w.payload(&text).await
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;
    use crate::import::diff::Delta;
    use crate::store::events::payload;
    use crate::testkit::Fresh;
    use serde_json::Value;

    async fn read(w: &mut Write, hash: &str) -> Value {
        let bytes = payload(&mut w.tx, hash).await.expect("a database").expect("a payload").1.expect("not erased");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[tokio::test]
    async fn every_change_is_in_one_piece_in_order() {
        let t = Fresh::sqlite().await;
        let mut w = t.gov.write(&t.operator()).await.expect("a writer");
        for (n, longest, pieces) in [(0, 100, 0), (3, 1_000_000, 0), (1, 1, 0), (5, 1, 4), (40, 1_000, 3)] {
            let principal = |n| format!("svc-{n:04}");
            let gone =
                |n| Change::Principal { principal: principal(n), delta: Box::new(Delta { before: None, after: None }) };
            let changes: Vec<_> = (0..n).map(gone).collect();
            let hash = in_pieces(&mut w, "{\"source\":\"x\"}", &changes, longest).await.expect("kept");
            let about = read(&mut w, &hash).await;
            assert_eq!(about["source"], "x");
            let before = about["changes_before"].as_array().cloned().unwrap_or_default();
            assert_eq!(before.len(), pieces, "{n} changes of at most {longest} bytes");
            let mut all: Vec<Change> = vec![];
            for hash in before {
                let piece = read(&mut w, hash.as_str().expect("a hash")).await;
                all.extend(serde_json::from_value::<Vec<Change>>(piece).expect("changes"));
            }
            all.extend(serde_json::from_value::<Vec<Change>>(about["changes"].clone()).expect("changes"));
            assert_eq!(all, changes);
        }
    }
}
