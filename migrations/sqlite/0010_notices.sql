-- what is to be told, written in the transaction of what it tells of
create table outbox (
    id text primary key not null,
    kind text not null check (kind in ('opened', 'reminded', 'ended')),
    escalation_id text not null references escalations (id),
    outcome text, -- of one that has ended: approved, denied, expired or cancelled, as the requester is told
    made_at integer not null,
    until_at integer not null, -- from then on nobody needs to hear of it
    spread_at integer -- when its notices were made; null: not yet
) strict;
create index outbox_waiting on outbox (id) where spread_at is null;
-- one message to one place, delivered at least once
create table notices (
    id text primary key not null,
    outbox_id text not null references outbox (id),
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
create index notices_due on notices (due_at) where due_at is not null;
create index notices_ended on notices (channel, ended_at);
