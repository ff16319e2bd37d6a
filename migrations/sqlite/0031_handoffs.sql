-- who acted through whom, by day: a person or an agent, and the agent it handed work to
create table handoffs (
    from_kind text not null check (from_kind in ('identity', 'person')),
    from_id text not null,
    to_id text not null references identities (id),
    day integer not null, -- days since 1970
    permits integer not null,
    escalates integer not null,
    denies integer not null,
    last_at integer not null,
    primary key (from_kind, from_id, to_id, day)
) strict;
create index handoffs_day on handoffs (day);
create index handoffs_to on handoffs (to_id, day);
-- what was executed since an instant: shares of 30 days, the last use after a revocation
create index actions_at on actions (at);
