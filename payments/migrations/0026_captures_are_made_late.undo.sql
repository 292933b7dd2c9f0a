CREATE OR REPLACE FUNCTION payments_check_order_made() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE NEW.kind = 'refund' AND r.kind = 'contradiction' AND r.object_id = NEW.id
    AND r.state = 'executed' AND r.payload ->> 'way' = 'made'
    AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency
    AND (SELECT count(*) FROM ledger_approvaldecision d
         WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
           AND d.approver <> r.maker) >= r.required;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'order % did not succeed after all as anybody agreed', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_channeloperation',
            CONSTRAINT = 'payments_operation_made_agreed';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER payments_capture_made_of_what_is_held ON payments_capture;
CREATE TRIGGER payments_capture_made_of_what_is_held BEFORE UPDATE ON payments_capture
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_captured();
DROP FUNCTION payments_check_capture_made();
