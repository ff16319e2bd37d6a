//! A resource as it stands: what its client said, with what the register says now.
use crate::engine::Write;
use crate::id::SourceId;
use crate::scim::{Document, Resource, Result, project};
use crate::store::{self, scim::Stored};
use crate::time::Timestamp;
use serde_json::{Value, json};

pub(super) struct Known {
    pub id: String,
    pub kind: Resource,
    /// Its row, if it has one; a person may be known without.
    pub stored: Option<Stored>,
    /// What clients may set.
    pub document: Document,
    /// What follows from the register and nobody sets.
    pub computed: Vec<(&'static str, Value)>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

impl Known {
    /// As a client sees it.
    pub fn shown(&self, base: &str) -> Document {
        let mut it = Document::new();
        it.insert("schemas".into(), json!([self.kind.urn()]));
        it.insert("id".into(), json!(self.id));
        it.extend(self.document.clone());
        it.extend(self.computed.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let version = project::version(&it);
        let meta = json!({
            "resourceType": self.kind.as_str(), "created": self.created_at.to_string(),
            "lastModified": self.changed_at.to_string(), "location": location(base, self.kind, &self.id),
            "version": version,
        });
        it.insert("meta".into(), meta);
        it
    }

    pub fn version(&self, base: &str) -> String {
        self.shown(base)["meta"]["version"].as_str().unwrap_or_default().to_owned()
    }
}

pub(super) fn location(base: &str, kind: Resource, id: &str) -> String {
    format!("{base}{}/{id}", kind.endpoint())
}

/// What is to be kept of a resource.
pub(super) struct Keep {
    pub id: String,
    pub kind: Resource,
    pub source: Option<SourceId>,
    pub name: String,
    pub document: Document,
    pub stopped_at: Option<Timestamp>,
}

/// Writes the row of a resource, over the one that it has.
pub(super) async fn keep(w: &mut Write, stored: Option<&Stored>, it: Keep) -> Result<()> {
    let at = w.at();
    let row = Stored {
        id: it.id,
        kind: it.kind,
        source: it.source,
        name: it.name,
        document: it.document,
        stopped_at: it.stopped_at,
        created_at: stored.filter(|s| s.deleted_at.is_none()).map_or(at, |s| s.created_at),
        changed_at: at,
        deleted_at: None,
        version: stored.map_or(0, |s| s.version),
    };
    write(w, stored, &row).await
}

/// Notes that a resource is gone, and forgets what its client said of it.
pub(super) async fn forget(w: &mut Write, known: &Known, stopped_at: Option<Timestamp>) -> Result<()> {
    let (at, stored) = (w.at(), known.stored.as_ref());
    let row = Stored {
        id: known.id.clone(),
        kind: known.kind,
        source: stored.and_then(|s| s.source),
        name: String::new(),
        document: Document::new(),
        stopped_at,
        created_at: known.created_at,
        changed_at: at,
        deleted_at: Some(at),
        version: stored.map_or(0, |s| s.version),
    };
    write(w, stored, &row).await
}

async fn write(w: &mut Write, stored: Option<&Stored>, row: &Stored) -> Result<()> {
    match stored {
        Some(_) => store::scim::update(&mut w.tx, row).await?,
        None => store::scim::insert(&mut w.tx, row).await?,
    }
    Ok(())
}
