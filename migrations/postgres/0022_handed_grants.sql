-- the agents that the work of a grant was handed through; it ends when one of them is stopped
create table grant_links (
    grant_id text not null references grants (id),
    identity_id text not null references identities (id),
    primary key (grant_id, identity_id)
);
create index grant_links_identity on grant_links (identity_id);
