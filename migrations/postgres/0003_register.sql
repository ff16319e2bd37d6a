create table sources (
    id text primary key not null,
    kind text not null,
    name text not null,
    scope text not null, -- account, cluster, file: what the source speaks of
    expected bigint not null default 1,
    last_sync_at bigint,
    max_staleness_s bigint not null default 604800,
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
    source_id text references sources (id), -- null: a person registered it
    external_ref text, -- the source's own name for it, such as an ARN
    criticality text,
    autonomy bigint,
    boundary text, -- JSON: systems, tools, data classes, downstream identities, thresholds
    search text not null default '', -- lower case: name, the source's name, team
    registered_at bigint not null,
    first_seen_at bigint not null default 0, -- the earliest sign of it: made, as its source says, else first shown to us
    last_seen_at bigint, -- last changed by a source or a question; while a source shows it, its last sync counts
    last_used_at bigint, -- null: no source tells, or never as far as it looks back
    usage_reported bigint not null default 0, -- a source tells when it was used
    attested_at bigint,
    ends_at bigint,
    suspended_at bigint,
    retired_at bigint,
    epoch bigint not null default 0,
    version bigint not null default 0
);
create unique index identities_ref on identities (source_id, external_ref) where external_ref is not null;
create unique index identities_kind on identities (kind, name);
create index identities_name on identities (name, id);
create index identities_owner on identities (owner_id, name);
create index identities_backup on identities (backup_id) where backup_id is not null;
create table owner_periods (
    identity_id text not null references identities (id),
    owner_id text not null references people (id),
    backup bigint not null,
    from_at bigint not null,
    to_at bigint,
    primary key (identity_id, backup, from_at)
);
create index owner_periods_owner on owner_periods (owner_id);
create table entitlements (
    id text primary key not null,
    identity_id text not null references identities (id),
    source_id text not null references sources (id),
    key_hash text not null, -- SHA-256 of action, resource and via, which may be too long for an index
    action text not null,
    resource text not null,
    privilege text not null,
    via text not null, -- the policy, group or role that gives it
    wildcard bigint not null default 0,
    conditional bigint not null default 0,
    granted_at bigint, -- null: the source does not say
    first_seen_at bigint not null,
    expires_at bigint, -- null: standing
    last_used_at bigint,
    usage_reported bigint not null default 0,
    revoked_at bigint, -- when the source no longer showed it
    unique (identity_id, source_id, key_hash)
);
create index entitlements_source on entitlements (source_id) where revoked_at is null;
create table credentials (
    id text primary key not null,
    identity_id text not null references identities (id),
    source_id text not null references sources (id),
    external_ref text not null,
    kind text not null,
    active bigint not null default 1,
    long_lived bigint not null default 0,
    created_at bigint,
    first_seen_at bigint not null,
    last_rotated_at bigint,
    last_used_at bigint,
    usage_reported bigint not null default 0,
    expires_at bigint,
    expiry_reported bigint not null default 0,
    revoked_at bigint, -- when the source no longer showed it
    storage text,
    interactive bigint not null default 0,
    trust_wildcard bigint not null default 0,
    exposure_detected_at bigint, -- when the secret was first seen readable; the secret itself is never stored
    detail text not null default '',
    unique (identity_id, source_id, external_ref)
);
create index credentials_source on credentials (source_id) where revoked_at is null;
create table sightings (
    id text primary key not null,
    source_id text references sources (id), -- null: it asked us
    principal_ref text not null,
    kind text not null,
    name text not null,
    identity_id text references identities (id), -- null: a visibility gap
    claim text, -- JSON: what the source says of the principal itself; null for one that asked
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    gone_at bigint,
    unique (source_id, principal_ref)
);
create unique index sightings_asked on sightings (principal_ref) where source_id is null;
create index sightings_identity on sightings (identity_id);
-- what an owner or backup owner answered about an identity
create table attestations (
    id text primary key not null,
    seq bigint not null, -- its event
    identity_id text not null references identities (id),
    person_id text not null references people (id),
    answer text not null check (answer in ('keep', 'not_mine', 'retire')),
    note text,
    at bigint not null
);
create index attestations_identity on attestations (identity_id, id);
create table imports (
    id text primary key not null,
    source_id text not null references sources (id),
    seq bigint not null, -- its event
    at bigint not null,
    changed bigint not null,
    report text not null -- JSON: files, counts, problems, what was set aside
);
create index imports_source on imports (source_id, at);
create table findings (
    id text primary key not null,
    rule text not null,
    subject text not null, -- id of an identity, a credential or a sighting
    identity_id text references identities (id),
    severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
    rank bigint not null, -- the severity as a number, most severe highest
    words text not null,
    mend text not null,
    evidence text not null, -- JSON: lines
    state text not null check (state in ('open', 'excepted', 'resolved')),
    opened_at bigint not null,
    resolved_at bigint,
    version bigint not null default 0
);
create unique index findings_open on findings (rule, subject) where state <> 'resolved';
create index findings_subject on findings (subject);
create index findings_identity on findings (identity_id, rule) where state = 'open';
create index findings_list on findings (state, rank, id);
