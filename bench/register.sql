-- A register of a large organisation, made of nothing but numbers and a seed; `wanted` says how many. The log has none of it: what is
-- measured over it are reads. Every number below comes from `mix`: the same seed makes the same register.
--
-- Skew: 25,000 names of services share the identities; a tenth of the identities hold half of the entitlements; a few sources hold most.
pragma synchronous = off;
pragma journal_mode = off;
pragma cache_size = -262144;
create temp table number as with recursive n(n) as (select 1 union all select n + 1 from n where n < (select identities from wanted)) select n from n;
-- three independent numbers below 2^31 for each
create temp table mix as select n, (n * 48271 + seed * 7919) % 2147483647 * 16807 % 2147483647 as a, (n * 69621 + seed * 104729) % 2147483647 * 48271 % 2147483647 as b, (n * 39373 + seed * 1299709) % 2147483647 * 69621 % 2147483647 as c from number, wanted;
create unique index temp.mix_n on mix (n);

insert into sources (id, kind, name, scope, last_sync_at, created_at) select printf('src_01a00000000070008000%012x', n), case n % 4 when 0 then 'aws-iam' when 1 then 'gcp' when 2 then 'kubernetes' else 'entra' end, 'source ' || n, printf('%012d', n), at - n * 3600000000, at from number, wanted where n <= 40;
insert into people (id, email, name, status, created_at) select printf('per_01a00000000070008000%012x', n), 'person' || n || '@example.com', 'Person ' || n, case when a % 100 < 4 then 'left' else 'active' end, at from mix, wanted where n <= 20000;

-- what sorts by name lies together on the disk as little as in a real register
create temp table who as select *, case when a % 100 < 35 then printf('per_01a00000000070008000%012x', 1 + (b % 141 * (b / 141 % 141)) % 20000) end as owner_id
from (select mix.*, at, printf('idn_01a%09x7%03x8%03x%012x', n / 64, a % 4096, b % 4096, n) as id,
  'svc-' || printf('%05d', a % 25000) || '-' || case b % 8 when 0 then 'billing' when 1 then 'search' when 2 then 'mail' when 3 then 'export' when 4 then 'ledger' when 5 then 'ingest' when 6 then 'report' else 'sync' end || '-' || n as name,
  case when a % 100 < 55 then 'service_account' when a % 100 < 75 then 'workload' when a % 100 < 87 then 'api_key' when a % 100 < 95 then 'pipeline' else 'agent' end as kind,
  case when b % 100 < 30 then 'production' when b % 100 < 55 then 'development' when b % 100 < 65 then 'staging' when b % 100 < 70 then 'test' end as environment,
  'team-' || c % 300 as team, case when c % 100 < 92 then 'active' when c % 100 < 97 then 'retired' when c % 100 < 99 then 'suspended' else 'retiring' end as status,
  case when a % 100 < 35 and c % 4 = 0 then at - c % 300 * 86400000000 end as attested_at,
  printf('src_01a00000000070008000%012x', 1 + (c % 6 * (c / 6 % 7))) as source_id
from mix, wanted);
insert into identities (id, name, kind, environment, team, purpose, status, mode, owner_id, backup_id, source_id, external_ref, boundary, search, registered_at, first_seen_at, last_seen_at, last_used_at, usage_reported, attested_at, retired_at)
select id, name, kind, environment, team, case when c % 100 < 20 then 'moves what ' || team || ' needs moved' end, status, case when c % 50 = 0 then 'observe' else 'enforce' end, owner_id, case when owner_id is not null and b % 3 = 0 then printf('per_01a00000000070008000%012x', 1 + c % 20000) end, source_id, 'arn:aws:iam::111122223333:role/' || name, case when c % 100 < 8 then '{"systems":["' || team || '"]}' end, name || ' arn:aws:iam::111122223333:role/' || name || ' ' || team, at - a % 800 * 86400000000, at - a % 800 * 86400000000 - b % 1000 * 86400000000, at - c % 30 * 86400000000, case when b % 10 < 6 then at - c % 400 * 86400000000 end, b % 10 < 7, attested_at, case when status = 'retired' then at end
from who;
insert into sightings (id, source_id, principal_ref, kind, name, identity_id, claim, first_seen_at, last_seen_at) select printf('sgt_01a00000000070008000%012x', n), source_id, 'arn:aws:iam::111122223333:role/' || name, kind, name, id, '{"kind":"' || kind || '","name":"' || name || '","environment":null,"created_at":null,"last_used_at":null,"usage_reported":false,"shown_by":["authorization-details"],"notes":{}}', at - a % 800 * 86400000000, at from who;
insert into credentials (id, identity_id, source_id, external_ref, kind, active, long_lived, created_at, first_seen_at, last_used_at, usage_reported) select printf('crd_01a00000000070008000%012x', n), id, source_id, 'access key 1', 'access_key', 1, 1, at - b % 900 * 86400000000, at - a % 800 * 86400000000, at - c % 400 * 86400000000, 1 from who where b % 2 = 0;

-- so many for each: a tenth of them hold ten shares, the others one
create temp table share as with recursive k(k) as (select 0 union all select k + 1 from k where k < (select 12 * entitlements / identities from wanted)) select k from k;
insert into entitlements (id, identity_id, source_id, key_hash, action, resource, privilege, via, wildcard, first_seen_at, last_used_at, usage_reported)
select printf('ent_01a%09x7%03x8%03x%012x', n, k, a % 4096, b), id, source_id, printf('%016x%016x%016x%016x', a, b, c, k), case (a + k) % 6 when 0 then 's3:GetObject' when 1 then 's3:PutObject' when 2 then 'sqs:SendMessage' when 3 then 'dynamodb:Query' when 4 then 'kms:Decrypt' else 'iam:PassRole' end, 'arn:aws:s3:::bucket-' || (b + k) % 100000 || '/' || k || '/*', case (a + k) % 6 when 0 then 'read' when 1 then 'write' when 2 then 'write' when 3 then 'list' when 4 then 'read' else 'permissions_management' end, 'policy p' || (c + k / 10) % 5000, 1, at - a % 800 * 86400000000, case when (b + k) % 3 = 0 then at - (c + k) % 200 * 86400000000 end, (b + k) % 3 < 2
from who, (select identities, entitlements from wanted) w, share where status <> 'retired' and k < (entitlements / identities) * case when a % 10 = 0 then 505 else 58 end / 100;

insert into findings (id, rule, subject, identity_id, severity, rank, words, mend, evidence, state, opened_at)
select printf('fnd_01a%09x7%03x8%03x%012x', n / 64, r, a % 4096, n), rule, id, id, severity, rank, rule || ' of ' || name, 'Mend it.', '[]', 'open', at - c % 60 * 86400000000
from (select who.*, 1 as r, 'no_owner' as rule, 'medium' as severity, 1 as rank from who where owner_id is null and status <> 'retired'
  union all select who.*, 2, 'never_attested', 'low', 0 from who where attested_at is null and status <> 'retired'
  union all select who.*, 3, 'unused_90d', 'high', 2 from who where b % 5 < 2 and status <> 'retired'
  union all select who.*, 4, 'not_monitored', 'medium', 1 from who where b % 10 > 6 and status <> 'retired'
  union all select who.*, 5, 'standing_admin', 'critical', 3 from who where a % 40 = 0 and status <> 'retired'
  union all select who.*, 6, 'can_escalate', 'high', 2 from who where a % 25 = 0 and status <> 'retired');
analyze;
