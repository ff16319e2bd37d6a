create table people (
    id text primary key not null,
    email text not null unique, -- lower case
    name text not null,
    status text not null check (status in ('active', 'inactive', 'left')),
    manager_id text,
    created_at integer not null,
    left_at integer,
    epoch integer not null default 0,
    version integer not null default 0
) strict;
create table person_roles (
    person_id text not null references people (id),
    role text not null,
    from_at integer not null,
    to_at integer,
    primary key (person_id, role, from_at)
) strict;
create table person_groups (
    person_id text not null references people (id),
    grp text not null,
    from_at integer not null,
    to_at integer,
    primary key (person_id, grp, from_at)
) strict;
create index person_groups_grp on person_groups (grp) where to_at is null;
create table delegations (
    id text primary key not null,
    from_person text not null references people (id),
    to_person text not null references people (id),
    grp text,
    from_at integer not null,
    to_at integer not null
) strict;
