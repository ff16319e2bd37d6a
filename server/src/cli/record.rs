//! A governance record in a terminal.
use governance::{
    identity::record::{Gap, Record},
    text::visible_line,
    time::Timestamp,
};
use std::fmt::Write as _;

/// How many entitlements are listed one by one.
const LISTED: usize = 50;

/// The record as lines: the five blocks with their gaps, then what it holds and what was found.
#[must_use]
pub fn words(r: &Record) -> String {
    let mut out = String::new();
    let i = &r.identity;
    let environment = i.environment.map_or("environment unknown".into(), |e| e.to_string());
    let _ = writeln!(out, "{}  {}  {environment}  {}  {}", visible_line(&i.name), i.kind, i.status, i.mode);
    let _ = writeln!(out, "{}  record {} of 5 complete", i.id, r.complete);
    if let Some(name) = &i.external_ref {
        let _ = writeln!(out, "{}", visible_line(name));
    }
    if let Some(merge) = r.merged_into() {
        let _ =
            writeln!(out, "merged into {} ({}) on {}", visible_line(&merge.kept_name), merge.kept, day(Some(merge.at)));
    }
    for merge in r.merges.iter().filter(|m| m.kept == i.id && m.undone_at.is_none()) {
        let _ =
            writeln!(out, "took over {} ({}) on {}", visible_line(&merge.name), merge.identity, day(Some(merge.at)));
    }
    let person = |p: &Option<governance::person::Person>| {
        p.as_ref().map_or("none".to_owned(), |p| format!("{} <{}>", visible_line(&p.name), p.email))
    };
    block(&mut out, "Owner", &r.owner.gaps, &format!("{}, backup {}", person(&r.owner.owner), person(&r.owner.backup)));
    let s = &r.scope;
    let scope = format!(
        "{} entitlements: {} used in 90 days, {} not, {} of which the source does not say",
        s.entitlements, s.used_90d, s.unused_90d, s.use_unknown
    );
    block(&mut out, "Scope", &s.gaps, &scope);
    block(&mut out, "Approval boundary", &r.approval.gaps, &boundary(r));
    let m = &r.monitoring;
    let monitoring = format!("last used {}, last asked {}", day(m.last_used_at), day(m.last_asked_at));
    block(&mut out, "Monitoring", &m.gaps, &monitoring);
    block(&mut out, "Retirement", &r.retirement.gaps, &format!("end {}", day(r.retirement.ends_at)));
    held(&mut out, r);
    out
}

/// The mode, and what is documented of its limits.
fn boundary(r: &Record) -> String {
    let (a, documented) = (&r.approval, r.scope.boundary.clone().unwrap_or_default());
    let lists = [
        ("systems", documented.systems),
        ("tools", documented.tools),
        ("data classes", documented.data_classes),
        ("hands work to", documented.downstream),
    ];
    let lists =
        lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name.to_owned(), list.join(", ")));
    let hours = a.active_hours.clone().map(|hours| ("active hours".to_owned(), hours));
    let said = lists.chain(a.thresholds.clone()).chain(hours);
    said.fold(format!("mode {}", a.mode), |text, (name, what)| {
        format!("{text}\n  {}: {}", visible_line(&name), visible_line(&what))
    })
}

fn held(out: &mut String, r: &Record) {
    if !r.credentials.is_empty() {
        let _ = writeln!(out, "\nCredentials");
    }
    for c in &r.credentials {
        let f = &c.facts;
        let state = if f.active { "" } else { ", switched off" };
        let since = f.in_use_since().map_or("age unknown".into(), |at| format!("since {}", day(Some(at))));
        let used = match (f.last_used_at, f.usage_reported) {
            (Some(at), _) => format!("last used {}", day(Some(at))),
            (None, true) => "never used".into(),
            (None, false) => "use: source does not say".into(),
        };
        let _ = writeln!(out, "  {} ({}{state}), {since}, {used}", visible_line(&c.key), f.kind);
    }
    if !r.entitlements.is_empty() {
        let _ = writeln!(out, "\nEntitlements");
    }
    for e in r.entitlements.iter().take(LISTED) {
        let (key, f) = (&e.key, &e.facts);
        let (action, resource, via) = (visible_line(&key.action), visible_line(&key.resource), visible_line(&key.via));
        let _ =
            writeln!(out, "  {action} on {resource}  {}  by {via}  last used: {}", f.privilege, f.last_used_words());
    }
    if let Some(rest) = r.entitlements.len().checked_sub(LISTED).filter(|n| *n > 0) {
        let _ = writeln!(out, "  and {rest} more (--json shows all)");
    }
    if !r.findings.is_empty() {
        let _ = writeln!(out, "\nFindings");
    }
    for f in &r.findings {
        let _ = writeln!(out, "  {}: {}  {}", f.found.severity, visible_line(&f.found.words), f.found.mend);
    }
}

fn block(out: &mut String, name: &str, gaps: &[Gap], line: &str) {
    let _ = writeln!(out, "\n{name}\n  {line}");
    for gap in gaps {
        let _ = writeln!(out, "  gap: {}: {}", visible_line(&gap.words), gap.mend);
    }
}

fn day(at: Option<Timestamp>) -> String {
    at.map_or("unknown".into(), |at| at.datetime().format("%Y-%m-%d").to_string())
}
