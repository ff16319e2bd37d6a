create table sources (
    id text primary key not null,
    kind text not null,
    name text not null,
    scope text not null, -- account, cluster, file: what the source speaks of
    expected bigint not null default 1,
    last_sync_at bigint,
    max_staleness_s bigint not null default 86400,
    created_at bigint not null,
    version bigint not null default 0,
    unique (kind, scope)
);
create table identities (
    id text primary key not null,
    name text not null, -- unique within its kind: the id by which it asks
    kind text not null check (kind in ('agent', 'service_account', 'workload', 'pipeline', 'api_key')),
    environment text, -- null: nobody said
    team text,
    purpose text,
    status text not null check (status in ('active', 'suspended', 'retiring', 'retired')),
    mode text not null check (mode in ('observe', 'enforce')),
    owner_id text references people (id),
    backup_id text references people (id),
    source_id text references sources (id),
    external_ref text, -- the source's own name for it, such as an ARN
    criticality text,
    autonomy bigint,
    boundary text, -- JSON: systems, tools, data classes, downstream identities, thresholds
    registered_at bigint not null,
    first_seen_at bigint,
    last_seen_at bigint,
    last_used_at bigint,
    attested_at bigint,
    ends_at bigint,
    epoch bigint not null default 0,
    version bigint not null default 0
);
create unique index identities_ref on identities (source_id, external_ref) where external_ref is not null;
create unique index identities_kind on identities (kind, name);
create index identities_owner on identities (owner_id, name);
create table owner_periods (
    identity_id text not null references identities (id),
    owner_id text not null references people (id),
    backup bigint not null,
    from_at bigint not null,
    to_at bigint,
    primary key (identity_id, backup, from_at)
);
create table entitlements (
    id text primary key not null,
    identity_id text not null references identities (id),
    action text not null,
    resource text not null,
    privilege text not null,
    via text not null, -- the policy, group or role that gives it
    granted_at bigint,
    expires_at bigint,
    last_used_at bigint,
    usage_reported bigint not null,
    revoked_at bigint,
    unique (identity_id, action, resource, via)
);
create table credentials (
    id text primary key not null,
    identity_id text not null references identities (id),
    external_ref text not null,
    kind text not null,
    created_at bigint,
    last_rotated_at bigint,
    last_used_at bigint,
    expires_at bigint,
    revoked_at bigint,
    storage text,
    exposure_detected_at bigint,
    unique (identity_id, external_ref)
);
create table sightings (
    id text primary key not null,
    source_id text references sources (id), -- null: it asked us
    principal_ref text not null,
    identity_id text references identities (id),
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    unique (source_id, principal_ref)
);
create table findings (
    id text primary key not null,
    rule text not null,
    subject text not null, -- identity id, or sighting id
    severity text not null,
    evidence text not null, -- JSON
    state text not null check (state in ('open', 'excepted', 'resolved')),
    opened_at bigint not null,
    resolved_at bigint,
    version bigint not null default 0
);
create unique index findings_open on findings (rule, subject) where state <> 'resolved';
create index findings_subject on findings (subject);
