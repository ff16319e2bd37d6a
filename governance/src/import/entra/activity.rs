//! `/reports/servicePrincipalSignInActivities`: when each application last got a token for itself or for a person.
use super::{
    directory::{self, Directory},
    files::{Page, Sort},
};
use crate::{
    import::{
        read::At,
        snapshot::{Parsed, Part, Problem},
    },
    time::Timestamp,
};

/// Where the application is the one that asks. The other two tell of tokens that others got for it.
const AS_CLIENT: [&str; 2] = ["applicationAuthenticationClientSignInActivity", "delegatedClientSignInActivity"];

/// Reads the last use into the principals. Whom the report does not name, it says nothing of.
pub fn read(pages: &[Page], directory: &Directory, parsed: &mut Parsed) {
    for at in directory::items(pages.iter().filter(|p| p.sort == Sort::SignInActivity), parsed) {
        match last(&at) {
            Ok((app, last)) => {
                let ids = directory.by_app.get(app).cloned().unwrap_or_else(|| [app.to_owned()].into());
                for id in ids {
                    let Some(principal) = parsed.snapshot.principals.get_mut(&id) else { continue };
                    principal.claim.shown_by.insert(Part::SignInActivity);
                    principal.claim.usage_reported = true;
                    principal.claim.last_used_at = principal.claim.last_used_at.max(last);
                }
            }
            Err(problem) => parsed.problems.push(problem),
        }
    }
}

fn last<'a>(at: &At<'a>) -> Result<(&'a str, Option<Timestamp>), Problem> {
    let mut last = None;
    for member in AS_CLIENT {
        if let Some(activity) = at.get(member)? {
            last = last.max(activity.date("lastSignInDateTime")?);
        }
    }
    Ok((at.need("appId")?, last))
}
