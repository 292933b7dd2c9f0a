CREATE OR REPLACE FUNCTION payments_check_remedy() RETURNS trigger
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
DROP TRIGGER payments_remedy_keeps_card ON payments_refundremedy;
DROP TRIGGER payments_remedy_names_card ON payments_refundremedy;
DROP FUNCTION payments_check_card();
DROP TRIGGER payments_remedy_keeps ON payments_refundremedy;
CREATE TRIGGER payments_remedy_keeps BEFORE UPDATE ON payments_refundremedy FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'refund_id', 'kind', 'bank', 'account_tail',
    'bank_account_id', 'bank_reference', 'paid_date', 'note', 'maker', 'approval_id', 'created_at');
