-- Seals: which transaction wrote a row, and blocks that follow one another.

-- Rows are sealed once the transaction that wrote them, and every older one, has ended. Entries know
-- theirs already; what was written before now is as old as this migration.
ALTER TABLE ledger_auditentry ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE ledger_approvaldecision ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION ledger_stamp_xact() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.xact := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_auditentry_stamp BEFORE INSERT ON ledger_auditentry
  FOR EACH ROW EXECUTE FUNCTION ledger_stamp_xact();
CREATE TRIGGER ledger_approvaldecision_stamp BEFORE INSERT ON ledger_approvaldecision
  FOR EACH ROW EXECUTE FUNCTION ledger_stamp_xact();

CREATE INDEX ledger_entry_xact ON ledger_journalentry (xact);
CREATE INDEX ledger_audit_xact ON ledger_auditentry (xact);
CREATE INDEX ledger_decision_xact ON ledger_approvaldecision (xact);

ALTER TABLE ledger_seal
  ALTER COLUMN ids SET STORAGE EXTERNAL,
  ALTER COLUMN leaves SET STORAGE EXTERNAL,  -- digests do not compress
  ADD CONSTRAINT ledger_seal_members CHECK (
    count > 0 AND cardinality(ids) = count AND octet_length(leaves) = 32 * count
    AND first_id <= last_id),
  ADD CONSTRAINT ledger_seal_digests CHECK (
    octet_length(root) = 32 AND octet_length(previous_hmac) = 32 AND octet_length(hmac) = 32);

-- A block follows the last one, or is the first.
CREATE FUNCTION ledger_check_seal_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  last_number bigint;
  last_hmac bytea;
BEGIN
  SELECT number, hmac INTO last_number, last_hmac FROM ledger_seal ORDER BY number DESC LIMIT 1;
  IF NEW.number IS DISTINCT FROM coalesce(last_number, 0) + 1
     OR NEW.previous_hmac IS DISTINCT FROM coalesce(last_hmac, decode(repeat('00', 32), 'hex')) THEN
    RAISE EXCEPTION 'block % does not follow block %', NEW.number, coalesce(last_number, 0)
      USING ERRCODE = '23514', TABLE = 'ledger_seal', CONSTRAINT = 'ledger_seal_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_seal_follows BEFORE INSERT ON ledger_seal
  FOR EACH ROW EXECUTE FUNCTION ledger_check_seal_follows();

CREATE TRIGGER ledger_seal_once BEFORE UPDATE OR DELETE ON ledger_seal
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_seal_not_emptied BEFORE TRUNCATE ON ledger_seal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
