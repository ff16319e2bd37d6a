-- Secrets: which of them is the same in several places, and in which order they are read.

alter table credentials add column same_as text; -- the first of the places of its import that hold this very secret; no digest of it
alter table credentials add column secret_name text; -- equal where the secret is: that place, or the public id of the key
alter table credentials add column shared integer not null default 0; -- another identity holds it
alter table credentials add column across integer not null default 0; -- an identity of another environment holds it

-- 0 where no source tells the age: it stands before all that have one
alter table credentials add column in_use_since integer generated always as (coalesce(last_rotated_at, created_at, 0)) virtual;
alter table credentials add column idle_since integer generated always as (coalesce(last_used_at, created_at, first_seen_at)) virtual;
alter table credentials add column unrotated integer generated always as (case when coalesce(last_rotated_at, created_at) <= created_at then 1 else 0 end) virtual;
-- the less, the worse: readable, across environments, shared, used by people, without an end
alter table credentials add column ease integer generated always as (0 - 16 * (case when exposure_detected_at is null then 0 else 1 end) - 8 * across - 4 * shared - 2 * (case when interactive = 1 and last_used_at is not null then 1 else 0 end) - (case when expiry_reported = 1 and expires_at is null then 1 else 0 end)) virtual;

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

-- the keys of platforms that publish their ids: the last word of a name, a GUID, an access key id of AWS or 40 or 64 hexadecimal digits
update credentials set secret_name = lower(substr(external_ref, -36)) where long_lived = 1 and kind <> 'trust'
    and ' ' || external_ref glob '* ????????-????-????-????-????????????' and substr(external_ref, -36) not glob '*[^0-9a-fA-F-]*';
update credentials set secret_name = substr(external_ref, -20) where long_lived = 1 and kind <> 'trust'
    and (' ' || external_ref glob '* AKIA????????????????' or ' ' || external_ref glob '* ASIA????????????????') and substr(external_ref, -20) not glob '*[^0-9A-Z]*';
update credentials set secret_name = lower(substr(external_ref, -40)) where long_lived = 1 and kind <> 'trust'
    and substr(' ' || external_ref, -41, 1) = ' ' and substr(external_ref, -40) not glob '*[^0-9a-fA-F]*' and length(external_ref) >= 40;
update credentials set secret_name = lower(substr(external_ref, -64)) where long_lived = 1 and kind <> 'trust'
    and substr(' ' || external_ref, -65, 1) = ' ' and substr(external_ref, -64) not glob '*[^0-9a-fA-F]*' and length(external_ref) >= 64;
update credentials set shared = h.shared, across = h.across from (
    select c.secret_name, min(c.identity_id) < max(c.identity_id) as shared, coalesce(min(i.environment) < max(i.environment), 0) as across
    from credentials c join identities i on i.id = c.identity_id where c.revoked_at is null and c.secret_name is not null group by c.secret_name) h
where credentials.secret_name = h.secret_name and credentials.revoked_at is null and (credentials.shared <> h.shared or credentials.across <> h.across);

-- kept with every write; each time the name is read once and only what changes is written
create trigger credentials_same_new after insert on credentials when new.secret_name is not null begin
    update credentials set shared = h.shared, across = h.across from (
        select c.secret_name, min(c.identity_id) < max(c.identity_id) as shared, coalesce(min(i.environment) < max(i.environment), 0) as across
        from credentials c join identities i on i.id = c.identity_id where c.revoked_at is null and c.secret_name = new.secret_name group by c.secret_name) h
    where credentials.secret_name = h.secret_name and credentials.revoked_at is null and (credentials.shared <> h.shared or credentials.across <> h.across);
end;
create trigger credentials_same after update of secret_name, revoked_at, identity_id on credentials
    when coalesce(old.secret_name, '') <> coalesce(new.secret_name, '') or (old.revoked_at is null) <> (new.revoked_at is null) or old.identity_id <> new.identity_id begin
    update credentials set shared = 0, across = 0 where id = new.id and (new.secret_name is null or new.revoked_at is not null) and (shared <> 0 or across <> 0);
    update credentials set shared = h.shared, across = h.across from (
        select c.secret_name, min(c.identity_id) < max(c.identity_id) as shared, coalesce(min(i.environment) < max(i.environment), 0) as across
        from credentials c join identities i on i.id = c.identity_id where c.revoked_at is null and c.secret_name in (old.secret_name, new.secret_name) group by c.secret_name) h
    where credentials.secret_name = h.secret_name and credentials.revoked_at is null and (credentials.shared <> h.shared or credentials.across <> h.across);
end;
create trigger identities_same after update of environment on identities when coalesce(old.environment, '') <> coalesce(new.environment, '') begin
    update credentials set shared = h.shared, across = h.across from (
        select c.secret_name, min(c.identity_id) < max(c.identity_id) as shared, coalesce(min(i.environment) < max(i.environment), 0) as across
        from credentials c join identities i on i.id = c.identity_id where c.revoked_at is null and c.secret_name in (select secret_name from credentials where identity_id = new.id and revoked_at is null and secret_name is not null) group by c.secret_name) h
    where credentials.secret_name = h.secret_name and credentials.revoked_at is null and (credentials.shared <> h.shared or credentials.across <> h.across);
end;
