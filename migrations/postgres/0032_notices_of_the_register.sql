-- notices about the register too: of an identity, of a resource, or of what nobody answers for (the installation's own id)
alter table outbox drop constraint outbox_about;
alter table outbox add column subject_id text;
alter table outbox add constraint outbox_about check (num_nonnulls(escalation_id, containment_id, subject_id) = 1);
-- of what nobody answers for: how far its time had run when people were last told
create table gaps_told (
    subject text primary key not null, -- a sighting or an identity
    stage text not null check (stage in ('ending', 'over'))
);
-- when a lease was last renewed: at most once a second
alter table grants add column renewed_at bigint;
