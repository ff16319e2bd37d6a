-- Who answers for how much: kept by triggers, as the register's other counters are (0039). A later migration that makes the table of
-- identities anew has to make its triggers anew.

-- what an identity that is not retired counts for
create function identity_counted(i identities) returns table (what text, value text, person_id text) language sql stable as $$
    select c.what, c.value, c.person_id from (values
        ('source', coalesce(i.source_id, ''), i.owner_id, coalesce(i.owner_id, '') <> ''),
        ('team', i.team, i.owner_id, coalesce(i.owner_id, '') <> '' and i.team is not null),
        ('backup', '', i.backup_id, coalesce(i.backup_id, '') <> ''),
        ('attested', '', '', i.attested_at is not null),
        ('bounded', '', '', i.boundary is not null),
        ('unowned', '', '', coalesce(i.owner_id, '') = '' and i.source_id is not null)) c (what, value, person_id, counts)
    where c.counts and i.status <> 'retired'
$$;
create table identity_counts (
    what text not null, -- source, team: by their owners; backup: by backup owners; attested, bounded, unowned
    value text not null, -- the source (empty: a person registered it) or team
    person_id text not null,
    n bigint not null,
    primary key (what, value, person_id)
);
insert into identity_counts select c.what, c.value, c.person_id, count(*) from identities i, identity_counted(i) c group by 1, 2, 3;
create index identity_counts_most on identity_counts (what, value, n);
create function identities_count_new() returns trigger language plpgsql as $$ begin
    insert into identity_counts
        select c.what, c.value, c.person_id, count(*) from fresh i, identity_counted(i) c group by 1, 2, 3
        on conflict (what, value, person_id) do update set n = identity_counts.n + excluded.n;
    return null;
end $$;
create trigger identities_count_new after insert on identities referencing new table as fresh
    for each statement execute function identities_count_new();
create function identities_count() returns trigger language plpgsql as $$ begin
    insert into identity_counts
        select d.what, d.value, d.person_id, cast(sum(d.one) as bigint) from (
            select c.what, c.value, c.person_id, 1 as one from fresh i, identity_counted(i) c
            union all select c.what, c.value, c.person_id, -1 from old_ones i, identity_counted(i) c) d
        group by 1, 2, 3 having sum(d.one) <> 0
        on conflict (what, value, person_id) do update set n = identity_counts.n + excluded.n;
    return null;
end $$;
create trigger identities_count after update on identities referencing new table as fresh old table as old_ones
    for each statement execute function identities_count();

-- open findings of each rule and severity
create table finding_tallies (
    rule text not null,
    severity text not null,
    rank bigint not null,
    n bigint not null,
    primary key (rule, severity, rank)
);
insert into finding_tallies select rule, severity, rank, count(*) from findings where state = 'open' group by 1, 2, 3;
create function findings_tally_new() returns trigger language plpgsql as $$ begin
    insert into finding_tallies select f.rule, f.severity, f.rank, count(*) from fresh f where f.state = 'open' group by 1, 2, 3
        on conflict (rule, severity, rank) do update set n = finding_tallies.n + excluded.n;
    return null;
end $$;
create trigger findings_tally_new after insert on findings referencing new table as fresh
    for each statement execute function findings_tally_new();
create function findings_tally() returns trigger language plpgsql as $$ begin
    insert into finding_tallies select f.rule, f.severity, f.rank, cast(sum(f.one) as bigint)
        from (select *, 1 as one from fresh union all select *, -1 as one from old_ones) f where f.state = 'open' group by 1, 2, 3 having sum(f.one) <> 0
        on conflict (rule, severity, rank) do update set n = finding_tallies.n + excluded.n;
    return null;
end $$;
create trigger findings_tally after update on findings referencing new table as fresh old table as old_ones
    for each statement execute function findings_tally();
