//! Whether people could answer what a bundle's gates ask.
use crate::error::Result;
use crate::policy::bundle::Bundle;
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// One route of a bundle, and who is there for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub name: String,
    /// The most people any gate asks for on it.
    pub quorum: u32,
    /// Approvers in the group.
    pub members: usize,
    /// Approvers who would be asked: the group, or all where it is empty (semantics.md, Who decides).
    pub asked: usize,
}

impl Route {
    /// Why nobody could open the gates of this route; `None` if enough people could.
    pub fn unanswerable(&self) -> Option<String> {
        let quorum = usize::try_from(self.quorum).unwrap_or(usize::MAX);
        (self.asked < quorum).then(|| {
            format!(
                "route `{}` needs {quorum} {} and has {}; add approvers with `countersign person add EMAIL --role approver --group {}`",
                self.name,
                if quorum == 1 { "approver" } else { "approvers" },
                self.asked,
                self.name
            )
        })
    }
}

pub(super) async fn routes(tx: &mut Tx, bundle: &Bundle, at: Timestamp) -> Result<Vec<Route>> {
    let approvers = store::policies::approvers(tx, at).await?;
    Ok(of(&bundle.routes(), &approvers))
}

fn of(routes: &BTreeMap<&str, u32>, approvers: &BTreeMap<String, BTreeSet<String>>) -> Vec<Route> {
    let route = |(name, quorum): (&&str, &u32)| {
        let members = approvers.values().filter(|groups| groups.contains(*name)).count();
        let asked = if members == 0 { approvers.len() } else { members };
        Route { name: (*name).to_owned(), quorum: *quorum, members, asked }
    };
    routes.iter().map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_answered_by_its_group_or_by_all_where_nobody_is_in_it() {
        let groups = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let approvers = [("per_1".to_owned(), groups(&["finance"])), ("per_2".to_owned(), groups(&[]))].into();
        let check = |route: &'static str, quorum: u32, asked: usize, answerable: bool| {
            let found = of(&[(route, quorum)].into(), &approvers).remove(0);
            assert_eq!((found.asked, found.unanswerable().is_none()), (asked, answerable), "{route}");
        };
        check("finance", 1, 1, true);
        check("finance", 2, 1, false);
        check("nobody-is-in-it", 2, 2, true);
        check("nobody-is-in-it", 3, 2, false);
        assert_eq!(of(&[("x", 1)].into(), &BTreeMap::new())[0].asked, 0);
    }
}
