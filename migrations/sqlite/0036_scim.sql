-- what is provisioned through SCIM, as its client last said it
create table scim_resources (
    id text primary key not null, -- a person's, an identity's, or one of a group
    kind text not null check (kind in ('User', 'Group', 'Agent')),
    source_id text references sources (id), -- an agent's
    name text not null, -- what no two of a kind share: userName in lower case, the group's name in policies, the agent's name
    document text not null, -- JSON: its attributes
    stopped_at integer, -- when SCIM made it inactive; what others stopped it does not start again
    created_at integer not null,
    changed_at integer not null,
    deleted_at integer,
    version integer not null default 0
) strict;
create unique index scim_resources_name on scim_resources (kind, name) where deleted_at is null;
