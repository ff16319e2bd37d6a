//! Whom a holder of rights can become: the accounts whose names, tokens or pods its rights lend it.
//!
//! By RBAC alone. Which pods run is not asked, so that an export without them says the same: commands in pods count for every account of
//! the namespace. Reading secrets is told as a power and not here: which tokens are among them, an export of roles does not show.
use super::{
    accounts,
    privilege::{matches, matches_resource},
};
use crate::{
    entitlement::Key,
    import::snapshot::{Parsed, Principal},
};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that are kept of those that one holder can become: as many as are shown.
const MOST: usize = crate::privilege::reach::BECOMES;

/// What the name stands for where a rule is limited to objects of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// The account itself.
    Account,
    /// A user that is no service account: the API server asks for `serviceaccounts` where it is one.
    User,
    /// Another object, which may run as any account of the namespace.
    Object,
    /// Nothing: the API server does not know the name of what is yet to be created, and refuses.
    Refused,
    /// A node, which is of no namespace: any pod may run on it.
    Node,
}

struct Way {
    group: &'static str,
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
    named: Named,
    how: &'static str,
}

const MAKES: &str = "makes pods that run as it";
const CHANGES: &str = "changes what makes pods, so that they run as it";
const RUNS: &str = "runs commands in a pod that runs as it";

/// The most direct first: that is the one that is told.
const WAYS: &[Way] = &[
    Way {
        group: "",
        resources: &["serviceaccounts"],
        verbs: &["impersonate"],
        named: Named::Account,
        how: "acts as it (impersonate)",
    },
    Way {
        group: "",
        resources: &["users"],
        verbs: &["impersonate"],
        named: Named::User,
        how: "acts as it (impersonate)",
    },
    Way {
        group: "",
        resources: &["serviceaccounts/token"],
        verbs: &["create"],
        named: Named::Account,
        how: "issues its tokens",
    },
    Way {
        group: "",
        resources: &["pods", "replicationcontrollers"],
        verbs: &["create"],
        named: Named::Refused,
        how: MAKES,
    },
    Way {
        group: "apps",
        resources: &["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: &["create"],
        named: Named::Refused,
        how: MAKES,
    },
    Way { group: "batch", resources: &["jobs", "cronjobs"], verbs: &["create"], named: Named::Refused, how: MAKES },
    Way {
        group: "",
        resources: &["replicationcontrollers"],
        verbs: &["update", "patch"],
        named: Named::Object,
        how: CHANGES,
    },
    Way {
        group: "apps",
        resources: &["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: &["update", "patch"],
        named: Named::Object,
        how: CHANGES,
    },
    // the pods of a job are set once it is made
    Way { group: "batch", resources: &["cronjobs"], verbs: &["update", "patch"], named: Named::Object, how: CHANGES },
    Way {
        group: "",
        resources: &["pods/exec", "pods/attach"],
        verbs: &["create", "get"],
        named: Named::Object,
        how: RUNS,
    },
    // a pod that runs cannot be given another account, and can be given another image
    Way {
        group: "",
        resources: &["pods/ephemeralcontainers", "pods"],
        verbs: &["update", "patch"],
        named: Named::Object,
        how: RUNS,
    },
    Way { group: "", resources: &["nodes/proxy"], verbs: &["get", "create"], named: Named::Node, how: RUNS },
];

/// Writes it into the claims of all principals.
pub fn note(parsed: &mut Parsed) {
    // one that could not be read is there all the same
    let mut known: BTreeSet<String> = parsed.snapshot.principals.keys().cloned().collect();
    known.extend(parsed.partial.iter().cloned());
    for (own, principal) in &mut parsed.snapshot.principals {
        let lent = lent(principal);
        if lent.is_empty() {
            continue;
        }
        let others = known.iter().filter(|other| *other != own);
        let mut all = others.filter_map(|other| {
            let (_, how) = lent.iter().find(|((_, to), _)| to.reaches(other))?;
            Some((other.clone(), how.clone()))
        });
        let becomes: BTreeMap<_, _> = all.by_ref().take(MOST).collect();
        if all.next().is_some() {
            let words = format!("more than the {MOST} accounts that are kept");
            principal.claim.notes.insert("can become".into(), words);
        }
        principal.claim.becomes = becomes;
    }
}

/// Whom a right lends; the order is that of [`WAYS`].
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct To {
    /// `None`: every namespace.
    namespace: Option<String>,
    /// `None`: every account there.
    name: Option<String>,
    user: bool,
}

impl To {
    fn reaches(&self, principal: &str) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|w| w == is);
        match accounts::parts(principal) {
            Some((namespace, name)) => !self.user && fits(&self.namespace, namespace) && fits(&self.name, name),
            None => self.user && fits(&self.name, principal),
        }
    }
}

/// Whom its rights lend it, and how, by the place of the way in [`WAYS`].
fn lent(principal: &Principal) -> BTreeMap<(usize, To), String> {
    let mut all = BTreeMap::new();
    for key in principal.entitlements.keys() {
        let Some((group, resource, verb)) = action(&key.action) else { continue };
        for (nth, way) in WAYS.iter().enumerate() {
            let asked = matches(group, &[way.group]) && matches_resource(resource, way.resources);
            if asked
                && matches(verb, way.verbs)
                && let Some(to) = to(key, way.named)
            {
                all.entry((nth, to)).or_insert_with(|| format!("{}, by {}", way.how, key.via));
            }
        }
    }
    all
}

/// API group, resource and verb of an entitlement's action; `None` for a path outside the resources.
fn action(action: &str) -> Option<(&str, &str, &str)> {
    let (on, verb) = action.rsplit_once(':')?;
    let (group, resource) = on.split_once('/')?;
    Some((if group == "core" { "" } else { group }, resource, verb))
}

fn to(key: &Key, named: Named) -> Option<To> {
    let (place, name) = key.resource.split_once('/').map_or((key.resource.as_str(), None), |(p, n)| (p, Some(n)));
    let namespace = (place != "*").then(|| place.to_owned());
    let name = name.map(str::to_owned);
    match named {
        Named::Account => Some(To { namespace, name, user: false }),
        Named::Object => Some(To { namespace, name: None, user: false }),
        Named::Refused => name.is_none().then_some(To { namespace, name: None, user: false }),
        // users and nodes are of no namespace: a role binding gives nothing of them
        Named::User => namespace.is_none().then_some(To { namespace: None, name, user: true }),
        Named::Node => namespace.is_none().then_some(To { namespace: None, name: None, user: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        entitlement::{Facts, Privilege},
        identity::Kind,
        import::snapshot::{Claim, Part},
    };

    const GOOGLE: &str = "ci@shop.iam.gserviceaccount.com";

    /// Whom one that holds this right can become, of two namespaces with two accounts each and a Google service account.
    fn become_by(action: &str, resource: &str) -> Vec<String> {
        let mut parsed = Parsed::default();
        let all = [("shop", "web"), ("shop", "db"), ("jobs", "web"), ("jobs", "night")]
            .map(|(n, a)| accounts::principal(n, a));
        for name in all.into_iter().chain([GOOGLE.to_owned()]) {
            let claim = Claim::of(Kind::ServiceAccount, name.clone(), Part::Rbac);
            parsed.snapshot.principals.insert(name, accounts::holder(claim));
        }
        let mut own = accounts::holder(Claim::of(Kind::ServiceAccount, "own", Part::Rbac));
        let key = Key { action: action.into(), resource: resource.into(), via: "role r, role binding b".into() };
        own.entitlements.insert(key, Facts::of(Privilege::PermissionsManagement));
        let name = accounts::principal("shop", "own");
        parsed.snapshot.principals.insert(name.clone(), own);
        note(&mut parsed);
        let short = |who: &String| who.rsplit("account:").next().unwrap_or(who).to_owned();
        parsed.snapshot.principals[&name].claim.becomes.keys().map(short).collect()
    }

    #[test]
    fn a_right_lends_the_accounts_it_reaches_and_no_others() {
        let (shop, all) =
            (["shop:db", "shop:web"].as_slice(), ["jobs:night", "jobs:web", "shop:db", "shop:web"].as_slice());
        for (action, resource, want) in [
            ("core/serviceaccounts:impersonate", "shop", shop),
            ("core/serviceaccounts:impersonate", "*", all),
            ("core/serviceaccounts:impersonate", "*/web", &["jobs:web", "shop:web"]),
            ("core/serviceaccounts:impersonate", "jobs/web", &["jobs:web"]),
            ("core/users:impersonate", "*", &[GOOGLE]),
            ("core/users:impersonate", "*/another", &[]),
            ("core/users:impersonate", "shop", &[]),
            ("core/groups:impersonate", "*", &[]),
            ("core/serviceaccounts/token:create", "shop/db", &["shop:db"]),
            ("core/*/token:*", "shop", shop),
            ("core/pods:create", "shop", shop),
            ("core/pods:create", "shop/one", &[]),
            ("core/pods:get", "shop", &[]),
            ("apps/deployments:patch", "shop/one", shop),
            ("batch/jobs:create", "jobs", &["jobs:night", "jobs:web"]),
            ("batch/jobs:patch", "jobs", &[]),
            ("core/pods/exec:get", "shop/one", shop),
            ("core/nodes/proxy:get", "*/node", all),
            ("core/nodes/proxy:get", "shop", &[]),
            ("apps/*:*", "shop", shop),
            ("shop.example/pods:create", "shop", &[]),
            ("core/secrets:get", "shop", &[]),
            ("url:get", "/core/pods:create", &[]),
        ] {
            let mut found = become_by(action, resource);
            found.sort();
            assert_eq!(found, want, "{action} on {resource}");
        }
        assert_eq!(become_by("*/*:*", "*").len(), 5, "accounts and users");
    }

    #[test]
    fn the_most_direct_way_is_told_with_what_gives_it() {
        let mut own = accounts::holder(Claim::of(Kind::ServiceAccount, "own", Part::Rbac));
        for action in ["core/pods/exec:create", "core/serviceaccounts/token:create", "core/pods:create"] {
            let key = Key { action: action.into(), resource: "shop".into(), via: "role r, role binding b".into() };
            own.entitlements.insert(key, Facts::of(Privilege::PermissionsManagement));
        }
        assert_eq!(lent(&own).values().next().unwrap(), "issues its tokens, by role r, role binding b");
    }
}
