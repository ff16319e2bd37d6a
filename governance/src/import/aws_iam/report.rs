//! The credential report: passwords, access keys and certificates of users, and of the root account.
use super::values;
use crate::{
    credential::{Facts as Credential, Kind as Sort},
    entitlement,
    error::Result,
    identity::Kind,
    import::{
        snapshot::{Claim, Parsed, Part, Principal, Problem, SetAside},
        table::{Row, Table},
    },
    time::Timestamp,
};
use std::collections::BTreeMap;

const NEEDED: &[&str] = &["user", "arn", "password_enabled", "access_key_1_active", "access_key_2_active"];

/// Reads a report into `parsed`, after the authorization details.
///
/// # Errors
/// `Invalid` when the header is not a credential report's.
pub fn read(file: &str, csv: &str, parsed: &mut Parsed) -> Result<()> {
    let table = Table::read(file, csv, NEEDED)?;
    parsed.unnamed |= !table.problems.is_empty();
    parsed.problems.extend(table.problems.iter().cloned());
    for row in table.rows() {
        if let Err(problem) = account(&row, parsed) {
            match row.get("arn") {
                arn if values::is_principal_arn(arn) => drop(parsed.partial.insert(arn.into())),
                _ => parsed.unnamed = true,
            }
            parsed.problems.push(problem);
        }
    }
    Ok(())
}

fn account(row: &Row<'_>, parsed: &mut Parsed) -> Result<(), Problem> {
    let arn = row.get("arn");
    if !values::is_principal_arn(arn) {
        return Err(row.problem("arn is not the ARN of a user or of the root account"));
    }
    let credentials = credentials(row)?;
    let is_root = arn.ends_with(":root");
    let works_alone = credentials.values().any(|c| c.active && c.kind != Sort::Password);
    if !works_alone && (is_root || flag(row, "password_enabled")? == Some(true)) {
        parsed.snapshot.principals.remove(arn);
        let reason = if is_root {
            "the root account: it has no active key"
        } else {
            "a person: has a password and no active key"
        };
        parsed.set_aside.push(SetAside { principal: arn.into(), reason: reason.into() });
        return Ok(());
    }
    let principal = match parsed.snapshot.principals.get_mut(arn) {
        Some(known) => known,
        None => parsed.snapshot.principals.entry(arn.into()).or_insert(unlisted(row, arn, is_root)?),
    };
    principal.claim.shown_by.insert(Part::CredentialReport);
    if flag(row, "mfa_active")? == Some(false) && credentials.values().any(|c| c.interactive) {
        principal.claim.notes.insert("second factor".into(), "none".into());
    }
    for used in credentials.values().filter(|c| c.usage_reported) {
        principal.claim.usage_reported = true;
        principal.claim.last_used_at = principal.claim.last_used_at.max(used.last_used_at);
    }
    principal.credentials.extend(credentials);
    Ok(())
}

/// A user that the authorization details do not show, as the root account never is.
fn unlisted(row: &Row<'_>, arn: &str, is_root: bool) -> Result<Principal, Problem> {
    let mut entitlements = BTreeMap::new();
    if is_root {
        let key = entitlement::Key { action: "*".into(), resource: "*".into(), via: "root account".into() };
        let all = entitlement::Facts::of(entitlement::Privilege::Administrative);
        entitlements.insert(key, entitlement::Facts { wildcard: true, ..all });
    }
    let name = match (is_root, row.get("user")) {
        (true, _) => format!("root@{}", values::account(arn).unwrap_or("aws")),
        (false, "") => return Err(row.problem("user is empty")),
        (false, name) => name.into(),
    };
    let created_at = when(row, "user_creation_time")?;
    let claim = Claim { created_at, ..Claim::of(Kind::ServiceAccount, name, Part::CredentialReport) };
    Ok(Principal { claim, entitlements, credentials: BTreeMap::new() })
}

fn credentials(row: &Row<'_>) -> Result<BTreeMap<String, Credential>, Problem> {
    let mut all = BTreeMap::new();
    if flag(row, "password_enabled")? == Some(true) {
        let mut it = Credential::of(Sort::Password);
        (it.long_lived, it.interactive) = (true, true);
        it.created_at = when(row, "user_creation_time")?;
        it.last_rotated_at = when(row, "password_last_changed")?;
        it.last_used_at = when(row, "password_last_used")?;
        it.usage_reported = row.get("password_last_used") != "not_supported";
        it.expires_at = when(row, "password_next_rotation")?;
        it.expiry_reported = row.get("password_next_rotation") != "not_supported";
        all.insert("password".into(), it);
    }
    for n in ["1", "2"] {
        let column = |what: &str| format!("access_key_{n}_{what}");
        let (active, rotated) = (flag(row, &column("active"))?, when(row, &column("last_rotated"))?);
        if active == Some(true) || rotated.is_some() {
            let mut it = Credential::of(Sort::AccessKey);
            it.long_lived = true;
            it.active = active == Some(true);
            it.last_rotated_at = rotated;
            it.last_used_at = when(row, &column("last_used_date"))?;
            it.usage_reported = row.has(&column("last_used_date"));
            it.detail = match row.get(&column("last_used_service")) {
                "" | "N/A" => String::new(),
                service => format!("last used for {service} in {}", row.get(&column("last_used_region"))),
            };
            all.insert(format!("access key {n}"), it);
        }
        let (active, rotated) =
            (flag(row, &format!("cert_{n}_active"))?, when(row, &format!("cert_{n}_last_rotated"))?);
        if active == Some(true) || rotated.is_some() {
            let mut it = Credential::of(Sort::Certificate);
            (it.long_lived, it.active, it.last_rotated_at) = (true, active == Some(true), rotated);
            all.insert(format!("signing certificate {n}"), it);
        }
    }
    Ok(all)
}

/// A date; `None` for AWS's several ways of having none.
fn when(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, Problem> {
    match row.get(column) {
        "" | "N/A" | "n/a" | "not_supported" | "no_information" => Ok(None),
        text => values::date_text(text).map(Some).ok_or_else(|| row.problem(format!("{column} is not a date"))),
    }
}

/// True or false; `None` where AWS has no answer.
fn flag(row: &Row<'_>, column: &str) -> Result<Option<bool>, Problem> {
    match row.get(column).to_ascii_lowercase().as_str() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        "" | "n/a" | "not_supported" | "no_information" => Ok(None),
        _ => Err(row.problem(format!("{column} is neither true nor false"))),
    }
}
