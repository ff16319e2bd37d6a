-- what is open about one identity is read with every change of it; the index over open ones does not serve what is acknowledged
create index findings_of_identity on findings (identity_id) where state <> 'resolved';
-- an import closes the paths of a stop that it proves ended, identity by identity
create index revocation_paths_identity on revocation_paths (identity_id);
