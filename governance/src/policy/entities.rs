//! `entities.json`: the bundle's static facts, and the small slice of them a request needs.
use super::fault::{Fault, line_at};
use super::files::ENTITIES;
use super::manifest::Types;
use super::shape::Shapes;
use super::value::{self, Place, Typed};
use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, Schema};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One entity of the bundle.
#[derive(Debug)]
pub struct Static {
    pub entity: Entity,
    /// As written, for showing and comparing.
    pub attrs: Map<String, Value>,
    pub tags: BTreeMap<String, Typed>,
    pub parents: Vec<EntityUid>,
    /// The bundle's entities reached from here by parents and attributes, itself included.
    pub reach: Vec<EntityUid>,
}

pub type Statics = HashMap<EntityUid, Static>;

/// Reads and validates the bundle's entities against its schema.
pub fn read(text: &str, schema: &Schema, shapes: &Shapes, types: &Types) -> Result<Statics, Fault> {
    let json: Value = serde_json::from_str(text)
        .map_err(|e| Fault::new(ENTITIES, u32::try_from(e.line()).ok().filter(|n| *n > 0), e.to_string()))?;
    let entities = Entities::from_json_str(text, Some(schema)).map_err(|e| {
        let cause = std::iter::successors(std::error::Error::source(&e), |e| e.source()).last();
        let message = cause.map_or_else(|| super::rules::described(&e), |cause| format!("{e}: {cause}"));
        Fault::new(ENTITIES, quoted_line(text, &message), message)
    })?;
    let mut statics = Statics::new();
    for item in json.as_array().into_iter().flatten() {
        let (uid, entity) =
            one(item, &entities, shapes, types).map_err(|m| Fault::new(ENTITIES, quoted_line(text, &m), m))?;
        statics.insert(uid, entity);
    }
    let reaches: Vec<_> = statics.keys().map(|uid| (uid.clone(), reach(uid, &statics, shapes, types))).collect();
    for (uid, reach) in reaches {
        if let Some(entity) = statics.get_mut(&uid) {
            entity.reach = reach;
        }
    }
    Ok(statics)
}

/// The line that holds the last thing the message quotes as `Type::"id"`: Cedar names the entity, not the line.
fn quoted_line(text: &str, message: &str) -> Option<u32> {
    let id = message.split("::\"").nth(1)?.split('"').next()?;
    text.find(&format!("\"{id}\"")).map(|offset| line_at(text, offset))
}

fn one(item: &Value, entities: &Entities, shapes: &Shapes, types: &Types) -> Result<(EntityUid, Static), String> {
    let uid = uid_of(&item["uid"]).ok_or("an entity needs a uid of {\"type\",\"id\"}")?;
    let entity = entities.get(&uid).ok_or_else(|| format!("{uid} was not read"))?.clone();
    let parents = item["parents"].as_array().into_iter().flatten();
    let parents =
        parents.map(uid_of).collect::<Option<Vec<_>>>().ok_or_else(|| format!("{uid}: a parent is no uid"))?;
    let attrs = item["attrs"].as_object().cloned().unwrap_or_default();
    let mut tags = BTreeMap::new();
    if let Some(shape) = shapes.entities.get(uid.type_name()).and_then(|shape| shape.tags.as_ref()) {
        for (name, tag) in item["tags"].as_object().into_iter().flatten() {
            let tag = value::read(shape, tag, Place::root(name), types).map_err(|e| format!("{uid}: tag {e}"))?;
            tags.insert(name.clone(), tag);
        }
    }
    Ok((uid, Static { entity, attrs, tags, parents, reach: Vec::new() }))
}

/// Reads `{"type","id"}` or `{"__entity":{…}}`.
fn uid_of(json: &Value) -> Option<EntityUid> {
    let object = json.get("__entity").unwrap_or(json);
    let name: EntityTypeName = object["type"].as_str()?.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(name, EntityId::new(object["id"].as_str()?)))
}

fn reach(from: &EntityUid, statics: &Statics, shapes: &Shapes, types: &Types) -> Vec<EntityUid> {
    let mut seen = BTreeSet::new();
    let mut queue = vec![from.clone()];
    while let Some(uid) = queue.pop() {
        let Some(entity) = statics.get(&uid) else { continue };
        if !seen.insert(uid.clone()) {
            continue;
        }
        queue.extend(entity.parents.iter().cloned());
        let attrs = shapes.entities.get(uid.type_name()).map(|shape| &shape.attrs);
        if let Some(Ok(record)) = attrs.map(|attrs| value::record(attrs, &entity.attrs, Place::root("entity"), types)) {
            record.values().for_each(|v| v.entities(&mut |uid| queue.push(uid.clone())));
        }
        entity.tags.values().for_each(|v| v.entities(&mut |uid| queue.push(uid.clone())));
    }
    seen.into_iter().collect()
}
