-- Who entered what for which account never changes; it moves as payments/states.py says.
CREATE TRIGGER payments_key_set_start BEFORE INSERT ON payments_channelkeyset FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'proposed');
CREATE TRIGGER payments_key_set_moves BEFORE UPDATE ON payments_channelkeyset FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'former>retired,proposed>dropped,proposed>former');
CREATE TRIGGER payments_key_set_keeps BEFORE UPDATE ON payments_channelkeyset FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'channel_account_id', 'facts', 'approval_id',
    'entered_by', 'entered_at');
CREATE TRIGGER payments_key_set_stays BEFORE DELETE ON payments_channelkeyset FOR EACH ROW
  EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER payments_key_set_not_emptied BEFORE TRUNCATE ON payments_channelkeyset
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
