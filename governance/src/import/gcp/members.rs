//! The members of a binding: which are software that acts by itself, and which are set aside.
use crate::{
    identity::{self, Kind},
    import::{read::At, snapshot::Problem},
};

/// Whom a member means.
#[derive(Debug, PartialEq, Eq)]
pub enum Member {
    /// A service account, by its address.
    Account(String),
    /// An identity of a workload identity pool or an agent, which signs in without a service account.
    Outside(Outside),
    /// No non-human identity that could be named, with the reason.
    Aside(&'static str),
    /// Everyone, signed in or not.
    Everyone,
}

/// An identity from outside.
#[derive(Debug, PartialEq, Eq)]
pub struct Outside {
    /// The whole member: its name in Google Cloud.
    pub principal: String,
    /// What people call it: the part after the pool.
    pub name: String,
    pub kind: Kind,
    /// It means every identity of a pool.
    pub whole_pool: bool,
}

/// Reads a member as policies write it.
pub fn read(at: &At<'_>) -> Result<Member, Problem> {
    let text = at.as_text()?;
    if let Some(address) = text.strip_prefix("serviceAccount:") {
        return account(at, address);
    }
    if text.starts_with("principal://") || text.starts_with("principalSet://") {
        return principal(at, text);
    }
    Ok(match text {
        "allUsers" | "allAuthenticatedUsers" => Member::Everyone,
        _ => match text.split_once(':').map(|(sort, _)| sort) {
            Some("user") => Member::Aside("a person"),
            Some("group") => Member::Aside("a group: who is in it, the directory keeps"),
            Some("domain") => Member::Aside("everybody of a domain"),
            Some("deleted") => Member::Aside("deleted: the binding is left over and gives nothing"),
            Some("projectOwner" | "projectEditor" | "projectViewer") => {
                Member::Aside("whoever holds a basic role on the project: shown there")
            }
            _ => return Err(at.problem("not a member that we know")),
        },
    })
}

fn account(at: &At<'_>, address: &str) -> Result<Member, Problem> {
    // a service account of a cluster: `project.svc.id.goog[namespace/name]`
    if let Some((_, inner)) = address.strip_suffix(']').and_then(|a| a.split_once(".svc.id.goog[")) {
        return outside(at, format!("serviceAccount:{address}"), inner, Kind::ServiceAccount, false);
    }
    let (local, domain) = address.split_once('@').unwrap_or_default();
    if local.is_empty() || !domain.ends_with("gserviceaccount.com") {
        return Err(at.problem("not the address of a service account"));
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let agent = local.strip_prefix("service-").is_some_and(digits)
        || (digits(local) && domain == "cloudservices.gserviceaccount.com");
    if agent {
        return Ok(Member::Aside("a service agent: Google owns it and acts as it"));
    }
    identity::check_name(address).map_err(|e| at.problem(e.detail))?;
    Ok(Member::Account(address.to_owned()))
}

/// The kind of a service account, as far as its address tells.
pub fn kind_of(address: &str) -> Kind {
    if address.ends_with("@cloudbuild.gserviceaccount.com") { Kind::Pipeline } else { Kind::ServiceAccount }
}

fn principal(at: &At<'_>, text: &str) -> Result<Member, Problem> {
    let (scheme, path) = text.split_once("://").unwrap_or_default();
    let (host, path) = path.split_once('/').unwrap_or((path, ""));
    if host.starts_with("agents.") && host.ends_with(".system.id.goog") {
        let name = path.strip_prefix("resources/").unwrap_or(path);
        return outside(at, text.to_owned(), name, Kind::Agent, scheme == "principalSet");
    }
    if let Some((_, pool)) = path.split_once("/workloadIdentityPools/") {
        // of Kubernetes: `project.svc.id.goog/subject/ns/shop/sa/web`
        let in_cluster = pool.split_once(".svc.id.goog/subject/ns/").and_then(|(_, rest)| rest.split_once("/sa/"));
        if let Some((namespace, account)) = in_cluster {
            return outside(at, text.to_owned(), &format!("{namespace}/{account}"), Kind::ServiceAccount, false);
        }
        let kind = if is_pipeline(pool) { Kind::Pipeline } else { Kind::Workload };
        return outside(at, text.to_owned(), pool, kind, scheme == "principalSet" && pool.ends_with("/*"));
    }
    if path.contains("/workforcePools/") || path.contains("workforcePools/") || host == "goog" {
        return Ok(Member::Aside("people of another directory"));
    }
    if host == "cloudresourcemanager.googleapis.com" {
        return Ok(Member::Aside("all of a kind in a project, folder or organisation"));
    }
    Err(at.problem("not a principal that we know"))
}

/// Whether the pool, subject or attribute is of a service that builds and deploys.
fn is_pipeline(pool: &str) -> bool {
    const MARKS: &[&str] = &[
        "/subject/repo:",
        "/subject/project_path:",
        "attribute.repository",
        "github",
        "gitlab",
        "bitbucket",
        "circleci",
        "buildkite",
        "terraform",
    ];
    let lower = pool.to_ascii_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

fn outside(at: &At<'_>, principal: String, name: &str, kind: Kind, whole_pool: bool) -> Result<Member, Problem> {
    identity::check_name(name).map_err(|e| at.problem(e.detail))?;
    Ok(Member::Outside(Outside { principal, name: name.to_owned(), kind, whole_pool }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_member_is_software_or_set_aside() {
        let check = |text: &str, want: &str| {
            let got = match read(&At::top("f", &json!(text))) {
                Ok(Member::Account(address)) => format!("{} {address}", kind_of(&address)),
                Ok(Member::Outside(o)) => format!("{} {}{}", o.kind, o.name, if o.whole_pool { " all" } else { "" }),
                Ok(Member::Aside(reason)) => reason.split(':').next().unwrap().to_owned(),
                Ok(Member::Everyone) => "everyone".into(),
                Err(problem) => problem.words,
            };
            assert_eq!(got, want, "{text}");
        };
        let pools = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools";
        check("serviceAccount:web@shop.iam.gserviceaccount.com", "service_account web@shop.iam.gserviceaccount.com");
        check("serviceAccount:77@cloudbuild.gserviceaccount.com", "pipeline 77@cloudbuild.gserviceaccount.com");
        check("serviceAccount:service-77@gcp-sa-pubsub.iam.gserviceaccount.com", "a service agent");
        check("serviceAccount:77@cloudservices.gserviceaccount.com", "a service agent");
        check(
            "serviceAccount:77-compute@developer.gserviceaccount.com",
            "service_account 77-compute@developer.gserviceaccount.com",
        );
        check("serviceAccount:shop.svc.id.goog[web/front]", "service_account web/front");
        check("serviceAccount:nobody", "not the address of a service account");
        check("deleted:serviceAccount:a@b.iam.gserviceaccount.com?uid=1", "deleted");
        check(
            &format!("principal://{pools}/ci/subject/repo:shop/web:ref:refs/heads/main"),
            "pipeline ci/subject/repo:shop/web:ref:refs/heads/main",
        );
        check(&format!("principalSet://{pools}/aws/attribute.aws_role/batch"), "workload aws/attribute.aws_role/batch");
        check(&format!("principalSet://{pools}/github/*"), "pipeline github/* all");
        check(&format!("principal://{pools}/shop.svc.id.goog/subject/ns/web/sa/front"), "service_account web/front");
        check(
            "principal://agents.global.org-1.system.id.goog/resources/aiplatform/projects/1/locations/eu/reasoningEngines/9",
            "agent aiplatform/projects/1/locations/eu/reasoningEngines/9",
        );
        check(
            "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/ana",
            "people of another directory",
        );
        check("user:ana@shop.example", "a person");
        check("allUsers", "everyone");
        check("wizard:x", "not a member that we know");
    }
}
