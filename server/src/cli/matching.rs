//! `countersign identity matches|merge|unmerge|split|apart`: which identities are one, and which are two.
use super::out::print;
use crate::config::Common;
use governance::{
    engine::{Ctx, Governance},
    error::{Error, Result},
    identity::record::Record,
    matching::{Side, Suggestion, Suggestions},
    text::visible_line,
};
use std::fmt::Write as _;

/// What may be one, of all or of one.
pub async fn matches(common: &Common, gov: &Governance, ctx: &Ctx, name: Option<&str>) -> Result<()> {
    let found = match name {
        Some(name) => gov.match_of(ctx, gov.identity_find(ctx, name).await?.id).await?,
        None => gov.match_list(ctx).await?,
    };
    print(common.json, &found, || words(&found))
}

/// Two are one.
pub async fn merge(common: &Common, gov: &Governance, ctx: &Ctx, keep: &str, other: &str) -> Result<()> {
    let (keep, other) = (gov.identity_find(ctx, keep).await?, gov.identity_find(ctx, other).await?);
    let (done, ended) = gov.identity_merge(ctx, (keep.id, keep.version), (other.id, other.version)).await?;
    print(common.json, &done, || {
        format!(
            "{} is {} from here on and retired; ended of it: {} grants, {} escalations, {} keys\n{}",
            visible_line(&done.name),
            visible_line(&done.kept_name),
            ended.grants,
            ended.escalations,
            ended.keys,
            format_args!("undo it with: countersign identity unmerge {}", done.identity),
        )
    })
}

/// They were two after all.
pub async fn unmerge(common: &Common, gov: &Governance, ctx: &Ctx, name: &str) -> Result<()> {
    let it = gov.identity_find(ctx, name).await?;
    let it = gov.identity_unmerge(ctx, it.id).await?;
    print(common.json, &it, || format!("{} is {} again; grants and keys stay ended", visible_line(&it.name), it.status))
}

/// One is two: what a source shows becomes an identity of its own.
pub async fn split(common: &Common, gov: &Governance, ctx: &Ctx, name: &str, source: &str) -> Result<()> {
    let it = gov.identity_find(ctx, name).await?;
    let record = gov.identity_show(ctx, it.id).await?;
    let shown = record.monitoring.sources.iter().find(|s| {
        s.source.as_ref().is_some_and(|s| s.name == source || s.scope == source || s.id.to_string() == source)
    });
    let shown = shown.ok_or_else(|| Error::not_found(not_shown(&record, source)))?;
    let new = gov.identity_split(ctx, (it.id, it.version), shown.sighting.id).await?;
    print(common.json, &new, || {
        format!("{} {} is an identity of its own, without an owner  {}", new.kind, visible_line(&new.name), new.id)
    })
}

/// Two that look alike are two.
pub async fn apart(common: &Common, gov: &Governance, ctx: &Ctx, one: &str, other: &str) -> Result<()> {
    let (one, other) = (gov.identity_find(ctx, one).await?, gov.identity_find(ctx, other).await?);
    gov.identity_tell_apart(ctx, one.id, other.id).await?;
    print(common.json, &serde_json::json!({ "apart": [one.id, other.id] }), || {
        format!(
            "{} and {} are two, and are not suggested as one again",
            visible_line(&one.name),
            visible_line(&other.name)
        )
    })
}

fn not_shown(record: &Record, source: &str) -> String {
    let names = record.monitoring.sources.iter().filter_map(|s| s.source.as_ref()).map(|s| format!("{:?}", s.name));
    let names: Vec<_> = names.collect();
    let there = if names.is_empty() { "none does".into() } else { format!("these do: {}", names.join(", ")) };
    format!("no source {:?} shows {}; {there}", governance::word::short(source), visible_line(&record.identity.name))
}

fn words(found: &Suggestions) -> String {
    let mut text: String = found.suggestions.iter().map(one).collect();
    if found.more {
        text += "there are more: settle these first\n";
    }
    let _ = write!(text, "{} suggestions", found.suggestions.len());
    text
}

fn one(it: &Suggestion) -> String {
    let mut text = format!("{}: {}\n", it.strength, visible_line(&it.reasons.join("; ")));
    for side in [&it.keep, &it.other] {
        let _ = writeln!(text, "  {} {}  {}{}", side.kind, visible_line(&side.name), side.id, owner(side));
        for shown in &side.shown {
            let stale = if shown.stale { "  (stale: what it does not say is not known)" } else { "" };
            let gone = if shown.gone { "  (gone there)" } else { "" };
            let (source, principal) = (visible_line(&shown.source), visible_line(&shown.principal));
            let _ = writeln!(text, "    {source}: {principal}{gone}{stale}");
        }
    }
    text
}

fn owner(side: &Side) -> String {
    side.owner.as_ref().map_or_else(|| "  no owner".into(), |owner| format!("  owner {}", visible_line(owner)))
}
