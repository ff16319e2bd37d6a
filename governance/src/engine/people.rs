//! People: added one by one or from a list, their roles and groups, and when they leave.
use super::findings::recompute;
use super::page::{Page, Want};
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::id::{IdentityId, PersonId};
use crate::import::people_csv::{self, PersonRow};
use crate::import::snapshot::Problem;
use crate::log::event::{Event, EventKind};
use crate::person::{self, Person, Role, Status};
use crate::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A person to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPerson {
    pub email: String,
    pub name: String,
    pub roles: BTreeSet<Role>,
    pub groups: BTreeSet<String>,
    pub manager: Option<PersonId>,
}

/// What is to change about a person; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonChange {
    pub name: Option<String>,
    pub roles: Option<BTreeSet<Role>>,
    pub groups: Option<BTreeSet<String>>,
    pub status: Option<Status>,
    /// `Some(None)`: they have none.
    pub manager: Option<Option<PersonId>>,
}

/// What an import of people did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleReport {
    pub dry_run: bool,
    /// By address.
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub unchanged: usize,
    pub problems: Vec<Problem>,
}

impl Governance {
    /// Adds a person.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for an address, name, group or pair of roles that cannot be; `Conflict` for a known address.
    pub async fn person_add(&self, ctx: &Ctx, new: NewPerson) -> Result<Person> {
        ctx.authorize(Act::ManagePeople)?;
        let mut w = self.write(ctx).await?;
        let person = add(&mut w, new).await?;
        w.commit().await?;
        Ok(person)
    }

    /// Changes a person. Other roles or another status end their sessions.
    ///
    /// # Errors
    /// As [`Governance::person_add`], and `NotFound`.
    pub async fn person_change(&self, ctx: &Ctx, id: PersonId, change: PersonChange) -> Result<Person> {
        ctx.authorize(Act::ManagePeople)?;
        let mut w = self.write(ctx).await?;
        let before =
            store::people::get(&mut w.tx, id).await?.ok_or_else(|| Error::not_found(format!("no person {id}")))?;
        let version = before.version;
        let (after, owned) = apply(&mut w, before, change).await?;
        if after.version > version {
            recompute(&mut w, &owned).await?;
            w.commit().await?;
        }
        Ok(after)
    }

    /// Adds and changes people from a CSV file (`email,name,manager,groups,roles,status`), in one transaction. Who is not in
    /// the file stays as they are; so does what the file has no column for.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` when the file is no such list. Bad rows are problems of the report.
    pub async fn person_import(&self, ctx: &Ctx, file: &str, bytes: &[u8], dry_run: bool) -> Result<PeopleReport> {
        ctx.authorize(Act::ManagePeople)?;
        let people = people_csv::parse(file, bytes)?;
        let mut w = self.write(ctx).await?;
        let mut report = PeopleReport { dry_run, problems: people.problems, ..PeopleReport::default() };
        let mut owned = BTreeSet::new();
        // managers last: one may stand further down in the same file
        for row in &people.rows {
            owned.extend(import_row(&mut w, row, &mut report).await?);
        }
        for row in &people.rows {
            owned.extend(import_manager(&mut w, file, row, &mut report).await?);
        }
        recompute(&mut w, &owned).await?;
        if dry_run || (report.added.is_empty() && report.changed.is_empty()) {
            return Ok(report);
        }
        let counts = [format!("added {}", report.added.len()), format!("changed {}", report.changed.len())];
        let mut event = Event::new(EventKind::PeopleImported, w.actor().to_owned()).subject(self.installation.id);
        event.reasons = counts.into();
        w.append(event).await?;
        w.commit().await?;
        Ok(report)
    }

    /// A person by address or id.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn person_find(&self, ctx: &Ctx, named: &str) -> Result<Person> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let found = match named.parse() {
            Ok(id) => store::people::get(&mut tx, id).await?,
            Err(_) => store::people::by_email(&mut tx, &named.trim().to_lowercase()).await?,
        };
        found.ok_or_else(|| {
            Error::not_found(format!("no person {:?}; `countersign person add` adds one", crate::word::short(named)))
        })
    }

    /// People in the order of their addresses.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor.
    pub async fn person_list(&self, ctx: &Ctx, want: &Want) -> Result<Page<Person>> {
        ctx.authorize(Act::See)?;
        let after: String = want.after()?.unwrap_or_default();
        let rows = store::people::list(&mut self.read().await?, &after, want.rows()).await?;
        want.page(rows, |p| p.email.clone())
    }
}

pub(super) async fn add(w: &mut Write, new: NewPerson) -> Result<Person> {
    crate::identity::check_name(&new.name)?;
    person::check_roles(&new.roles)?;
    new.groups.iter().try_for_each(|g| person::check_group(g))?;
    let email = person::email(&new.email)?;
    if store::people::by_email(&mut w.tx, &email).await?.is_some() {
        return Err(Error::conflict(format!("{email} is in the register already")));
    }
    let person = Person {
        id: PersonId::new(w.at(), w.random()),
        email,
        name: new.name,
        manager: new.manager,
        roles: new.roles,
        groups: new.groups,
        status: Status::Active,
        created_at: w.at(),
        left_at: None,
        epoch: 0,
        version: 0,
    };
    store::people::insert(&mut w.tx, &person).await?;
    note(w, EventKind::PersonAdded, None, &person).await?;
    Ok(person)
}

/// Writes a change, if it is one, and says whose findings to look at again.
pub(super) async fn apply(
    w: &mut Write,
    before: Person,
    change: PersonChange,
) -> Result<(Person, BTreeSet<IdentityId>)> {
    let mut after = before.clone();
    if let Some(name) = change.name {
        crate::identity::check_name(&name)?;
        after.name = name;
    }
    after.roles = change.roles.unwrap_or(after.roles);
    after.groups = change.groups.unwrap_or(after.groups);
    after.manager = change.manager.unwrap_or(after.manager);
    after.status = change.status.unwrap_or(after.status);
    person::check_roles(&after.roles)?;
    after.groups.iter().try_for_each(|g| person::check_group(g))?;
    if after.manager == Some(after.id) {
        return Err(Error::invalid("nobody is their own manager"));
    }
    let moved = before.status != after.status;
    if moved {
        after.left_at = (after.status == Status::Left).then(|| w.at());
    }
    if moved || before.roles != after.roles {
        after.epoch += 1;
    }
    if before == after {
        return Ok((after, BTreeSet::new()));
    }
    let at = w.at();
    store::people::update(&mut w.tx, &before, &after, at).await?;
    note(w, EventKind::PersonChanged, Some(&before), &after).await?;
    // a role or group that was taken away: what it gave to the agents of this owner is asked about anew
    let less = before.roles.difference(&after.roles).next().is_some()
        || before.groups.difference(&after.groups).next().is_some();
    let owned = if moved || less { store::people::owned(&mut w.tx, after.id).await? } else { vec![] };
    if less && after.status == Status::Active {
        super::ownership::owner_changed(w, after.id, &owned).await?;
    }
    if moved && after.status == Status::Left {
        super::ownership::step_in(w, after.id, &owned).await?;
    }
    // whoever was away already had left it to nobody then
    if before.status == Status::Active && moved {
        super::notices::tell_orphaned(w, after.id, &owned).await?;
    }
    after.version += 1;
    Ok((after, owned.into_iter().collect()))
}

/// Name and address stand beside the log; roles and groups in it: who could decide is what it must prove.
pub(super) async fn note(w: &mut Write, kind: EventKind, before: Option<&Person>, after: &Person) -> Result<()> {
    let mut event = Event::new(kind, w.actor().to_owned()).subject(after.id).outcome(after.status.as_str());
    let (no_roles, no_groups) = (BTreeSet::new(), BTreeSet::new());
    let (roles, groups) = before.map_or((&no_roles, &no_groups), |b| (&b.roles, &b.groups));
    event.reasons.extend(after.roles.difference(roles).map(|r| format!("role +{r}")));
    event.reasons.extend(roles.difference(&after.roles).map(|r| format!("role -{r}")));
    event.reasons.extend(after.groups.difference(groups).map(|g| format!("group +{g}")));
    event.reasons.extend(groups.difference(&after.groups).map(|g| format!("group -{g}")));
    if before.is_none_or(|b| b.name != after.name || b.email != after.email) {
        let about = serde_json::json!({ "email": after.email, "name": after.name });
        let hash = w.payload(&serde_json::to_vec(&about).map_err(Error::internal)?).await?;
        event.payloads.insert("person", hash);
    }
    w.append(event).await.map(drop)
}

async fn import_row(w: &mut Write, row: &PersonRow, report: &mut PeopleReport) -> Result<BTreeSet<IdentityId>> {
    let (roles, groups) = (row.roles.clone(), row.groups.clone());
    let known = store::people::by_email(&mut w.tx, &row.email).await?;
    let known = match known {
        Some(known) => known,
        None => {
            let new = NewPerson {
                email: row.email.clone(),
                name: row.name.clone(),
                roles: roles.unwrap_or_default(),
                groups: groups.unwrap_or_default(),
                manager: None,
            };
            let person = add(w, new).await?;
            report.added.push(row.email.clone());
            if row.status.is_none_or(|s| s == Status::Active) {
                return Ok(BTreeSet::new());
            }
            let change = PersonChange { status: row.status, ..PersonChange::default() };
            return apply(w, person, change).await.map(|(_, owned)| owned);
        }
    };
    let version = known.version;
    let change = PersonChange { name: Some(row.name.clone()), roles, groups, status: row.status, manager: None };
    let (after, owned) = apply(w, known, change).await?;
    if after.version == version {
        report.unchanged += 1;
    } else {
        report.changed.push(row.email.clone());
    }
    Ok(owned)
}

async fn import_manager(
    w: &mut Write,
    file: &str,
    row: &PersonRow,
    report: &mut PeopleReport,
) -> Result<BTreeSet<IdentityId>> {
    let Some(named) = &row.manager else { return Ok(BTreeSet::new()) };
    let mut problem = |words: String| {
        report.problems.push(Problem { file: file.into(), place: format!("line {}", row.line), words });
    };
    let manager = match named {
        None => None,
        Some(email) if *email == row.email => {
            problem("nobody is their own manager".into());
            return Ok(BTreeSet::new());
        }
        Some(email) => match store::people::by_email(&mut w.tx, email).await? {
            Some(manager) => Some(manager.id),
            None => {
                problem(format!("manager {email} is neither in the register nor in the file"));
                return Ok(BTreeSet::new());
            }
        },
    };
    let known = store::people::by_email(&mut w.tx, &row.email).await?;
    let known = known.ok_or_else(|| Error::broken("a person that was just written is not there"))?;
    let version = known.version;
    let (after, owned) = apply(w, known, PersonChange { manager: Some(manager), ..PersonChange::default() }).await?;
    let listed = report.added.contains(&row.email) || report.changed.contains(&row.email);
    if after.version > version && !listed {
        report.changed.push(row.email.clone());
        report.unchanged -= 1;
    }
    Ok(owned)
}
