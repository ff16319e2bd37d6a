//! The bundle's schema as the request builder needs it: which members there are, and of which type.
use cedar_policy::{EntityTypeName, EntityUid, Schema};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::str::FromStr;

#[derive(Debug, Clone)]
pub enum Shape {
    Bool,
    Long,
    Text,
    Decimal,
    Datetime,
    Duration,
    Ip,
    Entity(EntityTypeName),
    Set(Box<Shape>),
    Record(Members),
}
pub type Members = BTreeMap<String, Member>;

#[derive(Debug, Clone)]
pub struct Member {
    pub shape: Shape,
    pub required: bool,
}

#[derive(Debug, Default)]
pub struct EntityShape {
    pub attrs: Members,
    pub tags: Option<Shape>,
    pub parents: Vec<EntityTypeName>,
    pub enumerated: bool,
}

#[derive(Debug)]
pub struct ActionShape {
    pub uid: EntityUid,
    pub principals: HashSet<EntityTypeName>,
    pub resources: HashSet<EntityTypeName>,
    pub context: Members,
    /// Members of the context the caller may send: what approvals bind to beside action and resource.
    pub declared: BTreeSet<String>,
}

impl ActionShape {
    /// The members of `context.input`.
    pub fn input(&self) -> Option<&Members> {
        self.record("input")
    }
    /// The counters it reads, as `context.used` declares them.
    pub fn used(&self) -> Option<&Members> {
        self.record("used")
    }
    fn record(&self, name: &str) -> Option<&Members> {
        match &self.context.get(name)?.shape {
            Shape::Record(members) => Some(members),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
pub struct Shapes {
    pub entities: HashMap<EntityTypeName, EntityShape>,
    /// By the action's id, which is AuthZEN's `action.name`.
    pub actions: HashMap<String, ActionShape>,
}

/// Reads the shapes from the schema and from its JSON form with resolved types.
///
/// # Errors
/// What the schema has that a request could not be built for.
pub fn shapes(schema: &Schema, json: &Value) -> Result<Shapes, String> {
    let mut shapes = Shapes::default();
    let reader = Reader::new(json);
    for (namespace, body) in json.as_object().into_iter().flatten() {
        for (name, entity) in body["entityTypes"].as_object().into_iter().flatten() {
            let name = EntityTypeName::from_str(&qualified(namespace, name)).map_err(|e| e.to_string())?;
            shapes.entities.insert(name, reader.entity(namespace, entity)?);
        }
        for (id, action) in body["actions"].as_object().into_iter().flatten() {
            let Some(shape) = reader.action(schema, namespace, id, &action["appliesTo"])? else { continue };
            if shapes.actions.insert(id.clone(), shape).is_some() {
                return Err(format!("the action `{id}` is declared in two namespaces; a request names it without one"));
            }
        }
    }
    Ok(shapes)
}

fn qualified(namespace: &str, name: &str) -> String {
    if namespace.is_empty() || name.contains("::") { name.to_owned() } else { format!("{namespace}::{name}") }
}

struct Reader<'a> {
    common: HashMap<String, &'a Value>,
}

impl<'a> Reader<'a> {
    fn new(json: &'a Value) -> Self {
        let mut common = HashMap::new();
        for (namespace, body) in json.as_object().into_iter().flatten() {
            for (name, shape) in body["commonTypes"].as_object().into_iter().flatten() {
                common.insert(qualified(namespace, name), shape);
            }
        }
        Self { common }
    }

    fn entity(&self, namespace: &str, json: &Value) -> Result<EntityShape, String> {
        let mut shape = EntityShape { enumerated: json.get("enum").is_some(), ..EntityShape::default() };
        for parent in json["memberOfTypes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            shape.parents.push(self.type_name(namespace, parent)?);
        }
        if let Some(record) = json.get("shape") {
            shape.attrs = self.members(namespace, record)?;
        }
        shape.tags = json.get("tags").map(|tags| self.shape(namespace, tags)).transpose()?;
        Ok(shape)
    }

    /// `None` for a group of actions, which nobody can ask for.
    fn action(&self, schema: &Schema, ns: &str, id: &str, applies: &Value) -> Result<Option<ActionShape>, String> {
        let type_name = EntityTypeName::from_str(&qualified(ns, "Action")).map_err(|e| e.to_string())?;
        let uid = EntityUid::from_type_name_and_id(type_name, cedar_policy::EntityId::new(id));
        let principals: HashSet<_> = schema.principals_for_action(&uid).into_iter().flatten().cloned().collect();
        let resources: HashSet<_> = schema.resources_for_action(&uid).into_iter().flatten().cloned().collect();
        if principals.is_empty() || resources.is_empty() {
            return Ok(None);
        }
        let context = match applies.get("context") {
            Some(context) => self.members(ns, context)?,
            None => Members::new(),
        };
        let ours = |name: &str| name == "input" || super::question::SERVER_CONTEXT.contains(&name);
        let declared = context.keys().filter(|name| !ours(name)).cloned().collect();
        Ok(Some(ActionShape { uid, principals, resources, context, declared }))
    }

    fn members(&self, namespace: &str, json: &Value) -> Result<Members, String> {
        match self.shape(namespace, json)? {
            Shape::Record(members) => Ok(members),
            other => Err(format!("expected a record, found {other:?}")),
        }
    }

    fn shape(&self, namespace: &str, json: &Value) -> Result<Shape, String> {
        let name = json["type"].as_str().unwrap_or_default();
        if let Some(common) = self.common.get(name).or_else(|| self.common.get(&qualified(namespace, name))) {
            let home = name.rsplit_once("::").map_or(namespace, |(home, _)| home);
            return self.shape(home, common);
        }
        Ok(match name.strip_prefix("__cedar::").unwrap_or(name) {
            "Bool" | "Boolean" => Shape::Bool,
            "Long" => Shape::Long,
            "String" => Shape::Text,
            "decimal" => Shape::Decimal,
            "datetime" => Shape::Datetime,
            "duration" => Shape::Duration,
            "ipaddr" => Shape::Ip,
            "Extension" => return self.shape(namespace, &serde_json::json!({ "type": json["name"] })),
            "Entity" => Shape::Entity(self.type_name(namespace, json["name"].as_str().unwrap_or_default())?),
            "Set" => Shape::Set(Box::new(self.shape(namespace, &json["element"])?)),
            "Record" => {
                let mut members = Members::new();
                for (name, member) in json["attributes"].as_object().into_iter().flatten() {
                    let required = member["required"].as_bool().unwrap_or(true);
                    members.insert(name.clone(), Member { shape: self.shape(namespace, member)?, required });
                }
                Shape::Record(members)
            }
            other => return Err(format!("the type `{other}` is not known")),
        })
    }

    fn type_name(&self, namespace: &str, name: &str) -> Result<EntityTypeName, String> {
        EntityTypeName::from_str(&qualified(namespace, name)).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Shapes {
        let (json, _) = cedar_policy::schema_str_to_json_with_resolved_types(text).unwrap();
        shapes(&Schema::from_str(text).unwrap(), &json).unwrap()
    }

    #[test]
    fn common_types_optional_members_and_extensions_are_resolved() {
        let shapes = read(
            r#"
            type Money = { amount_minor: Long, currency: String };
            entity Team;
            entity Agent in [Team] { lead?: Agent, rate: decimal, tags: Set<String> } tags String;
            entity Color enum ["red"];
            entity account;
            action "all";
            action "pay" in ["all"] appliesTo { principal: [Agent], resource: [account],
              context: { input: Money, used: { day: Long }, now: __cedar::datetime, ticket?: String } };
        "#,
        );
        let agent = &shapes.entities[&"Agent".parse().unwrap()];
        assert!(!agent.attrs["lead"].required && agent.attrs["rate"].required);
        assert!(matches!(&agent.attrs["lead"].shape, Shape::Entity(t) if t.to_string() == "Agent"));
        assert!(matches!(agent.attrs["rate"].shape, Shape::Decimal));
        assert!(matches!(&agent.attrs["tags"].shape, Shape::Set(e) if matches!(**e, Shape::Text)));
        assert!(matches!(agent.tags, Some(Shape::Text)));
        assert!(shapes.entities[&"Color".parse().unwrap()].enumerated);
        assert!(!shapes.actions.contains_key("all"));
        let pay = &shapes.actions["pay"];
        assert!(matches!(pay.input().unwrap()["amount_minor"].shape, Shape::Long));
        assert_eq!(pay.used().unwrap().keys().collect::<Vec<_>>(), ["day"]);
        assert_eq!(pay.declared, ["ticket".to_owned()].into());
    }

    #[test]
    fn names_in_a_namespace_are_found() {
        let shapes = read(
            r#"namespace Shop { type Ctx = { input: { n: Long } }; entity Bot; entity Box { owner: Bot };
               action "open" appliesTo { principal: Bot, resource: Box, context: Ctx }; }"#,
        );
        let open = &shapes.actions["open"];
        assert_eq!(open.uid.to_string(), r#"Shop::Action::"open""#);
        assert!(open.principals.contains(&"Shop::Bot".parse().unwrap()));
        assert!(open.input().unwrap().contains_key("n"));
        let owner = &shapes.entities[&"Shop::Box".parse().unwrap()].attrs["owner"].shape;
        assert!(matches!(owner, Shape::Entity(t) if t.to_string() == "Shop::Bot"));
    }
}
