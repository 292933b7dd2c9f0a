-- Nothing is taken that was not authorised, nothing is given back that was taken, and a refund is
-- of what was captured. Moves are those of payments/states.py; a test compares the two.

DROP TRIGGER payments_payment_keeps ON payments_payment;
CREATE TRIGGER payments_payment_keeps BEFORE UPDATE ON payments_payment FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'created_by_id', 'merchant_order_no',
    'amount_minor', 'unallocated_minor', 'currency', 'created_at', 'capture_mode');
DROP TRIGGER payments_refund_keeps ON payments_refund;
CREATE TRIGGER payments_refund_keeps BEFORE UPDATE ON payments_refund FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'merchant_id', 'created_by_id',
    'merchant_refund_no', 'amount_minor', 'unallocated_minor', 'currency', 'requested_by',
    'created_at', 'capture_id');

CREATE TRIGGER payments_authorisation_keeps BEFORE UPDATE ON payments_authorisation FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'attempt_id', 'amount_minor',
    'currency', 'is_spare', 'authorised_at', 'expires_at');
CREATE TRIGGER payments_capture_start BEFORE INSERT ON payments_capture FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'submitting');
CREATE TRIGGER payments_capture_moves BEFORE UPDATE ON payments_capture FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'processing>failed,processing>succeeded,processing>unknown,submitting>failed,'
    'submitting>processing,submitting>succeeded,submitting>unknown,unknown>failed,'
    'unknown>processing,unknown>succeeded');
CREATE TRIGGER payments_capture_keeps BEFORE UPDATE ON payments_capture FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'authorisation_id', 'created_by_id',
    'amount_minor', 'unallocated_minor', 'currency', 'is_final', 'requested_by', 'operation_id',
    'created_at');
CREATE TRIGGER payments_void_start BEFORE INSERT ON payments_void FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'submitting');
CREATE TRIGGER payments_void_moves BEFORE UPDATE ON payments_void FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'processing>failed,processing>succeeded,processing>unknown,submitting>failed,'
    'submitting>processing,submitting>succeeded,submitting>unknown,unknown>failed,'
    'unknown>processing,unknown>succeeded');
CREATE TRIGGER payments_void_keeps BEFORE UPDATE ON payments_void FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'authorisation_id', 'amount_minor',
    'currency', 'code', 'requested_by', 'operation_id', 'created_at');
CREATE TRIGGER payments_captureshare_once BEFORE UPDATE OR DELETE ON payments_captureshare
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_authorisation', 'payments_capture', 'payments_void'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_stays', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['payments_authorisation', 'payments_capture', 'payments_void',
                              'payments_captureshare'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

-- Only a payment that is captured by hand is authorised, by a try of its own; the one that is
-- wanted holds exactly what is owed.
CREATE FUNCTION payments_check_authorised() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_payment p
    JOIN payments_paymentattempt t ON t.payment_id = p.id AND t.id = NEW.attempt_id
    WHERE p.id = NEW.payment_id AND p.capture_mode = 'manual'
      AND (NEW.is_spare OR (p.amount_minor, p.currency) = (NEW.amount_minor, NEW.currency));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'authorisation % is not what was asked for', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_authorisation',
            CONSTRAINT = 'payments_authorised_as_asked';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_authorised_as_asked BEFORE INSERT ON payments_authorisation
  FOR EACH ROW EXECUTE FUNCTION payments_check_authorised();

-- A payment that is captured by hand is `authorized` by its authorisation and `paid` by a capture.
CREATE FUNCTION payments_check_captured_payment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.status = 'paid' THEN
    PERFORM FROM payments_capture c WHERE c.payment_id = NEW.id AND c.status = 'succeeded';
  ELSE
    PERFORM FROM payments_authorisation a WHERE a.payment_id = NEW.id AND NOT a.is_spare;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payment % is % without having been', NEW.id, NEW.status
      USING ERRCODE = '23514', TABLE = 'payments_payment',
            CONSTRAINT = 'payments_payment_as_captured';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_payment_as_captured BEFORE UPDATE ON payments_payment FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status AND (NEW.status = 'authorized'
        OR (NEW.status = 'paid' AND NEW.capture_mode = 'manual')))
  EXECUTE FUNCTION payments_check_captured_payment();

-- Never more than was authorised, nor while it is given back. The payment's row is locked first,
-- so that of two at once the second sees the first.
CREATE FUNCTION payments_check_captured() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  payment payments_payment%ROWTYPE;
  taken bigint;
  taken_unallocated bigint;
BEGIN
  SELECT p.* INTO payment FROM payments_payment p WHERE p.id = NEW.payment_id FOR UPDATE;
  SELECT coalesce(sum(c.amount_minor), 0), coalesce(sum(c.unallocated_minor), 0)
    INTO taken, taken_unallocated
    FROM payments_capture c WHERE c.payment_id = NEW.payment_id AND c.status <> 'failed';
  PERFORM FROM payments_authorisation a
    WHERE a.id = NEW.authorisation_id AND a.payment_id = NEW.payment_id AND NOT a.is_spare
      AND a.ended_at IS NULL AND a.currency = NEW.currency
      AND a.amount_minor >= NEW.amount_minor + taken
      AND NOT EXISTS (SELECT FROM payments_void v
                      WHERE v.authorisation_id = a.id AND v.status <> 'failed');
  IF NOT FOUND OR payment.status NOT IN ('authorized', 'paid')
     OR payment.unallocated_minor < NEW.unallocated_minor + taken_unallocated THEN
    RAISE EXCEPTION 'capture % is more than is held', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_capture',
            CONSTRAINT = 'payments_capture_of_what_is_held';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_capture_of_what_is_held BEFORE INSERT ON payments_capture
  FOR EACH ROW EXECUTE FUNCTION payments_check_captured();

CREATE FUNCTION payments_check_captured_share() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_capture c
    JOIN payments_paymentallocation a ON a.payment_id = c.payment_id
    WHERE c.id = NEW.capture_id AND a.id = NEW.allocation_id FOR UPDATE OF c;
  IF NOT FOUND OR EXISTS (
      SELECT FROM payments_paymentallocation a
      LEFT JOIN payments_captureshare s ON s.allocation_id = a.id
      LEFT JOIN payments_capture c ON c.id = s.capture_id AND c.status <> 'failed'
      WHERE a.id = NEW.allocation_id
      GROUP BY a.id
      HAVING a.amount_minor < NEW.amount_minor
               + coalesce(sum(s.amount_minor) FILTER (WHERE c.id IS NOT NULL), 0)
          OR a.fee_minor < NEW.fee_minor
               + coalesce(sum(s.fee_minor) FILTER (WHERE c.id IS NOT NULL), 0)) THEN
    RAISE EXCEPTION 'capture % is more than one merchant is owed', NEW.capture_id
      USING ERRCODE = '23514', TABLE = 'payments_captureshare',
            CONSTRAINT = 'payments_capture_of_what_was_allocated';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_capture_of_what_was_allocated BEFORE INSERT ON payments_captureshare
  FOR EACH ROW EXECUTE FUNCTION payments_check_captured_share();

-- A capture's shares and what belongs to nobody are its amount. At COMMIT.
CREATE FUNCTION payments_check_capture_sum() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  capture text := CASE TG_TABLE_NAME WHEN 'payments_capture' THEN to_jsonb(NEW) ->> 'id'
                                     ELSE to_jsonb(NEW) ->> 'capture_id' END;
BEGIN
  PERFORM FROM payments_capture c
  WHERE c.id = capture AND c.amount_minor = c.unallocated_minor + coalesce(
    (SELECT sum(s.amount_minor) FROM payments_captureshare s WHERE s.capture_id = c.id), 0);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the shares of capture % do not add up to its amount', capture
      USING ERRCODE = '23514', TABLE = 'payments_capture',
            CONSTRAINT = 'payments_capture_adds_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_capture_adds_up AFTER INSERT ON payments_capture
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_capture_sum();
CREATE CONSTRAINT TRIGGER payments_captureshare_adds_up AFTER INSERT ON payments_captureshare
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_capture_sum();

-- What is given back is all that is left, and nothing of it is on its way to us.
CREATE FUNCTION payments_check_voided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_payment p WHERE p.id = NEW.payment_id FOR UPDATE;
  PERFORM FROM payments_authorisation a
    WHERE a.id = NEW.authorisation_id AND a.payment_id = NEW.payment_id
      AND a.ended_at IS NULL AND a.currency = NEW.currency
      AND a.amount_minor = NEW.amount_minor + coalesce(
        (SELECT sum(c.amount_minor) FROM payments_capture c
         WHERE c.authorisation_id = a.id AND c.status <> 'failed'), 0)
      AND NOT EXISTS (SELECT FROM payments_capture c WHERE c.authorisation_id = a.id
                      AND c.status IN ('submitting', 'processing', 'unknown'));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'void % is not what is left of an authorisation', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_void',
            CONSTRAINT = 'payments_void_of_what_is_left';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_void_of_what_is_left BEFORE INSERT ON payments_void
  FOR EACH ROW EXECUTE FUNCTION payments_check_voided();

-- What was authorised first is refunded of one capture, and never more than that took; whatever
-- else says what may be refunded (0006) says it still. Both find the payment's row locked, so that
-- of two at once the second sees the first.
CREATE FUNCTION payments_check_refund_of_capture() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  payment payments_payment%ROWTYPE;
BEGIN
  SELECT p.* INTO payment FROM payments_payment p WHERE p.id = NEW.payment_id FOR UPDATE;
  IF payment.capture_mode = 'automatic' AND NEW.capture_id IS NULL THEN
    RETURN NEW;
  END IF;
  PERFORM FROM payments_capture c
    WHERE c.id = NEW.capture_id AND c.payment_id = NEW.payment_id AND c.status = 'succeeded'
      AND c.unallocated_minor >= NEW.unallocated_minor + coalesce((
          SELECT sum(r.unallocated_minor) FROM payments_refund r
          WHERE r.capture_id = c.id AND r.id <> NEW.id
            AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')), 0)
      AND c.amount_minor >= NEW.amount_minor + coalesce((
          SELECT sum(r.amount_minor) FROM payments_refund r
          WHERE r.capture_id = c.id AND r.id <> NEW.id
            AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')), 0);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'refund % is more than its capture took', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_of_what_was_captured';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_of_what_was_captured BEFORE INSERT ON payments_refund
  FOR EACH ROW EXECUTE FUNCTION payments_check_refund_of_capture();

CREATE FUNCTION payments_check_refund_of_share() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  capture text;
BEGIN
  SELECT r.capture_id INTO capture FROM payments_refund r WHERE r.id = NEW.refund_id FOR UPDATE;
  IF capture IS NULL THEN
    RETURN NEW;
  END IF;
  PERFORM FROM payments_captureshare s
    LEFT JOIN payments_refundallocation ra ON ra.allocation_id = s.allocation_id
    LEFT JOIN payments_refund r ON r.id = ra.refund_id AND r.capture_id = s.capture_id
      AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')
    WHERE s.capture_id = capture AND s.allocation_id = NEW.allocation_id
    GROUP BY s.id
    HAVING s.amount_minor >= NEW.amount_minor
             + coalesce(sum(ra.amount_minor) FILTER (WHERE r.id IS NOT NULL), 0)
       AND s.fee_minor >= NEW.fee_returned_minor
             + coalesce(sum(ra.fee_returned_minor) FILTER (WHERE r.id IS NOT NULL), 0);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'refund % is more than its capture took for one merchant', NEW.refund_id
      USING ERRCODE = '23514', TABLE = 'payments_refundallocation',
            CONSTRAINT = 'payments_refund_of_share_captured';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_of_share_captured BEFORE INSERT ON payments_refundallocation
  FOR EACH ROW EXECUTE FUNCTION payments_check_refund_of_share();
