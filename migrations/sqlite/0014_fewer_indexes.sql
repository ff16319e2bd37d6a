-- a decision's rows went into three indexes ordered by who asked: with many agents each wrote a page of its own, most of a commit
drop index events_subject;
drop index events_decision;
create index events_grant on events (decision_id) where kind = 'grant.issued';
drop index decisions_params;
drop index decisions_identity;
create index decisions_of on decisions (identity_id, at, action, outcome);
