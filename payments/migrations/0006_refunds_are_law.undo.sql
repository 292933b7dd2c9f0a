DROP TRIGGER payments_refund_approved ON payments_refund;
DROP FUNCTION payments_check_refund_approval();
DROP TRIGGER payments_refund_of_what_was_allocated ON payments_refundallocation;
DROP FUNCTION payments_check_refunded_allocation();
DROP TRIGGER payments_refund_of_what_was_paid ON payments_refund;
DROP FUNCTION payments_check_refunded();
DROP TRIGGER payments_refundallocation_adds_up ON payments_refundallocation;
DROP TRIGGER payments_refund_adds_up ON payments_refund;
DROP FUNCTION payments_check_refund_sum();
DROP TRIGGER payments_session_keeps ON payments_payersession;
DROP TRIGGER payments_refundallocation_not_emptied ON payments_refundallocation;
DROP TRIGGER payments_refundallocation_once ON payments_refundallocation;
DROP TRIGGER payments_refund_not_emptied ON payments_refund;
DROP TRIGGER payments_refund_stays ON payments_refund;
DROP TRIGGER payments_refund_keeps ON payments_refund;
DROP TRIGGER payments_refund_start ON payments_refund;
DROP TRIGGER payments_refund_moves ON payments_refund;
DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
DROP TRIGGER payments_operation_moves ON payments_channeloperation;
CREATE TRIGGER payments_operation_moves BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
CREATE TRIGGER payments_attempt_moves BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
