//! `countersign policy starters` and `start`: the bundles an organisation starts from. They need no installation.
use super::out::{List, print, table};
use governance::{
    error::{Error, Result},
    policy::{
        bundle::Bundle,
        files::Files,
        gate::Tier,
        starters::{STARTERS, Starter, starter},
    },
};
use serde::Serialize;
use std::{fs, io::Write as _, path::Path};

/// One of the bundles, as it is offered.
#[derive(Serialize)]
struct Offered {
    name: &'static str,
    description: &'static str,
    actions: Vec<String>,
    gates: Vec<OfferedGate>,
    routes: Vec<Needed>,
}

/// What waits for people there.
#[derive(Serialize)]
struct OfferedGate {
    id: String,
    route: String,
    tier: Tier,
    quorum: u32,
    reason: Option<String>,
}

/// A group of people it asks, and how many it needs in it.
#[derive(Serialize)]
struct Needed {
    name: String,
    quorum: u32,
}

/// What `policy start --json` prints.
#[derive(Serialize)]
struct Started {
    name: &'static str,
    dir: String,
    files: Vec<String>,
    routes: Vec<Needed>,
    /// The commands to go on with.
    next: Vec<String>,
}

fn bundle(starter: &Starter) -> Result<Bundle> {
    Bundle::from_files(&starter.files()).map_err(|faults| {
        let said = faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        Error::broken(format!("the bundle `{}`: {}", starter.name, said.join("; ")))
    })
}

fn needed(bundle: &Bundle) -> Vec<Needed> {
    bundle.routes().into_iter().map(|(name, quorum)| Needed { name: name.to_owned(), quorum }).collect()
}

fn offered(starter: &'static Starter) -> Result<Offered> {
    let bundle = bundle(starter)?;
    let gates = bundle.gates().iter().map(|gate| OfferedGate {
        id: gate.id.clone(),
        route: gate.route.clone(),
        tier: gate.tier,
        quorum: gate.quorum.max(gate.tier.least_quorum()),
        reason: gate.reason.clone(),
    });
    Ok(Offered {
        name: starter.name,
        description: starter.description,
        actions: bundle.actions().into_iter().map(str::to_owned).collect(),
        gates: gates.collect(),
        routes: needed(&bundle),
    })
}

/// Prints all of them.
///
/// # Errors
/// One that does not read, which none of this binary does.
pub fn list(json: bool) -> Result<()> {
    let offered = STARTERS.iter().map(offered).collect::<Result<Vec<_>>>()?;
    print(json, &List { items: &offered, next: None }, || {
        offered.iter().map(said).collect::<Vec<_>>().join("\n") + "\ncountersign policy start NAME DIR writes one out\n"
    })
}

fn said(offered: &Offered) -> String {
    let gates = offered.gates.iter().map(|gate| {
        let by = if gate.quorum > 1 { format!("{} × {}", gate.tier, gate.quorum) } else { gate.tier.to_string() };
        let reason = gate.reason.clone().unwrap_or_default();
        vec!["   ".to_owned(), gate.id.clone(), format!("{} ({by})", gate.route), reason]
    });
    let (name, description, actions) = (offered.name, offered.description, offered.actions.join(" "));
    let gates = table(&gates.collect::<Vec<_>>());
    format!("{name}: {description}\n  actions: {actions}\n  waits for people:\n{gates}")
}

/// Writes the bundle of this name into a new or empty folder, and says how to go on.
///
/// # Errors
/// `Invalid` for a name there is none of, a folder with files in it, or one that cannot be written.
pub fn start(json: bool, domain: &str, dir: &Path) -> Result<()> {
    let found = starter(domain).ok_or_else(|| {
        let names = STARTERS.iter().map(|starter| starter.name).collect::<Vec<_>>().join(", ");
        Error::invalid(format!("there is no bundle `{domain}` to start from; there are {names}"))
    })?;
    let (bundle, files) = (bundle(found)?, found.files());
    write(dir, &files)?;
    let shown = dir.display().to_string();
    let next = ["check", "activate"].map(|verb| format!("countersign policy {verb} {shown}")).to_vec();
    let (files, routes) = (files.into_keys().collect::<Vec<_>>(), needed(&bundle));
    let started = Started { name: found.name, dir: shown, files, routes, next };
    print(json, &started, || said_started(&started))
}

fn said_started(started: &Started) -> String {
    let Started { name, dir, files, routes, next } = started;
    let mut lines = vec![format!("{name}: {} files in {dir}", files.len())];
    let groups = routes.iter().map(|route| format!("{} ({})", route.name, route.quorum)).collect::<Vec<_>>();
    if !groups.is_empty() {
        lines.push(format!("it asks approvers in the groups {}, at least as many as said", groups.join(", ")));
    }
    lines.push("next, once it says what you want:".to_owned());
    lines.extend(next.iter().map(|command| format!("  {command}")));
    lines.join("\n")
}

/// Writes a bundle into a new or an empty folder: nothing that is there is written over.
///
/// # Errors
/// `Invalid` for a folder with files in it, or one that cannot be written.
pub fn write(dir: &Path, files: &Files) -> Result<()> {
    let failed = |path: &Path, e: std::io::Error| Error::invalid(format!("{} cannot be written: {e}", path.display()));
    fs::create_dir_all(dir).map_err(|e| failed(dir, e))?;
    if fs::read_dir(dir).map_err(|e| failed(dir, e))?.next().is_some() {
        let message = format!("{} is not empty; name a new or an empty folder", dir.display());
        return Err(Error::invalid(message));
    }
    for (name, bytes) in files {
        // Names come out of a bundle that was read, which holds none but its own (`files::belongs`).
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| failed(parent, e))?;
        }
        let written = fs::File::create_new(&path).and_then(|mut file| file.write_all(bytes));
        written.map_err(|e| failed(&path, e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use governance::error::Kind;
    use governance::policy::files::read_dir;

    #[test]
    fn what_is_written_is_the_bundle_and_it_is_written_into_an_empty_folder_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let into = dir.path().join("new").join("support");
        start(true, "support", &into).expect("a new folder");
        let files = starter("support").expect("a starter").files();
        assert_eq!(read_dir(&into).expect("a bundle"), files);
        let again = start(true, "finance", &into).expect_err("a folder with files");
        assert_eq!(again.kind, Kind::Invalid);
        assert!(again.detail.contains("is not empty"), "{}", again.detail);
        assert_eq!(read_dir(&into).expect("a bundle"), files, "nothing was written over");
        let empty = tempfile::tempdir().expect("a folder");
        start(true, "finance", empty.path()).expect("an empty folder");
    }

    #[test]
    fn a_name_there_is_none_of_is_answered_with_those_there_are() {
        let error = start(true, "suport", Path::new("/nowhere")).expect_err("no such bundle");
        assert!(error.detail.contains("baseline, support, finance, engineering"), "{}", error.detail);
    }

    #[test]
    fn what_is_listed_says_whom_it_asks() {
        let text = said(&offered(starter("incident-response").expect("a starter")).expect("a bundle"));
        assert!(text.starts_with("incident-response: Incident agents contain at once"), "{text}");
        assert!(text.contains("identity-write-always") && text.contains("identity-admins (critical × 2)"), "{text}");
    }
}
