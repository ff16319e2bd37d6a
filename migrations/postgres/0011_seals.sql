-- times when the log was found behind a checkpoint kept outside the database: nothing is decided until two people lift one
create table seals (
    id text primary key not null,
    sealed_at bigint not null,
    kept_size bigint not null, -- the checkpoint that was kept …
    kept_root bytea not null,
    found_size bigint not null, -- … and how many events there were
    first_by text references people (id), -- who said first that it may go on
    first_at bigint,
    lifted_by text references people (id),
    lifted_at bigint,
    check ((first_by is null) = (first_at is null)),
    check ((lifted_by is null) = (lifted_at is null)),
    check (lifted_by is null or (first_by is not null and lifted_by <> first_by))
);
create index seals_open on seals (id) where lifted_at is null;
