SELECT ledger_end_history('payments_channelkeyset');
DROP TRIGGER payments_key_set_was_in_use ON payments_channelkeyset;
DROP FUNCTION payments_check_former_keys();
DROP TRIGGER payments_key_set_entered ON payments_channelkeyset;
DROP FUNCTION payments_check_key_set();
DROP TRIGGER payments_account_keeps ON payments_channelaccount;
DROP TRIGGER payments_account_keys_agreed ON payments_channelaccount;
DROP FUNCTION payments_check_keys();
DROP FUNCTION payments_is_resealed(text, text);
