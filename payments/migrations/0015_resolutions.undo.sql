DROP TRIGGER payments_refund_by_hand_agreed ON payments_refund;
DROP FUNCTION payments_check_settled_by_hand();
DROP TRIGGER payments_remedy_agreed ON payments_refundremedy;
DROP FUNCTION payments_check_remedy();
CREATE OR REPLACE FUNCTION payments_check_refunded() RETURNS trigger
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
DROP TRIGGER payments_parked_agreed ON payments_parkedmoney;
DROP FUNCTION payments_check_resolution();
DROP TRIGGER payments_late_money_agreed ON payments_merchant;
DROP FUNCTION payments_check_late_money();
DROP TRIGGER payments_merchant_late_start ON payments_merchant;
DROP TRIGGER payments_parked_is_its_entry ON payments_parkedmoney;
DROP FUNCTION payments_check_parked();
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_parkedmoney', 'payments_refundremedy',
                              'payments_paymentlink'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_stays', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
  END LOOP;
END $$;
DROP TRIGGER payments_refund_keeps_parked ON payments_refund;
DROP TRIGGER payments_payment_keeps_link ON payments_payment;
DROP TRIGGER payments_link_keeps ON payments_paymentlink;
DROP TRIGGER payments_remedy_keeps ON payments_refundremedy;
DROP TRIGGER payments_remedy_moves ON payments_refundremedy;
DROP TRIGGER payments_remedy_start ON payments_refundremedy;
DROP TRIGGER payments_parked_keeps ON payments_parkedmoney;
DROP TRIGGER payments_parked_moves ON payments_parkedmoney;
DROP TRIGGER payments_parked_start ON payments_parkedmoney;
DROP TRIGGER payments_operation_moves ON payments_channeloperation;
CREATE TRIGGER payments_operation_moves BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
DROP TRIGGER payments_attempt_moves ON payments_paymentattempt;
CREATE TRIGGER payments_attempt_moves BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,closed>succeeded,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
SELECT ledger_end_history('payments_merchant');
SELECT ledger_start_history('payments_merchant',
  'id', 'external_no', 'name', 'settlement_cycle', 'fee_plan_id', 'is_active', 'created_at');
