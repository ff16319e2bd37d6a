-- where a ticket or deployment system tells us that work begins and ends; the secret is derived from the installation's key
create table hooks (
    id text primary key not null,
    name text not null,
    preset text not null check (preset in ('github', 'jira', 'servicenow', 'standard')),
    identity_id text not null references identities (id),
    tools text not null, -- JSON
    data text not null, -- JSON
    ends_in_s integer not null,
    created_at integer not null,
    created_by text not null,
    removed_at integer,
    version integer not null default 0
) strict;
create unique index hooks_name on hooks (name) where removed_at is null;
-- a delivery is taken once: by the id its platform gives it, and by its body
create table hook_deliveries (
    hook_id text not null references hooks (id),
    delivery text not null,
    body_sha256 text not null,
    answer text not null, -- JSON
    at integer not null,
    primary key (hook_id, delivery)
) strict;
create unique index hook_deliveries_body on hook_deliveries (hook_id, body_sha256);
create index hook_deliveries_at on hook_deliveries (at);
