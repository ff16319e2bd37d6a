-- Control tests and evidence packs.
create table assessment_runs (
    id text primary key not null,
    seq integer not null, -- its event
    at integer not null,
    by_actor text not null,
    framework text, -- null: all of them
    period_start integer not null,
    period_end integer not null,
    catalogue text not null,
    catalogue_sha256 text not null,
    tests integer not null,
    fed integer not null,
    complete integer not null, -- every test of the catalogue was run
    local text not null -- JSON: the installation's own thresholds
) strict;
create index assessment_runs_at on assessment_runs (at);
create table assessment_results (
    run_id text not null references assessment_runs (id),
    test_id text not null,
    variant text not null, -- thresholds that a control fixes; empty: the installation's own
    outcome text not null check (outcome in ('satisfied', 'not-satisfied', 'not-applicable', 'indeterminate')),
    why text not null,
    population integer not null,
    violations integer not null,
    params text not null, -- JSON
    kept integer not null,
    rows text not null, -- JSON: [subject, detail] by subject, the first `kept` of them
    primary key (run_id, test_id, variant)
) strict;
create table thresholds (
    test_id text not null,
    name text not null,
    value integer not null,
    at integer not null,
    by_actor text not null,
    version integer not null default 0,
    primary key (test_id, name)
) strict;
create table pack_orders (
    id text primary key not null, -- the pack's
    seq integer not null, -- its event
    at integer not null,
    by_actor text not null,
    framework text not null,
    from_at integer not null,
    to_at integer not null,
    state text not null check (state in ('ordered', 'making', 'made', 'failed')),
    changed_at integer not null,
    failure text, -- in words
    version integer not null default 0
) strict;
create index pack_orders_at on pack_orders (at, id);
create index pack_orders_open on pack_orders (at) where state in ('ordered', 'making');
create table packs (
    id text primary key not null references pack_orders (id),
    seq integer not null, -- its event
    at integer not null,
    run_id text not null references assessment_runs (id),
    checkpoint integer not null, -- size of the log all its proofs lead to
    events integer not null,
    decisions integer not null,
    approvals integer not null,
    sha256 text not null, -- of the bytes
    size integer not null,
    bytes blob not null
) strict;
create trigger packs_no_update before update on packs begin select raise(abort, 'packs are never changed'); end;
create trigger packs_no_delete before delete on packs begin select raise(abort, 'packs are never removed'); end;
create table integrity_checks (
    id text primary key not null,
    seq integer not null, -- its event
    at integer not null,
    from_seq integer not null,
    to_seq integer not null,
    ok integer not null
) strict;

-- The catalogue's evidence model over our tables. Its words are its own: this table turns ours into them
-- (governance/src/assess/words.rs says the same; a test compares the two). Seconds since 1970, UTC.
create table evidence_words (
    noun text not null,
    ours text not null,
    theirs text not null,
    primary key (noun, ours)
) strict;
insert into evidence_words (noun, ours, theirs) values
    ('identity.kind', 'agent', 'ai_agent'),
    ('identity.kind', 'service_account', 'service_account'),
    ('identity.kind', 'workload', 'workload'),
    ('identity.kind', 'pipeline', 'pipeline'),
    ('identity.kind', 'api_key', 'api_key'),
    ('identity.status', 'active', 'active'),
    ('identity.status', 'retiring', 'active'),
    ('identity.status', 'suspended', 'quarantined'),
    ('identity.status', 'retired', 'retired'),
    ('identity.status', 'stopped', 'disabled'),
    ('person.role', 'viewer', 'viewer'),
    ('person.role', 'auditor', 'audit_admin'),
    ('person.role', 'owner', 'owner'),
    ('person.role', 'approver', 'approver'),
    ('person.role', 'operator', 'operator'),
    ('person.role', 'policy_author', 'policy_author'),
    ('person.role', 'policy_releaser', 'policy_releaser'),
    ('person.role', 'admin', 'platform_admin'),
    ('privilege', 'list', 'read'),
    ('privilege', 'read', 'read'),
    ('privilege', 'tagging', 'write'),
    ('privilege', 'write', 'write'),
    ('privilege', 'unknown', 'unknown'),
    ('privilege', 'permissions_management', 'admin'),
    ('privilege', 'administrative', 'admin'),
    ('credential.kind', 'access_key', 'access_key'),
    ('credential.kind', 'password', 'password'),
    ('credential.kind', 'certificate', 'certificate'),
    ('credential.kind', 'trust', 'federated'),
    ('credential.kind', 'token', 'token'),
    ('credential.strength', 'access_key', 'medium'),
    ('credential.strength', 'password', 'weak'),
    ('credential.strength', 'certificate', 'strong'),
    ('credential.strength', 'trust', 'strong'),
    ('credential.strength', 'token', 'medium'),
    ('credential.storage', 'config_file', 'file'),
    ('credential.storage', 'environment', 'environment'),
    ('credential.storage', 'prompt', 'person'),
    ('credential.storage', 'platform', 'platform'),
    ('decision.outcome', 'permit', 'allow'),
    ('decision.outcome', 'deny', 'deny'),
    ('decision.outcome', 'escalate', 'escalate'),
    ('vote', 'approve', 'approve'),
    ('vote', 'deny', 'deny'),
    ('vote', 'none', 'expired'),
    ('attestation.answer', 'keep', 'confirm'),
    ('attestation.answer', 'not_mine', 'reject'),
    ('attestation.answer', 'retire', 'retire'),
    ('event.kind', 'action.reported', 'action.executed');

create view ev_sources as
select id, name, kind, expected, last_sync_at / 1000000 as last_sync_at, max_staleness_s from sources;
create view ev_people as
select id, status, left_at / 1000000 as left_at, cast(null as bigint) as trained_until from people;
create view ev_role_assignments as
select r.person_id, w.theirs as role, r.from_at / 1000000 as from_at, r.to_at / 1000000 as to_at
from person_roles r left join evidence_words w on w.noun = 'person.role' and w.ours = r.role;
create view ev_group_members as
select grp as group_id, person_id from person_groups where to_at is null;
-- an identity is active there while it was last *used*: that a source still lists it is no activity. One that is stopped, by
-- itself or with its owner, its source or everything, is disabled there
create view ev_identities as
select i.id, i.source_id, k.theirs as kind, i.environment, i.criticality, i.autonomy as autonomy_level,
    case when i.stopped_at is not null and i.status <> 'retired' then stopped.theirs else t.theirs end as status,
    i.owner_id, i.purpose, nullif(i.boundary, '{}') as declared_scope, cast(null as text) as escalation_group,
    cast(null as bigint) as third_party, cast(case when i.kind = 'pipeline' then 1 else 0 end as bigint) as ci_cd,
    cast(null as bigint) as high_risk_ai, i.first_seen_at / 1000000 as first_seen_at,
    i.registered_at / 1000000 as registered_at,
    case when i.asked_at is not null and (i.last_used_at is null or i.asked_at > i.last_used_at)
        then i.asked_at else i.last_used_at end / 1000000 as last_seen_at,
    coalesce(i.stopped_at, i.suspended_at) / 1000000 as disabled_at, i.retired_at / 1000000 as retired_at
from (
    select n.*, (select max(d.at) from decisions d where d.identity_id = n.id) as asked_at,
        (select min(s.at) from stops s where s.active = 1 and (s.kind = 'identity' and s.id = n.id
            or s.kind = 'owner' and s.id = n.owner_id or s.kind = 'source' and s.id = n.source_id
            or s.kind = 'everything')) as stopped_at
    from identities n
) i
left join evidence_words k on k.noun = 'identity.kind' and k.ours = i.kind
left join evidence_words t on t.noun = 'identity.status' and t.ours = i.status
left join evidence_words stopped on stopped.noun = 'identity.status' and stopped.ours = 'stopped';
create view ev_owner_periods as
select identity_id, owner_id, from_at / 1000000 as from_at, to_at / 1000000 as to_at from owner_periods where backup = 0;
create view ev_observed_principals as
select id, source_id, principal_ref, last_seen_at / 1000000 as last_seen_at, identity_id as matched_identity_id
from sightings;
-- what a source does not date is dated from when it first showed it to us: it is at least that old
create view ev_entitlements as
select e.id, e.identity_id, e.resource, e.action, p.theirs as privilege,
    coalesce(e.granted_at, e.first_seen_at) / 1000000 as granted_at, e.expires_at / 1000000 as expires_at,
    e.last_used_at / 1000000 as last_used_at, e.revoked_at / 1000000 as revoked_at, cast(null as text) as grant_id,
    cast(null as text) as decision_id, e.wildcard as scope_wildcard, e.usage_reported
from entitlements e left join evidence_words p on p.noun = 'privilege' and p.ours = e.privilege;
create view ev_grants as
select g.id, g.identity_id, g.resource_type || ':' || g.resource_id as resource, g.action,
    case when f.facts like '%"identity_system"%' then 'admin' else 'write' end as privilege,
    g.issued_at / 1000000 as granted_at, g.expires_at / 1000000 as expires_at, g.ended_at / 1000000 as ended_at,
    g.ended_reason, g.purpose, g.task as task_ref, g.decision_id, cast(null as text) as parent_grant_id
from grants g left join action_facts f on f.action = g.action;
-- A secret whose age no source tells is at least as old as our first sight of it. A trust keeps no secret: the platform issues tokens anew, for twelve hours at the longest, so it is given as one that never
-- ends and was always just rotated. A key that is switched off opens nothing, nor does one of ours whose identity is stopped.
create view ev_credentials as
select c.id, c.identity_id, k.theirs as kind, c.long_lived as "static", a.theirs as auth_strength, t.theirs as storage,
    c.interactive as interactive_login, c.trust_wildcard,
    c.created_at / 1000000 as created_at,
    case when c.kind = 'trust' then cast(253402257600 as bigint)
        else coalesce(c.last_rotated_at, case when c.created_at is null then c.first_seen_at end) / 1000000 end as last_rotated_at,
    case when c.kind = 'trust' then cast(253402300800 as bigint) else c.expires_at / 1000000 end as expires_at,
    coalesce(c.revoked_at, case when c.active = 0 then c.first_seen_at end) / 1000000 as revoked_at,
    c.exposure_detected_at / 1000000 as exposure_detected_at
from credentials c
left join evidence_words k on k.noun = 'credential.kind' and k.ours = c.kind
left join evidence_words a on a.noun = 'credential.strength' and a.ours = c.kind
left join evidence_words t on t.noun = 'credential.storage' and t.ours = c.storage
union all
select k.id, k.identity_id, 'api_key', cast(1 as bigint), 'medium', cast(null as text), cast(0 as bigint), cast(0 as bigint),
    k.created_at / 1000000, cast(null as bigint), k.expires_at / 1000000,
    coalesce(k.revoked_at, (select min(s.at) from stops s where s.active = 1
        and (s.kind = 'identity' and s.id = k.identity_id or s.kind = 'everything'))) / 1000000,
    cast(null as bigint)
from keys k;
create view ev_credential_uses as
select cast(null as text) as id, cast(null as text) as credential_id, cast(null as bigint) as used_at,
    cast(null as text) as actor_kind, cast(null as text) as person_id, cast(null as text) as workload_ref,
    cast(null as text) as environment, cast(null as text) as exception_id
from installation where 1 = 0;
-- a bundle is named by what is in it, so its hash is name and version at once; the one we ship was written by us
create view ev_policies as
select a.hash as id, cast(1 as bigint) as version,
    case when b.author = 'system:install' then 'vendor' else b.author end as authored_by, a.by_actor as approved_by,
    a.at / 1000000 as approved_at, a.at / 1000000 as effective_at
from activations a join bundles b on b.hash = a.hash;
-- One question, one decision: asking again while it waits adds none, and the permit that used an approval up is the end of the
-- question that was escalated. What needed a person and was not put to one, or was taken back, is a denial. In observe mode
-- what would have needed a person still does.
create view ev_decisions as
select d.id, d.identity_id, d.action, d.resource_type || ':' || d.resource_id as resource, d.tier as risk,
    cast(case when f.facts like '%"irreversible"%' then 1 else 0 end as bigint) as irreversible,
    cast(case when d.outcome = 'escalate' or d.would = 'escalate' then 1 else 0 end as bigint) as requires_approval,
    cast(null as bigint) as in_scope,
    case when d.outcome = 'escalate' and coalesce(x.state, 'none') in ('none', 'cancelled', 'revoked')
        then denied.theirs else o.theirs end as outcome,
    'policy' as decided_by, d.bundle_hash as policy_id, cast(1 as bigint) as policy_version,
    coalesce(d.reason, nullif(d.rules, '[]')) as reason, coalesce(p.params_hash, d.params_hash) as params_hash,
    d.subject_id as requested_by, d.acting_person as on_behalf_of, d.at / 1000000 as requested_at,
    d.at / 1000000 as decided_at,
    coalesce((select min(a.executed_at) from actions a where a.decision_id = x.permit_id and a.outcome <> 'skipped'),
        (select min(a.executed_at) from actions a where a.decision_id = d.id and a.outcome <> 'skipped')) / 1000000 as executed_at
from decisions d
left join escalations x on x.id = d.escalation_id
left join decisions p on p.id = x.permit_id
left join evidence_words o on o.noun = 'decision.outcome' and o.ours = d.outcome
left join evidence_words denied on denied.noun = 'decision.outcome' and denied.ours = 'deny'
left join action_facts f on f.action = d.action
where x.id is null or x.decision_id = d.id;
-- An approval holds until the grant or the permit it led to ends, else four hours after its release. A card that nobody answered
-- is an approval that expired.
create view ev_approvals as
select a.id, x.decision_id, a.person_id as approver_id, x.opened_at / 1000000 as requested_at,
    coalesce(g.expires_at, p.valid_until, x.released_at + 14400000000, x.expires_at) / 1000000 as expires_at,
    a.at / 1000000 as decided_at, v.theirs as verdict, cast(null as text) as rationale,
    (a.at - a.shown_at) / 1000 as view_ms, x.params_hash
from approvals a
join escalations x on x.id = a.escalation_id
left join decisions p on p.id = x.permit_id
left join grants g on g.id = p.grant_id
left join evidence_words v on v.noun = 'vote' and v.ours = a.verdict
where a.withdrawn_at is null
union all
select x.id, x.decision_id, cast(null as text), x.opened_at / 1000000, x.expires_at / 1000000, cast(null as bigint),
    v.theirs, cast(null as text), cast(null as bigint), x.params_hash
from escalations x join evidence_words v on v.noun = 'vote' and v.ours = 'none'
where x.state = 'expired';
-- what an owner answers about an identity attests the ownership; single entitlements are not reviewed yet
create view ev_attestations as
select a.id, cast('ownership' as text) as kind, cast('identity' as text) as subject_kind, a.identity_id as subject_id,
    a.person_id as attestor_id, w.theirs as verdict, a.at / 1000000 as attested_at
from attestations a left join evidence_words w on w.noun = 'attestation.answer' and w.ours = a.answer;
-- Complete when no path by which the subject could act is still live; what another system accepted is proven closed by a later
-- import, what asks us by a question that was denied.
create view ev_revocations as
select r.id, case when r.target_kind = 'identity' then r.target_id end as identity_id, r.target_kind, r.target_id,
    cast(null as text) as "trigger", r.at / 1000000 as triggered_at,
    case when r.live = 0 then coalesce(r.closed_at, r.at) end / 1000000 as completed_at,
    case when r.live = 0 then coalesce(r.closed_at, r.probed_at) end / 1000000 as verified_at,
    cast(null as bigint) as out_of_band, cast(null as text) as attestation_id
from (
    select v.*,
        (select count(*) from revocation_paths p where p.revocation_id = v.id and p.state = 'live' and p.closed_at is null) as live,
        (select max(p.closed_at) from revocation_paths p where p.revocation_id = v.id) as closed_at,
        (select min(d.at) from revocation_paths p join decisions d on d.identity_id = p.identity_id
            where p.revocation_id = v.id and d.at > v.at and d.outcome = 'deny') as probed_at
    from revocations v
) r;
create view ev_alerts as
select cast(null as text) as id, cast(null as text) as identity_id, cast(null as text) as kind,
    cast(null as text) as severity, cast(null as bigint) as detected_at, cast(null as bigint) as triaged_at,
    cast(null as text) as triaged_by, cast(null as bigint) as contained_at, cast(null as bigint) as reported_at,
    cast(null as bigint) as reportable
from installation where 1 = 0;
-- An executed action happened when its reporter says, and was recorded when the log says; all else is recorded as it happens.
-- That an event is there means that it was done: what fails leaves none. Where the register has a row for what was made, the
-- event is about that row.
create view ev_audit_events as
select e.seq, e.at / 1000000 as at, e.at / 1000000 as recorded_at, e.kind as type, e.actor as actor_id,
    e.subject as subject_id, 'countersign' as source, coalesce(e.outcome, 'done') as outcome, e.decision_id,
    cast(null as text) as prev_hash, cast(null as text) as hash
from events e
where e.kind not in ('action.reported', 'policy.activated', 'grant.issued', 'revocation.made', 'escalation.vote', 'key.created')
union all
select e.seq, a.executed_at / 1000000, e.at / 1000000, case when a.outcome = 'skipped' then e.kind else w.theirs end, e.actor, a.id, a.observed_by, a.outcome,
    coalesce(x.decision_id, a.decision_id), cast(null as text), cast(null as text)
from actions a
join events e on e.seq = a.seq
join evidence_words w on w.noun = 'event.kind' and w.ours = e.kind
left join escalations x on x.permit_id = a.decision_id
union all
select e.seq, e.at / 1000000, e.at / 1000000, e.kind, e.actor, a.hash || '@1', 'countersign', 'done',
    cast(null as text), cast(null as text), cast(null as text)
from activations a join events e on e.seq = a.seq
union all
select e.seq, e.at / 1000000, e.at / 1000000, e.kind, e.actor, g.id, 'countersign', 'done', e.decision_id,
    cast(null as text), cast(null as text)
from grants g join events e on e.decision_id = g.decision_id and e.kind = 'grant.issued'
union all
select e.seq, e.at / 1000000, e.at / 1000000, e.kind, e.actor, r.id, 'countersign', 'done', cast(null as text),
    cast(null as text), cast(null as text)
from revocations r join events e on e.seq = r.seq
union all
select e.seq, e.at / 1000000, e.at / 1000000, e.kind, e.actor, a.id, 'countersign', a.verdict, cast(null as text),
    cast(null as text), cast(null as text)
from approvals a join events e on e.seq = a.seq
union all
select e.seq, e.at / 1000000, e.at / 1000000, e.kind, e.actor, k.id, 'countersign', 'done', cast(null as text),
    cast(null as text), cast(null as text)
from keys k join events e on e.kind = 'key.created' and e.at = k.created_at;
create view ev_integrity_checks as
select id, at / 1000000 as ran_at, from_seq, to_seq, ok from integrity_checks;
create view ev_checkpoints as
select cast(size as text) as id, size - 1 as upto_seq, signed_at / 1000000 as signed_at, cast(1 as bigint) as signature_ok,
    external as stored_external
from checkpoints;
-- events are never removed: their retention has no end (given as a hundred years)
create view ev_config as
select 'log_retention_s' as key, cast(3155760000 as bigint) as num from installation
union all
select 'service_start_at', created_at / 1000000 from installation;
create view ev_assessments as
select cast(null as text) as id, cast(null as text) as identity_id, cast(null as text) as kind,
    cast(null as bigint) as done_at, cast(null as bigint) as review_due_at
from installation where 1 = 0;
create view ev_vendor_reviews as
select cast(null as text) as id, cast(null as text) as identity_id, cast(null as bigint) as reviewed_at,
    cast(null as text) as verdict
from installation where 1 = 0;
create view ev_tools as
select cast(null as text) as id, cast(null as text) as identity_id, cast(null as text) as name,
    cast(null as bigint) as in_use, cast(null as bigint) as version_pinned, cast(null as text) as definition_hash,
    cast(null as text) as approved_hash, cast(null as bigint) as approved_at
from installation where 1 = 0;
create view ev_exceptions as
select cast(null as text) as id, cast(null as text) as test_id, cast(null as text) as subject_id,
    cast(null as text) as requested_by, cast(null as text) as approved_by, cast(null as bigint) as approved_at,
    cast(null as bigint) as expires_at, cast(null as bigint) as closed_at
from installation where 1 = 0;
create view ev_findings as
select f.id, f.rule as test_id, f.opened_at / 1000000 as opened_at, i.owner_id, cast(null as bigint) as due_at,
    f.resolved_at / 1000000 as closed_at
from findings f left join identities i on i.id = f.identity_id;
create view ev_assessment_runs as
select id, at / 1000000 as ran_at, complete from assessment_runs;
