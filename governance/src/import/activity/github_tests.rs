//! Who acts by GitHub's audit log, and what that uses.
use super::*;
use serde_json::json;

const PAT: &str = "Fine-grained personal access token";

fn entry(actor: &str, more: &Value) -> String {
    let mut record = json!({"@timestamp": 1_795_000_000_000_i64, "action": "git.push", "actor": actor, "org": "Acme",
        "repo": "Acme/Shop", "hashed_token": "hunter2", "token_id": 71});
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    match event(&At::top("f", &record)) {
        Ok(Event { who: Who::Aside(who, reason), .. }) => format!("aside {who}: {reason}"),
        Ok(Event { who: Who::Principal(act), .. }) => {
            let uses: Vec<_> = act.uses.iter().map(|(action, on)| format!("{action} {on}").trim().to_owned()).collect();
            format!("{} {}", act.principal, uses.join(", "))
        }
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn apps_tokens_and_workflows_act_and_people_are_set_aside() {
    let check = |actor: &str, more: Value, want: &str| assert_eq!(entry(actor, &more), want, "{actor} {more}");
    let by = |how: &str| json!({"programmatic_access_type": how});
    let app = "GitHub App server-to-server token";
    check("Review-Bot[bot]", by(app), "orgs/acme/apps/review-bot git.push acme/shop");
    check("review-bot[bot]", json!({"actor_is_bot": true}), "orgs/acme/apps/review-bot git.push acme/shop");
    check("github-actions[bot]", by(app), "repos/acme/shop/actions git.push acme/shop");
    let nowhere = json!({"actor_is_bot": true, "repo": null});
    let want = "aside github-actions[bot]: workflows: the log does not say of which repository";
    check("github-actions[bot]", nowhere, want);
    check("dependabot[bot]", by(app), "aside dependabot[bot]: GitHub itself");
    check("Copilot", json!({"actor_is_agent": true}), "orgs/acme/apps/copilot git.push acme/shop");
    check("ana", by(PAT), "orgs/acme/tokens/71 git.push acme/shop");
    check("ana", by("Personal access token (classic)"), "orgs/acme/classic-tokens/71 git.push acme/shop");
    let unnamed = json!({"programmatic_access_type": PAT, "token_id": 0});
    check("ana", unnamed, "aside ana: a token: the log does not say which");
    check("ana", by("GitHub App user-to-server token"), "aside ana: a person, by way of an app");
    check("ana", by("OAuth access token"), "aside ana: a person, by way of an app");
    check("ana", by("SSH key"), "aside ana: a person");
    check("ana", json!({}), "aside ana: a person");
    check("", json!({}), "aside unnamed: the log does not say who it was");
    let key = "aside deploy_key: a deploy key: the log does not say which; GitHub's list of keys tells its last use";
    check("deploy_key", by("Public Key (User/Deploy)"), key);
    let several = json!({"actor_is_bot": true, "org": ["Acme", "Other"]});
    check("x[bot]", several, "aside x[bot]: the log does not say in which organization it acted");
}

#[test]
fn a_time_is_read_as_github_writes_it() {
    let read = |more: &Value| {
        let mut record = json!({"action": "x", "actor": "ana"});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event(&At::top("f", &record)).map(|e| e.at.to_string()).map_err(|p| p.to_string())
    };
    assert_eq!(read(&json!({"@timestamp": 1_763_632_800_123_i64})).unwrap(), "2025-11-20T10:00:00.123000Z");
    assert_eq!(read(&json!({"created_at": 1_763_632_800_123_i64})).unwrap(), "2025-11-20T10:00:00.123000Z");
    assert_eq!(read(&json!({"@timestamp": "2025-11-20T10:00:00Z"})).unwrap(), "2025-11-20T10:00:00.000000Z");
    assert_eq!(read(&json!({})).unwrap_err(), "f: top: @timestamp is missing");
    for bad in [json!("hunter2"), json!(-1), json!(i64::MAX), json!({})] {
        assert_eq!(read(&json!({"@timestamp": bad})).unwrap_err(), "f: @timestamp: not a date");
    }
}

#[test]
fn a_request_that_was_refused_is_no_use() {
    let request = |code: Value| {
        let more = json!({"action": "api.request", "status_code": code, "actor_is_bot": true, "repo": null});
        entry("x[bot]", &more)
    };
    assert_eq!(request(json!(200)), "orgs/acme/apps/x api.request");
    assert_eq!(request(json!("404")), "orgs/acme/apps/x ");
    assert_eq!(request(json!("hunter2")), "f: status_code: not a number");
}

#[test]
fn a_permission_covers_what_it_certainly_allowed() {
    let check = |given: &str, on: &str, action: &str, repository: &str, want: bool| {
        let key = Key { action: given.into(), resource: on.into(), via: String::new() };
        assert_eq!(covers(&key, action, repository), want, "{given} on {on}: {action} {repository}");
    };
    check("contents:write", "acme/*", "git.push", "acme/shop", true);
    check("contents:write", "acme/*", "git.clone", "acme/shop", true);
    check("contents:read", "acme/*", "git.clone", "acme/shop", true);
    check("contents:read", "acme/*", "git.push", "acme/shop", false);
    check("contents:write", "acme/shop", "git.push", "acme/shop", true);
    check("contents:write", "acme/shop", "git.push", "acme/shop2", false);
    check("contents:write", "selected repositories of acme", "git.push", "acme/shop", true);
    check("contents:write", "selected repositories of acme", "git.push", "other/shop", false);
    check("contents:write", "acme/shop", "git.push", ANY, true);
    check("*:write", "acme/shop", "git.push", "acme/shop", true);
    check("pull_requests:write", "acme/*", "pull_request.create", "acme/shop", true);
    check("metadata:read", "acme/*", "git.clone", "acme/shop", false);
    check("members:write", "acme", "org.add_member", "", false);
}
