//! Who acts by the logs of a tenant, and what that uses.
use super::*;
use serde_json::json;

const APP: &str = "b0000000-0000-4000-8000-000000000002";
const ID: &str = "50000000-0000-4000-8000-000000000002";

fn read(record: &Value) -> String {
    match event(&At::top("f", record)) {
        Ok(Event { who: Who::Aside(who, reason), .. }) => format!("aside {who}: {reason}"),
        Ok(Event { who: Who::Principal(act), .. }) => {
            let uses: Vec<_> = act.uses.iter().map(|(action, on)| format!("{action} {on}")).collect();
            format!("{} {}", act.principal, uses.join(", "))
        }
        Err(problem) => problem.to_string(),
    }
}
fn with(base: &Value, more: &Value) -> Value {
    let mut record = base.clone();
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record
}

#[test]
fn a_sign_in_is_of_a_service_principal_or_a_person() {
    let base = json!({"createdDateTime": "2026-11-20T10:00:00Z", "appId": APP, "servicePrincipalId": ID.to_uppercase(),
        "servicePrincipalName": "orders-sync", "resourceDisplayName": "Microsoft Graph", "status": {"errorCode": 0},
        "userId": "", "userPrincipalName": null});
    let check = |more: Value, want: &str| assert_eq!(read(&with(&base, &more)), want, "{more}");
    check(json!({}), &format!("{ID} sign in Microsoft Graph"));
    check(json!({"status": {"errorCode": 7_000_215}}), &format!("{ID} "));
    check(json!({"status": null}), &format!("{ID} "));
    check(json!({"servicePrincipalId": ""}), &format!("{APP} sign in Microsoft Graph"));
    check(json!({"userPrincipalName": "ana@acme.example"}), "aside ana@acme.example: a person");
    check(json!({"servicePrincipalId": "", "appId": ""}), "aside unnamed: the log does not say who it was");
    check(json!({"status": {"errorCode": "hunter2"}}), "f: status.errorCode: expected a number, found text");
    let kept = |category: &str| json!({"time": "2026-11-20T10:00:05Z", "category": category, "operationName": "Sign-in activity", "properties": base});
    assert_eq!(read(&kept("ServicePrincipalSignInLogs")), format!("{ID} sign in Microsoft Graph"));
    assert_eq!(read(&kept("ManagedIdentitySignInLogs")), format!("{ID} sign in Microsoft Graph"));
    assert_eq!(read(&json!({"id": "x"})), "f: top: neither a sign-in nor an entry of Azure's activity log");
}

#[test]
fn the_activity_log_is_read_in_both_its_forms() {
    const OID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    let kept = json!({"time": "2026-11-20T10:00:00Z", "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION",
        "category": "Administrative", "resultType": "Success", "resourceId": "/SUBSCRIPTIONS/S1",
        "identity": {"claims": {OID: ID, "appid": APP}}});
    let listed = json!({"eventTimestamp": "2026-11-20T10:00:00Z", "caller": ID, "category": {"value": "Administrative"},
        "operationName": {"value": "Microsoft.Storage/storageAccounts/listKeys/action"}, "resourceId": "/subscriptions/s1",
        "status": {"value": "Succeeded"}, "claims": {OID: ID, "appid": APP}});
    let want = format!("{ID} microsoft.storage/storageaccounts/listkeys/action /subscriptions/s1");
    assert_eq!((read(&kept), read(&listed)), (want.clone(), want.clone()));
    let check = |more: Value, want: &str| assert_eq!(read(&with(&listed, &more)), want, "{more}");
    for result in ["Started", "Failed", "Canceled"] {
        check(json!({"status": {"value": result}}), &format!("{ID} "));
    }
    check(json!({"claims": {"appid": APP}}), &want.replace(ID, APP));
    check(json!({"claims": null}), &want);
    check(json!({"claims": {}, "caller": "Microsoft.Advisor"}), "aside Microsoft.Advisor: Azure itself");
    check(json!({"claims": null, "caller": null}), "aside Azure: Azure itself");
    check(json!({"caller": "ana@acme.example"}), "aside ana@acme.example: a person");
    let upn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
    check(json!({"claims": {OID: "o1", upn: "ana@acme.example"}}), "aside ana@acme.example: a person");
    let scope = "http://schemas.microsoft.com/identity/claims/scope";
    check(json!({"claims": {OID: "o1", scope: "user_impersonation"}, "caller": ""}), "aside unnamed: a person");
    check(json!({"claims": {OID: ID, "idtyp": "app"}}), &want);
    check(json!({"claims": {OID: 7}}), &format!("f: claims.{OID}: expected text, found a number"));
    check(json!({"eventTimestamp": "hunter2"}), "f: eventTimestamp: not a date");
}
