DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
DROP TRIGGER payments_operation_moves ON payments_channeloperation;
DROP TRIGGER payments_payment_moves ON payments_payment;
DROP TRIGGER payments_attempt_start ON payments_paymentattempt;
DROP TRIGGER payments_operation_start ON payments_channeloperation;
DROP TRIGGER payments_payment_start ON payments_payment;
DROP TRIGGER payments_merchant_account_keeps ON payments_merchantaccount;
DROP TRIGGER payments_attempt_keeps ON payments_paymentattempt;
DROP TRIGGER payments_operation_keeps ON payments_channeloperation;
DROP TRIGGER payments_payment_keeps ON payments_payment;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_payment', 'payments_paymentattempt',
                              'payments_channeloperation', 'payments_merchant',
                              'payments_merchantaccount', 'payments_channelaccount'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_stays', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['payments_paymentallocation', 'payments_balancetransaction',
                              'payments_event', 'payments_channelnotification',
                              'payments_feeplan'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_once', name);
  END LOOP;
END $$;
DROP TRIGGER payments_lines_agree ON ledger_journalentry;
DROP FUNCTION payments_check_lines();
DROP TRIGGER payments_line_of_this_entry ON payments_balancetransaction;
DROP FUNCTION payments_guard_line();
DROP TRIGGER payments_allocation_adds_up ON payments_paymentallocation;
DROP TRIGGER payments_payment_adds_up ON payments_payment;
DROP FUNCTION payments_check_allocations();
