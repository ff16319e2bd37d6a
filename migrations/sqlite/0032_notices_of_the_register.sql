-- notices about the register too: of an identity, of a resource, or of what nobody answers for (the installation's own id)
create table outbox_new (
    id text primary key not null,
    kind text not null,
    escalation_id text references escalations (id),
    containment_id text references containments (id),
    subject_id text, -- an identity, a resource, or the installation
    outcome text, -- of one that has ended: approved, denied, expired or cancelled, as the requester is told
    made_at integer not null,
    until_at integer not null, -- from then on nobody needs to hear of it
    spread_at integer, -- when its notices were made; null: not yet
    check ((escalation_id is not null) + (containment_id is not null) + (subject_id is not null) = 1)
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
insert into outbox_new select id, kind, escalation_id, containment_id, null, outcome, made_at, until_at, spread_at from outbox;
insert into notices_new select id, outbox_id, channel, target, state, attempts, made_at, due_at, until_at, ended_at, error, version from notices;
drop table notices;
drop table outbox;
alter table outbox_new rename to outbox;
alter table notices_new rename to notices;
create index outbox_waiting on outbox (id) where spread_at is null;
create index outbox_of on outbox (escalation_id);
create index notices_due on notices (due_at) where due_at is not null;
create index notices_ended on notices (channel, ended_at);
-- of what nobody answers for: how far its time had run when people were last told
create table gaps_told (
    subject text primary key not null, -- a sighting or an identity
    stage text not null check (stage in ('ending', 'over'))
) strict;
-- when a lease was last renewed: at most once a second
alter table grants add column renewed_at integer;
