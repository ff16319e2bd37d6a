-- decisions that wait for people; what is bound stands in the card, a payload that can be erased
create table escalations (
    id text primary key not null,
    decision_id text not null,
    identity_id text not null references identities (id),
    agent text not null, -- its name when it opened
    agent_epoch integer not null,
    key_id text not null, -- whose question it was: who may poll and cancel
    acting text, -- the person acted for, as given: what is bound
    chain text not null, -- JSON: names, from first to last
    action text not null,
    resource_type text not null,
    resource_id text not null,
    question text not null, -- digest: equal for the same question asked again
    params_hash text not null,
    gates text not null, -- JSON: rule and hash of its text
    bundle_hash text not null,
    tier text not null check (tier in ('low', 'medium', 'high', 'critical')),
    requirement text not null, -- JSON: routes, quorum, times
    bars text not null, -- JSON: ids of those who never decide here
    digest text not null, -- what a vote is bound to
    card_version integer not null,
    card_hash text not null references payloads (hash),
    callback text, -- JSON: where the requester wants to be told
    state text not null check (state in ('pending', 'held', 'approved', 'consumed', 'denied', 'expired', 'cancelled', 'revoked')),
    opened_at integer not null,
    expires_at integer not null,
    asked_at integer not null, -- last asked again
    reminded_at integer,
    held_until integer,
    released_at integer,
    learned_at integer,
    ended_at integer,
    ended_by text, -- who denied it
    permit_id text, -- the decision that used the approval up
    due_at integer, -- when time alone next changes it; null once it has ended
    version integer not null default 0
) strict;
create unique index escalations_open on escalations (question) where state in ('pending', 'held');
create index escalations_question on escalations (question, state);
create index escalations_due on escalations (due_at) where due_at is not null;
create index escalations_inbox on escalations (state, expires_at, id);
create index escalations_identity on escalations (identity_id, state);
create index escalations_newest on escalations (opened_at, id);
create table escalation_routes (
    escalation_id text not null references escalations (id),
    route text not null,
    primary key (escalation_id, route)
) strict;
create index escalation_routes_route on escalation_routes (route, escalation_id);
-- every card that was ever shown
create table cards (
    escalation_id text not null references escalations (id),
    version integer not null,
    hash text not null references payloads (hash),
    made_at integer not null,
    primary key (escalation_id, version)
) strict;
create table approvals (
    id text primary key not null,
    escalation_id text not null references escalations (id),
    seq integer not null, -- its event
    person_id text not null references people (id), -- who pressed the button
    seat_id text not null references people (id), -- whose vote it is
    verdict text not null check (verdict in ('approve', 'deny')),
    routes text not null, -- JSON: the routes it counts on
    alone integer not null, -- it may be the only one that counts
    at integer not null,
    digest text not null,
    card_version integer not null,
    card_hash text not null,
    code text,
    reason_hash text references payloads (hash),
    shown_at integer,
    step_up text,
    withdrawn_at integer -- taken back while held, or the card changed
) strict;
create unique index approvals_person on approvals (escalation_id, person_id) where withdrawn_at is null;
create unique index approvals_seat on approvals (escalation_id, seat_id) where withdrawn_at is null;
create index approvals_by on approvals (person_id, at);
