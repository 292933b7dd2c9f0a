-- Money may come by an order that had failed: it is followed (docs/adr/0028). Moves are those of
-- payments/states.py; a test compares the two.

DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
CREATE TRIGGER payments_attempt_moves BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,failed>succeeded,'
    'manual_review>closed,manual_review>failed,'
    'manual_review>succeeded,manual_review>unknown,prepared>sending,'
    'processing>closed,processing>failed,processing>manual_review,processing>succeeded,'
    'processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');

-- Of an order to pay the channel's word is enough, as of one that was closed; what else failed here
-- was made after all only as two people agreed.
DROP TRIGGER payments_operation_made_agreed ON payments_channeloperation;
CREATE TRIGGER payments_operation_made_agreed BEFORE UPDATE ON payments_channeloperation
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded' AND NEW.kind <> 'pay')
  EXECUTE FUNCTION payments_check_order_made();

-- A try that failed was paid only where its order was.
CREATE FUNCTION payments_check_attempt_paid() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_channeloperation o WHERE o.id = NEW.operation_id AND o.status = 'succeeded';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'attempt % failed, and its order was not paid', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_paymentattempt',
            CONSTRAINT = 'payments_attempt_paid_as_its_order';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_attempt_paid_as_its_order BEFORE UPDATE ON payments_paymentattempt
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_attempt_paid();
