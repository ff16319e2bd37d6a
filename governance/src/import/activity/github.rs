//! GitHub's audit log of an organization or enterprise: one event an entry, of people, apps, tokens, keys and workflows.
use super::{ANY, Act, Event, Who};
use crate::entitlement::Key;
use crate::identity::Kind;
use crate::import::read::At;
use crate::import::redact;
use crate::import::snapshot::{Claim, Part, Problem};
use crate::time::Timestamp;
use serde_json::Value;

/// The app as which the workflows of all repositories act.
const WORKFLOWS: &str = "github-actions";
/// Apps that GitHub runs by itself.
const OWN: &[&str] = &["dependabot", "github-advanced-security", "github-merge-queue", "github-pages"];
/// GitHub's own agent, under the names it acts as.
const COPILOT: &[&str] = &["copilot", "copilot-swe-agent"];
/// What a git operation over SSH with a deploy key is logged as.
const DEPLOY_KEY: &str = "deploy_key";

/// Reads one entry.
pub fn event(at: &At<'_>) -> Result<Event, Problem> {
    let when = when(at)?;
    let action = at.need("action")?;
    let repository = one(at, "repo")?.map(str::to_ascii_lowercase);
    let who = match principal(at, repository.as_deref())? {
        Ok((principal, called)) => {
            let uses = if refused(at)? { vec![] } else { vec![(action.to_owned(), repository.unwrap_or_default())] };
            Who::Principal(Act { principal, by_person: false, called, uses })
        }
        Err((who, reason)) => Who::Aside(redact::args(&[&who]).text, reason),
    };
    Ok(Event { at: when, who })
}

/// `@timestamp` in thousandths of a second; some ways of keeping the log write it as text, or as `created_at` alone.
fn when(at: &At<'_>) -> Result<Timestamp, Problem> {
    let Some(time) = at.get("@timestamp")?.map_or_else(|| at.get("created_at"), |t| Ok(Some(t)))? else {
        return Err(at.problem("@timestamp is missing"));
    };
    let read = match time.value {
        Value::Number(n) => n.as_i64().and_then(|ms| ms.checked_mul(1_000)).and_then(Timestamp::from_micros),
        Value::String(text) => Timestamp::parse(text),
        _ => None,
    };
    read.filter(|t| *t > Timestamp::EPOCH).ok_or_else(|| time.problem("not a date"))
}

/// A member that is one text; none where an event is of several.
fn one<'a>(at: &At<'a>, key: &str) -> Result<Option<&'a str>, Problem> {
    let all = at.texts(key)?;
    Ok(if let [one] = all.as_slice() { Some(*one).filter(|text| !text.is_empty()) } else { None })
}

type Found = Result<(String, Option<String>), (String, &'static str)>;

/// Who acted, by the name inventories have or that [`logged_as`] makes of it; or why it is none.
fn principal(at: &At<'_>, repository: Option<&str>) -> Result<Found, Problem> {
    let actor = at.text("actor")?.filter(|a| !a.is_empty()).unwrap_or("unnamed");
    let aside = |reason| Ok(Err((actor.to_owned(), reason)));
    let how = at.text("programmatic_access_type")?.unwrap_or_default().to_ascii_lowercase();
    let app = how.contains("server-to-server")
        || at.flag("actor_is_bot")? == Some(true)
        || at.flag("actor_is_agent")? == Some(true)
        || actor.ends_with("[bot]");
    let token = how.contains("personal access token");
    if actor == DEPLOY_KEY || how == "deploy key" {
        return aside("a deploy key: the log does not say which; GitHub's list of keys tells its last use");
    }
    if !app && !token {
        return aside(match how.as_str() {
            _ if actor == "unnamed" => "the log does not say who it was",
            how if how.contains("user-to-server") || how.contains("oauth") => "a person, by way of an app",
            _ => "a person",
        });
    }
    let Some(organization) = one(at, "org")?.map(str::to_ascii_lowercase) else {
        return aside("the log does not say in which organization it acted");
    };
    Ok(match (app, token_id(at)?) {
        (true, _) => as_app(actor, &organization, repository),
        (false, None) => Err((actor.to_owned(), "a token: the log does not say which")),
        (false, Some(id)) => {
            let (sort, word) =
                if how.contains("fine-grained") { ("tokens", "token") } else { ("classic-tokens", CLASSIC) };
            Ok((
                format!("orgs/{organization}/{sort}/{id}"),
                Some(redact::args(&[&format!("{word} {id} of {actor}")]).text),
            ))
        }
    })
}

const CLASSIC: &str = "classic token";

fn as_app(actor: &str, organization: &str, repository: Option<&str>) -> Found {
    let slug = actor.strip_suffix("[bot]").unwrap_or(actor).to_ascii_lowercase();
    match (slug.as_str(), repository) {
        (WORKFLOWS, Some(repository)) => Ok((format!("repos/{repository}/actions"), None)),
        (WORKFLOWS, None) => Err((actor.to_owned(), "workflows: the log does not say of which repository")),
        (own, _) if OWN.contains(&own) => Err((actor.to_owned(), "GitHub itself")),
        ("unnamed", _) => Err((slug, "the log does not say who it was")),
        _ => Ok((format!("orgs/{organization}/apps/{slug}"), None)),
    }
}

fn token_id(at: &At<'_>) -> Result<Option<u64>, Problem> {
    let Some(id) = at.get("token_id")? else { return Ok(None) };
    let number = match id.value {
        Value::Number(n) => n.as_u64(),
        Value::String(text) if text.is_empty() => Some(0),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    Ok(Some(number.ok_or_else(|| id.problem("not a number"))?).filter(|id| *id > 0))
}

/// Only requests to the interface are logged with what was answered; all else is logged when it was done.
fn refused(at: &At<'_>) -> Result<bool, Problem> {
    let Some(code) = at.get("status_code")? else { return Ok(false) };
    let number = match code.value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    Ok(number.ok_or_else(|| code.problem("not a number"))? >= 400)
}

/// Apps by their slug and fine-grained tokens by the token's own id: the log knows neither installations nor grants.
pub fn logged_as(principal: &str, claim: &Claim) -> Option<String> {
    let mut parts = principal.strip_prefix("orgs/")?.split('/');
    let (organization, sort) = (parts.next()?, parts.next()?);
    match sort {
        "installations" if claim.shown_by.contains(&Part::Installations) => {
            Some(format!("orgs/{organization}/apps/{}", claim.name.to_ascii_lowercase()))
        }
        "personal-access-tokens" => claim.notes.get("token id").map(|id| format!("orgs/{organization}/tokens/{id}")),
        _ => None,
    }
}

/// What is certain of an action: the permission it takes, and whether to write. Which permission allowed another, the log does not
/// say, and no list of GitHub's maps one to the other.
fn takes(action: &str) -> Option<(&'static str, bool)> {
    match action {
        "git.clone" | "git.fetch" => Some(("contents", false)),
        "git.push" | "pull_request.merge" => Some(("contents", true)),
        "pull_request.create" | "pull_request.close" | "pull_request.reopen" => Some(("pull_requests", true)),
        _ => None,
    }
}

/// Whether a permission allowed an action in a repository.
pub fn covers(key: &Key, action: &str, repository: &str) -> bool {
    let (Some((permission, writes)), Some((given, level))) = (takes(action), key.action.split_once(':')) else {
        return false;
    };
    let enough = (given == permission || given == "*") && (!writes || level == "write" || level == "admin");
    enough && reaches(&key.resource, repository)
}

/// Whether the repositories that an entitlement names have this one among them. Which are selected stands elsewhere: that the call was
/// let through says that this one is.
fn reaches(resource: &str, repository: &str) -> bool {
    let owner = repository.split('/').next().unwrap_or_default();
    match resource.split_once(" repositories of ") {
        Some((_, organization)) => repository == ANY || organization == owner,
        None => match resource.strip_suffix('*') {
            Some(begin) => repository == ANY || repository.starts_with(begin),
            None => repository == ANY || resource == repository,
        },
    }
}

/// What a principal nobody knew is, and what it is called.
pub fn named(principal: &str) -> (Kind, String) {
    let parts: Vec<_> = principal.split('/').collect();
    match parts.as_slice() {
        ["repos", owner, name, "actions"] => (Kind::Pipeline, format!("workflows of {owner}/{name}")),
        ["orgs", _, "apps", slug] if COPILOT.contains(slug) => (Kind::Agent, (*slug).to_owned()),
        ["orgs", _, "apps", slug] => (Kind::ServiceAccount, (*slug).to_owned()),
        ["orgs", _, "classic-tokens", id] => (Kind::ApiKey, format!("{CLASSIC} {id}")),
        ["orgs", _, _, id] => (Kind::ApiKey, format!("token {id}")),
        _ => (Kind::ServiceAccount, principal.to_owned()),
    }
}

/// The log of an enterprise has events of all its organizations.
pub fn foreign(scope: &str, principal: &str) -> Option<&'static str> {
    let owner = principal.split('/').nth(1)?;
    (owner != scope).then_some("of another organization")
}

#[cfg(test)]
#[path = "github_tests.rs"]
mod tests;
