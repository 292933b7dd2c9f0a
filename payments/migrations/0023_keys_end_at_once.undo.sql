DROP TRIGGER payments_notification_masked ON payments_channelnotification;
DROP TRIGGER payments_notification_keeps_mask ON payments_channelnotification;
SELECT ledger_end_history('payments_channelkeyset');
SELECT ledger_start_history('payments_channelkeyset',
  'id', 'channel_account_id', 'status', '#private_key_encrypted', '#api_key_encrypted',
  '#channel_public_key', 'key_serial', 'channel_key_id', 'root_cert_serial', 'gateway_url',
  'facts', 'approval_id', 'entered_by', 'entered_at', 'retires_at');
DROP TRIGGER payments_key_set_keeps_end ON payments_channelkeyset;
DROP TRIGGER payments_key_set_ends ON payments_channelkeyset;
DROP FUNCTION payments_check_key_end();
