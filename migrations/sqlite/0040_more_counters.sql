-- Who answers for how much: kept by triggers, as the register's other counters are (0039). A later migration that makes the table of
-- identities anew has to make its triggers anew.

-- what each identity that is not retired counts for
create view identity_counted as
    select id as identity_id, 'source' as what, coalesce(source_id, '') as value, owner_id as person_id from identities where status <> 'retired' and coalesce(owner_id, '') <> ''
    union all select id, 'team', team, owner_id from identities where status <> 'retired' and coalesce(owner_id, '') <> '' and team is not null
    union all select id, 'backup', '', backup_id from identities where status <> 'retired' and coalesce(backup_id, '') <> ''
    union all select id, 'attested', '', '' from identities where status <> 'retired' and attested_at is not null
    union all select id, 'bounded', '', '' from identities where status <> 'retired' and boundary is not null
    union all select id, 'unowned', '', '' from identities where status <> 'retired' and coalesce(owner_id, '') = '' and source_id is not null;
create table identity_counts (
    what text not null, -- source, team: by their owners; backup: by backup owners; attested, bounded, unowned
    value text not null, -- the source (empty: a person registered it) or team
    person_id text not null,
    n integer not null,
    primary key (what, value, person_id)
) strict, without rowid;
insert into identity_counts select what, value, person_id, count(*) from identity_counted group by 1, 2, 3;
create index identity_counts_most on identity_counts (what, value, n);
create trigger identities_count_new after insert on identities begin
    insert into identity_counts select what, value, person_id, 1 from identity_counted where identity_id = new.id
        on conflict (what, value, person_id) do update set n = n + 1;
end;
create trigger identities_count_old before update of owner_id, backup_id, source_id, team, attested_at, boundary, status on identities begin
    insert into identity_counts select what, value, person_id, -1 from identity_counted where identity_id = old.id
        on conflict (what, value, person_id) do update set n = n - 1;
end;
create trigger identities_count after update of owner_id, backup_id, source_id, team, attested_at, boundary, status on identities begin
    insert into identity_counts select what, value, person_id, 1 from identity_counted where identity_id = new.id
        on conflict (what, value, person_id) do update set n = n + 1;
end;

-- open findings of each rule and severity
create table finding_tallies (
    rule text not null,
    severity text not null,
    rank integer not null,
    n integer not null,
    primary key (rule, severity, rank)
) strict, without rowid;
insert into finding_tallies select rule, severity, rank, count(*) from findings where state = 'open' group by 1, 2, 3;
create trigger findings_tally_new after insert on findings when new.state = 'open' begin
    insert into finding_tallies values (new.rule, new.severity, new.rank, 1) on conflict (rule, severity, rank) do update set n = n + 1;
end;
create trigger findings_tally_old before update of rule, severity, rank, state on findings when old.state = 'open' begin
    insert into finding_tallies values (old.rule, old.severity, old.rank, -1) on conflict (rule, severity, rank) do update set n = n - 1;
end;
create trigger findings_tally after update of rule, severity, rank, state on findings when new.state = 'open' begin
    insert into finding_tallies values (new.rule, new.severity, new.rank, 1) on conflict (rule, severity, rank) do update set n = n + 1;
end;
