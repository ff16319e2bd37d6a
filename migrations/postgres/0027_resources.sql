-- tools, destinations and memory stores, as questions name them
create table resources (
    id text primary key not null,
    kind text not null check (kind in ('tool', 'destination', 'memory_store')),
    resource_type text not null,
    resource_id text not null,
    owner_id text references people (id),
    data_class text,
    trust text not null check (trust in ('trusted', 'untrusted', 'unknown')),
    trusted_until bigint, -- null: without an end
    retention_days bigint,
    purpose text,
    definition text, -- the approved one: hex SHA-256
    approved_by text,
    approved_at bigint,
    seen text, -- the definition a gateway saw last
    seen_at bigint,
    changed_at bigint, -- another one than the approved was first seen; null: nothing waits
    added_at bigint not null,
    removed_at bigint,
    seq bigint not null, -- its latest event: what is remembered of the register is current up to the highest
    version bigint not null default 0
);
create unique index resources_name on resources (resource_type, resource_id) where removed_at is null;
create index resources_seq on resources (seq);
