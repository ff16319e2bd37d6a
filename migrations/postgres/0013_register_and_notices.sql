-- the whole register is grouped and filtered by these, page after page
create index findings_rule on findings (rule, identity_id, state);
create index entitlements_standing on entitlements (identity_id)
    where revoked_at is null and expires_at is null and privilege in ('administrative', 'permissions_management');
-- sealing has a table of its own
alter table installation drop column sealed;
-- further kinds of notices
alter table outbox drop constraint outbox_kind_check;
create index outbox_of on outbox (escalation_id);
