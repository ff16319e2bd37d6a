//! Which of AWS's exports a file is, told by its content.
use crate::{
    error::{Error, Result},
    import::{aws_iam::values, read},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;

/// One document of one file.
pub enum Content {
    /// A page of `get-account-authorization-details`.
    Authorization(Page),
    /// The credential report's CSV.
    Report(String),
    /// `generate-service-last-accessed-details`: which job speaks of whom. The principal stands in the file's name.
    Job { principal: Option<String>, job: String },
    /// `get-service-last-accessed-details`. The job stands in the file's name.
    Advisor { job: String, value: Value },
}

/// A page of an account, its lists as they stand in the file.
#[derive(Default)]
pub struct Page {
    pub lists: BTreeMap<String, Box<RawValue>>,
    /// It says that another follows.
    pub more: bool,
}

const LISTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];

/// Tells what is in a file.
///
/// # Errors
/// `Invalid` for a file that is none of them, or cut off.
pub fn contents(file: &str, bytes: &[u8]) -> Result<Vec<Content>> {
    let text = read::text(file, bytes)?;
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        return read::raw(file, &text)?.into_iter().map(|raw| of_raw(file, raw)).collect();
    }
    if let Some(csv) = csv_of(start) {
        return Ok(vec![Content::Report(csv)]);
    }
    Err(wrong_kind(file, None))
}

fn of_raw(file: &str, raw: &RawValue) -> Result<Content> {
    let members = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()).unwrap_or_default();
    if !LISTS.iter().any(|list| members.contains_key(*list)) {
        let value = read::json(file, raw.get())?.pop();
        return of_json(file, value.unwrap_or_default());
    }
    let said = |name: &str| members.get(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let more = said("IsTruncated") == Some(Value::Bool(true)) || said("NextToken").is_some_and(|v| v.is_string());
    let lists = members.into_iter().filter(|(name, _)| LISTS.contains(&name.as_str()));
    Ok(Content::Authorization(Page { lists: lists.map(|(name, raw)| (name, raw.to_owned())).collect(), more }))
}

fn of_json(file: &str, value: Value) -> Result<Content> {
    let stem = stem(file).to_owned();
    let object = value.as_object().ok_or_else(|| wrong_kind(file, Some(&value)))?;
    if let Some(content) = object.get("Content").and_then(Value::as_str) {
        let csv = csv_of(content).ok_or_else(|| {
            Error::invalid(format!("{file}: Content: not a credential report (CSV, or CSV in base64); export it again"))
        })?;
        return Ok(Content::Report(csv));
    }
    if object.contains_key("ServicesLastAccessed") || object.contains_key("JobStatus") {
        return Ok(Content::Advisor { job: stem, value });
    }
    if let Some(job) = object.get("JobId").and_then(Value::as_str) {
        let principal = values::percent_decoded(stem.strip_prefix("job_").unwrap_or(&stem));
        let principal = principal.filter(|arn| values::is_principal_arn(arn));
        return Ok(Content::Job { principal, job: job.into() });
    }
    Err(wrong_kind(file, Some(&value)))
}

/// The credential report's CSV, plain or in base64 as the API answers it.
fn csv_of(text: &str) -> Option<String> {
    let is_report = |t: &str| t.trim_start().starts_with("user,arn,");
    if is_report(text) {
        return Some(text.into());
    }
    let packed: String = text.split_whitespace().collect();
    let plain = String::from_utf8(STANDARD.decode(packed.trim_matches('"')).ok()?).ok()?;
    is_report(&plain).then_some(plain)
}

/// A file's name without folder and extension.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn wrong_kind(file: &str, value: Option<&Value>) -> Error {
    let has = |key: &str| value.is_some_and(|v| v.get(key).is_some());
    let guess = if has("mcpServers") || has("servers") {
        "; it looks like an MCP configuration: import mcp-config"
    } else if has("kind") && has("apiVersion") {
        "; it looks like a Kubernetes list: import kubernetes"
    } else {
        ""
    };
    Error::invalid(format!(
        "{file}: not an export of AWS IAM (get-account-authorization-details, a credential report, or access advisor){guess}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_content() {
        let check = |file: &str, text: &str, want: &str| {
            let got = match contents(file, text.as_bytes()) {
                Ok(all) => match &all[0] {
                    Content::Authorization(_) => "authorization".into(),
                    Content::Report(csv) => format!("report {}", csv.lines().count()),
                    Content::Job { principal, job } => format!("job {job} of {principal:?}"),
                    Content::Advisor { job, .. } => format!("advisor {job}"),
                },
                Err(e) => e.to_string(),
            };
            assert!(got.contains(want), "{file}: {got}");
        };
        check("a.json", r#"{"UserDetailList": []}"#, "authorization");
        check("a.csv", "user,arn,x\na,b,c\n", "report 2");
        check("a.json", r#"{"Content": "user,arn,x\na,b,c\n"}"#, "report 2");
        check("a.json", r#"{"Content": "dXNlcixhcm4seAphLGIsYwo="}"#, "report 2");
        check("a.txt", "dXNlcixhcm4seAph\nLGIsYwo=\n", "report 2");
        check(
            "job_arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx.json",
            r#"{"JobId": "j1"}"#,
            "job j1 of Some(\"arn:aws:iam::1:role/x\")",
        );
        check("d/j1.json", r#"{"JobStatus": "COMPLETED", "ServicesLastAccessed": []}"#, "advisor j1");
        check("x.json", r#"{"mcpServers": {}}"#, "import mcp-config");
        check("x.json", r#"{"Content": "hello"}"#, "not a credential report");
        check("x.json", "[1]", "not an export of AWS IAM");
        check("x.txt", "hello", "not an export of AWS IAM");
        check("x.json", r#"{"UserDetailList": ["#, "ends in the middle");
    }
}
