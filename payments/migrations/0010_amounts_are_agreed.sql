-- What was agreed to is this amount, to the last minor unit.
CREATE OR REPLACE FUNCTION payments_check_refund_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.kind = 'refund' AND r.object_id = NEW.id
    AND r.state IN ('approved', 'executed')
    AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency
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

-- Requests from before tiers get the amount of what they are about; nobody may change them else.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE ledger_approvalrequest DISABLE TRIGGER USER;
UPDATE ledger_approvalrequest r SET amount_minor = o.amount_minor, currency = o.currency
FROM payments_refund o
WHERE r.kind = 'refund' AND r.object_id = o.id AND r.amount_minor IS NULL;
-- What was agreed to and waits for funds is executed from now on, so that it never runs out.
UPDATE ledger_approvalrequest r SET state = 'executed', version = r.version + 1
FROM payments_refund o
WHERE r.id = o.approval_id AND o.status = 'funding_required' AND r.state = 'approved';
ALTER TABLE ledger_approvalrequest ENABLE TRIGGER USER;
SET CONSTRAINTS ALL DEFERRED;
