//! The attributes we keep, once: `/Schemas`, filters, paths and checks all read them here. What is not listed is not kept.
use super::Resource;

/// The form of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Bool,
    Time,
    Reference,
    Complex,
}

/// Who may set it, and when (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    ReadWrite,
    ReadOnly,
    /// Set when the resource is made, and kept.
    Immutable,
}

/// One attribute.
#[derive(Debug)]
pub struct Attribute {
    pub name: &'static str,
    pub about: &'static str,
    pub form: Form,
    pub many: bool,
    pub required: bool,
    pub mutability: Mutability,
    /// No two resources of a kind have one.
    pub unique: bool,
    pub exact: bool,
    /// Usual values; others are taken as well.
    pub usual: &'static [&'static str],
    /// What a reference leads to.
    pub to: &'static [&'static str],
    pub parts: &'static [Attribute],
}

const fn text(name: &'static str, about: &'static str) -> Attribute {
    Attribute {
        name,
        about,
        form: Form::Text,
        many: false,
        required: false,
        mutability: Mutability::ReadWrite,
        unique: false,
        exact: false,
        usual: &[],
        to: &[],
        parts: &[],
    }
}
const fn flag(name: &'static str, about: &'static str) -> Attribute {
    Attribute { form: Form::Bool, ..text(name, about) }
}
const fn link(name: &'static str, to: &'static [&'static str], about: &'static str) -> Attribute {
    Attribute { form: Form::Reference, to, exact: true, ..text(name, about) }
}
const fn time(name: &'static str, about: &'static str) -> Attribute {
    Attribute { form: Form::Time, ..text(name, about) }
}
const fn group(name: &'static str, parts: &'static [Attribute], about: &'static str) -> Attribute {
    Attribute { form: Form::Complex, parts, ..text(name, about) }
}

impl Attribute {
    const fn many(self) -> Self {
        Self { many: true, ..self }
    }
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }
    const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }
    const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }
    const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }
    const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }
    const fn usual(self, usual: &'static [&'static str]) -> Self {
        Self { usual, ..self }
    }

    /// A sub-attribute, its name in any case.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&'static Attribute> {
        self.parts.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }
}

/// What every resource has (RFC 7643 §3.1).
pub static COMMON: &[Attribute] = &[
    text("schemas", "The URNs of its schemas").many().exact().required(),
    text("id", "Given by Countersign").exact().unique().read_only(),
    text("externalId", "The client's own name for it").exact(),
    group("meta", META, "About the resource").read_only(),
];
static META: &[Attribute] = &[
    text("resourceType", "The resource type").exact().read_only(),
    time("created", "When it was made").read_only(),
    time("lastModified", "When it was last changed through SCIM").read_only(),
    link("location", &["uri"], "Its address").read_only(),
    text("version", "Its ETag").exact().read_only(),
];

static USER: &[Attribute] = &[
    text("userName", "The e-mail address; where it is none, the address is taken from emails").required().unique(),
    group("name", NAME, "The parts of the name"),
    text("displayName", "The name as it is shown"),
    flag("active", "False: the person has left. Taken as true where it is left out").required(),
    group("emails", EMAIL, "E-mail addresses; taken from userName where it is left out").many().required(),
    group("groups", GROUPS_OF, "The provisioned groups the person is in").many().read_only(),
];
static NAME: &[Attribute] =
    &[text("formatted", "The full name"), text("familyName", "The family name"), text("givenName", "The given name")];
static EMAIL: &[Attribute] = &[
    text("value", "The address").required(),
    text("type", "What it is for").usual(&["work", "home", "other"]),
    flag("primary", "The one that is used"),
];
static GROUPS_OF: &[Attribute] = &[
    text("value", "The group's id").exact().read_only(),
    link("$ref", &["Group"], "The group's address").read_only(),
    text("display", "The group's name").read_only(),
];

static GROUP: &[Attribute] = &[
    text(
        "displayName",
        "The group's name: policies know it with each character but letters, digits, '.' and '_' as '-'",
    )
    .required()
    .unique(),
    group("members", MEMBER, "The people in it").many(),
];
static MEMBER: &[Attribute] = &[
    text("value", "The person's id").exact().immutable(),
    link("$ref", &["User"], "The person's address").immutable(),
    text("type", "What the member is").usual(&["User"]).immutable(),
];

static AGENT: &[Attribute] = &[
    text("name", "The name by which it asks for decisions").required().unique().exact().immutable(),
    text("agentUserName", "The same; taken in the place of name").exact().read_only(),
    text("displayName", "The name as it is shown"),
    text("agentType", "What sort of agent it is"),
    flag("active", "False: it is suspended. Taken as true where it is left out").required(),
    text("description", "What it does"),
    text("subject", "The subject of the tokens by which it is known").exact(),
    group("owners", OWNER, "Who answers for it: the first, if an active person, becomes its owner").many(),
    group("protocols", PROTOCOL, "How it is spoken with").many(),
    group("entitlements", HELD, "What it may do there").many(),
    group("roles", HELD, "The roles it has there").many(),
    group("groups", HELD, "The groups it is in there").many(),
    group("parent", PARENT, "The agent it belongs to"),
];
static OWNER: &[Attribute] = &[
    text("value", "The person's id").exact(),
    link("$ref", &["User"], "The person's address"),
    text("display", "The person's name"),
];
static PROTOCOL: &[Attribute] = &[
    text("type", "The protocol").usual(&["A2A", "OpenAPI", "MCP-Client", "MCP-Server"]),
    link("specificationUrl", &["external"], "Where it is described"),
];
static HELD: &[Attribute] = &[
    text("value", "What it is called there").exact(),
    text("display", "What people call it"),
    text("type", "What sort it is"),
    flag("primary", "The one that counts first"),
];
static PARENT: &[Attribute] = &[
    text("value", "The agent's id").exact(),
    link("$ref", &["Agent"], "The agent's address"),
    text("display", "The agent's name"),
];

/// The attributes of the schema itself.
#[must_use]
pub const fn attributes(of: Resource) -> &'static [Attribute] {
    match of {
        Resource::User => USER,
        Resource::Group => GROUP,
        Resource::Agent => AGENT,
    }
}

/// One of a resource's attributes, its name in any case.
#[must_use]
pub fn find(of: Resource, name: &str) -> Option<&'static Attribute> {
    COMMON.iter().chain(attributes(of)).find(|a| a.name.eq_ignore_ascii_case(name))
}

/// As [`find`], for what is written: `agentUserName` is another word for `name`.
#[must_use]
pub fn find_written(of: Resource, name: &str) -> Option<&'static Attribute> {
    let alias = of == Resource::Agent && name.eq_ignore_ascii_case("agentUserName");
    find(of, if alias { "name" } else { name })
}

/// Attributes of RFC 7643 §4 that clients send as a matter of course and that are not kept.
const UNKEPT: &[&str] = &[
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "password",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
    "applications",
];
/// The enterprise extension: none of it is kept.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Whether what is said of it is passed over instead of refused.
#[must_use]
pub fn is_unkept(name: &str) -> bool {
    UNKEPT.iter().any(|n| n.eq_ignore_ascii_case(name))
}
