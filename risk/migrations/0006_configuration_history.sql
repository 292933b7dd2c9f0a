-- What is kept of each row of configuration; a # keeps the SHA-256 of a secret.
SELECT ledger_start_history('risk_limit',
  'id', 'subject_kind', 'subject_id', 'deed', 'window', 'currency', 'value_minor', 'valid_from',
  'valid_until');
SELECT ledger_start_history('risk_blocklistentry',
  'id', 'kind', 'value', 'label', 'reason', 'created_by', 'created_at', 'expires_at', 'ended_at');
SELECT ledger_start_history('risk_boundnetwork',
  'id', 'subject_kind', 'subject_id', 'network', 'reason', 'created_by', 'created_at', 'ended_at');
