-- The register's counters: kept by triggers, so that whoever writes a row, the numbers follow in the same transaction.
-- A later migration that makes one of these tables anew has to make its triggers anew.

-- the furthest step of visibility an identity has reached
alter table identities add column step text not null default 'registered';
create view identity_steps as select i.id as identity_id,
    case when o.id is null or o.status <> 'active' then 'registered' when i.purpose is null or i.boundary is null or not (i.boundary like '%"systems":["%' or i.boundary like '%"tools":["%' or i.boundary like '%"data_classes":["%') then 'owned' when exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = 'not_monitored') then 'scoped' when i.attested_at is null then 'monitored' else 'attested' end as step
    from identities i left join people o on o.id = i.owner_id;
update identities set step = (select v.step from identity_steps v where v.identity_id = identities.id) where owner_id is not null;
create trigger identities_step_new after insert on identities when new.owner_id is not null begin
    update identities set step = (select v.step from identity_steps v where v.identity_id = new.id) where id = new.id;
end;
create trigger identities_step after update of owner_id, purpose, boundary, attested_at on identities
    when old.owner_id is not new.owner_id or old.purpose is not new.purpose or old.boundary is not new.boundary
        or old.attested_at is not new.attested_at begin
    update identities set step = (select v.step from identity_steps v where v.identity_id = new.id) where id = new.id;
end;
create trigger people_step after update of status on people when old.status <> new.status begin
    update identities set step = (select v.step from identity_steps v where v.identity_id = identities.id) where owner_id = new.id;
end;
create trigger findings_step_new after insert on findings when new.rule = 'not_monitored' and new.identity_id is not null begin
    update identities set step = (select v.step from identity_steps v where v.identity_id = new.identity_id) where id = new.identity_id;
end;
create trigger findings_step after update of state on findings
    when new.rule = 'not_monitored' and new.identity_id is not null and old.state <> new.state begin
    update identities set step = (select v.step from identity_steps v where v.identity_id = new.identity_id) where id = new.identity_id;
end;

-- how many identities there are of each
create table identity_tallies (
    kind text not null,
    environment text not null, -- empty: nobody said
    status text not null,
    mode text not null,
    source_id text not null, -- empty: a person registered it
    step text not null,
    n integer not null,
    primary key (kind, environment, status, mode, source_id, step)
) strict, without rowid;
insert into identity_tallies select kind, coalesce(environment, ''), status, mode, coalesce(source_id, ''), step, count(*) from identities group by 1, 2, 3, 4, 5, 6;
create trigger identities_tally_new after insert on identities begin
    insert into identity_tallies values (new.kind, coalesce(new.environment, ''), new.status, new.mode, coalesce(new.source_id, ''), new.step, 1)
        on conflict (kind, environment, status, mode, source_id, step) do update set n = n + 1;
end;
create trigger identities_tally after update of kind, environment, status, mode, source_id, step on identities
    when old.kind <> new.kind or old.environment is not new.environment or old.status <> new.status or old.mode <> new.mode
        or old.source_id is not new.source_id or old.step <> new.step begin
    insert into identity_tallies values (old.kind, coalesce(old.environment, ''), old.status, old.mode, coalesce(old.source_id, ''), old.step, -1)
        on conflict (kind, environment, status, mode, source_id, step) do update set n = n - 1;
    insert into identity_tallies values (new.kind, coalesce(new.environment, ''), new.status, new.mode, coalesce(new.source_id, ''), new.step, 1)
        on conflict (kind, environment, status, mode, source_id, step) do update set n = n + 1;
end;
-- parts of names, three letters or more, found by an index
create table identity_search_rows (
    n integer primary key not null,
    identity_id text not null unique
) strict;
create virtual table identity_search using fts5 (identity_id unindexed, search, tokenize = 'trigram');
insert into identity_search_rows (identity_id) select id from identities;
insert into identity_search (rowid, identity_id, search) select r.n, i.id, i.search from identity_search_rows r join identities i on i.id = r.identity_id;
create trigger identities_search_new after insert on identities begin
    insert into identity_search_rows (identity_id) values (new.id);
    insert into identity_search (rowid, identity_id, search) select r.n, new.id, new.search from identity_search_rows r where r.identity_id = new.id;
end;
create trigger identities_search after update of search on identities when old.search <> new.search begin
    update identity_search set search = new.search where rowid = (select r.n from identity_search_rows r where r.identity_id = new.id);
end;

-- what each source gives: so many entitlements by the kind of who holds them, counted when the source is read
create table entitlement_tallies (
    source_id text not null references sources (id),
    kind text not null,
    n integer not null,
    standing integer not null, -- without an end
    used integer not null, -- in the 90 days before it was counted
    unused integer not null, -- not, as far as the source tells
    primary key (source_id, kind)
) strict;
insert into entitlement_tallies select e.source_id, i.kind, count(*), sum(case when e.expires_at is null then 1 else 0 end),
    sum(case when e.last_used_at >= s.last_sync_at - 7776000000000 then 1 else 0 end),
    sum(case when e.usage_reported = 1 and (e.last_used_at is null or e.last_used_at < s.last_sync_at - 7776000000000) then 1 else 0 end)
    from entitlements e join identities i on i.id = e.identity_id join sources s on s.id = e.source_id
    where e.revoked_at is null group by e.source_id, i.kind;

-- filters that few fit, and what nobody answers for, oldest first
create index identities_dims on identities (status, kind, environment, mode, source_id, step, id);
create index identities_unowned on identities (registered_at, id) where coalesce(owner_id, '') = '' and source_id is not null and status <> 'retired';
create index sightings_unmatched on sightings (first_seen_at, id) where identity_id is null and gone_at is null;
