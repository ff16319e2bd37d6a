//! What an agent was told and why it asks, in its own words: kept beside a decision where the caller sends them
//! (`context.words`), never read by policy and never bound. They are a payload of the decision's event, so they can be erased
//! while the log stands.
use super::ctx::check_reason;
use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::id::DecisionId;
use crate::log::entry::Entry;
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::db::Tx;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Name of the payload in a decision's event.
pub(crate) const PAYLOAD: &str = "words";
/// Bytes of one text (semantics.md, Hostile input: strings).
const LONGEST: usize = 16 * 1_024;

/// Texts an agent says of itself: nobody checked them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What it was told to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Why it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// What is kept of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    Words(Words),
    Erased,
}

impl Words {
    /// Reads `context.words`.
    ///
    /// # Errors
    /// `Invalid` for anything but texts of at most 16 KiB called `prompt` and `rationale`.
    pub(crate) fn read(context: &Map<String, Value>) -> Result<Option<Self>> {
        let wrong = || Error::invalid("context.words has the texts prompt and rationale, of at most 16 KiB each");
        let members = match context.get("words") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(wrong()),
        };
        let mut words = Self::default();
        for (name, value) in members {
            let text = value.as_str().filter(|t| t.len() <= LONGEST).ok_or_else(wrong)?.to_owned();
            match name.as_str() {
                "prompt" => words.prompt = Some(text),
                "rationale" => words.rationale = Some(text),
                _ => return Err(wrong()),
            }
        }
        Ok((words != Self::default()).then_some(words))
    }
}

impl Governance {
    /// The words beside a decision; `None`: the caller sent none.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn decision_words(&self, ctx: &Ctx, id: DecisionId) -> Result<Option<Kept>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let Some(hash) = hash_of(&mut tx, id).await? else { return Ok(None) };
        let kept = store::events::payload(&mut tx, &hash).await?;
        let (_, bytes) = kept.ok_or_else(|| Error::broken(format!("decision {id} lacks its words")))?;
        match bytes {
            None => Ok(Some(Kept::Erased)),
            Some(bytes) => {
                serde_json::from_slice(&bytes).map(|words| Some(Kept::Words(words))).map_err(Error::internal)
            }
        }
    }

    /// Erases the words beside a decision; their hash stays in the log. Once is enough.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` where there are none; `Invalid` for an empty reason.
    pub async fn decision_words_erase(&self, ctx: &Ctx, id: DecisionId, reason: &str) -> Result<()> {
        ctx.authorize(Act::Erase)?;
        check_reason(reason)?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let hash = hash_of(&mut w.tx, id).await?;
        let hash = hash.ok_or_else(|| Error::not_found(format!("decision {id} has no words beside it")))?;
        let at = w.at();
        if !store::events::erase(&mut w.tx, &hash, at).await? {
            return Ok(());
        }
        let why = w.payload_beside(reason.as_bytes());
        let mut event = Event::new(EventKind::WordsErased, w.actor().to_owned()).id("decision", id).reason(hash);
        event.payloads.insert("reason", why);
        w.append(event).await?;
        w.commit().await.map(drop)
    }
}

async fn hash_of(tx: &mut Tx, id: DecisionId) -> Result<Option<String>> {
    let found = store::decisions::get(tx, id).await?;
    let decision = found.ok_or_else(|| Error::not_found(format!("no decision {id}")))?;
    let event = store::events::get(tx, decision.seq).await?;
    let event = event.ok_or_else(|| Error::broken(format!("decision {id} has no event")))?;
    Ok(Entry::parse(&event.leaf)?.payloads.remove(PAYLOAD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_two_texts_and_nothing_else() {
        let read = |value: Value| Words::read(json!({ "words": value }).as_object().unwrap());
        let both = Words { prompt: Some("pay".into()), rationale: Some("due".into()) };
        assert_eq!(read(json!({ "prompt": "pay", "rationale": "due" })).unwrap(), Some(both));
        assert_eq!(read(json!({})).unwrap(), None);
        assert_eq!(Words::read(&Map::new()).unwrap(), None);
        assert!(read(json!({ "prompt": "x".repeat(LONGEST) })).is_ok());
        for wrong in [
            json!("pay"),
            json!({ "prompt": 1 }),
            json!({ "system": "x" }),
            json!({ "prompt": "x".repeat(LONGEST + 1) }),
        ] {
            assert!(read(wrong).is_err());
        }
    }
}
