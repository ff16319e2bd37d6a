//! What the register says of resources as decisions, reports and grants need it.
use super::{event, place};
use crate::engine::Write;
use crate::engine::decisions::Inputs;
use crate::engine::facts::World;
use crate::engine::findings::note;
use crate::engine::notices::tell_definition;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::log::event::EventKind;
use crate::policy::question::{Facts, Question};
use crate::resource::{ACTION, Kind, Listed, Resource};
use crate::store;
use crate::time::Timestamp;
use crate::watch::{Came, Observed, rules};
use serde_json::Map;

impl World {
    /// What the register says of everything a question is about; `tool` is the definition the asker says it uses.
    pub(crate) fn listed(&self, question: &Question, tool: Option<&str>, at: Timestamp) -> Vec<Listed> {
        if self.resources.is_empty() {
            return Vec::new();
        }
        let destination = self.bundle.words(&question.action).and_then(|words| words.destination_of(question));
        let destination = destination.as_ref().map(|(kind, id)| (*kind, id.as_str()));
        self.resources.of(question, destination, tool, at)
    }
}

/// Puts it where policy reads it: in the context, and as facts of the resource itself.
pub(in crate::engine) fn tell_policy(question: &mut Question, listed: &[Listed]) {
    let first = |kind: Kind| listed.iter().find(|it| it.kind == kind).map(Listed::for_policy);
    question.server.tool = first(Kind::Tool);
    question.server.destination = first(Kind::Destination);
    question.server.memory_store = first(Kind::MemoryStore);
    let own = listed.iter().find(|it| (&it.resource_type, &it.id) == (&question.resource_type, &question.resource_id));
    question.resource = own.map(|it| {
        let mut attrs = Map::new();
        attrs.insert("trust".into(), it.trust.as_str().into());
        attrs.extend(it.data_class.clone().map(|class| ("data_class".to_owned(), class.into())));
        Facts { attrs, groups: vec![] }
    });
}

/// Notes which definition of a tool was used. A gateway's word is kept, so that what the tool is used for waits; an agent's
/// own word only opens the finding. Says whether a fact was changed that decisions rest on.
///
/// # Errors
/// As the database says.
pub(in crate::engine) async fn seen(w: &mut Write, act: &Observed, gateway: bool) -> Result<bool> {
    let Some(digest) = act.tool.as_deref().filter(|_| act.outcome != Came::Skipped) else { return Ok(false) };
    let Some(mut it) = tool(w, act).await? else { return Ok(false) };
    let at = w.at();
    let waited = it.changed_at.is_some();
    let moved = gateway && it.see(digest, at);
    if moved {
        let mut event = event(w, EventKind::ResourceSeen, &it);
        event.tool = Some(digest.to_owned());
        event.reasons.extend(it.changed_at.map(|_| "another definition than the approved one".to_owned()));
        it.seq = place(w.append(event).await?)?;
        store::resources::update(&mut w.tx, &it).await?;
        if !waited && it.changed_at.is_some() {
            tell_definition(w, &it).await?;
        }
    }
    if it.definition.as_deref().is_some_and(|approved| approved != digest) {
        let by = if gateway { "gateway" } else { "self" };
        note(w, None, vec![rules::of_definition(&it, act, digest, by, at)]).await?;
    }
    Ok(moved)
}

async fn tool(w: &mut Write, act: &Observed) -> Result<Option<Resource>> {
    for name in [(act.resource.kind.as_str(), act.resource.id.as_str()), (ACTION, act.action.as_str())] {
        if let Some(it) = store::resources::get(&mut w.tx, name).await?.filter(|it| it.kind == Kind::Tool) {
            return Ok(Some(it));
        }
    }
    Ok(None)
}

/// Refuses to spend a grant where something stands before its tool or destination that did not when it was permitted.
///
/// # Errors
/// `Conflict`, naming what changed; else as the database says.
pub(in crate::engine) async fn still_stands(w: &mut Write, grant: &Grant) -> Result<()> {
    let (gov, number) = (w.gov().clone(), w.world());
    if store::resources::latest(&mut w.tx).await? < 0 {
        return Ok(());
    }
    let world = gov.world_at(&mut w.tx, number).await?;
    let decision = store::decisions::get(&mut w.tx, grant.decision).await?;
    let decision = decision.ok_or_else(|| Error::broken("a grant without its decision"))?;
    // what it rested on was erased: nobody can say that it still stands
    let inputs = decision.inputs.ok_or_else(|| Error::conflict("what this grant rests on was erased: ask again"))?;
    let inputs: Inputs = serde_json::from_str(&inputs).map_err(Error::internal)?;
    let tool = inputs.subject_properties.get("tool").and_then(|tool| tool.as_str());
    let then: Vec<_> = inputs.register.iter().flat_map(Listed::gates).map(|gate| gate.text_hash).collect();
    let mut now = world.listed(&inputs.question, tool, w.at());
    now.retain(|it| it.gates().iter().any(|gate| !then.contains(&gate.text_hash)));
    match now.first() {
        None => Ok(()),
        Some(it) => Err(Error::conflict(format!(
            "the register trusts {} no longer, or its definition changed: ask again",
            crate::text::visible_line(&it.name())
        ))),
    }
}
