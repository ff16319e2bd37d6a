-- undoing a revocation takes two people: who said so first, and who made it so
alter table revocations add column undo_first_by text references people (id);
alter table revocations add column undo_first_at bigint;
alter table revocations add column undone_by text references people (id);
create index stops_revocation on stops (revocation_id);
