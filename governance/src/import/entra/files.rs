//! Which of Microsoft Graph's answers a file is, told by its content.
use crate::{
    error::{Error, Result},
    import::{
        read::{self, At},
        snapshot::Problem,
    },
};
use serde_json::Value;

/// What an answer is a list of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    ServicePrincipals,
    /// Agent identities or blueprint principals alone: service principals, but not all of them.
    AgentIdentities,
    Applications,
    /// Agent identity blueprints alone: applications, but not all of them.
    Blueprints,
    AppRoleAssignments,
    /// Who was given the app roles of one resource.
    AppRoleAssignedTo,
    PermissionGrants,
    RoleAssignments,
    RoleDefinitions,
    SignInActivity,
    Organization,
}

/// One answer: a page of a list, a whole list, or one object.
#[derive(Debug)]
pub struct Page {
    pub file: String,
    pub value: Value,
    pub sort: Sort,
    /// The object whose list it is, where it is of one: `servicePrincipals('…')/appRoleAssignments`.
    pub of: Option<String>,
}

impl Page {
    pub fn items(&self) -> Result<Vec<At<'_>>, Problem> {
        let top = At::top(&self.file, &self.value);
        match &self.value {
            Value::Array(_) => top.items(),
            _ if self.is_single() => Ok(vec![top]),
            _ => top.list("value"),
        }
    }
    /// One object, and no list.
    pub fn is_single(&self) -> bool {
        self.value.is_object() && self.value.get("value").is_none()
    }
    pub fn is_applications(&self) -> bool {
        matches!(self.sort, Sort::Applications | Sort::Blueprints)
    }
    pub fn has_next(&self) -> bool {
        self.value.get("@odata.nextLink").is_some_and(Value::is_string)
    }
}

/// The pages of a file.
///
/// # Errors
/// `Invalid` for a file that holds none, or is cut off.
pub fn pages(file: &str, bytes: &[u8]) -> Result<Vec<Page>> {
    let text = read::text(file, bytes)?;
    if !text.trim_start().starts_with(['{', '[']) {
        return Err(wrong_kind(file, None));
    }
    read::json(file, &text)?.into_iter().map(|value| page(file, value)).collect()
}

fn page(file: &str, value: Value) -> Result<Page> {
    if value.get("error").is_some_and(|e| e.get("code").is_some()) {
        return Err(Error::invalid(format!(
            "{file}: an error that Microsoft Graph answered with, and no list; ask again with the permission it wants"
        )));
    }
    let (sort, of) = match value.get("@odata.context").and_then(Value::as_str).map(by_context) {
        Some((Some(sort), of)) => (Some(sort), of),
        _ => (by_members(&value), None),
    };
    let Some(sort) = sort else { return Err(wrong_kind(file, Some(&value))) };
    Ok(Page { file: file.into(), value, sort, of })
}

/// By the path behind `$metadata#`, without what stands in brackets; an id in brackets says whose list it is.
fn by_context(context: &str) -> (Option<Sort>, Option<String>) {
    let path = context.split_once("$metadata#").map_or("", |(_, path)| path);
    if let Some(of) = path.strip_prefix("Collection(") {
        return (by_word(of.trim_end_matches(')').rsplit('.').next().unwrap_or_default()), None);
    }
    let of = path.split_once("('").and_then(|(_, rest)| rest.split_once("')")).map(|(id, _)| id.to_owned());
    let mut depth = 0_u32;
    let mut plain = String::new();
    for c in path.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let last = plain.trim_end_matches("/$entity").rsplit('/').next().unwrap_or_default();
    (by_word(last.rsplit('.').next().unwrap_or_default()), of)
}

fn by_word(word: &str) -> Option<Sort> {
    match word.to_ascii_lowercase().trim_end_matches('s') {
        "serviceprincipal" => Some(Sort::ServicePrincipals),
        "agentidentity" | "agentidentityblueprintprincipal" => Some(Sort::AgentIdentities),
        "application" => Some(Sort::Applications),
        "agentidentityblueprint" => Some(Sort::Blueprints),
        "approleassignment" => Some(Sort::AppRoleAssignments),
        "approleassignedto" => Some(Sort::AppRoleAssignedTo),
        "oauth2permissiongrant" => Some(Sort::PermissionGrants),
        "roleassignment" | "unifiedroleassignment" => Some(Sort::RoleAssignments),
        "roledefinition" | "unifiedroledefinition" => Some(Sort::RoleDefinitions),
        "serviceprincipalsigninactivitie" | "serviceprincipalsigninactivity" => Some(Sort::SignInActivity),
        "organization" => Some(Sort::Organization),
        _ => None,
    }
}

/// Tools that take the answer apart keep its objects alone: what they are is told by the first one.
fn by_members(value: &Value) -> Option<Sort> {
    let items = value.get("value").unwrap_or(value);
    let item = items.as_array().map_or(Some(items), |list| list.first())?;
    let has = |key: &str| item.get(key).is_some();
    let typed = item.get("@odata.type").and_then(Value::as_str).and_then(|t| t.rsplit('.').next()).and_then(by_word);
    if typed.is_some() {
        return typed;
    }
    let signs = [
        (has("servicePrincipalType") || has("servicePrincipalNames"), Sort::ServicePrincipals),
        (has("appRoleId") && has("resourceId"), Sort::AppRoleAssignments),
        (has("consentType") && has("clientId"), Sort::PermissionGrants),
        (has("roleDefinitionId") && has("principalId"), Sort::RoleAssignments),
        (has("rolePermissions"), Sort::RoleDefinitions),
        (has("lastSignInActivity") || has("applicationAuthenticationClientSignInActivity"), Sort::SignInActivity),
        (has("verifiedDomains"), Sort::Organization),
        (has("appId") && has("signInAudience"), Sort::Applications),
    ];
    signs.into_iter().find(|(sign, _)| *sign).map(|(_, sort)| sort)
}

fn wrong_kind(file: &str, value: Option<&Value>) -> Error {
    let context = value.and_then(|v| v.get("@odata.context")).and_then(Value::as_str).unwrap_or_default();
    let first = value.map(|v| v.as_array().and_then(|l| l.first()).unwrap_or(v));
    let guess = if context.contains("#directoryObjects") {
        "; a list of owners or sponsors does not say whose they are: ask for the service principals with \
         $expand=owners or $expand=sponsors"
    } else if first.is_some_and(|v| v.get("ServicePrincipalType").is_some() || v.get("AppRoleId").is_some()) {
        "; it looks like PowerShell objects: keep the answer of Invoke-MgGraphRequest -OutputType Json"
    } else {
        ""
    };
    Error::invalid(format!(
        "{file}: not an answer of Microsoft Graph about service principals, applications, what they were granted or when they \
         signed in{guess}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_known_by_its_content() {
        let check = |value: Value, want: Sort, of: Option<&str>| {
            let got = page("f", value.clone()).unwrap();
            assert_eq!((got.sort, got.of.as_deref()), (want, of), "{value}");
        };
        let of = |path: &str| json!({"@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#{path}"), "value": []});
        check(of("servicePrincipals"), Sort::ServicePrincipals, None);
        check(of("servicePrincipals(id,appRoleAssignments(),owners())"), Sort::ServicePrincipals, None);
        check(of("servicePrincipals/microsoft.graph.agentIdentity"), Sort::AgentIdentities, None);
        check(of("Collection(microsoft.graph.agentIdentity)"), Sort::AgentIdentities, None);
        check(of("servicePrincipals('a-1')/appRoleAssignments"), Sort::AppRoleAssignments, Some("a-1"));
        check(of("servicePrincipals('a-1')/appRoleAssignedTo"), Sort::AppRoleAssignedTo, Some("a-1"));
        check(of("servicePrincipals/$entity"), Sort::ServicePrincipals, None);
        check(of("applications(id,appId)"), Sort::Applications, None);
        check(of("oauth2PermissionGrants"), Sort::PermissionGrants, None);
        check(of("roleManagement/directory/roleAssignments(roleDefinition())"), Sort::RoleAssignments, None);
        check(of("roleManagement/directory/roleDefinitions"), Sort::RoleDefinitions, None);
        check(of("reports/servicePrincipalSignInActivities"), Sort::SignInActivity, None);
        check(of("organization"), Sort::Organization, None);
        check(json!([{"servicePrincipalType": "Application"}]), Sort::ServicePrincipals, None);
        check(
            json!([{"@odata.type": "#microsoft.graph.agentIdentity", "servicePrincipalType": "ServiceIdentity"}]),
            Sort::AgentIdentities,
            None,
        );
        check(
            json!({"value": [{"appRoleId": "r", "resourceId": "s", "principalId": "p"}]}),
            Sort::AppRoleAssignments,
            None,
        );
    }

    #[test]
    fn what_is_none_is_refused_with_a_way_out() {
        let check = |value: Value, want: &str| {
            let got = page("f.json", value).unwrap_err().to_string();
            assert!(got.starts_with("f.json: ") && got.contains(want), "{got}");
        };
        check(json!({"mcpServers": {}}), "not an answer of Microsoft Graph");
        check(json!({"value": []}), "not an answer of Microsoft Graph");
        check(json!([1]), "not an answer of Microsoft Graph");
        check(json!({"error": {"code": "Authorization_RequestDenied"}}), "an error that Microsoft Graph answered with");
        check(json!([{"Id": "x", "ServicePrincipalType": "Application"}]), "Invoke-MgGraphRequest");
        let owners =
            json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects", "value": []});
        check(owners, "$expand=owners");
    }
}
