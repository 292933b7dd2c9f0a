-- Refunds are never more than was paid, and their money is somebody's; orders that were closed may
-- turn out paid. Moves are those of payments/states.py; a test compares the two.

DROP TRIGGER payments_operation_moves ON payments_channeloperation;
DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
CREATE TRIGGER payments_operation_moves BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
CREATE TRIGGER payments_attempt_moves BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
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
CREATE TRIGGER payments_refund_start BEFORE INSERT ON payments_refund FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'requested');
CREATE TRIGGER payments_refund_keeps BEFORE UPDATE ON payments_refund FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'merchant_id', 'created_by_id',
    'merchant_refund_no', 'amount_minor', 'unallocated_minor', 'currency', 'requested_by',
    'created_at');
CREATE TRIGGER payments_refund_stays BEFORE DELETE ON payments_refund
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER payments_refund_not_emptied BEFORE TRUNCATE ON payments_refund
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER payments_refundallocation_once BEFORE UPDATE OR DELETE ON payments_refundallocation
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER payments_refundallocation_not_emptied BEFORE TRUNCATE ON payments_refundallocation
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER payments_session_keeps BEFORE UPDATE ON payments_payersession FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'payer_id', 'token_sha256',
    'return_url', 'created_at', 'expires_at');

-- A refund's allocations and what belongs to nobody are its amount. At COMMIT.
CREATE FUNCTION payments_check_refund_sum() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  refund text := CASE TG_TABLE_NAME WHEN 'payments_refund' THEN to_jsonb(NEW) ->> 'id'
                                    ELSE to_jsonb(NEW) ->> 'refund_id' END;
BEGIN
  PERFORM FROM payments_refund r
  WHERE r.id = refund AND r.amount_minor = r.unallocated_minor + coalesce(
    (SELECT sum(a.amount_minor) FROM payments_refundallocation a WHERE a.refund_id = r.id), 0);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the allocations of refund % do not add up to its amount', refund
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_adds_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_refund_adds_up AFTER INSERT ON payments_refund
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_refund_sum();
CREATE CONSTRAINT TRIGGER payments_refundallocation_adds_up AFTER INSERT
  ON payments_refundallocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_refund_sum();

-- Never more than was paid: of an allocation, of its fee, and of what belongs to nobody. The
-- payment's row is locked first, so that of two at once the second sees the first.
CREATE FUNCTION payments_check_refunded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  payment payments_payment%ROWTYPE;
BEGIN
  SELECT p.* INTO payment FROM payments_payment p WHERE p.id = NEW.payment_id FOR UPDATE;
  IF payment.paid_at IS NULL OR payment.currency <> NEW.currency
     OR payment.unallocated_minor < NEW.unallocated_minor + coalesce((
          SELECT sum(r.unallocated_minor) FROM payments_refund r
          WHERE r.payment_id = NEW.payment_id AND r.id <> NEW.id
            AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')), 0)
     OR payment.amount_minor < NEW.amount_minor + coalesce((
          SELECT sum(r.amount_minor) FROM payments_refund r
          WHERE r.payment_id = NEW.payment_id AND r.id <> NEW.id
            AND r.status NOT IN ('failed', 'rejected', 'cancelled', 'reversed')), 0) THEN
    RAISE EXCEPTION 'refund % is more than was paid', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_of_what_was_paid';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_of_what_was_paid BEFORE INSERT ON payments_refund
  FOR EACH ROW EXECUTE FUNCTION payments_check_refunded();

CREATE FUNCTION payments_check_refunded_allocation() RETURNS trigger
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
CREATE TRIGGER payments_refund_of_what_was_allocated BEFORE INSERT ON payments_refundallocation
  FOR EACH ROW EXECUTE FUNCTION payments_check_refunded_allocation();

-- A refund that waited for two people goes on only with their approval.
CREATE FUNCTION payments_check_refund_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.kind = 'refund' AND r.object_id = NEW.id
    AND r.state IN ('approved', 'executed')
    AND (SELECT count(*) FROM ledger_approvaldecision d
         WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
           AND d.approver <> r.maker) >= r.required;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'refund % has no approval by other people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_approved';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_approved BEFORE UPDATE ON payments_refund FOR EACH ROW
  WHEN (OLD.status = 'pending_approval' AND NEW.status IN ('submitting', 'funding_required'))
  EXECUTE FUNCTION payments_check_refund_approval();
