-- The log: its head, its events, its tiles. Times are microseconds since 1970, UTC.
create table installation (
    id text primary key not null,
    origin text not null,
    vkey text not null,
    created_at bigint not null,
    sealed text -- why decisions are refused, or null
);
create table log_head (
    one bigint primary key not null check (one = 1),
    size bigint not null,      -- number of leaves
    frontier bytea not null,     -- roots of the complete subtrees, left to right
    last_at bigint not null,   -- time of the last event
    world bigint not null      -- moves with every write that is not a decision: facts read at the same number are current
);
create table events (
    seq bigint primary key not null, -- index of the leaf
    at bigint not null,
    kind text not null,
    actor text not null,
    subject text,
    decision_id text,
    outcome text,
    leaf bytea not null,
    leaf_hash bytea not null
);
create index events_kind on events (kind, seq);
create index events_subject on events (subject, seq);
create index events_decision on events (decision_id) where decision_id is not null;
create table payloads (
    hash text primary key not null, -- SHA-256 of salt and bytes, as in the leaf
    salt bytea not null,
    bytes bytea, -- null once erased
    erased_at bigint
);
create table log_tiles (
    level bigint not null,
    idx bigint not null,
    root bytea not null,
    hashes bytea not null, -- 256 hashes of 32 bytes
    primary key (level, idx)
);
create table checkpoints (
    size bigint primary key not null,
    root bytea not null,
    note text not null,
    signed_at bigint not null,
    external bigint not null default 0
);
create table idempotency (
    caller text not null,
    key text not null,
    fingerprint text not null,
    answer text not null,
    at bigint not null,
    primary key (caller, key)
);
create function events_are_final() returns trigger language plpgsql as $$
begin
    raise exception 'events are never changed or removed';
end $$;
create trigger events_no_change before update or delete on events for each row execute function events_are_final();
create trigger events_no_truncate before truncate on events for each statement execute function events_are_final();
