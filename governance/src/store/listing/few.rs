//! A text that few have: asked of the index once, and each of the few read by its id. The index takes its time for every
//! question of parts that many names have, as `svc-0017-` has `svc`.
use super::{Facet, Filter, Line, decode, ways};
use crate::error::Result;
use crate::store::db::Tx;

/// So many are read one by one.
const FEW: i64 = 50;

/// All that fit, in no order; `None` where no text is asked for that the index knows, or many have it.
pub(super) async fn lines(tx: &mut Tx, filter: &Filter) -> Result<Option<Vec<Line>>> {
    if filter.wanted().is_none() || filter.has_short_text() {
        return Ok(None);
    }
    let found = tx.all(ways::OF_TEXT, &filter.args([(FEW + 1).into()])).await?;
    if i64::try_from(found.len()).is_ok_and(|n| n > FEW) {
        return Ok(None);
    }
    let mut lines = vec![];
    for row in &found {
        let one = tx.optional(ways::ONE, &filter.args([row.text("identity_id")?.into()])).await?;
        lines.extend(one.as_ref().map(decode).transpose()?);
    }
    Ok(Some(lines))
}

/// How many of each there are among them.
pub(super) fn facets(lines: &[Line]) -> Vec<Facet> {
    let mut all: Vec<Facet> = vec![];
    for it in lines.iter().map(|line| &line.identity) {
        let same = |f: &&mut Facet| (f.kind, f.environment, f.status) == (it.kind, it.environment, it.status);
        match all.iter_mut().find(same) {
            Some(facet) => facet.count += 1,
            None => all.push(Facet { kind: it.kind, environment: it.environment, status: it.status, count: 1 }),
        }
    }
    all
}
