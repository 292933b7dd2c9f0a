-- An entry closes with the first check of its laws, and then takes neither postings nor lines.
--
-- The laws of an entry are checked once. That is at COMMIT, unless somebody asks for it earlier
-- by SET CONSTRAINTS … IMMEDIATE; what was added to the entry after that was never looked at.
--
-- So an entry remembers how many checks this session had seen when it was written. The count is
-- a sequence that only the checks may advance: cheap, of this session, and not to be turned back.
CREATE SEQUENCE ledger_checks;
ALTER TABLE ledger_journalentry ADD COLUMN checks bigint NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION ledger_stamp_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.xact := pg_current_xact_id();
  NEW.recorded_at := clock_timestamp();
  BEGIN
    NEW.checks := currval('ledger_checks');
  EXCEPTION WHEN object_not_in_prerequisite_state THEN
    NEW.checks := nextval('ledger_checks');  -- the first entry of this session
  END;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_check_balanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM nextval('ledger_checks');
  IF NOT EXISTS (SELECT FROM ledger_posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'entry % has no postings', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  IF EXISTS (SELECT FROM ledger_posting WHERE entry_id = NEW.id GROUP BY currency
             HAVING sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END) <> 0) THEN
    RAISE EXCEPTION 'entry % does not balance', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_move_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_journalentry
    WHERE id = NEW.entry_id
      AND CASE WHEN xact = pg_current_xact_id() THEN checks = currval('ledger_checks') END;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'entry % takes postings only in the transaction that wrote it', NEW.entry_id
      USING ERRCODE = '23001', TABLE = 'ledger_posting', CONSTRAINT = 'ledger_entry_closed';
  END IF;
  UPDATE ledger_accountbalance SET
    debits_minor  = debits_minor  + CASE NEW.side WHEN 'D' THEN NEW.amount_minor ELSE 0 END,
    credits_minor = credits_minor + CASE NEW.side WHEN 'C' THEN NEW.amount_minor ELSE 0 END,
    seq = seq + 1
  WHERE account_id = NEW.account_id
  RETURNING balance_minor, seq INTO NEW.balance_after_minor, NEW.seq;
  RETURN NEW;
END $$;
