-- what activity logs show was done: the last time for each principal, action and resource
create table uses (
    source_id text not null references sources (id),
    key_hash text not null, -- SHA-256 of principal, action and resource, which may be too long for an index
    principal_ref text not null,
    action text not null, -- empty: it did something, whatever that was
    resource text not null, -- empty: the log names none; *: too many to keep apart
    last_at integer not null,
    primary key (source_id, key_hash)
) strict;
-- from when to when the logs read of a source reach; they may have gaps
create table activity_windows (
    source_id text primary key not null references sources (id),
    from_at integer not null,
    to_at integer not null
) strict;
