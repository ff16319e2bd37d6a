//! How much power a right in a cluster gives, and by which way it leads to more.
//!
//! The ways are those that the Kubernetes documentation warns of ("Role Based Access Control Good Practices", privilege escalation
//! risks), with running commands in pods, which lends the pod's service account.
use crate::entitlement::Privilege;

struct Way {
    groups: &'static [&'static str],
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
    why: &'static str,
}

const ANY: &str = "*";
const WRITING: &[&str] = &["create", "update", "patch"];
const RBAC: &[&str] = &["rbac.authorization.k8s.io"];
const RUNS: &str = "runs pods, and so acts as any service account of the namespace";

const WAYS: &[Way] = &[
    Way {
        groups: RBAC,
        resources: &["roles", "clusterroles"],
        verbs: &["escalate"],
        why: "puts rights into roles that it does not hold",
    },
    Way {
        groups: RBAC,
        resources: &["roles", "clusterroles"],
        verbs: &["bind"],
        why: "binds roles whose rights it does not hold",
    },
    Way {
        groups: RBAC,
        resources: &["roles", "clusterroles", "rolebindings", "clusterrolebindings"],
        verbs: &["create", "update", "patch", "delete", "deletecollection"],
        why: "changes roles or bindings",
    },
    Way {
        groups: &[""],
        resources: &["users", "groups", "serviceaccounts"],
        verbs: &["impersonate"],
        why: "acts as others (impersonate)",
    },
    Way {
        groups: &[""],
        resources: &["serviceaccounts/token"],
        verbs: &["create"],
        why: "issues tokens of service accounts",
    },
    Way { groups: &[""], resources: &["pods", "replicationcontrollers"], verbs: WRITING, why: RUNS },
    Way {
        groups: &["apps"],
        resources: &["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: WRITING,
        why: RUNS,
    },
    Way { groups: &["batch"], resources: &["jobs", "cronjobs"], verbs: WRITING, why: RUNS },
    Way {
        groups: &[""],
        // with get: commands run over WebSocket are authorised as reading
        resources: &["pods/exec", "pods/attach"],
        verbs: &["create", "get"],
        why: "runs commands in pods, and so acts as their service accounts",
    },
    Way {
        groups: &[""],
        resources: &["pods/ephemeralcontainers"],
        verbs: &["update", "patch"],
        why: "runs commands in pods, and so acts as their service accounts",
    },
    Way {
        groups: &[""],
        resources: &["nodes/proxy"],
        verbs: &["get", "create"],
        why: "runs commands in any pod of a node (nodes/proxy)",
    },
    Way {
        groups: &[""],
        resources: &["secrets"],
        verbs: &["get", "list", "watch"],
        why: "reads secrets, tokens among them",
    },
    Way {
        groups: &[""],
        resources: &["persistentvolumes"],
        verbs: &["create"],
        why: "mounts the files of nodes (persistent volumes)",
    },
    Way {
        groups: &[""],
        resources: &["namespaces"],
        verbs: &["update", "patch"],
        why: "changes the security level of namespaces",
    },
    Way {
        groups: &["certificates.k8s.io"],
        resources: &["certificatesigningrequests/approval"],
        verbs: &["update", "patch"],
        why: "approves certificates in any name",
    },
    Way {
        groups: &["certificates.k8s.io"],
        resources: &["signers"],
        verbs: &["approve", "sign"],
        why: "approves certificates in any name",
    },
    Way {
        groups: &["admissionregistration.k8s.io"],
        resources: &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        verbs: WRITING,
        why: "reads or changes whatever is written to the cluster (admission webhooks)",
    },
];

/// The ways to more power that a right opens; the words are short and start with what it does.
pub fn ways(group: &str, resource: &str, verb: &str) -> Vec<&'static str> {
    if is_everything(resource, verb) && group == ANY {
        return vec!["may do everything"];
    }
    let mut whys: Vec<_> = WAYS
        .iter()
        .filter(|w| matches(group, w.groups) && matches_resource(resource, w.resources) && matches(verb, w.verbs))
        .map(|w| w.why)
        .collect();
    whys.dedup();
    whys
}

/// The level of a verb on a resource of an API group; `*` of any of them is all.
pub fn level(group: &str, resource: &str, verb: &str) -> Privilege {
    if is_everything(resource, verb) {
        return Privilege::Administrative;
    }
    if !ways(group, resource, verb).is_empty() {
        return Privilege::PermissionsManagement;
    }
    // a review is a question put by creating an object that nobody keeps
    let review = resource.ends_with("reviews") && matches!(group, "authorization.k8s.io" | "authentication.k8s.io");
    match verb {
        "get" | "list" | "watch" => Privilege::Read,
        "create" if review => Privilege::Read,
        "create" | "update" | "patch" | "delete" | "deletecollection" | ANY => Privilege::Write,
        _ => Privilege::Unknown,
    }
}

/// The level of a verb of HTTP on a path outside the API's resources.
pub fn level_of_url(verb: &str) -> Privilege {
    match verb {
        "get" | "head" | "options" => Privilege::Read,
        _ => Privilege::Write,
    }
}

fn is_everything(resource: &str, verb: &str) -> bool {
    resource == ANY && verb == ANY
}

/// Whether what a rule gives takes in one of these; `*` is all.
pub fn matches(given: &str, named: &[&str]) -> bool {
    given == ANY || named.contains(&ANY) || named.contains(&given)
}

/// As the API server does: `*` is every resource and subresource, `*/scale` that subresource of all.
pub fn matches_resource(given: &str, named: &[&str]) -> bool {
    let of_all = |name: &&str| {
        given.strip_prefix("*/").is_some_and(|sub| name.split_once('/').is_some_and(|(_, known)| known == sub))
    };
    matches(given, named) || named.iter().any(of_all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Privilege::{Administrative, PermissionsManagement, Read, Unknown, Write};

    #[test]
    fn a_right_has_a_level() {
        for (group, resource, verb, want) in [
            ("*", "*", "*", Administrative),
            ("apps", "*", "*", Administrative),
            ("", "pods", "get", Read),
            ("", "pods", "create", PermissionsManagement),
            ("apps", "deployments", "*", PermissionsManagement),
            ("apps", "deployments", "delete", Write),
            ("", "secrets", "list", PermissionsManagement),
            ("", "secrets", "create", Write),
            ("", "*", "get", PermissionsManagement),
            ("*", "*", "watch", PermissionsManagement),
            ("apps", "*", "get", Read),
            ("rbac.authorization.k8s.io", "roles", "escalate", PermissionsManagement),
            ("rbac.authorization.k8s.io", "clusterroles", "get", Read),
            ("", "users", "impersonate", PermissionsManagement),
            ("", "serviceaccounts/token", "create", PermissionsManagement),
            ("", "*/token", "create", PermissionsManagement),
            ("", "*/scale", "update", Write),
            ("authorization.k8s.io", "subjectaccessreviews", "create", Read),
            ("policy", "podsecuritypolicies", "use", Unknown),
            ("shop.example", "orders", "*", Write),
        ] {
            assert_eq!(level(group, resource, verb), want, "{group}/{resource}:{verb}");
        }
    }

    #[test]
    fn a_way_to_more_says_why() {
        assert_eq!(ways("", "secrets", "get"), ["reads secrets, tokens among them"]);
        assert_eq!(ways("*", "*", "*"), ["may do everything"]);
        assert_eq!(ways("", "*", "get").len(), 3);
        assert_eq!(ways("", "configmaps", "get"), Vec::<&str>::new());
    }
}
