create table keys (
    id text primary key not null,
    hash text not null unique, -- SHA-256 of the whole key, hex
    name text not null,
    identity_id text references identities (id), -- null: a gateway's
    patterns text not null, -- JSON: TYPE:PATTERN a gateway may speak for; empty: any
    scopes text not null, -- JSON
    submit text not null check (submit in ('auto', 'explicit')),
    created_at integer not null,
    created_by text not null,
    expires_at integer,
    revoked_at integer,
    version integer not null default 0
) strict;
create index keys_identity on keys (identity_id);
create table grants (
    id text primary key not null,
    identity_id text not null references identities (id),
    decision_id text not null,
    escalation_id text,
    action text not null,
    resource_type text not null,
    resource_id text not null,
    params_hash text not null,
    purpose text,
    task text,
    state text not null check (state in ('active', 'consumed', 'expired', 'revoked')),
    uses_left integer not null,
    issued_at integer not null,
    expires_at integer not null,
    ended_at integer,
    ended_reason text,
    version integer not null default 0
) strict;
create index grants_identity on grants (identity_id, state);
create index grants_active on grants (expires_at) where state = 'active';
create table actions (
    id text primary key not null,
    seq integer not null,
    at integer not null,
    key_id text not null,
    identity_id text references identities (id),
    decision_id text,
    grant_id text,
    action text not null,
    resource_type text not null,
    resource_id text not null,
    outcome text not null,
    observed_by text not null check (observed_by in ('self', 'gateway', 'source')),
    executed_at integer not null,
    data_class text,
    run text
) strict;
create index actions_decision on actions (decision_id);
create index actions_identity on actions (identity_id, at);
create table revocations (
    id text primary key not null,
    seq integer not null,
    at integer not null,
    target_kind text not null check (target_kind in ('grant', 'identity', 'owner', 'tool', 'source', 'everything')),
    target_id text not null,
    reason text not null,
    by_actor text not null,
    ended text not null, -- JSON: grants, approvals, escalations
    undone_at integer,
    version integer not null default 0
) strict;
create index revocations_target on revocations (target_kind, target_id, at);
create table revocation_paths (
    revocation_id text not null references revocations (id),
    identity_id text not null,
    path text not null,
    state text not null check (state in ('stopped', 'live')),
    command text,
    detail text,
    closed_at integer,
    primary key (revocation_id, identity_id, path)
) strict;
-- what is stopped now, and its epoch: bumped by every revocation of that scope
create table stops (
    kind text not null,
    id text not null,
    epoch integer not null,
    active integer not null,
    revocation_id text not null,
    at integer not null,
    primary key (kind, id)
) strict;
