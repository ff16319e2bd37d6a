-- how what was executed compares with what was decided; what its reporter calls it
alter table actions add column verdict text check (verdict in ('decided', 'undecided', 'different', 'denied'));
alter table actions add column reference text;
alter table actions add column amount bigint;
alter table actions add column destination text;
create unique index actions_reference on actions (key_id, reference) where reference is not null;
-- when it was noted that what a person approved was never executed
alter table grants add column missed_at bigint;
-- what a rule did to an identity, or would have done
create table containments (
    id text primary key not null,
    seq bigint not null,
    at bigint not null,
    identity_id text not null references identities (id),
    finding_id text not null references findings (id),
    rule text not null,
    severity text not null,
    measure text not null check (measure in ('narrow', 'suspend', 'revoke')),
    state text not null check (state in ('would', 'capped', 'active', 'undone')),
    revocation_id text references revocations (id),
    first_by text references people (id),
    first_at bigint,
    undone_by text references people (id),
    undone_at bigint,
    version bigint not null default 0
);
create index containments_identity on containments (identity_id, id);
create index containments_rule on containments (rule, at);
create index containments_revocation on containments (revocation_id) where revocation_id is not null;
-- what each rule may do by itself; a rule that is not here is as the product ships it
create table reactions (
    rule text primary key not null,
    mode text not null check (mode in ('off', 'would', 'on')),
    measure text not null check (measure in ('narrow', 'suspend', 'revoke')),
    cap bigint not null, -- identities an hour
    changed_at bigint not null,
    changed_by text not null,
    version bigint not null default 0
);
-- each of its acts needs a person until this is undone
alter table identities add column narrowed_by text references containments (id);
-- a notice tells of an escalation or of a containment
alter table outbox alter column escalation_id drop not null;
alter table outbox add column containment_id text references containments (id);
alter table outbox add constraint outbox_about check ((escalation_id is null) <> (containment_id is null));
