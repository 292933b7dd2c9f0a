DROP TRIGGER ledger_closedthrough_told ON ledger_closedthrough;
DROP TRIGGER ledger_period_told ON ledger_period;
DROP FUNCTION ledger_check_periods();
DROP TRIGGER ledger_periodevent_agreed ON ledger_periodevent;
DROP FUNCTION ledger_check_reopening();
DROP TRIGGER ledger_dailybalance_closed ON ledger_dailybalance;
DROP FUNCTION ledger_guard_daily_balance();
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['ledger_period', 'ledger_periodevent', 'ledger_closedthrough',
                              'ledger_dailybalance'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
  END LOOP;
END $$;
DROP TRIGGER ledger_dailybalance_once ON ledger_dailybalance;
DROP TRIGGER ledger_closedthrough_stays ON ledger_closedthrough;
DROP TRIGGER ledger_periodevent_once ON ledger_periodevent;
DROP TRIGGER ledger_period_stays ON ledger_period;
DROP TRIGGER ledger_period_keeps ON ledger_period;
DROP TRIGGER ledger_period_moves ON ledger_period;
DROP TRIGGER ledger_period_start ON ledger_period;
DROP FUNCTION ledger_reopen_periods(date, text, timestamptz, text, text);
DROP FUNCTION ledger_close_period(text, text, date, text, timestamptz, text, bigint);
DROP FUNCTION ledger_write_daily_balances(date, date);
DROP FUNCTION ledger_totals_of(date, date);

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

DROP FUNCTION ledger_closed_through();
DROP VIEW ledger_controltotal;
ALTER TABLE ledger_dailybalance DROP CONSTRAINT ledger_dailybalance_account_fk;
DELETE FROM ledger_closedthrough;
