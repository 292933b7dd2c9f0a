-- Terms change by two people only: the next version of a fee plan, which version a merchant is on
-- and when their money becomes available, and what a merchant's account may be used for.
--
-- A row with other terms is taken while a request about exactly these is approved and not yet
-- executed; ledger 0002 lets a request become approved only by enough other people.

CREATE FUNCTION payments_check_fee_plan() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.kind = 'fee_plan' AND r.state = 'approved'
    AND r.payload ->> 'name' = NEW.name AND (r.payload ->> 'version')::int = NEW.version
    AND r.payload ->> 'currency' = NEW.currency
    AND (r.payload ->> 'fee_bps')::int = NEW.fee_bps
    AND (r.payload ->> 'fixed_minor')::bigint = NEW.fixed_minor
    AND (r.payload ->> 'minimum_minor')::bigint = NEW.minimum_minor
    AND (r.payload ->> 'maximum_minor')::bigint IS NOT DISTINCT FROM NEW.maximum_minor
    AND (r.payload ->> 'payout_fee_minor')::bigint = NEW.payout_fee_minor
    AND (r.payload ->> 'vat_bps')::int = NEW.vat_bps
    AND r.payload ->> 'refund_policy' = NEW.refund_policy;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'version % of fee plan % was not agreed to by two people', NEW.version, NEW.name
      USING ERRCODE = '23514', TABLE = 'payments_feeplan',
            CONSTRAINT = 'payments_fee_plan_agreed';
  END IF;
  RETURN NEW;
END $$;
-- The first version of a plan binds nobody: who is put on it is agreed to.
CREATE TRIGGER payments_fee_plan_agreed BEFORE INSERT ON payments_feeplan FOR EACH ROW
  WHEN (NEW.version > 1) EXECUTE FUNCTION payments_check_fee_plan();

CREATE FUNCTION payments_check_merchant_terms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.state = 'approved' AND (
    r.kind = 'merchant_terms' AND r.object_id = NEW.id
    AND r.payload ->> 'fee_plan_id' = NEW.fee_plan_id
    AND r.payload ->> 'settlement_cycle' = NEW.settlement_cycle
    OR r.kind = 'fee_plan' AND (r.payload ->> 'moves_merchants')::bool
    AND NEW.settlement_cycle = OLD.settlement_cycle
    AND EXISTS (SELECT FROM payments_feeplan n JOIN payments_feeplan o ON o.name = n.name
                WHERE n.id = NEW.fee_plan_id AND o.id = OLD.fee_plan_id
                  AND r.payload ->> 'name' = n.name
                  AND (r.payload ->> 'version')::int = n.version));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the terms of merchant % were not agreed to by two people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_merchant',
            CONSTRAINT = 'payments_merchant_terms_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_merchant_terms_agreed BEFORE UPDATE ON payments_merchant FOR EACH ROW
  WHEN ((OLD.fee_plan_id, OLD.settlement_cycle)
        IS DISTINCT FROM (NEW.fee_plan_id, NEW.settlement_cycle))
  EXECUTE FUNCTION payments_check_merchant_terms();

CREATE FUNCTION payments_check_account_terms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.kind = 'account_terms' AND r.object_id = NEW.merchant_id AND r.state = 'approved'
    AND r.payload ->> 'currency' = NEW.currency
    AND (r.payload ->> 'advance_limit_minor')::bigint = NEW.advance_limit_minor
    AND (r.payload ->> 'is_reserve_for_refunds')::bool = NEW.is_reserve_for_refunds
    AND (r.payload ->> 'reserve_bps')::int = NEW.reserve_bps
    AND (r.payload ->> 'reserve_days')::int = NEW.reserve_days;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the terms of merchant account % were not agreed to by two people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_merchantaccount',
            CONSTRAINT = 'payments_account_terms_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_account_terms_agreed BEFORE UPDATE ON payments_merchantaccount FOR EACH ROW
  WHEN ((OLD.advance_limit_minor, OLD.is_reserve_for_refunds, OLD.reserve_bps, OLD.reserve_days)
        IS DISTINCT FROM
        (NEW.advance_limit_minor, NEW.is_reserve_for_refunds, NEW.reserve_bps, NEW.reserve_days))
  EXECUTE FUNCTION payments_check_account_terms();
-- An account is opened with no such terms: neither debt nor a reserve, until two people agree.
CREATE TRIGGER payments_account_opens_plain BEFORE INSERT ON payments_merchantaccount FOR EACH ROW
  WHEN ((NEW.advance_limit_minor, NEW.is_reserve_for_refunds, NEW.reserve_bps, NEW.reserve_days)
        IS DISTINCT FROM (0, false, 0, 0))
  EXECUTE FUNCTION payments_check_account_terms();
-- (A merchant begins on any version that is in the table: each is a first one, or agreed to. On
-- which, and with what cycle, is what opening a merchant says; from then on two people change it.)

-- All versions of a plan count in one currency: who is moved to the next one is charged as agreed.
CREATE FUNCTION payments_check_plan_currency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_feeplan p WHERE p.name = NEW.name AND p.currency <> NEW.currency;
  IF FOUND THEN
    RAISE EXCEPTION 'fee plan % counts in another currency than %', NEW.name, NEW.currency
      USING ERRCODE = '23514', TABLE = 'payments_feeplan',
            CONSTRAINT = 'payments_fee_plan_of_one_currency';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_fee_plan_of_one_currency BEFORE INSERT ON payments_feeplan FOR EACH ROW
  EXECUTE FUNCTION payments_check_plan_currency();
