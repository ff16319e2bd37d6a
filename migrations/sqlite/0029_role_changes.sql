-- when the role of an identity, or of its owner, last changed, and what of it
create table role_changes (
    identity_id text primary key not null references identities (id),
    at integer not null,
    why text not null
) strict;
