-- What came otherwise than asked waits until somebody decides; what two people decided is done once.
-- Moves are those of payments/parked_states.py and payments/states.py; a test compares the two.

SELECT ledger_end_history('payments_merchant');
SELECT ledger_start_history('payments_merchant',
  'id', 'external_no', 'name', 'settlement_cycle', 'fee_plan_id', 'late_money', 'is_active',
  'created_at');

DROP TRIGGER payments_operation_moves ON payments_channeloperation;
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
DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
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

CREATE TRIGGER payments_parked_start BEFORE INSERT ON payments_parkedmoney FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'waiting');
CREATE TRIGGER payments_parked_moves BEFORE UPDATE ON payments_parkedmoney FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'returned>waiting,returning>returned,returning>waiting,waiting>accepted,waiting>returning');
CREATE TRIGGER payments_parked_keeps BEFORE UPDATE ON payments_parkedmoney FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'attempt_id', 'kind', 'amount_minor',
    'currency', 'entry_id', 'came_at', 'created_at');
CREATE TRIGGER payments_remedy_start BEFORE INSERT ON payments_refundremedy FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'pending_approval');
CREATE TRIGGER payments_remedy_moves BEFORE UPDATE ON payments_refundremedy FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'ordered>done,ordered>failed,pending_approval>done,pending_approval>expired,'
    'pending_approval>ordered,pending_approval>rejected');
CREATE TRIGGER payments_remedy_keeps BEFORE UPDATE ON payments_refundremedy FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'refund_id', 'kind', 'bank', 'account_tail',
    'bank_account_id', 'bank_reference', 'paid_date', 'note', 'maker', 'approval_id', 'created_at');
CREATE TRIGGER payments_link_keeps BEFORE UPDATE ON payments_paymentlink FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'code', 'amount_minor', 'currency',
    'description', 'is_single_use', 'created_by', 'created_at', 'expires_at');
CREATE TRIGGER payments_payment_keeps_link BEFORE UPDATE ON payments_payment FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('link_id');
CREATE TRIGGER payments_refund_keeps_parked BEFORE UPDATE ON payments_refund FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('parked_id');
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_parkedmoney', 'payments_refundremedy',
                              'payments_paymentlink'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_stays', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

-- What becomes of a merchant's late money is agreed to by two people, like their other terms.
CREATE TRIGGER payments_merchant_late_start BEFORE INSERT ON payments_merchant FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('late_money', 'ask');
CREATE FUNCTION payments_check_late_money() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.state = 'approved' AND r.kind = 'merchant_terms' AND r.object_id = NEW.id
    AND r.payload ->> 'late_money' = NEW.late_money;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the terms of merchant % were not agreed to by two people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_merchant',
            CONSTRAINT = 'payments_late_money_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_late_money_agreed BEFORE UPDATE ON payments_merchant FOR EACH ROW
  WHEN (OLD.late_money <> NEW.late_money) EXECUTE FUNCTION payments_check_late_money();

-- A row of money in suspense is what its entry parked.
CREATE FUNCTION payments_check_parked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_journalentry e
  JOIN ledger_posting p ON p.entry_id = e.id AND p.side = 'C' AND p.currency = NEW.currency
  JOIN ledger_account a ON a.id = p.account_id AND a.code = '2901'
  JOIN payments_paymentattempt t ON t.id = NEW.attempt_id AND t.payment_id = NEW.payment_id
  WHERE e.id = NEW.entry_id AND e.subject = NEW.payment_id
    AND e.kind = 'payment_' || NEW.kind AND p.amount_minor = NEW.amount_minor;
  IF NOT FOUND OR NEW.accepted_minor <> 0 THEN
    RAISE EXCEPTION 'money % is not what its entry parked', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_parkedmoney',
            CONSTRAINT = 'payments_parked_is_its_entry';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_parked_is_its_entry BEFORE INSERT ON payments_parkedmoney FOR EACH ROW
  EXECUTE FUNCTION payments_check_parked();

-- It is taken or given back as other people agreed, or, if it came late, as all merchants whose
-- money it would be have agreed in their terms.
CREATE FUNCTION payments_check_resolution() RETURNS trigger
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
CREATE TRIGGER payments_parked_agreed BEFORE UPDATE ON payments_parkedmoney FOR EACH ROW
  WHEN (NEW.accepted_minor <> OLD.accepted_minor
        OR (OLD.status = 'waiting' AND NEW.status <> 'waiting'))
  EXECUTE FUNCTION payments_check_resolution();

-- Never more than was paid: of what belongs to nobody, and in all; and of money in suspense all that
-- was not taken as its payment, once at a time. The payment's row is locked first, so that of two at
-- once the second sees the first.
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
-- Another way for a refund is gone as other people agreed, to exactly what they saw.
CREATE FUNCTION payments_check_remedy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  JOIN payments_refund f ON f.id = NEW.refund_id
  WHERE r.id = NEW.approval_id AND r.kind = 'refund_remedy' AND r.object_id = NEW.id
    AND r.state = 'executed' AND r.maker = NEW.maker AND r.payload ->> 'way' = NEW.kind
    AND r.amount_minor = f.amount_minor AND r.currency = f.currency
    AND (SELECT count(*) FROM ledger_approvaldecision d
         WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
           AND d.approver <> r.maker) >= r.required;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'way % for a refund has no approval by other people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refundremedy',
            CONSTRAINT = 'payments_remedy_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_remedy_agreed BEFORE UPDATE ON payments_refundremedy FOR EACH ROW
  WHEN (OLD.status = 'pending_approval' AND NEW.status IN ('ordered', 'done'))
  EXECUTE FUNCTION payments_check_remedy();

-- No refund is settled by hand without such a way that was agreed to and carried out.
CREATE FUNCTION payments_check_settled_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_refundremedy m
  WHERE m.refund_id = NEW.id AND m.kind = 'by_hand' AND m.status = 'done';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'refund % was not settled by hand as anybody agreed', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refund',
            CONSTRAINT = 'payments_refund_by_hand_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_by_hand_agreed BEFORE UPDATE ON payments_refund FOR EACH ROW
  WHEN (OLD.status <> 'settled_by_hand' AND NEW.status = 'settled_by_hand')
  EXECUTE FUNCTION payments_check_settled_by_hand();
