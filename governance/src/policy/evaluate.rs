//! One question in, one of three answers out (semantics.md, "Policy: three answers from Cedar").
use super::bundle::Bundle;
use super::entities::Static;
use super::question::{Evaluation, Facts, Question, Reason, Refuted, SERVER_CONTEXT, Tentative, UNEVALUATED_CONTEXT};
use super::shape::{ActionShape, EntityShape, Shape};
use super::slice::{self, ActionIndex, Family};
use super::value::{self, Misfit, Place, Typed};
use crate::error::{Error, Result};
use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request, Response,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// An entity of the request, put together from facts and claims.
struct Subject<'a> {
    family: Family,
    parents: HashSet<EntityUid>,
    attrs: BTreeMap<String, Typed>,
    known: Option<&'a Static>,
    refuted: Vec<Refuted>,
}

impl Bundle {
    /// Refuses values that do not fit the schema's types, with their place: status 400 at the edge.
    ///
    /// # Errors
    /// `Invalid`. What is required and missing is no error here: it is answered with a deny, and recorded.
    pub fn question_check(&self, question: &Question) -> Result<()> {
        super::question::check_caller_context(&question.context)?;
        let wrong = |misfit: Misfit| match misfit {
            Misfit::Missing(_) => Ok(()),
            Misfit::Wrong(message) => Err(Error::invalid(message)),
        };
        if let Some(action) = self.shapes.actions.get(&question.action) {
            self.context(action, question, true).map(drop).or_else(wrong)?;
        }
        let claims = |kind: &str, place: &'static str, claims: &Map<String, Value>| {
            let Some(shape) = self.types.cedar(kind).and_then(|name| self.shapes.entities.get(&name)) else {
                return Ok(());
            };
            for (name, value) in claims {
                if let Some(member) = shape.attrs.get(name) {
                    let root = Place::root(place);
                    value::read(&member.shape, value, root.member(name), &self.types).map(drop).or_else(wrong)?;
                }
            }
            Ok(())
        };
        if self.identity_kind(&question.subject_type).is_none() {
            claims(&question.subject_type, "subject.properties", &question.subject_properties)?;
        }
        claims(&question.resource_type, "resource.properties", &question.resource_properties)
    }

    /// Answers a question. It never fails: what cannot be evaluated is denied (I7).
    #[must_use]
    pub fn evaluate(&self, question: &Question) -> Evaluation {
        self.answer(question, false).unwrap_or_else(|(reason, message)| Evaluation::deny(reason, vec![message]))
    }

    /// The same answer with every rule of the bundle asked; what the slices must agree with.
    #[cfg(test)]
    pub(super) fn evaluate_flat(&self, question: &Question) -> Evaluation {
        self.answer(question, true).unwrap_or_else(|(reason, message)| Evaluation::deny(reason, vec![message]))
    }

    fn answer(&self, question: &Question, flat: bool) -> std::result::Result<Evaluation, (Reason, String)> {
        let name = &question.action;
        let (Some(action), Some(index)) = (self.shapes.actions.get(name), self.indexes.get(name)) else {
            return Err((Reason::UnknownAction, format!("the schema has no action `{name}`")));
        };
        let subject_type = self.types.cedar(&question.subject_type);
        let kind = subject_type.as_ref().and_then(|name| self.types.kind(name));
        if kind.is_some() && question.subject.is_none() {
            let id = &question.subject_id;
            return Err((Reason::Unregistered, format!("{} `{id}` is not in the register", question.subject_type)));
        }
        let applies = |name: Option<EntityTypeName>, to: &HashSet<EntityTypeName>, given: &str, reason: Reason| {
            let message = || format!("action `{}` does not apply to the type `{given}`", question.action);
            name.filter(|name| to.contains(name)).ok_or_else(|| (reason, message()))
        };
        let subject_type = applies(subject_type, &action.principals, &question.subject_type, Reason::UnknownSubject)?;
        let resource_type = self.types.cedar(&question.resource_type);
        let resource_type =
            applies(resource_type, &action.resources, &question.resource_type, Reason::UnknownResource)?;

        let failed = |misfit: Misfit| (Reason::PolicyError, misfit.to_string());
        let claims = if kind.is_some() { &Map::new() } else { &question.subject_properties };
        let mut principal = self
            .subject(subject_type, &question.subject_id, question.subject.as_ref(), claims, "subject")
            .map_err(failed)?;
        if kind.is_some() {
            let facts = question.subject.as_ref().map(|f| &f.attrs);
            let shape = self.shapes.entities.get(principal.family.uid.type_name());
            principal.refuted =
                self.contradictions(shape, &question.subject_properties, facts, principal.known, "subject");
        }
        let mut resource = self
            .subject(
                resource_type,
                &question.resource_id,
                question.resource.as_ref(),
                &question.resource_properties,
                "resource",
            )
            .map_err(failed)?;
        if resource.family.uid == principal.family.uid {
            // An identity that acts on itself is one entity: what it is as a subject counts.
            resource.family.ancestors.clone_from(&principal.family.ancestors);
        }
        let context = self.context(action, question, false).map_err(failed)?;
        self.ask(index, principal, resource, context, flat).map_err(|message| (Reason::PolicyError, message))
    }

    /// Puts an entity together: the register's facts win over the bundle's, both over what the request claims.
    fn subject(
        &self,
        name: EntityTypeName,
        id: &str,
        facts: Option<&Facts>,
        claims: &Map<String, Value>,
        role: &'static str,
    ) -> std::result::Result<Subject<'_>, Misfit> {
        let shape = self.shapes.entities.get(&name);
        let uid = EntityUid::from_type_name_and_id(name, EntityId::new(id));
        let known = self.statics.get(&uid);
        let register = facts.map(|f| &f.attrs);
        let mut attrs = BTreeMap::new();
        for (attr, member) in shape.into_iter().flat_map(|s| &s.attrs) {
            let place = Place::root(role);
            let found =
                [register, known.map(|k| &k.attrs), Some(claims)].into_iter().flatten().find_map(|m| m.get(attr));
            match found {
                Some(value) => {
                    let typed = value::read(&member.shape, value, place.member(attr), &self.types)?;
                    attrs.insert(attr.clone(), typed);
                }
                None if member.required => return Err(Misfit::Missing(place.member(attr).to_string())),
                None => {}
            }
        }
        let parents = self.parents(shape, facts, known);
        let mut ancestors: Vec<EntityUid> = Vec::new();
        for parent in &parents {
            ancestors.push(parent.clone());
            if let Some(known) = self.statics.get(parent) {
                // Attributes reach further than membership; asking for a rule too many costs time, never an answer.
                ancestors.extend(known.reach.iter().cloned());
            }
        }
        let refuted = self.contradictions(shape, claims, register, known, role);
        Ok(Subject { family: Family { uid, ancestors }, parents, attrs, known, refuted })
    }

    fn parents(
        &self,
        shape: Option<&EntityShape>,
        facts: Option<&Facts>,
        known: Option<&Static>,
    ) -> HashSet<EntityUid> {
        let mut parents: HashSet<EntityUid> = known.into_iter().flat_map(|k| k.parents.iter().cloned()).collect();
        for (group, id) in facts.into_iter().flat_map(|f| &f.groups) {
            // A group of a type this entity cannot be in according to the schema is no group to any rule.
            let name = self.types.cedar(group).filter(|name| shape.is_some_and(|s| s.parents.contains(name)));
            parents.extend(name.map(|name| EntityUid::from_type_name_and_id(name, EntityId::new(id))));
        }
        parents
    }

    /// The context the action declares. `lenient` leaves out what the server sets and what is missing.
    fn context(
        &self,
        action: &ActionShape,
        question: &Question,
        lenient: bool,
    ) -> std::result::Result<BTreeMap<String, Typed>, Misfit> {
        let mut context = BTreeMap::new();
        let root = Place::root("context");
        let input = Value::Object(question.input.clone());
        for (name, member) in &action.context {
            let server = SERVER_CONTEXT.contains(&name.as_str());
            if (lenient && server) || UNEVALUATED_CONTEXT.contains(&name.as_str()) {
                continue;
            }
            let given;
            let (value, place) = match name.as_str() {
                "input" => (Some(&input), Place::root("action.properties")),
                _ if server => {
                    given = server_value(name, &member.shape, question);
                    (given.as_ref(), root.member(name))
                }
                _ => (question.context.get(name), root.member(name)),
            };
            match value {
                Some(value) => match value::read(&member.shape, value, place, &self.types) {
                    Ok(typed) => {
                        context.insert(name.clone(), typed);
                    }
                    Err(Misfit::Missing(_)) if lenient => {}
                    Err(misfit) => return Err(misfit),
                },
                None if member.required && !lenient => return Err(Misfit::Missing(place.to_string())),
                None => {}
            }
        }
        Ok(context)
    }

    fn ask(
        &self,
        index: &ActionIndex,
        principal: Subject<'_>,
        resource: Subject<'_>,
        context: BTreeMap<String, Typed>,
        flat: bool,
    ) -> std::result::Result<Evaluation, String> {
        let numbers = if flat {
            (0..u32::try_from(self.rules.len()).map_err(|e| e.to_string())?).collect()
        } else {
            index.select(&self.rules, &principal.family, &resource.family)
        };
        let slice = slice::slice(&self.id, &self.rules, numbers)?;
        let entities = self.entities(index, &principal, &resource, &context, &slice.literals)?;
        let pairs = context.iter().map(|(k, v)| Ok((k.clone(), v.expression()?)));
        let context = Context::from_pairs(pairs.collect::<std::result::Result<Vec<_>, String>>()?)
            .map_err(|e| format!("context: {e}"))?;
        let uids = (principal.family.uid.clone(), index.entity.uid(), resource.family.uid.clone());
        let request = Request::new(uids.0, uids.1, uids.2, context, None).map_err(|e| e.to_string())?;
        let permits = matching(&request, &slice.permits, &entities);
        let forbids = matching(&request, &slice.forbids, &entities);
        let mut refuted = principal.refuted;
        refuted.extend(resource.refuted);
        Ok(Evaluation { refuted, ..self.settle(permits, forbids) })
    }

    /// Only the entities a slice can look at: principal, action, resource, what they are in and what values name.
    fn entities(
        &self,
        index: &ActionIndex,
        principal: &Subject<'_>,
        resource: &Subject<'_>,
        context: &BTreeMap<String, Typed>,
        literals: &[EntityUid],
    ) -> std::result::Result<Entities, String> {
        let mut wanted: Vec<&EntityUid> = literals.iter().collect();
        let mut named = Vec::new();
        for value in principal.attrs.values().chain(resource.attrs.values()).chain(context.values()) {
            value.entities(&mut |uid| named.push(uid.clone()));
        }
        for subject in [principal, resource] {
            wanted.extend(&subject.parents);
            wanted.extend(subject.known.into_iter().flat_map(|known| &known.reach));
        }
        wanted.extend(&named);
        let mut slice: HashMap<EntityUid, Entity> = HashMap::with_capacity(8);
        for uid in wanted {
            for reached in self.statics.get(uid).into_iter().flat_map(|known| &known.reach) {
                if let Some(known) = self.statics.get(reached) {
                    slice.entry(reached.clone()).or_insert_with(|| known.entity.clone());
                }
            }
        }
        slice.insert(index.entity.uid(), index.entity.clone());
        slice.insert(resource.family.uid.clone(), resource.entity()?);
        slice.insert(principal.family.uid.clone(), principal.entity()?);
        Entities::from_entities(slice.into_values(), None).map_err(|e| e.to_string())
    }

    fn settle(&self, permits: Asked, forbids: Asked) -> Evaluation {
        let mut matched: Vec<String> = permits.matched.iter().chain(&forbids.matched).cloned().collect();
        matched.sort();
        let mut errors: Vec<String> = permits.errors.into_iter().chain(forbids.errors).collect();
        errors.sort();
        let rule = |id: &String| self.numbers.get(id).and_then(|n| self.rules.get(*n));
        let gate = |id: &String| rule(id).and_then(|r| r.gate.as_ref());
        let mut reasons = Vec::new();
        let (gated, hard): (Vec<String>, Vec<String>) = forbids.matched.into_iter().partition(|id| gate(id).is_some());
        let (outcome, determining) = if !errors.is_empty() {
            (Tentative::Deny { reason: Reason::PolicyError }, vec![])
        } else if !hard.is_empty() {
            reasons.extend(hard.iter().filter_map(|id| rule(id)?.reason()));
            reasons.dedup();
            (Tentative::Deny { reason: Reason::Forbidden }, hard)
        } else if permits.matched.is_empty() {
            (Tentative::Deny { reason: Reason::NoRule }, vec![])
        } else if gated.is_empty() {
            (Tentative::Permit, permits.matched)
        } else {
            (Tentative::Gated { gates: gated.iter().filter_map(gate).cloned().collect() }, gated)
        };
        Evaluation { outcome, determining, matched, errors, reasons, refuted: vec![] }
    }
}

impl Subject<'_> {
    fn entity(&self) -> std::result::Result<Entity, String> {
        let attrs = self.attrs.iter().map(|(k, v)| Ok((k.clone(), v.expression()?)));
        let attrs = attrs.collect::<std::result::Result<HashMap<_, _>, String>>()?;
        let tags = self.known.into_iter().flat_map(|k| &k.tags).map(|(k, v)| Ok((k.clone(), v.expression()?)));
        let tags = tags.collect::<std::result::Result<HashMap<_, _>, String>>()?;
        Entity::new_with_tags(self.family.uid.clone(), attrs, self.parents.clone(), tags).map_err(|e| e.to_string())
    }
}

struct Asked {
    /// Ids of the rules whose conditions held, sorted.
    matched: Vec<String>,
    errors: Vec<String>,
}

/// Which rules of a set of one effect hold. Of such a set Cedar names all that hold: for permits the answer is allow, for
/// forbids alone it is deny.
fn matching(request: &Request, set: &PolicySet, entities: &Entities) -> Asked {
    if set.is_empty() {
        return Asked { matched: vec![], errors: vec![] };
    }
    let response: Response = Authorizer::new().is_authorized(request, set, entities);
    let mut matched: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    matched.sort();
    Asked { matched, errors: response.diagnostics().errors().map(ToString::to_string).collect() }
}

fn server_value(name: &str, shape: &Shape, question: &Question) -> Option<Value> {
    let server = &question.server;
    match name {
        "now" => server.now.map(|at| at.to_string().into()),
        "caller" => server.caller.clone().map(Into::into),
        "chain" => Some(server.chain.iter().cloned().map(Value::from).collect()),
        "used" => Some(Value::Object(server.used.iter().map(|(k, n)| (k.clone(), (*n).into())).collect())),
        // a schema that wants no more than its name declares a text
        "task" => server.task.as_ref().map(|task| match shape {
            Shape::Text => task.get("ref").unwrap_or(task).clone(),
            _ => task.clone(),
        }),
        "run" => server.run.as_ref().map(|run| match (shape, run) {
            (Shape::Text, _) => run.get("name").unwrap_or(run).clone(),
            // as it was recorded while it was a name and no more
            (_, Value::String(name)) => json!({ "name": name }),
            _ => run.clone(),
        }),
        "initiator" => server.initiator.as_ref().map(|it| match (shape, it) {
            (Shape::Text, _) => it.get("kind").unwrap_or(it).clone(),
            // as it was recorded before it was known who says so
            (_, Value::String(kind)) => json!({ "kind": kind, "checked": false }),
            _ => it.clone(),
        }),
        "grant" => server.grant.clone(),
        // what is not listed is unknown, so that a rule can say what that means
        "tool" => server.tool.clone().or_else(|| Some(json!({ "trust": "unknown", "definition": "unknown" }))),
        "destination" => server.destination.clone().or_else(|| Some(json!({ "trust": "unknown" }))),
        "memory_store" => server.memory_store.clone().or_else(|| Some(json!({ "trust": "unknown" }))),
        _ => None,
    }
}

impl Bundle {
    /// Claims that contradict what the register or the bundle knows.
    fn contradictions(
        &self,
        shape: Option<&EntityShape>,
        claims: &Map<String, Value>,
        register: Option<&Map<String, Value>>,
        known: Option<&Static>,
        role: &str,
    ) -> Vec<Refuted> {
        let fact = |name: &str| register.and_then(|r| r.get(name)).or_else(|| known?.attrs.get(name));
        let contradicted = claims.iter().filter_map(|(name, claimed)| {
            let fact = fact(name).filter(|fact| !self.same(shape, name, claimed, fact))?;
            let property = format!("{role}.properties.{name}");
            Some(Refuted { property, claimed: claimed.clone(), fact: fact.clone() })
        });
        contradicted.collect()
    }

    /// Whether claim and fact say the same, in the attribute's type where the schema declares one: `10.5` is `"10.50"`.
    fn same(&self, shape: Option<&EntityShape>, name: &str, claimed: &Value, fact: &Value) -> bool {
        let Some(member) = shape.and_then(|shape| shape.attrs.get(name)) else { return claimed == fact };
        let read = |value| value::read(&member.shape, value, Place::root(name), &self.types).ok();
        claimed == fact || read(claimed).is_some_and(|claimed| Some(claimed) == read(fact))
    }
}
