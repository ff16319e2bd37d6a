//! By what a principal is known wherever it is shown: strong keys, and what merely hints at it. Pure: from what the importers
//! keep of it, in one spelling.
//!
//! A key is strong only with all that makes it one: an object id with its tenant, a Kubernetes service account with its
//! cluster. A list (CSV) tells neither: what it says counts as strong where the value alone does (an ARN, an address under
//! `gserviceaccount.com`, an access key id, the address of an agent card), else as a hint.
use super::snapshot::Principal;
use crate::{
    identity,
    matching::{Sort, Term, fold::fold},
    source::Kind,
};
use std::collections::BTreeSet;

/// By which rules terms are read. Raised with them, so that those stored are read anew.
pub const VERSION: i64 = 1;
/// What is longer goes into no index of PostgreSQL, and is nobody's id.
const LONGEST: usize = 512;
/// Ends the place at which an agent's card is served.
const CARDS: [&str; 2] = ["/.well-known/agent-card.json", "/.well-known/agent.json"];

/// All terms of a principal that this source shows.
#[must_use]
pub fn terms(kind: Kind, scope: &str, principal: &str, it: &Principal) -> BTreeSet<Term> {
    let mut terms = BTreeSet::new();
    let mut add = |sort, value: String| {
        if !value.is_empty() && value.len() <= LONGEST {
            terms.insert(Term { sort, value });
        }
    };
    let app = it.claim.notes.get("app id");
    match kind {
        Kind::AwsIam => add(Sort::AwsArn, arn(principal).unwrap_or_default()),
        Kind::Gcp => add(Sort::GcpAccount, google(principal).unwrap_or_default()),
        Kind::Entra => {
            for (sort, id) in [(Sort::EntraObject, Some(principal)), (Sort::EntraApp, app.map(String::as_str))] {
                if let Some(id) = id.and_then(guid) {
                    add(sort, format!("{}/{id}", scope.to_lowercase()));
                    add(Sort::Id, id);
                }
            }
        }
        Kind::Okta => {
            add(Sort::OktaClient, format!("{}/{principal}", scope.to_lowercase()));
            add(Sort::Id, principal.into());
        }
        Kind::Kubernetes if principal.starts_with(ACCOUNT) => {
            add(Sort::KubernetesAccount, format!("{scope}/{}", &principal[ACCOUNT.len()..]));
            add(Sort::Id, principal.into());
        }
        Kind::Github => {
            let host = it.claim.notes.get("host").map_or("github.com", String::as_str);
            if let Some(app) = app {
                add(Sort::GithubApp, format!("{host}/{app}"));
            }
        }
        Kind::A2a => {
            add(Sort::AgentCard, address(principal).unwrap_or_default());
            let others = it.claim.notes.get("also at").into_iter().flat_map(|all| all.split(", "));
            others.chain([principal]).filter_map(address).for_each(|at| add(Sort::Address, at));
        }
        Kind::Anthropic => add(Sort::Id, principal.into()),
        Kind::McpConfig => {
            let calls = it.entitlements.keys().filter(|key| key.action == "mcp.call");
            calls.filter_map(|key| address(&key.resource)).for_each(|at| add(Sort::Address, at));
        }
        Kind::Csv => listed(principal, it.claim.kind).into_iter().for_each(|(sort, value)| add(sort, value)),
        // what SCIM provisions it never shares: what looks alike is suggested
        Kind::Kubernetes | Kind::Scim => {}
    }
    it.credentials.keys().filter_map(|name| credential(name)).for_each(|(sort, id)| add(sort, id));
    add(Sort::Name, fold(&it.claim.name).map_or_else(String::new, |name| name.core));
    terms
}

const ACCOUNT: &str = "system:serviceaccount:";

/// What the id of a list is.
fn listed(text: &str, kind: identity::Kind) -> Vec<(Sort, String)> {
    if let Some(arn) = arn(text) {
        return vec![(Sort::AwsArn, arn)];
    }
    if let Some(account) = google(text) {
        return vec![(Sort::GcpAccount, account)];
    }
    if access_key(text) {
        return vec![(Sort::AccessKey, text.into())];
    }
    if let Some(at) = address(text) {
        let card = kind == identity::Kind::Agent || CARDS.iter().any(|end| text.trim_end_matches('/').ends_with(end));
        let strong = card.then(|| (Sort::AgentCard, at.clone()));
        return strong.into_iter().chain([(Sort::Address, at)]).collect();
    }
    let is_id = text.starts_with(ACCOUNT) || (text.starts_with("0o") && text.len() == 20);
    guid(text).or_else(|| is_id.then(|| text.into())).map(|id| (Sort::Id, id)).into_iter().collect()
}

/// A role, a user or another principal of AWS by its own name. A session of a role is not the role: that name has no path.
fn arn(text: &str) -> Option<String> {
    let text = text.trim();
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let [arn, partition, service, _, account, resource] = parts.as_slice() else { return None };
    let whole = *arn == "arn"
        && partition.starts_with("aws")
        && !["", "sts"].contains(service)
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && !resource.is_empty()
        && !text.contains(['*', '?', ' ']);
    whole.then(|| text.to_owned())
}

/// The address of a Google service account; lists may write `serviceAccount:` before it, as a policy does.
fn google(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("serviceaccount:").unwrap_or(&text);
    let (name, domain) = text.split_once('@')?;
    let ours = domain == "gserviceaccount.com" || domain.ends_with(".gserviceaccount.com");
    (ours && !name.is_empty() && !text.contains([' ', ':'])).then(|| text.to_owned())
}

fn guid(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    (parts == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())).then_some(text)
}

/// AWS shows the id of an access key in its own reports: the secret is another value.
fn access_key(text: &str) -> bool {
    text.len() == 20
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The public id of a key or certificate by which it is the same in every source that shows it; never made of the secret.
#[must_use]
pub fn public_id(name: &str) -> Option<String> {
    credential(name).map(|(_, id)| id)
}

/// The id of a key or certificate, the last word of its name in a source: long enough that it is no other's.
fn credential(name: &str) -> Option<(Sort, String)> {
    let id = name.rsplit(' ').next()?;
    if access_key(id) {
        return Some((Sort::AccessKey, id.into()));
    }
    let long = id.len() >= 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    guid(id).or_else(|| long.then(|| id.to_lowercase())).map(|id| (Sort::Credential, id))
}

/// An address of http in one spelling: scheme and host in lower case, without the port that goes without saying, the path of
/// the card, a slash at the end, and what follows `?` or `#`.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_lowercase();
    let usual = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (host, path) = rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
    let host = host.rsplit('@').next().unwrap_or(host).to_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host);
    let path = path.trim_end_matches('/');
    let path = CARDS.iter().find_map(|card| path.strip_suffix(card)).unwrap_or(path).trim_end_matches('/');
    (!host.is_empty() && !host.contains(char::is_whitespace)).then(|| format!("{scheme}://{host}{path}"))
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
