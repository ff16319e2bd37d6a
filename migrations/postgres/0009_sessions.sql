-- One-time links and the sessions they open. Both are kept by hash: who reads this table can use neither.
create table links (
    hash bytea primary key not null, -- SHA-256 of the token
    person_id text not null references people (id),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);
create index links_person on links (person_id);
create table sessions (
    hash bytea primary key not null, -- SHA-256 of the id in the cookie
    data text not null,           -- JSON
    opened_at bigint not null,
    seen_at bigint not null
);
create index sessions_seen on sessions (seen_at);
