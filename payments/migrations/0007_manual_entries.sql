-- What people book by hand is what others agreed to; what is reserved and frozen is somebody's.
-- Moves are those of payments/states.py; a test compares the two.

CREATE TRIGGER payments_manual_start BEFORE INSERT ON payments_manualentry FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'pending_approval');
CREATE TRIGGER payments_manual_moves BEFORE UPDATE ON payments_manualentry FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'pending_approval>booked,pending_approval>cancelled,pending_approval>expired,'
    'pending_approval>rejected');
CREATE TRIGGER payments_manual_keeps BEFORE UPDATE ON payments_manualentry FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'kind', 'merchant_account_id', 'amount_minor',
    'currency', 'reason_code', 'note', 'refers_to', 'freeze_id', 'reserve_hold_id', 'maker',
    'approval_id', 'created_at');

-- What is booked stays as it was booked.
CREATE FUNCTION payments_keep_booked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'manual entry % was booked, and stays as it was', OLD.id
    USING ERRCODE = '23001', TABLE = 'payments_manualentry',
          CONSTRAINT = 'payments_manual_stays_booked';
END $$;
CREATE TRIGGER payments_manual_stays_booked BEFORE UPDATE ON payments_manualentry FOR EACH ROW
  WHEN (OLD.status = 'booked') EXECUTE FUNCTION payments_keep_booked();

DO $$
DECLARE name text;
BEGIN
  CREATE TRIGGER payments_manual_stays BEFORE DELETE ON payments_manualentry FOR EACH ROW
    EXECUTE FUNCTION ledger_refuse_change();
  CREATE TRIGGER payments_reserve_stays BEFORE DELETE ON payments_reservehold FOR EACH ROW
    EXECUTE FUNCTION ledger_refuse_change();
  CREATE TRIGGER payments_reserve_use_stays BEFORE UPDATE OR DELETE ON payments_reserveuse
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
  FOREACH name IN ARRAY ARRAY['payments_manualentry', 'payments_reservehold',
                              'payments_reserveuse'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

-- It is booked with the agreement of others on exactly this, by an entry that moves exactly this.
CREATE FUNCTION payments_check_manual_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  merchant text;
  wanted text[] := CASE NEW.kind
    WHEN 'adjustment_credit' THEN ARRAY['D 5009', 'C 2002']
    WHEN 'adjustment_debit' THEN ARRAY['D 2002', 'C 4009']
    WHEN 'freeze' THEN ARRAY['D 2002', 'C 2004']
    WHEN 'unfreeze' THEN ARRAY['D 2004', 'C 2002']
    WHEN 'reserve_hold' THEN ARRAY['D 2002', 'C 2005']
    WHEN 'reserve_release' THEN ARRAY['D 2005', 'C 2002']
    WHEN 'debt_recovery' THEN ARRAY['D 2002', 'C 1201']
    WHEN 'debt_write_off' THEN ARRAY['D 5004', 'C 1201'] END;
BEGIN
  SELECT merchant_id INTO merchant FROM payments_merchantaccount
  WHERE id = NEW.merchant_account_id AND currency = NEW.currency;

  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.kind = 'manual_entry' AND r.object_id = NEW.id
    AND r.state = 'executed' AND r.maker = NEW.maker
    AND r.payload ->> 'kind' = NEW.kind AND r.payload ->> 'merchant' = merchant
    AND r.payload ->> 'currency' = NEW.currency
    AND r.payload ->> 'amount_minor' = NEW.amount_minor::text
    AND (SELECT count(*) FROM ledger_approvaldecision d
         WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
           AND d.approver <> r.maker) >= r.required;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'manual entry % has no approval by other people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_manualentry',
            CONSTRAINT = 'payments_manual_approved';
  END IF;

  PERFORM FROM ledger_journalentry e
  WHERE e.id = NEW.entry_id AND e.kind = NEW.kind AND e.source = NEW.id || ':booked'
    AND (SELECT array_agg(p.side || ' ' || a.code ORDER BY p.side DESC) = wanted
           AND bool_and(p.amount_minor = NEW.amount_minor AND p.currency = NEW.currency
                        AND a.owner_id = merchant)
         FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
         WHERE p.entry_id = e.id);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'manual entry % is not what entry % books', NEW.id, NEW.entry_id
      USING ERRCODE = '23514', TABLE = 'payments_manualentry',
            CONSTRAINT = 'payments_manual_is_its_entry';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_manual_is_agreed BEFORE UPDATE ON payments_manualentry FOR EACH ROW
  WHEN (OLD.status <> 'booked' AND NEW.status = 'booked')
  EXECUTE FUNCTION payments_check_manual_entry();

-- No unfreeze of more than its freeze still holds: the freeze's row is locked first, so that of
-- two at once the second sees the first.
CREATE FUNCTION payments_check_unfreeze() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  held bigint;
BEGIN
  SELECT f.amount_minor INTO held FROM payments_manualentry f
  WHERE f.id = NEW.freeze_id AND f.kind = 'freeze' AND f.status = 'booked'
    AND f.merchant_account_id = NEW.merchant_account_id FOR UPDATE;
  IF held IS NULL OR held < NEW.amount_minor + coalesce((
       SELECT sum(u.amount_minor) FROM payments_manualentry u
       WHERE u.freeze_id = NEW.freeze_id AND u.status = 'booked' AND u.id <> NEW.id), 0) THEN
    RAISE EXCEPTION 'unfreeze % is more than its freeze holds', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_manualentry',
            CONSTRAINT = 'payments_unfreeze_of_what_is_frozen';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_unfreeze_of_what_is_frozen BEFORE UPDATE ON payments_manualentry
  FOR EACH ROW WHEN (NEW.kind = 'unfreeze' AND OLD.status <> 'booked' AND NEW.status = 'booked')
  EXECUTE FUNCTION payments_check_unfreeze();

-- A hold or a release by hand that is booked has its row among the reserves.
CREATE FUNCTION payments_check_manual_reserve() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.kind = 'reserve_hold' THEN
    PERFORM FROM payments_reservehold h
    WHERE h.entry_id = NEW.entry_id AND h.merchant_account_id = NEW.merchant_account_id;
  ELSE
    PERFORM FROM payments_reserveuse u JOIN payments_reservehold h ON h.id = u.hold_id
    WHERE u.entry_id = NEW.entry_id AND u.hold_id = NEW.reserve_hold_id AND u.kind = 'released'
      AND u.amount_minor = NEW.amount_minor AND h.merchant_account_id = NEW.merchant_account_id;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the reserve of manual entry % has no row', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_manualentry',
            CONSTRAINT = 'payments_manual_reserve_has_its_row';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_manual_reserve_has_its_row BEFORE UPDATE ON payments_manualentry
  FOR EACH ROW WHEN (NEW.kind IN ('reserve_hold', 'reserve_release')
                     AND OLD.status <> 'booked' AND NEW.status = 'booked')
  EXECUTE FUNCTION payments_check_manual_reserve();

-- What is left of a hold begins as all of it, and falls by its uses only, not even for the owner.
CREATE FUNCTION payments_open_reserve() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.left_minor := NEW.amount_minor;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_reserve_opens BEFORE INSERT ON payments_reservehold FOR EACH ROW
  EXECUTE FUNCTION payments_open_reserve();
CREATE TRIGGER payments_reserve_keeps BEFORE UPDATE ON payments_reservehold FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_account_id', 'allocation_id', 'entry_id',
    'amount_minor', 'release_on', 'created_at');
CREATE FUNCTION payments_guard_reserve() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a reserve falls by its uses only'
      USING ERRCODE = '23001', TABLE = 'payments_reservehold';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_reserve_guard BEFORE UPDATE ON payments_reservehold FOR EACH ROW
  EXECUTE FUNCTION payments_guard_reserve();
CREATE FUNCTION payments_use_reserve() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE payments_reservehold SET left_minor = left_minor - NEW.amount_minor
  WHERE id = NEW.hold_id;
  RETURN NULL;
END $$;
CREATE TRIGGER payments_reserve_is_used AFTER INSERT ON payments_reserveuse FOR EACH ROW
  EXECUTE FUNCTION payments_use_reserve();

-- An entry puts into 2005 what its hold says, and takes of it what its uses say. At COMMIT.
CREATE FUNCTION payments_check_reserve_hold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_merchantaccount m
  JOIN ledger_account a ON a.code = '2005' AND a.owner_id = m.merchant_id
                       AND a.currency = m.currency
  JOIN ledger_posting p ON p.entry_id = NEW.entry_id AND p.account_id = a.id AND p.side = 'C'
  WHERE m.id = NEW.merchant_account_id
  HAVING sum(p.amount_minor) = NEW.amount_minor;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'reserve % is not what its entry holds', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_reservehold',
            CONSTRAINT = 'payments_reserve_is_its_entry';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_reserve_is_its_entry AFTER INSERT ON payments_reservehold
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_reserve_hold();

CREATE FUNCTION payments_check_reserve_use() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  account bigint;
BEGIN
  SELECT a.id INTO account FROM payments_reservehold h
  JOIN payments_merchantaccount m ON m.id = h.merchant_account_id
  JOIN ledger_account a ON a.code = '2005' AND a.owner_id = m.merchant_id
                       AND a.currency = m.currency
  WHERE h.id = NEW.hold_id;
  IF (SELECT sum(p.amount_minor) FROM ledger_posting p
      WHERE p.entry_id = NEW.entry_id AND p.account_id = account AND p.side = 'D')
     IS DISTINCT FROM
     (SELECT sum(u.amount_minor) FROM payments_reserveuse u
      JOIN payments_reservehold h ON h.id = u.hold_id
      JOIN payments_reservehold own ON own.id = NEW.hold_id
       AND own.merchant_account_id = h.merchant_account_id
      WHERE u.entry_id = NEW.entry_id) THEN
    RAISE EXCEPTION 'the uses of reserves are not what entry % takes', NEW.entry_id
      USING ERRCODE = '23514', TABLE = 'payments_reserveuse',
            CONSTRAINT = 'payments_reserve_use_is_its_entry';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_reserve_use_is_its_entry AFTER INSERT ON payments_reserveuse
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_reserve_use();

-- What moves only by hand moves by what people agreed to: an entry of these kinds belongs to a
-- booked row, whose own laws ask for the agreement and for exactly these two postings. At COMMIT,
-- because the row is booked after its entry; the check closes the entry (see ledger 0004), so that
-- nothing is added once it was looked at. Nobody reverses such an entry: the opposite is asked for.
CREATE FUNCTION payments_check_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  kinds text[] := ARRAY['adjustment_credit', 'adjustment_debit', 'freeze', 'unfreeze',
    'reserve_hold', 'reserve_release', 'debt_recovery', 'debt_write_off'];
BEGIN
  PERFORM nextval('ledger_checks');
  PERFORM FROM ledger_journalentry r WHERE r.id = NEW.reverses_id AND r.kind = ANY (kinds);
  IF FOUND THEN
    RAISE EXCEPTION 'entry % reverses what was booked by hand', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry',
            CONSTRAINT = 'payments_by_hand_agreed';
  END IF;
  IF NEW.kind <> ALL (kinds) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM payments_manualentry m
  WHERE m.entry_id = NEW.id AND m.status = 'booked'
    AND (SELECT count(*) FROM ledger_posting p WHERE p.entry_id = NEW.id) = 2;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'entry % books by hand what nobody agreed to', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry',
            CONSTRAINT = 'payments_by_hand_agreed';
  END IF;
  RETURN NULL;
END $$;
-- (WHEN keeps every other entry free of it.)
CREATE CONSTRAINT TRIGGER payments_by_hand_agreed AFTER INSERT ON ledger_journalentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.reverses_id IS NOT NULL OR NEW.kind IN ('adjustment_credit', 'adjustment_debit',
    'freeze', 'unfreeze', 'reserve_hold', 'reserve_release', 'debt_recovery', 'debt_write_off'))
  EXECUTE FUNCTION payments_check_by_hand();

-- And nothing else moves the accounts that are moved by hand only, whatever its kind. Once for all
-- postings of a statement; by indexes whatever size the tables had when it was planned.
CREATE FUNCTION payments_check_hand_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off AS $$
BEGIN
  PERFORM FROM added p
  WHERE (SELECT a.code FROM ledger_account a WHERE a.id = p.account_id)
        IN ('2004', '4009', '5004', '5009')
    AND (SELECT e.kind FROM ledger_journalentry e WHERE e.id = p.entry_id)
        NOT IN ('adjustment_credit', 'adjustment_debit', 'freeze', 'unfreeze', 'debt_write_off');
  IF FOUND THEN
    RAISE EXCEPTION 'adjustments, freezes and write-offs are booked by hand only'
      USING ERRCODE = '23514', TABLE = 'ledger_posting',
            CONSTRAINT = 'payments_moved_by_hand_only';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER payments_moved_by_hand_only AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payments_check_hand_moved();
