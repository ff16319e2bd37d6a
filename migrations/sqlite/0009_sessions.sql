-- One-time links and the sessions they open. Both are kept by hash: who reads this table can use neither.
create table links (
    hash blob primary key not null, -- SHA-256 of the token
    person_id text not null references people (id),
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict;
create index links_person on links (person_id);
create table sessions (
    hash blob primary key not null, -- SHA-256 of the id in the cookie
    data text not null,           -- JSON
    opened_at integer not null,
    seen_at integer not null
) strict;
create index sessions_seen on sessions (seen_at);
