-- which identity a principal is, is read from its sighting: one identity may have been two, and one may become two
drop index identities_ref;
create index identities_ref on identities (source_id, external_ref);
-- by what a principal of a source is known elsewhere: strong keys, and what merely hints at it (names, addresses)
create table principal_terms (
    source_id text not null references sources (id),
    principal_ref text not null,
    term text not null, -- a word for its sort, a space, the value in one spelling
    strong bigint not null, -- it means the same principal wherever it is shown
    primary key (source_id, principal_ref, term)
);
create index principal_terms_term on principal_terms (term);
-- by which rules a source's terms were read; another number than the program's: they are read anew at the next import
alter table sources add column terms_version bigint not null default 0;
-- identities that a person said are one
create table merges (
    id text primary key not null,
    seq bigint not null, -- its event
    at bigint not null,
    identity_id text not null references identities (id), -- retired by it
    kept_id text not null references identities (id),
    by_actor text not null,
    was text not null, -- JSON: its status, and the sightings that went over
    undone_at bigint,
    undone_seq bigint,
    undone_by text
);
create unique index merges_in_force on merges (identity_id) where undone_at is null;
create index merges_kept on merges (kept_id);
-- identities that a person said are two, the lesser id first
create table told_apart (
    a text not null references identities (id),
    b text not null references identities (id),
    at bigint not null,
    by_actor text not null,
    primary key (a, b)
);
create index told_apart_b on told_apart (b);
