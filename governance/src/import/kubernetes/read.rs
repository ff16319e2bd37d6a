//! All files of one cluster to one snapshot.
use super::{
    accounts, becoming, bindings,
    files::{self, Kind, Objects},
    holding, pods, roles, tokens,
};
use crate::{
    error::Result,
    import::snapshot::{Parsed, Part},
};

/// What a cluster is called that nobody named: an export does not say which it is of.
const SCOPE: &str = "cluster";

/// Reads the files of one cluster.
///
/// # Errors
/// `Invalid` when a file is cut off or holds no objects of Kubernetes.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Parsed> {
    let documents = files::documents(named)?;
    let objects = files::objects(&documents)?;
    let mut parsed = Parsed { scope: SCOPE.into(), unscoped: true, ..Parsed::default() };
    parsed.problems.clone_from(&objects.problems);
    parsed.unnamed = !objects.problems.is_empty();
    accounts::read(&objects, &mut parsed);
    let roles = roles::read(&objects, &mut parsed);
    let bindings = bindings::read(&objects, &mut parsed);
    cover(&objects, &mut parsed);
    let complete = holding::Complete {
        accounts: parsed.covered.contains(&Part::ServiceAccounts),
        roles: parsed.covered.contains(&Part::Rbac),
    };
    let outcome = holding::hold(&bindings, &roles, complete, &mut parsed)?;
    tokens::read(&objects, &mut parsed);
    pods::read(&objects, &mut parsed);
    if parsed.unnamed {
        // whom the unreadable object speaks of cannot be told: nobody loses what they are known to hold
        parsed.partial.extend(parsed.snapshot.principals.keys().cloned());
    }
    becoming::note(&mut parsed);
    note(&objects, &outcome, &mut parsed);
    Ok(parsed)
}

const RBAC: &[Kind] = &[Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding];

fn cover(objects: &Objects<'_>, parsed: &mut Parsed) {
    let accounts = objects.cluster_wide(&[Kind::ServiceAccount], Kind::ServiceAccount);
    let parts = [
        (Part::ServiceAccounts, accounts),
        (Part::Rbac, objects.cluster_wide(RBAC, Kind::Role)),
        (Part::Pods, objects.cluster_wide(&[Kind::Pod], Kind::Pod)),
        // not every cluster has a secret in kube-system: that the rest is of the whole cluster must do
        (Part::TokenSecrets, accounts && objects.whole.contains(&Kind::Secret)),
    ];
    parsed.covered = parts.into_iter().filter(|(_, whole)| *whole).map(|(part, _)| part).collect();
}

fn note(objects: &Objects<'_>, outcome: &holding::Outcome, parsed: &mut Parsed) {
    let notes = &mut parsed.notes;
    for (part, kinds, what) in [
        (Part::ServiceAccounts, [Kind::ServiceAccount].as_slice(), "service accounts"),
        (Part::Rbac, RBAC, "roles and bindings"),
        (Part::Pods, &[Kind::Pod], "pods"),
        (Part::TokenSecrets, &[Kind::Secret], "token secrets"),
    ] {
        let some = kinds.iter().any(|k| !objects.each(*k).is_empty());
        if some && !parsed.covered.contains(&part) {
            notes.push(format!(
                "not all {what} of the cluster are among the files (lists with -A, kube-system among them): none is taken to be gone"
            ));
        }
    }
    if objects.each(Kind::ServiceAccount).is_empty() {
        notes.push("without service accounts only those that bindings name are known".into());
    }
    let mut count = |what: &str, n: usize, why: &str| {
        if n > 0 {
            notes.push(format!("{what}: {n}{why}"));
        }
    };
    count(
        "bindings of a role that does not exist",
        outcome.no_role,
        "; they give nothing until somebody makes the role",
    );
    count(
        "service accounts that bindings name and that do not exist",
        outcome.no_account,
        "; whoever may make them gets what the bindings give",
    );
    count("objects of other kinds, not read", objects.others, "");
    if outcome.discovery {
        notes.push("what Kubernetes lets every caller ask (discovery, health, own rights) is left out".into());
    }
    notes.push(
        "Kubernetes does not tell when a service account or a right was last used: that is in its audit log".into(),
    );
}
