//! GitHub: a deployment opens `deployment-ID`, its end closes it (events `deployment` and `deployment_status`).
use super::read::{Closing, Opening, Says, Told, document, instant, purpose};
use crate::error::Result;
use serde::Deserialize;

#[derive(Deserialize)]
struct Message {
    action: Option<String>,
    deployment: Deployment,
    deployment_status: Option<Status>,
    repository: Repository,
}

#[derive(Deserialize)]
struct Deployment {
    id: u64,
    #[serde(rename = "ref")]
    of: String,
    environment: String,
    created_at: String,
}

#[derive(Deserialize)]
struct Status {
    state: String,
    created_at: String,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
    html_url: String,
}

/// States from which no deployment goes on.
const OVER: [&str; 4] = ["success", "failure", "error", "inactive"];

pub(super) fn read(event: &str, body: &[u8]) -> Result<Told> {
    if !matches!(event, "deployment" | "deployment_status") {
        return Ok(Told::nothing(format!("the event {:?} opens and closes nothing", crate::word::short(event))));
    }
    let message: Message = document(body)?;
    if message.action.as_deref() != Some("created") {
        return Ok(Told::nothing("only what is created opens or closes"));
    }
    let Message { deployment: d, deployment_status: status, repository, .. } = message;
    let reference = format!("deployment-{}", d.id);
    Ok(match (event, status) {
        ("deployment", _) => {
            let of = format!("deploy {} of {} to {}", d.of, repository.full_name, d.environment);
            let link = Some(format!("{}/deployments", repository.html_url));
            let opening = Opening { reference, purpose: purpose(&of), link, ..Opening::default() };
            Told { at: Some(instant("deployment.created_at", &d.created_at)?), says: Says::Open(opening) }
        }
        (_, Some(status)) if OVER.contains(&status.state.as_str()) => {
            let reason = format!("GitHub says {}", status.state);
            let at = instant("deployment_status.created_at", &status.created_at)?;
            Told { at: Some(at), says: Says::Close(Closing { reference, reason }) }
        }
        _ => Told::nothing("the deployment goes on"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: &str = include_str!("../../tests/fixtures/hooks/github-deployment.json");
    const STATUS: &str = include_str!("../../tests/fixtures/hooks/github-deployment-status.json");

    #[test]
    fn a_deployment_opens_and_its_end_closes() {
        let told = read("deployment", CREATED.as_bytes()).unwrap();
        let opening = Opening {
            reference: "deployment-145988746".into(),
            purpose: "deploy v4.2.0 of example-shop/storefront to production".into(),
            link: Some("https://github.com/example-shop/storefront/deployments".into()),
            ..Opening::default()
        };
        assert_eq!(told.says, Says::Open(opening));
        assert_eq!(told.at.unwrap().to_string(), "2026-11-21T08:59:30.000000Z");
        for (state, over) in [
            ("success", true),
            ("failure", true),
            ("error", true),
            ("inactive", true),
            ("pending", false),
            ("queued", false),
            ("in_progress", false),
            ("waiting", false),
        ] {
            let body = STATUS.replace("\"state\": \"success\"", &format!("\"state\": \"{state}\""));
            let says = read("deployment_status", body.as_bytes()).unwrap().says;
            let closing = Closing { reference: "deployment-145988746".into(), reason: format!("GitHub says {state}") };
            assert_eq!(says == Says::Close(closing), over, "{state}: {says:?}");
        }
    }

    #[test]
    fn everything_else_is_nothing() {
        for event in ["ping", "push", "", "deployment_review", "workflow_run"] {
            assert!(matches!(read(event, b"{}").unwrap().says, Says::Nothing(_)), "{event}");
        }
        assert!(read("deployment", b"{}").unwrap_err().detail.contains("deployment"));
        assert!(read("deployment", b"payload=%7B%7D").unwrap_err().detail.contains("application/json"));
    }
}
