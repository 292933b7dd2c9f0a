-- A settlement is its items and its hold, goes on only with two people, and pays once.

-- The items add up to the net, and the hold entry moved exactly that to 2003. At COMMIT.
CREATE FUNCTION settlements_check_settlement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
       SELECT FROM settlements_settlementitem i
       JOIN payments_balancetransaction l ON l.id = i.balance_transaction_id
       WHERE i.settlement_id = NEW.id
       HAVING count(*) = NEW.item_count AND sum(i.net_minor) = NEW.net_minor
          AND sum(l.net_minor) = NEW.net_minor AND sum(l.gross_minor) = NEW.gross_minor
          AND bool_and(l.merchant_id = NEW.merchant_id AND l.currency = NEW.currency))
     OR NOT EXISTS (
       SELECT FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
       WHERE p.entry_id = NEW.hold_entry_id AND a.code = '2003' AND p.side = 'C'
         AND a.owner_id = NEW.merchant_id AND p.currency = NEW.currency
       HAVING sum(p.amount_minor) = NEW.net_minor) THEN
    RAISE EXCEPTION 'settlement % is not the sum of its items and its hold', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_settlement',
            CONSTRAINT = 'settlements_settlement_adds_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER settlements_settlement_adds_up AFTER INSERT ON settlements_settlement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settlements_check_settlement();

-- Items come with their settlement, in the transaction of its hold entry, and are its merchant's
-- lines. Once per statement: it stands for the foreign keys, which would ask row by row. What it
-- finds can never go away, since settlements and lines are never deleted.
CREATE FUNCTION settlements_check_items() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM added i
  LEFT JOIN settlements_settlement s ON s.id = i.settlement_id
  LEFT JOIN ledger_journalentry e ON e.id = s.hold_entry_id AND e.xact = pg_current_xact_id()
  LEFT JOIN payments_balancetransaction l
    ON l.id = i.balance_transaction_id AND l.net_minor = i.net_minor
   AND l.merchant_id = s.merchant_id AND l.currency = s.currency
  WHERE e.id IS NULL OR l.id IS NULL OR i.released_at IS NOT NULL;
  IF FOUND THEN
    RAISE EXCEPTION 'settlements take lines of their merchant only, when they are drafted'
      USING ERRCODE = '23001', TABLE = 'settlements_settlementitem',
            CONSTRAINT = 'settlements_items_closed';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER settlements_items_of_this_draft AFTER INSERT ON settlements_settlementitem
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION settlements_check_items();
CREATE TRIGGER settlements_item_keeps BEFORE UPDATE ON settlements_settlementitem FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'settlement_id', 'balance_transaction_id',
    'net_minor');

-- A line is free again only when its settlement is given up, and is never taken back.
CREATE FUNCTION settlements_check_released() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM after a JOIN before b ON b.id = a.id
  JOIN settlements_settlement s ON s.id = a.settlement_id
  WHERE a.released_at IS DISTINCT FROM b.released_at
    AND (b.released_at IS NOT NULL OR s.status NOT IN ('rejected', 'cancelled'));
  IF FOUND THEN
    RAISE EXCEPTION 'a line is free again only when its settlement is given up'
      USING ERRCODE = '23001', TABLE = 'settlements_settlementitem',
            CONSTRAINT = 'settlements_items_released';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER settlements_items_of_given_up AFTER UPDATE ON settlements_settlementitem
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION settlements_check_released();

-- Who gives a settlement up frees all its lines and gives the hold back. At COMMIT.
CREATE FUNCTION settlements_check_given_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM settlements_settlementitem
             WHERE settlement_id = NEW.id AND released_at IS NULL)
     OR NOT EXISTS (
       SELECT FROM ledger_journalentry e
       JOIN ledger_posting p ON p.entry_id = e.id
       JOIN ledger_account a ON a.id = p.account_id
       WHERE e.source = NEW.id || ':release' AND a.code = '2003' AND p.side = 'D'
         AND a.owner_id = NEW.merchant_id AND p.currency = NEW.currency
         AND p.amount_minor = NEW.net_minor) THEN
    RAISE EXCEPTION 'settlement % was given up, but its lines or its hold were not', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_settlement',
            CONSTRAINT = 'settlements_given_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER settlements_given_up AFTER UPDATE ON settlements_settlement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.status IN ('rejected', 'cancelled') AND OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION settlements_check_given_up();

-- Nobody pays out alone: from `approved` on, a request of equal digest, approved by others.
CREATE FUNCTION settlements_check_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.status IN ('approved', 'paying', 'paid') AND NEW.status IS DISTINCT FROM OLD.status THEN
    PERFORM FROM ledger_approvalrequest r
    WHERE r.id = NEW.approval_id AND r.kind = 'settlement' AND r.object_id = NEW.id
      AND r.state IN ('approved', 'executed') AND r.digest = NEW.approved_digest
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
CREATE TRIGGER settlements_two_people BEFORE UPDATE ON settlements_settlement
  FOR EACH ROW EXECUTE FUNCTION settlements_check_approval();

-- A payout pays an approved settlement, the whole of it.
CREATE FUNCTION settlements_check_payout() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM settlements_settlement s
  WHERE s.id = NEW.settlement_id AND s.status IN ('approved', 'paying')
    AND s.net_minor = NEW.amount_minor AND s.currency = NEW.currency
    AND s.approved_digest IS NOT NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payout % is not of an approved settlement', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_payout',
            CONSTRAINT = 'settlements_payout_of_approved';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER settlements_payout_of_approved BEFORE INSERT ON settlements_payout
  FOR EACH ROW EXECUTE FUNCTION settlements_check_payout();

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['settlements_paymentfile', 'settlements_bill',
                              'settlements_settlementbatch'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_once', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['settlements_settlement', 'settlements_settlementitem',
                              'settlements_payout', 'settlements_destination',
                              'settlements_billline'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_stays', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

CREATE TRIGGER settlements_settlement_keeps BEFORE UPDATE ON settlements_settlement FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'batch_id', 'merchant_id', 'currency',
    'gross_minor', 'fee_minor', 'net_minor', 'item_count', 'hold_entry_id', 'business_date',
    'created_at');
CREATE TRIGGER settlements_payout_keeps BEFORE UPDATE ON settlements_payout FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'settlement_id', 'operation_id', 'amount_minor',
    'currency', 'created_at');
CREATE TRIGGER settlements_destination_keeps BEFORE UPDATE ON settlements_destination
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'kind', 'currency',
    'holder_name', 'bank_name', 'bank_code', 'account_encrypted', 'account_tail',
    'account_index', 'version', 'created_at');
CREATE TRIGGER settlements_bill_line_keeps BEFORE UPDATE ON settlements_billline FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'bill_id', 'line_no', 'direction', 'amount_minor',
    'currency', 'booking_date', 'bank_reference', 'end_to_end_id', 'text');
CREATE TRIGGER settlements_settlement_start BEFORE INSERT ON settlements_settlement FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'draft');
CREATE TRIGGER settlements_payout_start BEFORE INSERT ON settlements_payout FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'queued');
