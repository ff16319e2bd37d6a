-- how often, when and by which renewals a grant holds
alter table grants add column uses bigint not null default 1;
alter table grants add column starts_at bigint; -- null: when it was issued
alter table grants add column lease_s bigint; -- seconds that one renewal holds; null: it is no lease
alter table grants add column renew_by bigint; -- null: no lease, or not redeemed yet
create index grants_leases on grants (renew_by) where state = 'active' and renew_by is not null;
drop view ev_grants;
create view ev_grants as
select g.id, g.identity_id, g.resource_type || ':' || g.resource_id as resource, g.action,
    case when f.facts like '%"identity_system"%' then 'admin' else 'write' end as privilege,
    coalesce(g.starts_at, g.issued_at) / 1000000 as granted_at, g.expires_at / 1000000 as expires_at, g.ended_at / 1000000 as ended_at,
    g.ended_reason, g.purpose, g.task as task_ref, g.decision_id, cast(null as text) as parent_grant_id
from grants g left join action_facts f on f.action = g.action;
