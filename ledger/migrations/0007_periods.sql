-- Periods: a closed day takes no entry any more, and keeps the balances that it ended with.
--
-- The application role may read these tables and nothing else; closings and reopenings are the
-- two functions below. Ordinary writers of entries lock nothing that another ordinary writer
-- waits for: each shares an advisory lock of its day, which only the closing of that very day
-- takes alone.

INSERT INTO ledger_closedthrough (id, day) VALUES (1, NULL) ON CONFLICT DO NOTHING;

ALTER TABLE ledger_dailybalance ADD CONSTRAINT ledger_dailybalance_account_fk
  FOREIGN KEY (account_id) REFERENCES ledger_account (id) NOT DEFERRABLE;

-- Control accounts: the sum of the owners' accounts of one number and currency.
CREATE VIEW ledger_controltotal AS
SELECT a.code || ':' || a.currency AS id, a.code, a.currency, count(*) AS accounts,
       sum(b.debits_minor)::bigint AS debits_minor,
       sum(b.credits_minor)::bigint AS credits_minor,
       sum(b.balance_minor)::bigint AS balance_minor
FROM ledger_account a JOIN ledger_accountbalance b ON b.account_id = a.id
GROUP BY a.code, a.currency;

-- The instant of a posting ----------------------------------------------------------------------

-- What is in the books already gets the instant of its entry, never before that of the posting
-- before it on the account.
ALTER TABLE ledger_posting DISABLE TRIGGER ledger_posting_once;
UPDATE ledger_posting p SET recorded_at = told.recorded_at
FROM (SELECT q.id, max(e.recorded_at) OVER (PARTITION BY q.account_id ORDER BY q.seq) AS recorded_at
      FROM ledger_posting q JOIN ledger_journalentry e ON e.id = q.entry_id) told
WHERE p.id = told.id;
ALTER TABLE ledger_posting ENABLE TRIGGER ledger_posting_once;

-- As in 0004; the instant is read when the balance is locked, so that it follows the numbers.
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
  RETURNING balance_minor, seq, clock_timestamp()
    INTO NEW.balance_after_minor, NEW.seq, NEW.recorded_at;
  RETURN NEW;
END $$;

-- No entry into a closed day --------------------------------------------------------------------

-- Advisory locks: (20071, day) shared by who writes an entry of that day and taken alone by who
-- closes it; (20072, 0) the same for all days while nothing was ever closed; (20072, 1) one
-- closing or reopening at a time.
--
-- READ COMMITTED reads the last closed day after it has the lock, so it sees a closing that it
-- waited for. Older snapshots do not: they lock the row, and fail to serialize (40001) if a
-- closing has changed it since.
CREATE FUNCTION ledger_closed_through() RETURNS date
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  through date;
BEGIN
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    SELECT day INTO through FROM ledger_closedthrough FOR SHARE;
  ELSE
    SELECT day INTO through FROM ledger_closedthrough;
  END IF;
  RETURN through;
END $$;

-- As in 0004, and then: the day must be open.
CREATE OR REPLACE FUNCTION ledger_stamp_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  through date;
BEGIN
  NEW.xact := pg_current_xact_id();
  NEW.recorded_at := clock_timestamp();
  BEGIN
    NEW.checks := currval('ledger_checks');
  EXCEPTION WHEN object_not_in_prerequisite_state THEN
    NEW.checks := nextval('ledger_checks');  -- the first entry of this session
  END;
  PERFORM pg_advisory_xact_lock_shared(20071, NEW.effective_date - DATE '2000-01-01');
  IF current_setting('transaction_isolation') = 'read committed' THEN
    SELECT day INTO through FROM ledger_closedthrough;
  ELSE
    through := ledger_closed_through();
  END IF;
  IF through IS NULL THEN
    -- Nothing was ever closed. The first closing closes all days before it as well.
    PERFORM pg_advisory_xact_lock_shared(20072, 0);
    through := ledger_closed_through();
  END IF;
  IF NEW.effective_date <= through THEN
    RAISE EXCEPTION 'entry % is dated %, and the books are closed through %',
      NEW.source, NEW.effective_date, through
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_period';
  END IF;
  RETURN NEW;
END $$;

-- Closing ---------------------------------------------------------------------------------------

-- What a span of days came to, per currency.
CREATE FUNCTION ledger_totals_of(first_day date, last_day date) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'debits_minor', debits,
                            'credits_minor', credits, 'entries', entries) ORDER BY currency), '[]')
  FROM (SELECT p.currency, count(DISTINCT e.id) AS entries,
          coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'D'), 0)::bigint AS debits,
          coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'C'), 0)::bigint AS credits
        FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
        WHERE e.effective_date BETWEEN first_day AND last_day
        GROUP BY p.currency) told
$$;

-- Write what each account that moved since the last closed day came to by the end of `closing`.
-- `contained_seq` is one less than the account's first posting that is dated later.
CREATE FUNCTION ledger_write_daily_balances(since date, closing date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO ledger_dailybalance
    (account_id, effective_date, debits_minor, credits_minor, contained_seq)
  SELECT moved.account_id, closing, coalesce(last.debits_minor, 0) + moved.debits,
         coalesce(last.credits_minor, 0) + moved.credits, coalesce(later.seq - 1, b.seq)
  FROM (SELECT p.account_id,
          coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'D'), 0)::bigint AS debits,
          coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'C'), 0)::bigint AS credits
        FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
        WHERE e.effective_date > coalesce(since, '-infinity') AND e.effective_date <= closing
        GROUP BY p.account_id) moved
  JOIN ledger_accountbalance b ON b.account_id = moved.account_id
  LEFT JOIN LATERAL (
    SELECT debits_minor, credits_minor, contained_seq FROM ledger_dailybalance
    WHERE account_id = moved.account_id AND effective_date < closing
    ORDER BY effective_date DESC LIMIT 1) last ON true
  LEFT JOIN LATERAL (
    SELECT p.seq FROM ledger_posting p JOIN ledger_journalentry e ON e.id = p.entry_id
    WHERE p.account_id = moved.account_id AND p.seq > coalesce(last.contained_seq, 0)
      AND e.effective_date > closing
    ORDER BY p.seq LIMIT 1) later ON true
$$;

-- Close a day or a month and return its id. `new_id` is for a period that was never closed.
CREATE FUNCTION ledger_close_period(new_id text, wanted text, first_day date, who text,
                                    closed timestamptz, why text, seal bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '10s'
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  through date;
  last_day date := first_day;
  period ledger_period%ROWTYPE;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'a period is closed in READ COMMITTED: an older snapshot misses entries'
      USING ERRCODE = '25001';
  END IF;
  PERFORM pg_advisory_xact_lock(20072, 1);
  SELECT day INTO through FROM ledger_closedthrough;
  IF wanted = 'month' THEN
    last_day := (first_day + interval '1 month')::date - 1;
  END IF;
  -- The zone of business is not known here: no day is closed before it is over where days end
  -- first, at UTC+14, whatever the caller says what time it is.
  IF last_day >= ((clock_timestamp() + interval '14 hours') AT TIME ZONE 'UTC')::date THEN
    RAISE EXCEPTION '% is not over yet', last_day
      USING ERRCODE = '23514', TABLE = 'ledger_period', CONSTRAINT = 'ledger_period_over';
  END IF;
  IF wanted = 'month' THEN
    IF through IS NULL OR through < last_day OR EXISTS (
        SELECT FROM ledger_period WHERE kind = 'month' AND state = 'open' AND starts_on < first_day)
    THEN
      RAISE EXCEPTION 'days of the month % are open', to_char(first_day, 'YYYY-MM')
        USING ERRCODE = '23514', TABLE = 'ledger_period', CONSTRAINT = 'ledger_period_order';
    END IF;
  ELSE
    -- One lock, not both: whoever writes while nothing is closed has the day's, and then asks for
    -- the other.
    IF through IS NULL THEN
      PERFORM pg_advisory_xact_lock(20072, 0);
    ELSE
      PERFORM pg_advisory_xact_lock(20071, first_day - DATE '2000-01-01');
    END IF;
    IF first_day <> through + 1 OR through IS NULL AND EXISTS (
        SELECT FROM ledger_journalentry WHERE effective_date < first_day) THEN
      RAISE EXCEPTION 'days are closed in order, and % is not the next', first_day
        USING ERRCODE = '23514', TABLE = 'ledger_period', CONSTRAINT = 'ledger_period_order';
    END IF;
    PERFORM ledger_write_daily_balances(through, first_day);
    UPDATE ledger_closedthrough SET day = first_day;
  END IF;
  INSERT INTO ledger_period (id, kind, starts_on, ends_on, state, closed_by, version)
  VALUES (new_id, wanted, first_day, last_day, 'open', '', 0)
  ON CONFLICT (kind, starts_on) DO NOTHING;
  UPDATE ledger_period
    SET state = 'closed', closed_by = who, closed_at = closed, version = version + 1
    WHERE kind = wanted AND starts_on = first_day AND state = 'open'
    RETURNING * INTO period;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is closed already', first_day
      USING ERRCODE = '23514', TABLE = 'ledger_period', CONSTRAINT = 'ledger_period_order';
  END IF;
  INSERT INTO ledger_periodevent
    (period_id, deed, version, actor, at, recorded_at, reason, totals, seal_number)
  VALUES (period.id, 'closed', period.version, who, closed, clock_timestamp(), why,
          ledger_totals_of(first_day, last_day), seal);
  RETURN period.id;
END $$;

-- Reopen all that is closed from a day on, as others have agreed, and return the periods' ids.
CREATE FUNCTION ledger_reopen_periods(first_day date, who text, reopened timestamptz, why text,
                                      agreed text) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '10s'
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ids text[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'periods are reopened in READ COMMITTED' USING ERRCODE = '25001';
  END IF;
  PERFORM pg_advisory_xact_lock(20072, 1);
  IF NOT EXISTS (SELECT FROM ledger_period
                 WHERE kind = 'day' AND state = 'closed' AND starts_on = first_day) THEN
    RAISE EXCEPTION '% is not closed', first_day
      USING ERRCODE = '23514', TABLE = 'ledger_period', CONSTRAINT = 'ledger_period_order';
  END IF;
  UPDATE ledger_closedthrough SET day = first_day - 1;
  DELETE FROM ledger_dailybalance WHERE effective_date >= first_day;
  WITH changed AS (
    UPDATE ledger_period SET state = 'open', version = version + 1
    WHERE state = 'closed' AND ends_on >= first_day
    RETURNING id, version, starts_on, ends_on),
  told AS (
    INSERT INTO ledger_periodevent
      (period_id, deed, version, actor, at, recorded_at, reason, totals, approval_id)
    SELECT id, 'reopened', version, who, reopened, clock_timestamp(), why,
           ledger_totals_of(starts_on, ends_on), agreed
    FROM changed ORDER BY ends_on DESC, id
    RETURNING period_id)
  SELECT array_agg(period_id) INTO ids FROM told;
  RETURN ids;
END $$;

-- The guards, also of the owner -----------------------------------------------------------------

CREATE TRIGGER ledger_period_start BEFORE INSERT ON ledger_period FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('state', 'open');
CREATE TRIGGER ledger_period_moves BEFORE UPDATE ON ledger_period FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('state', 'closed>open,open>closed');
CREATE TRIGGER ledger_period_keeps BEFORE UPDATE ON ledger_period FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'kind', 'starts_on', 'ends_on');
CREATE TRIGGER ledger_period_stays BEFORE DELETE ON ledger_period FOR EACH ROW
  EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_periodevent_once BEFORE UPDATE OR DELETE ON ledger_periodevent
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_closedthrough_stays BEFORE DELETE ON ledger_closedthrough FOR EACH ROW
  EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_dailybalance_once BEFORE UPDATE ON ledger_dailybalance FOR EACH ROW
  EXECUTE FUNCTION ledger_refuse_change();
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['ledger_period', 'ledger_periodevent', 'ledger_closedthrough',
                              'ledger_dailybalance'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

-- Balances of a closed day neither come nor go.
CREATE FUNCTION ledger_guard_daily_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  balance ledger_dailybalance%ROWTYPE;
BEGIN
  IF TG_OP = 'INSERT' THEN balance := NEW; ELSE balance := OLD; END IF;
  IF balance.effective_date <= (SELECT day FROM ledger_closedthrough) THEN
    RAISE EXCEPTION 'the balances of % are closed', balance.effective_date
      USING ERRCODE = '23001', TABLE = 'ledger_dailybalance';
  END IF;
  RETURN balance;
END $$;
CREATE TRIGGER ledger_dailybalance_closed BEFORE INSERT OR DELETE ON ledger_dailybalance
  FOR EACH ROW EXECUTE FUNCTION ledger_guard_daily_balance();

-- A reopening has been agreed to by others: this period, in this very request.
CREATE FUNCTION ledger_check_reopening() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.deed = 'reopened' AND NOT EXISTS (
      SELECT FROM ledger_approvalrequest
      WHERE id = NEW.approval_id AND kind = 'period_reopening' AND state = 'executed'
        AND (payload -> 'periods' -> NEW.period_id) = to_jsonb(NEW.version - 1)) THEN
    RAISE EXCEPTION 'the reopening of % has not been agreed to', NEW.period_id
      USING ERRCODE = '23514', TABLE = 'ledger_periodevent',
            CONSTRAINT = 'ledger_periodevent_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_periodevent_agreed BEFORE INSERT ON ledger_periodevent
  FOR EACH ROW EXECUTE FUNCTION ledger_check_reopening();

-- At COMMIT every period stands as its newest event says, days are closed without a gap, and the
-- one row says what the periods say.
CREATE FUNCTION ledger_check_periods() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  through date;
BEGIN
  SELECT coalesce(max(ends_on) FILTER (WHERE state = 'closed'), min(starts_on) - 1) INTO through
    FROM ledger_period WHERE kind = 'day';
  IF through IS DISTINCT FROM (SELECT day FROM ledger_closedthrough)
     OR EXISTS (SELECT FROM ledger_period
                WHERE kind = 'day' AND (state = 'open') = (ends_on <= through))
     OR EXISTS (SELECT FROM ledger_period WHERE kind = 'month' AND state = 'closed'
                AND ends_on > through) THEN
    RAISE EXCEPTION 'the books are not closed through %', through
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  IF EXISTS (SELECT FROM ledger_period p LEFT JOIN ledger_periodevent e
               ON e.period_id = p.id AND e.version = p.version
              AND e.deed = CASE p.state WHEN 'closed' THEN 'closed' ELSE 'reopened' END
             WHERE e.id IS NULL) THEN
    RAISE EXCEPTION 'a period does not stand as its newest event says'
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_period_told AFTER INSERT OR UPDATE ON ledger_period
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_periods();
CREATE CONSTRAINT TRIGGER ledger_closedthrough_told AFTER INSERT OR UPDATE ON ledger_closedthrough
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_periods();
