//! Who answers for an identity: one by one, or from a list.
use super::findings::{Recomputed, recompute};
use super::identities::find;
use super::notices::tell_owner;
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Kind, Result};
use crate::id::{IdentityId, PersonId};
use crate::identity::Identity;
use crate::import::owners_csv::{self, OwnerRow};
use crate::import::snapshot::Problem;
use crate::log::event::{Event, EventKind};
use crate::person::Status;
use crate::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What setting owners from a list did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnersReport {
    pub dry_run: bool,
    /// By name.
    pub changed: Vec<String>,
    pub unchanged: usize,
    pub problems: Vec<Problem>,
    pub findings: Recomputed,
}

impl Governance {
    /// Says who answers for one identity.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Invalid` for one person in both places, for somebody not active, and without a backup in
    /// production.
    pub async fn identity_own(
        &self,
        ctx: &Ctx,
        id: IdentityId,
        owner: PersonId,
        backup: Option<PersonId>,
    ) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let it = store::identities::get(&mut w.tx, id)
            .await?
            .ok_or_else(|| Error::not_found(format!("no identity {id}")))?;
        for person in std::iter::once(owner).chain(backup) {
            let found = store::people::get(&mut w.tx, person).await?;
            let found = found.ok_or_else(|| Error::invalid(format!("no person {person}")))?;
            if found.status != Status::Active {
                return Err(Error::invalid(format!("{} {}: name somebody active", found.email, found.status.said())));
            }
        }
        if own(&mut w, &it, owner, backup).await? {
            recompute(&mut w, &BTreeSet::from([id])).await?;
            w.commit().await?;
        }
        let mut tx = self.read().await?;
        store::identities::get(&mut tx, id).await?.ok_or_else(|| Error::not_found(format!("no identity {id}")))
    }

    /// Says who answers for many, from a CSV file (`name,owner,backup`), in one transaction.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` when the file is no such list. Bad rows are problems of the report.
    pub async fn identity_own_import(
        &self,
        ctx: &Ctx,
        file: &str,
        bytes: &[u8],
        dry_run: bool,
    ) -> Result<OwnersReport> {
        ctx.authorize(Act::ChangeRegister)?;
        let owners = owners_csv::parse(file, bytes)?;
        let mut w = self.write(ctx).await?;
        let mut report = OwnersReport { dry_run, problems: owners.problems, ..OwnersReport::default() };
        let mut touched = BTreeSet::new();
        for row in &owners.rows {
            match own_row(&mut w, row).await {
                Ok((id, true)) => {
                    touched.insert(id);
                    report.changed.push(row.name.clone());
                }
                Ok((_, false)) => report.unchanged += 1,
                Err(e) if matches!(e.kind, Kind::Invalid | Kind::NotFound) => {
                    let place = format!("line {}", row.line);
                    report.problems.push(Problem { file: file.into(), place, words: e.detail });
                }
                Err(e) => return Err(e),
            }
        }
        report.findings = recompute(&mut w, &touched).await?;
        if !dry_run && !touched.is_empty() {
            w.commit().await?;
        }
        Ok(report)
    }
}

async fn own_row(w: &mut Write, row: &OwnerRow) -> Result<(IdentityId, bool)> {
    let it = find(&mut w.tx, &row.name).await?;
    let owner = active(w, &row.owner).await?;
    let backup = match &row.backup {
        Some(email) => Some(active(w, email).await?),
        None => None,
    };
    own(w, &it, owner, backup).await.map(|changed| (it.id, changed))
}

async fn active(w: &mut Write, email: &str) -> Result<PersonId> {
    let person = store::people::by_email(&mut w.tx, email).await?;
    let person = person
        .ok_or_else(|| Error::not_found(format!("{email} is not in the register: person add, or person import")))?;
    if person.status != Status::Active {
        return Err(Error::invalid(format!("{email} {}: name somebody active", person.status.said())));
    }
    Ok(person.id)
}

/// Writes the owners with their periods and the event; says whether anything changed.
pub(super) async fn own(w: &mut Write, it: &Identity, owner: PersonId, backup: Option<PersonId>) -> Result<bool> {
    let mut after = it.clone();
    after.own(owner, backup)?;
    if after == *it {
        return Ok(false);
    }
    store::identities::update(&mut w.tx, &after).await?;
    periods(w, &after).await?;
    let actor = w.actor().to_owned();
    let mut event = Event::new(EventKind::IdentityOwned, actor).subject(it.id).id("owner", owner);
    if let Some(backup) = backup {
        event = event.id("backup", backup);
    }
    if let Some(before) = it.owner.filter(|b| *b != owner) {
        event = event.id("owner_before", before);
    }
    w.append(event).await?;
    Ok(true)
}

/// An owner left: of what they owned, the backup owner who is active answers from this commit on. What has none keeps the name
/// of who left and is orphaned.
pub(super) async fn step_in(w: &mut Write, left: PersonId, owned: &[IdentityId]) -> Result<()> {
    let mut handed = false;
    for id in owned {
        let it = super::identities::get(&mut w.tx, *id).await?;
        let Some(backup) = it.backup.filter(|_| it.owner == Some(left)) else { continue };
        if store::people::get(&mut w.tx, backup).await?.is_none_or(|p| p.status != Status::Active) {
            continue;
        }
        let after = Identity { owner: Some(backup), backup: None, ..it };
        store::identities::update(&mut w.tx, &after).await?;
        periods(w, &after).await?;
        let event = Event::new(EventKind::IdentityOwned, w.actor().to_owned())
            .subject(id)
            .id("owner", backup)
            .id("owner_before", left)
            .reason("the owner left");
        w.append(event).await?;
        handed = true;
    }
    if handed { tell_owner(w, left).await } else { Ok(()) }
}

/// An owner lost a role or a group: what their agents were given under it ends with the commit.
pub(super) async fn owner_changed(w: &mut Write, owner: PersonId, owned: &[IdentityId]) -> Result<()> {
    for id in owned {
        let it = super::identities::get(&mut w.tx, *id).await?;
        if it.owner != Some(owner) {
            continue;
        }
        let after = Identity { epoch: it.epoch + 1, ..it };
        store::identities::update(&mut w.tx, &after).await?;
        super::role_changes::end_old_role(w, after.id, after.epoch, "the role of its owner changed").await?;
    }
    Ok(())
}

/// Opens and closes the periods of ownership to match.
pub(super) async fn periods(w: &mut Write, it: &Identity) -> Result<()> {
    let at = w.at();
    store::identities::owned_by(&mut w.tx, it.id, it.owner, false, at).await?;
    store::identities::owned_by(&mut w.tx, it.id, it.backup, true, at).await
}
