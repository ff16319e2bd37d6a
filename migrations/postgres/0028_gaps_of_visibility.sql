-- who asked without being in the register, by name: what is known of them says who could answer for them
create index decisions_strangers on decisions (subject_id) where identity_id is null;
