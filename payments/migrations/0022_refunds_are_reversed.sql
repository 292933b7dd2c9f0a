-- What a channel takes back of a refund that it had made is owed to its payer again, until two people
-- end it; and what two people say of a contradiction is done once, and only so. Moves are those of
-- payments/states.py and payments/capture_states.py; a test compares them.

DROP TRIGGER payments_operation_moves ON payments_channeloperation;
CREATE TRIGGER payments_operation_moves BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,failed>succeeded,'
    'manual_review>closed,manual_review>failed,manual_review>succeeded,manual_review>unknown,'
    'prepared>sending,'
    'processing>closed,processing>failed,processing>manual_review,processing>succeeded,'
    'processing>unknown,sending>awaiting_payer,sending>failed,sending>prepared,'
    'sending>processing,sending>succeeded,sending>unknown,succeeded>manual_review,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');

DROP TRIGGER payments_refund_moves ON payments_refund;
CREATE TRIGGER payments_refund_moves BEFORE UPDATE ON payments_refund FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'abnormal>settled_by_hand,abnormal>submitting,failed>succeeded,'
    'funding_required>cancelled,funding_required>submitting,pending_approval>cancelled,'
    'pending_approval>funding_required,pending_approval>rejected,pending_approval>submitting,'
    'processing>abnormal,processing>failed,processing>reversed,processing>succeeded,'
    'processing>unknown,requested>funding_required,requested>pending_approval,requested>submitting,'
    'reversed>failed,reversed>settled_by_hand,reversed>submitting,submitting>abnormal,'
    'submitting>failed,submitting>processing,submitting>reversed,submitting>succeeded,'
    'submitting>unknown,succeeded>reversed,unknown>abnormal,unknown>failed,unknown>processing,'
    'unknown>reversed,unknown>succeeded');

DROP TRIGGER payments_capture_moves ON payments_capture;
CREATE TRIGGER payments_capture_moves BEFORE UPDATE ON payments_capture FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'failed>succeeded,processing>failed,processing>succeeded,processing>unknown,'
    'submitting>failed,submitting>processing,submitting>succeeded,submitting>unknown,'
    'unknown>failed,unknown>processing,unknown>succeeded');

DROP TRIGGER payments_void_moves ON payments_void;
CREATE TRIGGER payments_void_moves BEFORE UPDATE ON payments_void FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'failed>succeeded,processing>failed,processing>succeeded,processing>unknown,'
    'submitting>failed,submitting>processing,submitting>succeeded,submitting>unknown,'
    'unknown>failed,unknown>processing,unknown>succeeded');

-- Only the money of a refund comes back after it was made.
CREATE FUNCTION payments_check_came_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'order % is no refund: what it did does not come back', NEW.id
    USING ERRCODE = '23514', TABLE = 'payments_channeloperation',
          CONSTRAINT = 'payments_only_refunds_come_back';
END $$;
CREATE TRIGGER payments_only_refunds_come_back BEFORE UPDATE ON payments_channeloperation
  FOR EACH ROW
  WHEN (OLD.status = 'succeeded' AND NEW.status = 'manual_review' AND NEW.kind <> 'refund')
  EXECUTE FUNCTION payments_check_came_back();

-- What came back goes to its merchants as other people agreed; money in suspense goes back there by
-- itself, where other people decide on it.
CREATE FUNCTION payments_check_given_to_merchants() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_refundremedy m
  WHERE m.refund_id = NEW.id AND m.kind = 'merchants' AND m.status = 'done';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'refund % was not given to its merchants as anybody agreed', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_to_merchants_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_to_merchants_agreed BEFORE UPDATE ON payments_refund FOR EACH ROW
  WHEN (NEW.status = 'failed' AND NEW.parked_id IS NULL
        AND (OLD.status = 'reversed'
             OR (OLD.turn > 1 AND OLD.status IN ('submitting', 'processing', 'unknown'))))
  EXECUTE FUNCTION payments_check_given_to_merchants();

-- It is on its way again only as other people agreed, or once its channel delivered it after all.
CREATE FUNCTION payments_check_delivered_again() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_refundremedy m WHERE m.refund_id = NEW.id AND m.status = 'ordered'
  UNION ALL
  SELECT FROM payments_channeloperation o WHERE o.id = NEW.operation_id AND o.status = 'succeeded';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'refund % is not delivered again as anybody agreed', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_again_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_again_agreed BEFORE UPDATE ON payments_refund FOR EACH ROW
  WHEN (OLD.status = 'reversed' AND NEW.status = 'submitting')
  EXECUTE FUNCTION payments_check_delivered_again();

-- What was not delivered elsewhere waits as reversed again, if it is booked that it came back.
CREATE FUNCTION payments_check_reversed_before() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  step text := ':reversed' || CASE WHEN NEW.turn > 2 THEN ':' || (NEW.turn - 1) ELSE '' END;
BEGIN
  PERFORM FROM ledger_journalentry e
  WHERE e.source = NEW.id || ':unallocated' || step
     OR e.source IN (SELECT p.id || step FROM payments_refundallocation p
                     WHERE p.refund_id = NEW.id);
  IF NEW.turn < 2 OR NOT FOUND THEN
    RAISE EXCEPTION 'refund % never came back', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_came_back_before';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_came_back_before BEFORE UPDATE ON payments_refund FOR EACH ROW
  WHEN (NEW.status = 'reversed' AND OLD.status IN ('submitting', 'processing', 'unknown'))
  EXECUTE FUNCTION payments_check_reversed_before();

-- What failed here was made after all only as other people agreed.
CREATE FUNCTION payments_check_made_after_all() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.kind = 'contradiction' AND r.object_id = NEW.operation_id AND r.state = 'executed'
    AND r.payload ->> 'way' = 'made'
    AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency
    AND (SELECT count(*) FROM ledger_approvaldecision d
         WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
           AND d.approver <> r.maker) >= r.required;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% % was not made after all as anybody agreed', TG_TABLE_NAME, NEW.id
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_refund', 'payments_capture', 'payments_void'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW
                    WHEN (OLD.status = ''failed'' AND NEW.status = ''succeeded'')
                    EXECUTE FUNCTION payments_check_made_after_all()',
                   name || '_made_agreed', name);
  END LOOP;
END $$;

-- The order of a refund that was made after all succeeded, by the same word of theirs.
CREATE FUNCTION payments_check_order_made() RETURNS trigger
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
CREATE TRIGGER payments_operation_made_agreed BEFORE UPDATE ON payments_channeloperation
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_order_made();

-- What failed had freed its share: it must be free still. Whatever says what may be refunded, taken
-- or given back says it again.
CREATE TRIGGER payments_refund_made_of_what_was_paid BEFORE UPDATE ON payments_refund
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_refunded();
CREATE TRIGGER payments_refund_made_of_what_was_captured BEFORE UPDATE ON payments_refund
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_refund_of_capture();
CREATE TRIGGER payments_capture_made_of_what_is_held BEFORE UPDATE ON payments_capture
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_captured();
CREATE TRIGGER payments_void_made_of_what_is_left BEFORE UPDATE ON payments_void
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_voided();
CREATE FUNCTION payments_check_made_shares() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'payments_refund' THEN
    PERFORM FROM payments_refundallocation p
      JOIN payments_paymentallocation a ON a.id = p.allocation_id
      LEFT JOIN (
        SELECT o.allocation_id, sum(o.amount_minor) AS amount, sum(o.fee_returned_minor) AS fee
        FROM payments_refundallocation o JOIN payments_refund r ON r.id = o.refund_id
        WHERE r.payment_id = NEW.payment_id AND r.id <> NEW.id
          AND r.status NOT IN ('failed', 'rejected', 'cancelled')
        GROUP BY o.allocation_id) others ON others.allocation_id = a.id
      WHERE p.refund_id = NEW.id
        AND (a.amount_minor < p.amount_minor + coalesce(others.amount, 0)
          OR a.fee_minor < p.fee_returned_minor + coalesce(others.fee, 0));
    IF NOT FOUND THEN
      -- Of a capture, what that took for each merchant is all that there is.
      PERFORM FROM payments_refundallocation p
        JOIN payments_refund made ON made.id = p.refund_id AND made.capture_id IS NOT NULL
        LEFT JOIN payments_captureshare s
          ON s.capture_id = made.capture_id AND s.allocation_id = p.allocation_id
        LEFT JOIN (
          SELECT o.allocation_id, r.capture_id, sum(o.amount_minor) AS amount,
                 sum(o.fee_returned_minor) AS fee
          FROM payments_refundallocation o JOIN payments_refund r ON r.id = o.refund_id
          WHERE r.payment_id = NEW.payment_id AND r.id <> NEW.id
            AND r.status NOT IN ('failed', 'rejected', 'cancelled')
          GROUP BY o.allocation_id, r.capture_id) others
          ON others.allocation_id = p.allocation_id AND others.capture_id = made.capture_id
        WHERE p.refund_id = NEW.id
          AND (s.id IS NULL OR s.amount_minor < p.amount_minor + coalesce(others.amount, 0)
            OR s.fee_minor < p.fee_returned_minor + coalesce(others.fee, 0));
    END IF;
  ELSE
    PERFORM FROM payments_captureshare p
      JOIN payments_paymentallocation a ON a.id = p.allocation_id
      LEFT JOIN (
        SELECT o.allocation_id, sum(o.amount_minor) AS amount, sum(o.fee_minor) AS fee
        FROM payments_captureshare o JOIN payments_capture c ON c.id = o.capture_id
        WHERE c.payment_id = NEW.payment_id AND c.id <> NEW.id AND c.status <> 'failed'
        GROUP BY o.allocation_id) others ON others.allocation_id = a.id
      WHERE p.capture_id = NEW.id
        AND (a.amount_minor < p.amount_minor + coalesce(others.amount, 0)
          OR a.fee_minor < p.fee_minor + coalesce(others.fee, 0));
  END IF;
  IF FOUND THEN
    RAISE EXCEPTION '% % is more than one merchant has left', TG_TABLE_NAME, NEW.id
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_made_of_shares BEFORE UPDATE ON payments_refund
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_made_shares();
CREATE TRIGGER payments_capture_made_of_shares BEFORE UPDATE ON payments_capture
  FOR EACH ROW WHEN (OLD.status = 'failed' AND NEW.status = 'succeeded')
  EXECUTE FUNCTION payments_check_made_shares();

-- Money that waits in suspense goes back also where other people agreed that its channel had given
-- it back after all.
CREATE OR REPLACE FUNCTION payments_check_resolution() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  way text := CASE WHEN NEW.status = 'returning' THEN 'refund' ELSE 'accept' END;
BEGIN
  IF NEW.approval_id IS DISTINCT FROM OLD.approval_id THEN
    PERFORM FROM ledger_approvalrequest r
    WHERE r.id = NEW.approval_id AND r.kind = 'payment_resolution' AND r.object_id = NEW.id
      AND r.state = 'executed' AND r.payload ->> 'way' = way
      AND r.currency = NEW.currency AND r.amount_minor = CASE way
        WHEN 'refund' THEN NEW.amount_minor - NEW.accepted_minor
        ELSE NEW.accepted_minor - OLD.accepted_minor END
      AND (SELECT count(*) FROM ledger_approvaldecision d
           WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
             AND d.approver <> r.maker) >= r.required;
  ELSE
    PERFORM FROM payments_paymentallocation a
    JOIN payments_merchant m ON m.id = a.merchant_id
    WHERE a.payment_id = NEW.payment_id AND NEW.kind = 'paid_late'
    HAVING bool_and(m.late_money = way);
    IF NOT FOUND AND way = 'refund' THEN
      PERFORM FROM payments_refund f JOIN ledger_approvalrequest r ON r.object_id = f.operation_id
      WHERE f.parked_id = NEW.id AND f.status = 'failed'
        AND f.status_code IN ('contradicted', 'contradiction_ended')
        AND r.kind = 'contradiction' AND r.state = 'executed' AND r.payload ->> 'way' = 'made'
        AND r.currency = NEW.currency AND r.amount_minor = NEW.amount_minor - NEW.accepted_minor
        AND (SELECT count(*) FROM ledger_approvaldecision d
             WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
               AND d.approver <> r.maker) >= r.required;
    END IF;
  END IF;
  IF NOT FOUND OR (way = 'accept' AND NOT EXISTS (
       SELECT FROM payments_payment p
       WHERE p.id = NEW.payment_id AND p.currency = NEW.currency
         AND p.amount_minor = NEW.accepted_minor - OLD.accepted_minor)) THEN
    RAISE EXCEPTION 'nobody agreed to what becomes of money %', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_parkedmoney',
            CONSTRAINT = 'payments_parked_agreed';
  END IF;
  RETURN NEW;
END $$;

-- What came back keeps its share of the payment, as long as its payer is owed it.
CREATE OR REPLACE FUNCTION payments_check_refunded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  payment payments_payment%ROWTYPE;
BEGIN
  SELECT p.* INTO payment FROM payments_payment p WHERE p.id = NEW.payment_id FOR UPDATE;
  IF NEW.parked_id IS NOT NULL THEN
    PERFORM FROM payments_parkedmoney k
    WHERE k.id = NEW.parked_id AND k.payment_id = NEW.payment_id AND k.currency = NEW.currency
      AND k.amount_minor - k.accepted_minor = NEW.amount_minor
      AND NEW.unallocated_minor = NEW.amount_minor AND k.status = 'returning'
      AND NOT EXISTS (SELECT FROM payments_refund r
                      WHERE r.parked_id = k.id AND r.id <> NEW.id
                        AND r.status NOT IN ('failed', 'rejected', 'cancelled'));
    IF NOT FOUND THEN
      RAISE EXCEPTION 'refund % is not what waits in suspense', NEW.id
        USING ERRCODE = '23514', TABLE = 'payments_refund',
              CONSTRAINT = 'payments_refund_of_what_was_paid';
    END IF;
    RETURN NEW;
  END IF;
  IF payment.paid_at IS NULL OR payment.currency <> NEW.currency
     OR payment.unallocated_minor < NEW.unallocated_minor + coalesce((
          SELECT sum(r.unallocated_minor) FROM payments_refund r
          WHERE r.payment_id = NEW.payment_id AND r.id <> NEW.id AND r.parked_id IS NULL
            AND r.status NOT IN ('failed', 'rejected', 'cancelled')), 0)
     OR payment.amount_minor < NEW.amount_minor + coalesce((
          SELECT sum(r.amount_minor) FROM payments_refund r
          WHERE r.payment_id = NEW.payment_id AND r.id <> NEW.id AND r.parked_id IS NULL
            AND r.status NOT IN ('failed', 'rejected', 'cancelled')), 0) THEN
    RAISE EXCEPTION 'refund % is more than was paid', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_of_what_was_paid';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION payments_check_refunded_allocation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_refund r
    JOIN payments_paymentallocation a ON a.payment_id = r.payment_id
    WHERE r.id = NEW.refund_id AND a.id = NEW.allocation_id FOR UPDATE OF r;
  IF NOT FOUND OR EXISTS (
      SELECT FROM payments_paymentallocation a
      LEFT JOIN payments_refundallocation ra ON ra.allocation_id = a.id
      LEFT JOIN payments_refund r ON r.id = ra.refund_id
        AND r.status NOT IN ('failed', 'rejected', 'cancelled')
      WHERE a.id = NEW.allocation_id
      GROUP BY a.id
      HAVING a.amount_minor < NEW.amount_minor
               + coalesce(sum(ra.amount_minor) FILTER (WHERE r.id IS NOT NULL), 0)
          OR a.fee_minor < NEW.fee_returned_minor
               + coalesce(sum(ra.fee_returned_minor) FILTER (WHERE r.id IS NOT NULL), 0)) THEN
    RAISE EXCEPTION 'refund % is more than was paid to one merchant', NEW.refund_id
      USING ERRCODE = '23514', TABLE = 'payments_refundallocation',
            CONSTRAINT = 'payments_refund_of_what_was_allocated';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION payments_check_refund_of_capture() RETURNS trigger
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
            AND r.status NOT IN ('failed', 'rejected', 'cancelled')), 0)
      AND c.amount_minor >= NEW.amount_minor + coalesce((
          SELECT sum(r.amount_minor) FROM payments_refund r
          WHERE r.capture_id = c.id AND r.id <> NEW.id
            AND r.status NOT IN ('failed', 'rejected', 'cancelled')), 0);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'refund % is more than its capture took', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_of_what_was_captured';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION payments_check_refund_of_share() RETURNS trigger
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
      AND r.status NOT IN ('failed', 'rejected', 'cancelled')
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
