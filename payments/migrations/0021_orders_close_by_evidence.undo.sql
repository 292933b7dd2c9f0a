DROP TRIGGER payments_operation_moves ON payments_channeloperation;
DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
CREATE TRIGGER payments_operation_moves BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>failed,'
    'manual_review>succeeded,manual_review>unknown,prepared>sending,'
    'processing>closed,processing>failed,processing>manual_review,processing>succeeded,'
    'processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
CREATE TRIGGER payments_attempt_moves BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>failed,'
    'manual_review>succeeded,manual_review>unknown,prepared>sending,'
    'processing>closed,processing>failed,processing>manual_review,processing>succeeded,'
    'processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
