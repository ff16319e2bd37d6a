create table decisions (
    id text primary key not null,
    seq bigint not null, -- its event
    at bigint not null,
    key_id text not null,
    identity_id text references identities (id),
    subject_type text not null,
    subject_id text not null,
    action text not null,
    resource_type text not null,
    resource_id text not null,
    outcome text not null check (outcome in ('permit', 'deny', 'escalate')),
    reason text,
    would text, -- observe mode: what enforcing would have answered
    rules text not null, -- JSON: ids of the policies that decided
    bundle_hash text not null,
    tier text,
    escalation_id text,
    grant_id text,
    acting_person text,
    run text,
    task text,
    initiator text,
    observed_by text not null,
    params_hash text not null,
    valid_until bigint,
    salt bytea not null,
    inputs text, -- JSON: all that the outcome followed from; null once erased
    erased_at bigint
);
create index decisions_at on decisions (at);
create index decisions_identity on decisions (identity_id, at);
create index decisions_outcome on decisions (outcome, at);
create index decisions_params on decisions (identity_id, action, outcome, at);
-- what was permitted, by minute: a window's sum reads at most its number of minutes
create table counters (
    counter text not null,
    per text not null,
    minute bigint not null, -- minutes since 1970
    amount bigint not null,
    primary key (counter, per, minute)
);
create table gaps (
    id bigint primary key not null,
    from_at bigint not null,
    to_at bigint,
    refused bigint not null
);
