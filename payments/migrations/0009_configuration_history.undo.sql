SELECT ledger_end_history('payments_businessday');
SELECT ledger_end_history('payments_apicredential');
SELECT ledger_end_history('payments_channelaccount');
SELECT ledger_end_history('payments_merchantmember');
SELECT ledger_end_history('payments_merchantaccount');
SELECT ledger_end_history('payments_merchant');
SELECT ledger_end_history('payments_feeplan');
