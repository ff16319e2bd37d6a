create table people (
    id text primary key not null,
    email text not null unique, -- lower case
    name text not null,
    status text not null check (status in ('active', 'inactive', 'left')),
    manager_id text,
    created_at bigint not null,
    left_at bigint,
    epoch bigint not null default 0,
    version bigint not null default 0
);
create table person_roles (
    person_id text not null references people (id),
    role text not null,
    from_at bigint not null,
    to_at bigint,
    primary key (person_id, role, from_at)
);
create table person_groups (
    person_id text not null references people (id),
    grp text not null,
    from_at bigint not null,
    to_at bigint,
    primary key (person_id, grp, from_at)
);
create index person_groups_grp on person_groups (grp) where to_at is null;
create table delegations (
    id text primary key not null,
    from_person text not null references people (id),
    to_person text not null references people (id),
    grp text,
    from_at bigint not null,
    to_at bigint not null
);
