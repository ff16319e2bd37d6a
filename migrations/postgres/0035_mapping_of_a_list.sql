-- of a list that somebody keeps by hand (CSV): what its columns mean, as a person last said it (JSON)
alter table sources add column mapping text;
