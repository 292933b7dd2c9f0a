-- What is kept of each row of configuration; a # keeps the SHA-256 of a secret. Left out: how far
-- an account has matured and when a credential was last used, which nobody decides.
SELECT ledger_start_history('payments_feeplan',
  'id', 'name', 'version', 'currency', 'fee_bps', 'fixed_minor', 'minimum_minor', 'maximum_minor',
  'payout_fee_minor', 'vat_bps', 'refund_policy', 'created_at');
SELECT ledger_start_history('payments_merchant',
  'id', 'external_no', 'name', 'settlement_cycle', 'fee_plan_id', 'is_active', 'created_at');
SELECT ledger_start_history('payments_merchantaccount',
  'id', 'merchant_id', 'currency', 'pending_account_id', 'available_account_id',
  'hold_account_id', 'debt_account_id', 'is_reserve_for_refunds', 'advance_limit_minor', 'reserve_bps',
  'reserve_days');
SELECT ledger_start_history('payments_merchantmember',
  'id', 'merchant_id', 'user_id', 'role', 'created_at');
SELECT ledger_start_history('payments_channelaccount',
  'id', 'channel', 'name', 'currency', 'gateway_url', 'app_id', 'merchant_no', 'agent_code',
  '#private_key_encrypted', '#channel_public_key', '#api_key_encrypted', 'key_serial',
  'channel_key_id', 'root_cert_serial', 'can_transfer', 'channel_fee_bps', 'settles_to_id',
  'is_enabled', 'created_at');
SELECT ledger_start_history('payments_apicredential',
  'id', 'name', 'kind', 'merchant_id', '#secret_sha256', 'scopes', 'allowed_networks',
  'created_at', 'expires_at', 'revoked_at');
SELECT ledger_start_history('payments_businessday',
  'date', 'is_business_day', 'name', 'is_confirmed');
