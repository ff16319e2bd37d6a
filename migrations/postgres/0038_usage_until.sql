-- until when a source looked at the use of what a principal holds, where it says so
alter table sightings add column usage_until bigint;
