-- Secrets: which of them is the same in several places, and in which order they are read.

alter table credentials add column same_as text; -- the first of the places of its import that hold this very secret; no digest of it
alter table credentials add column secret_name text; -- equal where the secret is: that place, or the public id of the key
alter table credentials add column shared bigint not null default 0; -- another identity holds it
alter table credentials add column across bigint not null default 0; -- an identity of another environment holds it

-- 0 where no source tells the age: it stands before all that have one
alter table credentials add column in_use_since bigint generated always as (coalesce(last_rotated_at, created_at, 0)) stored;
alter table credentials add column idle_since bigint generated always as (coalesce(last_used_at, created_at, first_seen_at)) stored;
alter table credentials add column unrotated bigint generated always as (case when coalesce(last_rotated_at, created_at) <= created_at then 1 else 0 end) stored;
-- the less, the worse: readable, across environments, shared, used by people, without an end
alter table credentials add column ease bigint generated always as (0 - 16 * (case when exposure_detected_at is null then 0 else 1 end) - 8 * across - 4 * shared - 2 * (case when interactive = 1 and last_used_at is not null then 1 else 0 end) - (case when expiry_reported = 1 and expires_at is null then 1 else 0 end)) stored;

create index secrets_worst on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1;
create index secrets_old on credentials (in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1;
create index secrets_unused on credentials (idle_since, id) where revoked_at is null and active = 1 and long_lived = 1 and usage_reported = 1;
create index secrets_expiring on credentials (expires_at, id) where revoked_at is null and active = 1 and long_lived = 1 and expires_at is not null;
create index credentials_of_kind on credentials (kind, ease, in_use_since, id) where revoked_at is null;
create index credentials_same on credentials (secret_name, identity_id) where revoked_at is null and secret_name is not null;
create index secrets_exposed on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and exposure_detected_at is not null;
create index secrets_across_environments on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and across = 1;
create index secrets_shared on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and shared = 1;
create index secrets_used_by_people on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and interactive = 1 and last_used_at is not null;
create index secrets_in_file on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and storage = 'config_file';
create index secrets_never_rotated on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and unrotated = 1;
create index secrets_age_not_told on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and created_at is null and last_rotated_at is null;
create index secrets_endless on credentials (ease, in_use_since, id) where revoked_at is null and active = 1 and long_lived = 1 and expiry_reported = 1 and expires_at is null;

-- the keys of platforms that publish their ids: the last word of a name, a GUID, an access key id of AWS or 32 and more hexadecimal digits
update credentials set secret_name = case when substring(external_ref from '[^ ]*$') ~ '^A[KS]IA' then substring(external_ref from '[^ ]*$')
        else lower(substring(external_ref from '[^ ]*$')) end
    where long_lived = 1 and kind <> 'trust' and substring(external_ref from '[^ ]*$') ~
        '^([0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32,}|A[KS]IA[0-9A-Z]{16})$';

-- kept with every write
create function credentials_same_of(names text[]) returns void language sql as $$
    update credentials c set shared = g.shared, across = g.across from (
        select c.secret_name, case when min(c.identity_id) < max(c.identity_id) then 1 else 0 end as shared,
            case when min(i.environment) < max(i.environment) then 1 else 0 end as across
        from credentials c join identities i on i.id = c.identity_id
        where c.revoked_at is null and c.secret_name = any(names) group by c.secret_name) g
    where c.secret_name = g.secret_name and c.revoked_at is null and (c.shared <> g.shared or c.across <> g.across)
$$;
select credentials_same_of(array_agg(distinct secret_name)) from credentials where secret_name is not null and revoked_at is null;
create function credentials_same_new() returns trigger language plpgsql as $$ begin
    perform credentials_same_of(array_agg(distinct secret_name)) from fresh where secret_name is not null having count(*) > 0;
    return null;
end $$;
create trigger credentials_same_new after insert on credentials referencing new table as fresh
    for each statement execute function credentials_same_new();
create function credentials_same() returns trigger language plpgsql as $$ begin
    -- what these triggers write themselves; a trigger of a statement is called for one that finds no row, too
    if pg_trigger_depth() > 1 then
        return null;
    end if;
    update credentials c set shared = 0, across = 0 from fresh n
        where c.id = n.id and (n.secret_name is null or n.revoked_at is not null) and (c.shared <> 0 or c.across <> 0);
    perform credentials_same_of(array_agg(distinct d.secret_name)) from (
        select unnest(array[o.secret_name, n.secret_name]) as secret_name from fresh n join old_ones o on o.id = n.id
        where o.secret_name is distinct from n.secret_name or (o.revoked_at is null) <> (n.revoked_at is null) or o.identity_id <> n.identity_id) d
        where d.secret_name is not null having count(*) > 0;
    return null;
end $$;
create trigger credentials_same after update on credentials referencing new table as fresh old table as old_ones
    for each statement execute function credentials_same();
create function identities_same() returns trigger language plpgsql as $$ begin
    perform credentials_same_of(array_agg(distinct c.secret_name)) from fresh n join old_ones o on o.id = n.id join credentials c on c.identity_id = n.id
        where o.environment is distinct from n.environment and c.revoked_at is null and c.secret_name is not null having count(*) > 0;
    return null;
end $$;
create trigger identities_same after update on identities referencing new table as fresh old table as old_ones
    for each statement execute function identities_same();
