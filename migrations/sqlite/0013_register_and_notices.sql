-- the whole register is grouped and filtered by these, page after page
create index findings_rule on findings (rule, identity_id, state);
create index entitlements_standing on entitlements (identity_id)
    where revoked_at is null and expires_at is null and privilege in ('administrative', 'permissions_management');
-- sealing has a table of its own
alter table installation drop column sealed;
-- further kinds of notices: SQLite drops a check only with its table
create table outbox_new (
    id text primary key not null,
    kind text not null,
    escalation_id text not null references escalations (id),
    outcome text, -- of one that has ended: approved, denied, expired or cancelled, as the requester is told
    made_at integer not null,
    until_at integer not null, -- from then on nobody needs to hear of it
    spread_at integer -- when its notices were made; null: not yet
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
insert into outbox_new select id, kind, escalation_id, outcome, made_at, until_at, spread_at from outbox;
insert into notices_new select id, outbox_id, channel, target, state, attempts, made_at, due_at, until_at, ended_at, error, version from notices;
drop table notices;
drop table outbox;
alter table outbox_new rename to outbox;
alter table notices_new rename to notices;
create index outbox_waiting on outbox (id) where spread_at is null;
create index outbox_of on outbox (escalation_id);
create index notices_due on notices (due_at) where due_at is not null;
create index notices_ended on notices (channel, ended_at);
