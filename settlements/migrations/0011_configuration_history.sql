-- What is kept of each row of configuration; a # keeps the SHA-256 of a secret.
SELECT ledger_start_history('settlements_destination',
  'id', 'merchant_id', 'kind', 'currency', 'holder_name', 'bank_name', 'bank_code',
  'account_type', '#account_encrypted', 'account_tail', '#account_index', 'version', 'is_active',
  'created_at');
