-- The log: its head, its events, its tiles. Times are microseconds since 1970, UTC.
create table installation (
    id text primary key not null,
    origin text not null,
    vkey text not null,
    created_at integer not null,
    sealed text -- why decisions are refused, or null
) strict;
create table log_head (
    one integer primary key not null check (one = 1),
    size integer not null,      -- number of leaves
    frontier blob not null,     -- roots of the complete subtrees, left to right
    last_at integer not null,   -- time of the last event
    world integer not null      -- moves with every write that is not a decision: facts read at the same number are current
) strict;
create table events (
    seq integer primary key not null, -- index of the leaf
    at integer not null,
    kind text not null,
    actor text not null,
    subject text,
    decision_id text,
    outcome text,
    leaf blob not null,
    leaf_hash blob not null
) strict;
create index events_kind on events (kind, seq);
create index events_subject on events (subject, seq);
create index events_decision on events (decision_id) where decision_id is not null;
create trigger events_no_update before update on events begin select raise(abort, 'events are never changed'); end;
create trigger events_no_delete before delete on events begin select raise(abort, 'events are never removed'); end;
create table payloads (
    hash text primary key not null, -- SHA-256 of salt and bytes, as in the leaf
    salt blob not null,
    bytes blob, -- null once erased
    erased_at integer
) strict;
create table log_tiles (
    level integer not null,
    idx integer not null,
    root blob not null,
    hashes blob not null, -- 256 hashes of 32 bytes
    primary key (level, idx)
) strict;
create table checkpoints (
    size integer primary key not null,
    root blob not null,
    note text not null,
    signed_at integer not null,
    external integer not null default 0
) strict;
create table idempotency (
    caller text not null,
    key text not null,
    fingerprint text not null,
    answer text not null,
    at integer not null,
    primary key (caller, key)
) strict;
