-- The orders of the register beside that of names: what is worst first, what is newest first.

-- by expressions that no other question asks for: SQLite took an index by state and rank for questions that it makes slow
create index findings_worst on findings ((state || ''), (0 - rank), identity_id);
create index identities_newest on identities (registered_at, id);
