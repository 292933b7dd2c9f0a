-- What a channel refused to take, and took all the same, is the reason why it then refused to give the
-- hold back. So two people may say that it was made while its payment is closing, and when it is
-- closed and nothing is held any more: never more than was held, and of nothing that was given back.
CREATE FUNCTION payments_check_capture_made() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  payment payments_payment%ROWTYPE;
  taken bigint;
  taken_unallocated bigint;
BEGIN
  SELECT p.* INTO payment FROM payments_payment p WHERE p.id = NEW.payment_id FOR UPDATE;
  SELECT coalesce(sum(c.amount_minor), 0), coalesce(sum(c.unallocated_minor), 0)
    INTO taken, taken_unallocated
    FROM payments_capture c
    WHERE c.payment_id = NEW.payment_id AND c.id <> NEW.id AND c.status <> 'failed';
  PERFORM FROM payments_authorisation a
    WHERE a.id = NEW.authorisation_id AND a.payment_id = NEW.payment_id AND NOT a.is_spare
      AND a.currency = NEW.currency AND a.amount_minor >= NEW.amount_minor + taken
      AND NOT EXISTS (SELECT FROM payments_void v
                      WHERE v.authorisation_id = a.id AND v.status <> 'failed');
  IF NOT FOUND OR payment.status NOT IN ('authorized', 'closing', 'closed', 'paid')
     OR payment.unallocated_minor < NEW.unallocated_minor + taken_unallocated THEN
    RAISE EXCEPTION 'capture % is more than was held', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_capture', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER payments_capture_made_of_what_is_held ON payments_capture;
CREATE TRIGGER payments_capture_made_of_what_is_held BEFORE UPDATE ON payments_capture
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_capture_made();

-- The order of whatever was made after all succeeded, by the same word of theirs.
CREATE OR REPLACE FUNCTION payments_check_order_made() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE NEW.kind IN ('refund', 'capture', 'void') AND r.kind = 'contradiction'
    AND r.object_id = NEW.id AND r.state = 'executed' AND r.payload ->> 'way' = 'made'
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
