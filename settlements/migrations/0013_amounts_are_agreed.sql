-- What was agreed to is this amount, to the last minor unit: when a settlement is approved and
-- paid, when its payout is queued, and when the payout leaves.
CREATE OR REPLACE FUNCTION settlements_check_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.status IN ('approved', 'paying', 'paid') AND NEW.status IS DISTINCT FROM OLD.status THEN
    PERFORM FROM ledger_approvalrequest r
    WHERE r.id = NEW.approval_id AND r.kind = 'settlement' AND r.object_id = NEW.id
      AND r.state IN ('approved', 'executed') AND r.digest = NEW.approved_digest
      AND r.amount_minor = NEW.net_minor AND r.currency = NEW.currency
      AND r.payload ->> 'net_minor' = NEW.net_minor::text
      AND (SELECT count(*) FROM ledger_approvaldecision d
           WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
             AND d.approver <> r.maker) >= r.required;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'settlement % has no approval by other people', NEW.id
        USING ERRCODE = '23514', TABLE = 'settlements_settlement',
              CONSTRAINT = 'settlements_two_people';
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION settlements_check_payout() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM settlements_settlement s
  JOIN ledger_approvalrequest r ON r.id = s.approval_id
  WHERE s.id = NEW.settlement_id AND s.status IN ('approved', 'pay_failed', 'returned')
    AND s.net_minor = NEW.amount_minor AND s.currency = NEW.currency
    AND s.destination_id = NEW.destination_id
    AND r.id = NEW.approval_id AND r.kind = 'settlement' AND r.object_id = s.id
    AND r.state = 'approved' AND r.digest = s.approved_digest
    AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payout % is not of an approved settlement', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_payout',
            CONSTRAINT = 'settlements_payout_of_approved';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION settlements_check_instructed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.state = 'executed'
    AND r.amount_minor = NEW.amount_minor AND r.currency = NEW.currency;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payout % leaves without an executed approval', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_payout',
            CONSTRAINT = 'settlements_payout_leaves_approved';
  END IF;
  RETURN NEW;
END $$;

-- Requests from before tiers get the amount of what they are about; nobody may change them else.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE ledger_approvalrequest DISABLE TRIGGER USER;
UPDATE ledger_approvalrequest r SET amount_minor = o.net_minor, currency = o.currency
FROM settlements_settlement o
WHERE r.kind = 'settlement' AND r.object_id = o.id AND r.amount_minor IS NULL;
ALTER TABLE ledger_approvalrequest ENABLE TRIGGER USER;
SET CONSTRAINTS ALL DEFERRED;
