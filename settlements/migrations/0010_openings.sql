-- Opening balances: what two people agreed to is what is booked, and nothing else is an opening.

CREATE TRIGGER settlements_opening_start BEFORE INSERT ON settlements_opening FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'asked');
-- Moves are those of settlements/states.py; a test compares the two.
CREATE TRIGGER settlements_opening_moves BEFORE UPDATE ON settlements_opening FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status', 'approved>booked,asked>approved,asked>rejected');
CREATE TRIGGER settlements_opening_keeps BEFORE UPDATE ON settlements_opening FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'file_name', 'sha256', 'rows_sha256',
    'opening_date', 'row_count', 'entry_count', 'asked_by', 'created_at');
CREATE TRIGGER settlements_opening_stays BEFORE DELETE ON settlements_opening FOR EACH ROW
  EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER settlements_opening_not_emptied BEFORE TRUNCATE ON settlements_opening
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER settlements_openingrow_once BEFORE UPDATE OR DELETE ON settlements_openingrow
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER settlements_openingrow_not_emptied BEFORE TRUNCATE ON settlements_openingrow
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- All lines come with their opening: at COMMIT it has as many as it says, at places from 1 on; each
-- place is taken once, so nothing can be added later.
CREATE FUNCTION settlements_check_opening_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM added r LEFT JOIN settlements_opening o ON o.id = r.opening_id
  WHERE o.id IS NULL OR r.place > o.row_count OR r.entry_no > o.entry_count;
  IF FOUND THEN
    RAISE EXCEPTION 'an opening takes as many lines as it says'
      USING ERRCODE = '23001', TABLE = 'settlements_openingrow',
            CONSTRAINT = 'settlements_opening_rows_closed';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER settlements_opening_rows_closed AFTER INSERT ON settlements_openingrow
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT
  EXECUTE FUNCTION settlements_check_opening_rows();
CREATE FUNCTION settlements_check_opening_complete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM settlements_openingrow WHERE opening_id = NEW.id
  HAVING count(*) = NEW.row_count AND count(DISTINCT entry_no) = NEW.entry_count;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'opening % has not the lines that it says', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_opening',
            CONSTRAINT = 'settlements_opening_complete';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER settlements_opening_complete AFTER INSERT ON settlements_opening
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION settlements_check_opening_complete();

-- Nobody opens balances alone, and what is booked is never unbooked.
CREATE FUNCTION settlements_check_opening_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.entries_booked < OLD.entries_booked THEN
    RAISE EXCEPTION 'opening % is booked already', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_opening',
            CONSTRAINT = 'settlements_opening_goes_on';
  END IF;
  IF NEW.status IN ('approved', 'booked') THEN
    PERFORM FROM ledger_approvalrequest r
    WHERE r.id = NEW.approval_id AND r.kind = 'opening' AND r.object_id = NEW.id
      AND r.state = 'executed'
      AND r.payload ->> 'lines_sha256' = encode(NEW.rows_sha256, 'hex')
      AND (SELECT count(*) FROM ledger_approvaldecision d
           WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
             AND d.approver <> r.maker) >= r.required;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'opening % has no approval by other people', NEW.id
        USING ERRCODE = '23514', TABLE = 'settlements_opening',
              CONSTRAINT = 'settlements_opening_two_people';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER settlements_opening_two_people BEFORE UPDATE ON settlements_opening FOR EACH ROW
  EXECUTE FUNCTION settlements_check_opening_approval();

-- Only an approved opening makes entries of the kind. (WHEN keeps every other entry free of it.)
CREATE FUNCTION settlements_check_opening_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM settlements_opening o
  WHERE o.id = NEW.subject AND o.status = 'approved' AND o.opening_date = NEW.effective_date;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'entry % opens what nobody approved', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry',
            CONSTRAINT = 'settlements_opening_entry_approved';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER settlements_opening_entry_approved AFTER INSERT ON ledger_journalentry
  FOR EACH ROW WHEN (NEW.kind = 'opening') EXECUTE FUNCTION settlements_check_opening_entry();
