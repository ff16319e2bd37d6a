-- bundles are immutable: a hash, once stored, never changes its files
create table bundles (
    hash text primary key not null,
    name text not null,
    files text not null, -- JSON: name to text
    author text not null,
    stored_at bigint not null
);
create table activations (
    seq bigint primary key not null, -- its event
    hash text not null references bundles (hash),
    previous text,
    at bigint not null,
    by_actor text not null
);
create table active_bundle (
    one bigint primary key not null check (one = 1),
    hash text references bundles (hash),
    version bigint not null
);
insert into active_bundle (one, hash, version) values (1, null, 0);
create table action_facts (
    action text primary key not null,
    facts text not null, -- JSON list: irreversible, moves_money, identity_system, restricted_data; empty: none of them
    at bigint not null,
    by_actor text not null
);
