DROP TRIGGER payments_refund_of_share_captured ON payments_refundallocation;
DROP FUNCTION payments_check_refund_of_share();
DROP TRIGGER payments_refund_of_what_was_captured ON payments_refund;
DROP FUNCTION payments_check_refund_of_capture();
DROP TRIGGER payments_void_of_what_is_left ON payments_void;
DROP FUNCTION payments_check_voided();
DROP TRIGGER payments_captureshare_adds_up ON payments_captureshare;
DROP TRIGGER payments_capture_adds_up ON payments_capture;
DROP FUNCTION payments_check_capture_sum();
DROP TRIGGER payments_capture_of_what_was_allocated ON payments_captureshare;
DROP FUNCTION payments_check_captured_share();
DROP TRIGGER payments_capture_of_what_is_held ON payments_capture;
DROP FUNCTION payments_check_captured();
DROP TRIGGER payments_payment_as_captured ON payments_payment;
DROP FUNCTION payments_check_captured_payment();
DROP TRIGGER payments_authorised_as_asked ON payments_authorisation;
DROP FUNCTION payments_check_authorised();
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_authorisation', 'payments_capture', 'payments_void',
                              'payments_captureshare'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['payments_authorisation', 'payments_capture', 'payments_void'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_stays', name);
  END LOOP;
END $$;
DROP TRIGGER payments_captureshare_once ON payments_captureshare;
DROP TRIGGER payments_void_keeps ON payments_void;
DROP TRIGGER payments_void_moves ON payments_void;
DROP TRIGGER payments_void_start ON payments_void;
DROP TRIGGER payments_capture_keeps ON payments_capture;
DROP TRIGGER payments_capture_moves ON payments_capture;
DROP TRIGGER payments_capture_start ON payments_capture;
DROP TRIGGER payments_authorisation_keeps ON payments_authorisation;
DROP TRIGGER payments_refund_keeps ON payments_refund;
CREATE TRIGGER payments_refund_keeps BEFORE UPDATE ON payments_refund FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'merchant_id', 'created_by_id',
    'merchant_refund_no', 'amount_minor', 'unallocated_minor', 'currency', 'requested_by',
    'created_at');
DROP TRIGGER payments_payment_keeps ON payments_payment;
CREATE TRIGGER payments_payment_keeps BEFORE UPDATE ON payments_payment FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'created_by_id', 'merchant_order_no',
    'amount_minor', 'unallocated_minor', 'currency', 'created_at');
