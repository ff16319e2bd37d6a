-- how what was executed compares with what was decided; what its reporter calls it
alter table actions add column verdict text check (verdict in ('decided', 'undecided', 'different', 'denied'));
alter table actions add column reference text;
alter table actions add column amount integer;
alter table actions add column destination text;
create unique index actions_reference on actions (key_id, reference) where reference is not null;
-- when it was noted that what a person approved was never executed
alter table grants add column missed_at integer;
-- what a rule did to an identity, or would have done
create table containments (
    id text primary key not null,
    seq integer not null,
    at integer not null,
    identity_id text not null references identities (id),
    finding_id text not null references findings (id),
    rule text not null,
    severity text not null,
    measure text not null check (measure in ('narrow', 'suspend', 'revoke')),
    state text not null check (state in ('would', 'capped', 'active', 'undone')),
    revocation_id text references revocations (id),
    first_by text references people (id),
    first_at integer,
    undone_by text references people (id),
    undone_at integer,
    version integer not null default 0
) strict;
create index containments_identity on containments (identity_id, id);
create index containments_rule on containments (rule, at);
create index containments_revocation on containments (revocation_id) where revocation_id is not null;
-- what each rule may do by itself; a rule that is not here is as the product ships it
create table reactions (
    rule text primary key not null,
    mode text not null check (mode in ('off', 'would', 'on')),
    measure text not null check (measure in ('narrow', 'suspend', 'revoke')),
    cap integer not null, -- identities an hour
    changed_at integer not null,
    changed_by text not null,
    version integer not null default 0
) strict;
-- each of its acts needs a person until this is undone
alter table identities add column narrowed_by text references containments (id);
-- a notice tells of an escalation or of a containment
create table outbox_new (
    id text primary key not null,
    kind text not null,
    escalation_id text references escalations (id),
    containment_id text references containments (id),
    outcome text, -- of one that has ended: approved, denied, expired or cancelled, as the requester is told
    made_at integer not null,
    until_at integer not null, -- from then on nobody needs to hear of it
    spread_at integer, -- when its notices were made; null: not yet
    check ((escalation_id is null) <> (containment_id is null))
) strict;
create table notices_new (
    id text primary key not null,
    outbox_id text not null references outbox_new (id),
    channel text not null check (channel in ('webhook', 'mail', 'callback')),
    target text not null, -- mail: a person's id; callback: the endpoint; webhook: empty, the configured one
    state text not null check (state in ('waiting', 'sent', 'failed', 'moot')),
    attempts integer not null default 0,
    made_at integer not null,
    due_at integer, -- when it is tried next; null once it has ended
    until_at integer not null,
    ended_at integer,
    error text, -- why the last attempt failed
    version integer not null default 0,
    unique (outbox_id, channel, target)
) strict;
insert into outbox_new select id, kind, escalation_id, null, outcome, made_at, until_at, spread_at from outbox;
insert into notices_new select id, outbox_id, channel, target, state, attempts, made_at, due_at, until_at, ended_at, error, version from notices;
drop table notices;
drop table outbox;
alter table outbox_new rename to outbox;
alter table notices_new rename to notices;
create index outbox_waiting on outbox (id) where spread_at is null;
create index outbox_of on outbox (escalation_id);
create index notices_due on notices (due_at) where due_at is not null;
create index notices_ended on notices (channel, ended_at);
