-- The register's counters: kept by triggers, so that whoever writes a row, the numbers follow in the same transaction.
-- A later migration that makes one of these tables anew has to make its triggers anew.

-- the furthest step of visibility an identity has reached
alter table identities add column step text not null default 'registered';
create function identity_step(i identities) returns text language sql stable as $$
    select case when o.id is null or o.status <> 'active' then 'registered' when i.purpose is null or i.boundary is null or not (i.boundary like '%"systems":["%' or i.boundary like '%"tools":["%' or i.boundary like '%"data_classes":["%') then 'owned' when exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = 'not_monitored') then 'scoped' when i.attested_at is null then 'monitored' else 'attested' end
    from (select 1 as one) one left join people o on o.id = i.owner_id
$$;
update identities i set step = identity_step(i) where owner_id is not null;
create function identities_step() returns trigger language plpgsql as $$ begin new.step := identity_step(new); return new; end $$;
create trigger identities_step_new before insert on identities for each row execute function identities_step();
create trigger identities_step before update of owner_id, purpose, boundary, attested_at on identities
    for each row execute function identities_step();
create function people_step() returns trigger language plpgsql as $$ begin
    update identities i set step = identity_step(i) where i.owner_id = new.id;
    return null;
end $$;
create trigger people_step after update of status on people for each row when (old.status <> new.status) execute function people_step();
create function findings_step() returns trigger language plpgsql as $$ begin
    update identities i set step = identity_step(i) where i.id = new.identity_id;
    return null;
end $$;
create trigger findings_step_new after insert on findings for each row
    when (new.rule = 'not_monitored' and new.identity_id is not null) execute function findings_step();
create trigger findings_step after update of state on findings for each row
    when (new.rule = 'not_monitored' and new.identity_id is not null and old.state <> new.state) execute function findings_step();

-- how many identities there are of each; a row of this table changes once a statement, as its dead versions stay until the commit
create table identity_tallies (
    kind text not null,
    environment text not null, -- empty: nobody said
    status text not null,
    mode text not null,
    source_id text not null, -- empty: a person registered it
    step text not null,
    n bigint not null,
    primary key (kind, environment, status, mode, source_id, step)
);
insert into identity_tallies select kind, coalesce(environment, ''), status, mode, coalesce(source_id, ''), step, count(*) from identities group by 1, 2, 3, 4, 5, 6;
create function identities_tally_new() returns trigger language plpgsql as $$ begin
    insert into identity_tallies
        select i.kind, coalesce(i.environment, ''), i.status, i.mode, coalesce(i.source_id, ''), i.step, count(*) from fresh i group by 1, 2, 3, 4, 5, 6
        on conflict (kind, environment, status, mode, source_id, step) do update set n = identity_tallies.n + excluded.n;
    return null;
end $$;
create trigger identities_tally_new after insert on identities referencing new table as fresh
    for each statement execute function identities_tally_new();
create function identities_tally() returns trigger language plpgsql as $$ begin
    insert into identity_tallies
        select i.kind, coalesce(i.environment, ''), i.status, i.mode, coalesce(i.source_id, ''), i.step, cast(sum(i.one) as bigint)
        from (select *, 1 as one from fresh union all select *, -1 as one from old_ones) i group by 1, 2, 3, 4, 5, 6 having sum(i.one) <> 0
        on conflict (kind, environment, status, mode, source_id, step) do update set n = identity_tallies.n + excluded.n;
    return null;
end $$;
create trigger identities_tally after update on identities referencing new table as fresh old table as old_ones
    for each statement execute function identities_tally();

-- parts of names: the same question as elsewhere, answered by looking through all
create view identity_search as select id as identity_id, search from identities;

-- what each source gives: so many entitlements by the kind of who holds them, counted when the source is read
create table entitlement_tallies (
    source_id text not null references sources (id),
    kind text not null,
    n bigint not null,
    standing bigint not null, -- without an end
    used bigint not null, -- in the 90 days before it was counted
    unused bigint not null, -- not, as far as the source tells
    primary key (source_id, kind)
);
insert into entitlement_tallies select e.source_id, i.kind, count(*), sum(case when e.expires_at is null then 1 else 0 end),
    sum(case when e.last_used_at >= s.last_sync_at - 7776000000000 then 1 else 0 end),
    sum(case when e.usage_reported = 1 and (e.last_used_at is null or e.last_used_at < s.last_sync_at - 7776000000000) then 1 else 0 end)
    from entitlements e join identities i on i.id = e.identity_id join sources s on s.id = e.source_id
    where e.revoked_at is null group by e.source_id, i.kind;

-- filters that few fit, and what nobody answers for, oldest first
create index identities_dims on identities (status, kind, environment, mode, source_id, step, id);
create index identities_unowned on identities (registered_at, id) where coalesce(owner_id, '') = '' and source_id is not null and status <> 'retired';
create index sightings_unmatched on sightings (first_seen_at, id) where identity_id is null and gone_at is null;
