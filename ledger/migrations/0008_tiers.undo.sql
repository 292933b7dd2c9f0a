DROP TRIGGER ledger_approvaltier_not_emptied ON ledger_approvaltier;
DROP TRIGGER ledger_approvaltier_once ON ledger_approvaltier;
DROP TRIGGER ledger_tier_approved ON ledger_approvaltier;
DROP FUNCTION ledger_check_tier();

DROP TRIGGER ledger_request_moves ON ledger_approvalrequest;
CREATE TRIGGER ledger_request_moves BEFORE UPDATE ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('state',
    'approved>executed,approved>voided,'
    'pending>approved,pending>expired,pending>rejected,pending>voided');
DROP TRIGGER ledger_request_keeps ON ledger_approvalrequest;
CREATE TRIGGER ledger_request_keeps BEFORE UPDATE ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'kind', 'object_type', 'object_id', 'payload',
    'digest', 'maker', 'required', 'created_at', 'expires_at');

CREATE OR REPLACE FUNCTION ledger_check_approved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.state IN ('approved', 'executed') AND (
      (SELECT count(*) FROM ledger_approvaldecision
       WHERE request_id = NEW.id AND decision = 'approve' AND digest = NEW.digest) < NEW.required
      OR EXISTS (SELECT FROM ledger_approvaldecision
                 WHERE request_id = NEW.id AND decision = 'reject')) THEN
    RAISE EXCEPTION 'request % has not been approved by % people', NEW.id, NEW.required
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_enough_approvals';
  END IF;
  RETURN NEW;
END $$;

DROP TRIGGER ledger_decision_as_head ON ledger_approvaldecision;
DROP FUNCTION ledger_check_head();
DROP TRIGGER ledger_request_follows_tier ON ledger_approvalrequest;
DROP FUNCTION ledger_check_request();
DROP FUNCTION ledger_canonical(jsonb);
DROP FUNCTION ledger_tier_of(text, text, bigint);
