-- one execution, whichever agents took part, with the highest class of data that was touched in it
create table runs (
    id text primary key not null,
    name text not null,
    identity_id text references identities (id), -- the agent whose own run it is; null: a gateway names it
    initiator text, -- the first believed kind of what started it
    started_at integer not null,
    data_class text check (data_class in ('public', 'internal', 'confidential', 'personal', 'restricted')),
    version integer not null default 0
) strict;
create unique index runs_shared on runs (name) where identity_id is null;
create unique index runs_own on runs (name, identity_id) where identity_id is not null;
create table run_members (
    run_id text not null references runs (id),
    identity_id text not null references identities (id),
    joined_at integer not null,
    primary key (run_id, identity_id)
) strict;
alter table decisions add column run_id text references runs (id);
create index decisions_run on decisions (run_id, seq) where run_id is not null;
alter table actions add column run_id text references runs (id);
create index actions_run on actions (run_id, seq) where run_id is not null;
