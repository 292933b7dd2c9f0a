DROP TRIGGER payments_attempt_paid_as_its_order ON payments_paymentattempt;
DROP FUNCTION payments_check_attempt_paid();

DROP TRIGGER payments_operation_made_agreed ON payments_channeloperation;
CREATE TRIGGER payments_operation_made_agreed BEFORE UPDATE ON payments_channeloperation
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_order_made();

DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
CREATE TRIGGER payments_attempt_moves BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>closed,'
    'manual_review>failed,'
    'manual_review>succeeded,manual_review>unknown,prepared>sending,'
    'processing>closed,processing>failed,processing>manual_review,processing>succeeded,'
    'processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
