-- What was written since would break what stood before: it is not undone by halves.
DO $$
BEGIN
  IF EXISTS (SELECT FROM payments_refund WHERE turn > 1)
     OR EXISTS (SELECT FROM payments_refundremedy WHERE kind IN ('our_account', 'merchants')) THEN
    RAISE EXCEPTION 'refunds have come back or were made after all, and are booked so: this '
      'migration cannot be undone any more; restore a backup of before it instead'
      USING ERRCODE = '55000';
  END IF;
END $$;
DROP TRIGGER payments_capture_made_of_shares ON payments_capture;
DROP TRIGGER payments_refund_made_of_shares ON payments_refund;
DROP FUNCTION payments_check_made_shares();
DROP TRIGGER payments_void_made_of_what_is_left ON payments_void;
DROP TRIGGER payments_capture_made_of_what_is_held ON payments_capture;
DROP TRIGGER payments_refund_made_of_what_was_captured ON payments_refund;
DROP TRIGGER payments_refund_made_of_what_was_paid ON payments_refund;
DROP TRIGGER payments_refund_made_agreed ON payments_refund;
DROP TRIGGER payments_capture_made_agreed ON payments_capture;
DROP TRIGGER payments_void_made_agreed ON payments_void;
DROP FUNCTION payments_check_made_after_all();
DROP TRIGGER payments_operation_made_agreed ON payments_channeloperation;
DROP FUNCTION payments_check_order_made();
DROP TRIGGER payments_refund_came_back_before ON payments_refund;
DROP FUNCTION payments_check_reversed_before();
DROP TRIGGER payments_refund_again_agreed ON payments_refund;
DROP FUNCTION payments_check_delivered_again();
DROP TRIGGER payments_refund_to_merchants_agreed ON payments_refund;
DROP FUNCTION payments_check_given_to_merchants();
DROP TRIGGER payments_only_refunds_come_back ON payments_channeloperation;
DROP FUNCTION payments_check_came_back();
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
                        AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed'));
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
            AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')), 0)
     OR payment.amount_minor < NEW.amount_minor + coalesce((
          SELECT sum(r.amount_minor) FROM payments_refund r
          WHERE r.payment_id = NEW.payment_id AND r.id <> NEW.id AND r.parked_id IS NULL
            AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')), 0) THEN
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
        AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')
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
DROP TRIGGER payments_operation_moves ON payments_channeloperation;
CREATE TRIGGER payments_operation_moves BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>closed,'
    'manual_review>failed,manual_review>succeeded,manual_review>unknown,prepared>sending,'
    'processing>closed,processing>failed,processing>manual_review,processing>succeeded,'
    'processing>unknown,sending>awaiting_payer,sending>failed,sending>prepared,'
    'sending>processing,sending>succeeded,sending>unknown,unknown>awaiting_payer,'
    'unknown>closed,unknown>failed,unknown>manual_review,unknown>processing,'
    'unknown>succeeded');

DROP TRIGGER payments_refund_moves ON payments_refund;
CREATE TRIGGER payments_refund_moves BEFORE UPDATE ON payments_refund FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'abnormal>settled_by_hand,abnormal>submitting,funding_required>cancelled,'
    'funding_required>submitting,pending_approval>cancelled,'
    'pending_approval>funding_required,pending_approval>rejected,pending_approval>submitting,'
    'processing>abnormal,processing>failed,processing>succeeded,processing>unknown,'
    'requested>funding_required,requested>pending_approval,requested>submitting,'
    'submitting>abnormal,submitting>failed,submitting>processing,submitting>succeeded,'
    'submitting>unknown,succeeded>reversed,unknown>abnormal,unknown>failed,'
    'unknown>processing,unknown>succeeded');

DROP TRIGGER payments_capture_moves ON payments_capture;
CREATE TRIGGER payments_capture_moves BEFORE UPDATE ON payments_capture FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'processing>failed,processing>succeeded,processing>unknown,submitting>failed,'
    'submitting>processing,submitting>succeeded,submitting>unknown,unknown>failed,'
    'unknown>processing,unknown>succeeded');

DROP TRIGGER payments_void_moves ON payments_void;
CREATE TRIGGER payments_void_moves BEFORE UPDATE ON payments_void FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'processing>failed,processing>succeeded,processing>unknown,submitting>failed,'
    'submitting>processing,submitting>succeeded,submitting>unknown,unknown>failed,'
    'unknown>processing,unknown>succeeded');
