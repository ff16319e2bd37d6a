//! What a client can find out about us (RFC 7643 §5–7, RFC 7644 §4).
use super::schema::{self, Attribute, Form, Mutability};
use super::{Document, Resource};
use serde_json::{Value, json};

/// Most resources of one answer.
pub const MOST_RESULTS: usize = 500;
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SERVICE: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// `/ServiceProviderConfig`; `base` is the address under which all of it is.
#[must_use]
pub fn service(base: &str) -> Value {
    json!({
        "schemas": [SERVICE],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST_RESULTS },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "Key for provisioning", "primary": true,
            "description": "A Countersign key with the scope `provision`, sent as Authorization: Bearer",
        }],
        "agentExtension": { "supported": true, "agentsSupported": true, "agenticApplicationsSupported": false },
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    })
}

/// `/ResourceTypes`.
#[must_use]
pub fn resource_types(base: &str) -> Vec<Value> {
    Resource::ALL.map(|of| resource_type(of, base)).into()
}

fn resource_type(of: Resource, base: &str) -> Value {
    let name = of.as_str();
    json!({
        "schemas": [RESOURCE_TYPE], "id": name, "name": name, "endpoint": of.endpoint(), "schema": of.urn(),
        "description": about(of),
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}") },
    })
}

const fn about(of: Resource) -> &'static str {
    match of {
        Resource::User => "A person: who owns, approves, audits",
        Resource::Group => "A group of people, as policies ask for approvers",
        Resource::Agent => "An agent in the register",
    }
}

/// `/Schemas`: of the resources, and of discovery itself.
#[must_use]
pub fn schemas(base: &str) -> Vec<Value> {
    let own = Resource::ALL.map(|of| {
        let attributes: Vec<_> = schema::attributes(of).iter().map(attribute).collect();
        schema_of(of.urn(), of.as_str(), about(of), attributes, base)
    });
    let text = |name: &str, required: bool| fixed(name, "string", false, required, vec![]);
    let supported = |name: &str, more: &[(&str, &str)]| {
        let parts = more.iter().map(|(n, form)| fixed(n, form, false, true, vec![]));
        fixed(
            name,
            "complex",
            false,
            true,
            [fixed("supported", "boolean", false, true, vec![])].into_iter().chain(parts).collect(),
        )
    };
    let service = vec![
        supported("patch", &[]),
        supported("bulk", &[("maxOperations", "integer"), ("maxPayloadSize", "integer")]),
        supported("filter", &[("maxResults", "integer")]),
        supported("changePassword", &[]),
        supported("sort", &[]),
        supported("etag", &[]),
        fixed(
            "authenticationSchemes",
            "complex",
            true,
            true,
            vec![text("type", true), text("name", true), text("description", true)],
        ),
        supported("agentExtension", &[("agentsSupported", "boolean"), ("agenticApplicationsSupported", "boolean")]),
    ];
    let kind = vec![
        text("id", false),
        text("name", true),
        text("description", false),
        text("endpoint", true),
        text("schema", true),
    ];
    let described = vec![
        text("id", true),
        text("name", false),
        text("description", false),
        fixed("attributes", "complex", true, true, described()),
    ];
    let mut all = own.to_vec();
    all.push(schema_of(SERVICE, "ServiceProviderConfig", "What this service can do", service, base));
    all.push(schema_of(RESOURCE_TYPE, "ResourceType", "A kind of resource", kind, base));
    all.push(schema_of(SCHEMA, "Schema", "The attributes of a resource", described, base));
    all
}

/// What is said of one attribute.
fn described() -> Vec<Value> {
    let flags = ["multiValued", "required", "caseExact"].map(|name| fixed(name, "boolean", false, false, vec![]));
    let texts = ["name", "type", "description", "mutability", "returned", "uniqueness"];
    let texts = texts.map(|name| fixed(name, "string", false, false, vec![]));
    let lists = ["canonicalValues", "referenceTypes"].map(|name| fixed(name, "string", true, false, vec![]));
    texts.into_iter().chain(flags).chain(lists).collect()
}

fn schema_of(urn: &str, name: &str, about: &str, attributes: Vec<Value>, base: &str) -> Value {
    json!({
        "schemas": [SCHEMA], "id": urn, "name": name, "description": about, "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{urn}") },
    })
}

/// An attribute of discovery, which nobody sets.
fn fixed(name: &str, form: &str, many: bool, required: bool, parts: Vec<Value>) -> Value {
    let mut it = json!({
        "name": name, "type": form, "multiValued": many, "required": required, "caseExact": false,
        "mutability": "readOnly", "returned": "default", "uniqueness": "none", "description": "",
    });
    if !parts.is_empty() {
        it["subAttributes"] = parts.into();
    }
    it
}

fn attribute(a: &Attribute) -> Value {
    let form = match a.form {
        Form::Text => "string",
        Form::Bool => "boolean",
        Form::Time => "dateTime",
        Form::Reference => "reference",
        Form::Complex => "complex",
    };
    let mutability = match a.mutability {
        Mutability::ReadWrite => "readWrite",
        Mutability::ReadOnly => "readOnly",
        Mutability::Immutable => "immutable",
    };
    let mut it = Document::from_iter([
        ("name".to_owned(), a.name.into()),
        ("type".to_owned(), form.into()),
        ("multiValued".to_owned(), a.many.into()),
        ("description".to_owned(), a.about.into()),
        ("required".to_owned(), a.required.into()),
        ("caseExact".to_owned(), a.exact.into()),
        ("mutability".to_owned(), mutability.into()),
        ("returned".to_owned(), "default".into()),
        ("uniqueness".to_owned(), if a.unique { "server" } else { "none" }.into()),
    ]);
    for (name, values) in [("canonicalValues", a.usual), ("referenceTypes", a.to)] {
        if !values.is_empty() {
            it.insert(name.into(), values.into());
        }
    }
    if !a.parts.is_empty() {
        it.insert("subAttributes".into(), a.parts.iter().map(attribute).collect());
    }
    Value::Object(it)
}
