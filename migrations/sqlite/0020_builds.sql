-- the build (model, prompt, tools) by which an identity may act, and another one that waits for a person
create table builds (
    identity_id text primary key not null references identities (id),
    digest text not null, -- hex SHA-256
    since_at integer not null,
    approved_by text, -- null: the first that was seen, kept on trust
    changed text, -- the latest other one that was seen since; null: nothing waits
    changed_at integer,
    version integer not null default 0
) strict;
