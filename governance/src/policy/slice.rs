//! Of ten thousand rules a question needs a handful. Cedar walks every policy it is given, so rules are indexed when a
//! bundle is read, and each worker thread keeps the small policy sets it has needed before (performance.md).
use super::rules::{Rule, Scope};
use super::shape::ActionShape;
use cedar_policy::{ActionConstraint, Entity, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, Schema};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Numbers of rules in the bundle's order.
type Numbers = Vec<u32>;

/// The rules that can apply to one action.
#[derive(Debug)]
pub struct ActionIndex {
    /// The action with the groups it is in.
    pub entity: Entity,
    by_principal: HashMap<EntityUid, Numbers>,
    by_resource: HashMap<EntityUid, Numbers>,
    rest: Numbers,
}

/// Builds one index an action.
///
/// # Errors
/// An action hierarchy Cedar cannot give.
pub fn index(
    rules: &[Rule],
    schema: &Schema,
    actions: &HashMap<String, ActionShape>,
) -> Result<HashMap<String, ActionIndex>, String> {
    let hierarchy = schema.action_entities().map_err(|e| e.to_string())?;
    let mut indexes = HashMap::new();
    for (name, shape) in actions {
        let entity = hierarchy.get(&shape.uid).cloned().ok_or_else(|| format!("{} is not in the schema", shape.uid))?;
        let mut index =
            ActionIndex { entity, by_principal: HashMap::new(), by_resource: HashMap::new(), rest: Numbers::new() };
        let among = |group: &EntityUid| *group == shape.uid || hierarchy.is_ancestor_of(group, &shape.uid);
        for (number, rule) in (0_u32..).zip(rules) {
            let applies = match &rule.action {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(uid) => *uid == shape.uid,
                ActionConstraint::In(groups) => groups.iter().any(among),
            };
            if applies {
                index.add(number, rule);
            }
        }
        indexes.insert(name.clone(), index);
    }
    Ok(indexes)
}

impl ActionIndex {
    fn add(&mut self, number: u32, rule: &Rule) {
        match (&rule.principal.within, &rule.resource.within) {
            (Some(uid), _) => self.by_principal.entry(uid.clone()).or_default().push(number),
            (None, Some(uid)) => self.by_resource.entry(uid.clone()).or_default().push(number),
            (None, None) => self.rest.push(number),
        }
    }

    /// The rules whose heads can match, in the bundle's order. `principals` and `resources` are each the entity itself
    /// with all it is in.
    pub fn select(&self, rules: &[Rule], principals: &Family, resources: &Family) -> Numbers {
        let mut numbers = Numbers::new();
        let mut take = |candidates: &[u32]| {
            numbers.extend(candidates.iter().copied().filter(|n| {
                rules.get(*n as usize).is_some_and(|r| principals.fits(&r.principal) && resources.fits(&r.resource))
            }));
        };
        take(&self.rest);
        for uid in principals.all() {
            take(self.by_principal.get(uid).map_or(&[], Vec::as_slice));
        }
        for uid in resources.all() {
            take(self.by_resource.get(uid).map_or(&[], Vec::as_slice));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// An entity and everything it is in.
#[derive(Debug)]
pub struct Family {
    pub uid: EntityUid,
    pub ancestors: Vec<EntityUid>,
}

impl Family {
    fn all(&self) -> impl Iterator<Item = &EntityUid> {
        std::iter::once(&self.uid).chain(self.ancestors.iter().filter(|a| **a != self.uid))
    }
    fn fits(&self, scope: &Scope) -> bool {
        let of_type = |name: &EntityTypeName| name == self.uid.type_name();
        let within = |uid: &EntityUid| *uid == self.uid || self.ancestors.contains(uid);
        scope.of_type.as_ref().is_none_or(of_type) && scope.within.as_ref().is_none_or(within)
    }
}

/// The policy sets for one selection of rules. Permits and forbids are asked separately: beside a `forbid` Cedar does not
/// say whether a `permit` matched, and without one there is nothing to escalate.
#[derive(Debug)]
pub struct Slice {
    pub permits: PolicySet,
    pub forbids: PolicySet,
    /// Entities the conditions name.
    pub literals: Vec<EntityUid>,
}

/// Above this many rules a slice shares the bundle's policies instead of a copy a thread: evaluating so many outweighs
/// what the shared reference counts cost, and parsing them again would stall the first question of every thread.
const COPIED: usize = 256;
/// Slices a thread keeps before it starts anew.
const KEPT: usize = 4_096;

#[derive(Default)]
struct Cache {
    bundle: [u8; 32],
    slices: HashMap<Numbers, Rc<Slice>>,
    policies: HashMap<u32, Policy>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// The slice for a selection, from this thread's cache or built now.
///
/// # Errors
/// A rule that does not read any more, which activation excludes.
pub fn slice(bundle: &[u8; 32], rules: &[Rule], numbers: Numbers) -> Result<Rc<Slice>, String> {
    CACHE.with_borrow_mut(|cache| {
        if cache.bundle != *bundle || cache.slices.len() >= KEPT {
            *cache = Cache { bundle: *bundle, ..Cache::default() };
        }
        if let Some(found) = cache.slices.get(&numbers) {
            return Ok(found.clone());
        }
        let built = Rc::new(build(rules, &numbers, &mut cache.policies)?);
        cache.slices.insert(numbers, built.clone());
        Ok(built)
    })
}

fn build(rules: &[Rule], numbers: &[u32], own: &mut HashMap<u32, Policy>) -> Result<Slice, String> {
    let mut slice = Slice { permits: PolicySet::new(), forbids: PolicySet::new(), literals: Vec::new() };
    for number in numbers {
        let rule = rules.get(*number as usize).ok_or("a rule number is out of range")?;
        let policy = if numbers.len() > COPIED { rule.policy.clone() } else { own_copy(rule, *number, own)? };
        let set = if rule.forbids() { &mut slice.forbids } else { &mut slice.permits };
        set.add(policy).map_err(|e| e.to_string())?;
        slice.literals.extend(rule.literals.iter().cloned());
    }
    slice.literals.sort();
    slice.literals.dedup();
    Ok(slice)
}

/// A copy that shares nothing with other threads: read from the text again.
fn own_copy(rule: &Rule, number: u32, own: &mut HashMap<u32, Policy>) -> Result<Policy, String> {
    if let Some(policy) = own.get(&number) {
        return Ok(policy.clone());
    }
    let id = PolicyId::new(&rule.text.id);
    let policy = Policy::parse(Some(id), &rule.text.text).map_err(|e| e.to_string())?;
    own.insert(number, policy.clone());
    Ok(policy)
}
