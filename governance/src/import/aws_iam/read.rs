//! All files of one AWS account to one snapshot.
use super::{
    account, advisor, files,
    files::{Content, Page},
    report, values,
};
use crate::{
    error::{Error, Result},
    import::snapshot::{Parsed, Part},
};
use std::collections::BTreeSet;

/// Reads the files of one account.
///
/// # Errors
/// `Invalid` when a file is none of AWS's, a page is missing, or they are of several accounts.
pub fn read(named: &[(String, Vec<u8>)]) -> Result<Parsed> {
    let (mut pages, mut reports, mut advice) = (vec![], vec![], advisor::Files::default());
    for (file, bytes) in named {
        for content in files::contents(file, bytes)? {
            match content {
                Content::Authorization(page) => pages.push((file.clone(), page)),
                Content::Report(csv) => reports.push((file.clone(), csv)),
                Content::Job { principal, job } => advice.jobs.push((file.clone(), principal, job)),
                Content::Advisor { job, value } => advice.details.push((file.clone(), job, value)),
            }
        }
    }
    check_pages(&pages)?;
    let mut parsed = Parsed::default();
    account::read(&pages, &mut parsed)?;
    for (file, csv) in &reports {
        report::read(file, csv, &mut parsed)?;
    }
    advisor::read(&advice, &mut parsed);
    let parts = [
        (Part::AuthorizationDetails, !pages.is_empty()),
        (Part::CredentialReport, !reports.is_empty()),
        (Part::AccessAdvisor, !advice.details.is_empty()),
    ];
    parsed.covered = parts.into_iter().filter(|(_, there)| *there).map(|(part, _)| part).collect();
    parsed.scope = scope(&parsed)?;
    note(&mut parsed);
    Ok(parsed)
}

/// A page that says more follows needs a page that does not.
fn check_pages(pages: &[(String, Page)]) -> Result<()> {
    if !pages.is_empty() && pages.iter().all(|(_, page)| page.more) {
        return Err(Error::invalid(format!(
            "{}: IsTruncated: more pages follow and the last one is not among the files; give them all",
            pages[0].0
        )));
    }
    Ok(())
}

/// The account: the one its ARNs name. AWS's own placeholder account (`aws`) belongs to whichever it stands beside.
fn scope(parsed: &Parsed) -> Result<String> {
    let arns = parsed.snapshot.principals.keys().chain(parsed.set_aside.iter().map(|s| &s.principal));
    let accounts: BTreeSet<_> = arns.filter_map(|arn| values::account(arn)).collect();
    let names: Vec<_> = accounts.into_iter().collect();
    match names.as_slice() {
        [] => Ok("aws".into()),
        [one] => Ok((*one).to_owned()),
        several => Err(Error::invalid(format!(
            "the files are of several accounts ({}): import each account by itself",
            several.join(", ")
        ))),
    }
}

fn note(parsed: &mut Parsed) {
    let users = parsed.snapshot.principals.keys().filter(|arn| arn.contains(":user/")).count();
    if users > 0 && !parsed.covered.contains(&Part::CredentialReport) {
        parsed.notes.push(format!(
            "without a credential report people cannot be told from service accounts: all {users} users count as service accounts"
        ));
    }
    if !parsed.covered.contains(&Part::AccessAdvisor) {
        parsed
            .notes
            .push("without access advisor files use is known of roles and keys only, not of entitlements".into());
    }
}
