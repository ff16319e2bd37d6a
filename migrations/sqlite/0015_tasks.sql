-- a purpose with an end; what was allowed for it ends with it
create table tasks (
    id text primary key not null,
    reference text not null,
    purpose text not null,
    identity_id text not null references identities (id),
    tools text not null, -- JSON: names of actions; none: any
    data text not null, -- JSON: classes of data
    link text,
    status text not null check (status in ('open', 'closed', 'ended')),
    opened_at integer not null,
    opened_by text not null,
    ends_at integer not null,
    ended_at integer,
    ended_by text,
    ended_reason text,
    version integer not null default 0
) strict;
create unique index tasks_open on tasks (reference) where status = 'open';
create index tasks_reference on tasks (reference, id);
create index tasks_identity on tasks (identity_id, id);
create index tasks_due on tasks (ends_at) where status = 'open';
alter table grants add column task_id text references tasks (id);
create index grants_task on grants (task_id) where task_id is not null;
alter table escalations add column task_id text references tasks (id);
create index escalations_task on escalations (task_id) where task_id is not null;
