-- Entries in fewer steps: the same laws, fewer plans, statements, rows and index entries.

-- An account's balance knows its currency --------------------------------------------------------

-- A posting names an account and a currency, and moves that account's balance by an UPDATE. Two
-- foreign keys asked again what the UPDATE knows: whether the account is there, and of that
-- currency; and what the look-up before it knows: whether the entry is there. That was eight
-- queries per entry of four postings, each of which wrote a lock into the row that it found. Now
-- the balance carries the currency of its account, held to it by a key that is asked once, when
-- the account opens; a posting that moves no balance of its currency is refused under the name
-- that the key had. Accounts, entries and balances are never deleted, and the law
-- `postings_have_their_place` proves it from the rows (docs/adr/0021).
ALTER TABLE ledger_accountbalance ADD COLUMN currency varchar(3);
ALTER TABLE ledger_accountbalance DISABLE TRIGGER ledger_balance_guard;
UPDATE ledger_accountbalance b SET currency = a.currency
FROM ledger_account a WHERE a.id = b.account_id;
ALTER TABLE ledger_accountbalance ENABLE TRIGGER ledger_balance_guard;
ALTER TABLE ledger_accountbalance
  ALTER COLUMN currency SET NOT NULL,
  ADD CONSTRAINT ledger_balance_currency_fk FOREIGN KEY (account_id, currency)
    REFERENCES ledger_account (id, currency) NOT DEFERRABLE;
ALTER TABLE ledger_posting
  DROP CONSTRAINT ledger_posting_account_fk,
  DROP CONSTRAINT ledger_posting_entry_fk;

CREATE OR REPLACE FUNCTION ledger_open_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO ledger_accountbalance
    (account_id, currency, normal_side, is_floored, debits_minor, credits_minor, seq)
  VALUES (NEW.id, NEW.currency, NEW.normal_side, NEW.is_floored, 0, 0, 0);
  RETURN NULL;
END $$;

-- One statement where there were two: the entry is looked up inside the UPDATE.
CREATE OR REPLACE FUNCTION ledger_move_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE ledger_accountbalance SET
    debits_minor  = debits_minor  + CASE NEW.side WHEN 'D' THEN NEW.amount_minor ELSE 0 END,
    credits_minor = credits_minor + CASE NEW.side WHEN 'C' THEN NEW.amount_minor ELSE 0 END,
    seq = seq + 1
  WHERE account_id = NEW.account_id AND currency = NEW.currency
    AND EXISTS (
      SELECT FROM ledger_journalentry
      WHERE id = NEW.entry_id
        AND CASE WHEN xact = pg_current_xact_id() THEN checks = currval('ledger_checks') END)
  RETURNING balance_minor, seq, clock_timestamp()
    INTO NEW.balance_after_minor, NEW.seq, NEW.recorded_at;
  IF FOUND THEN
    RETURN NEW;
  END IF;
  PERFORM FROM ledger_journalentry
    WHERE id = NEW.entry_id
      AND CASE WHEN xact = pg_current_xact_id() THEN checks = currval('ledger_checks') END;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'entry % takes postings only in the transaction that wrote it', NEW.entry_id
      USING ERRCODE = '23001', TABLE = 'ledger_posting', CONSTRAINT = 'ledger_entry_closed';
  END IF;
  RAISE EXCEPTION 'there is no account % of % (ledger_posting_account_fk)',
    NEW.account_id, NEW.currency
    USING ERRCODE = '23503', TABLE = 'ledger_posting', CONSTRAINT = 'ledger_posting_account_fk';
END $$;

-- As before, but asked by the trigger's condition: what is in order costs no call. Inside the
-- trigger of a posting or an account the depth is 1.
DROP TRIGGER ledger_balance_guard ON ledger_accountbalance;
CREATE TRIGGER ledger_balance_guard BEFORE INSERT OR UPDATE ON ledger_accountbalance
  FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION ledger_guard_balance();

-- The stamp of an entry --------------------------------------------------------------------------

-- As in 0007, but both locks are taken before the last closed day is read, which is then read
-- once; only the closing of the first day of all takes the second one alone. Locks and counts are
-- taken in expressions, because a statement of its own costs as much as the look-up.
CREATE OR REPLACE FUNCTION ledger_stamp_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  through date;
  locked text;
BEGIN
  NEW.xact := pg_current_xact_id();
  NEW.recorded_at := clock_timestamp();
  BEGIN
    NEW.checks := currval('ledger_checks');
  EXCEPTION WHEN object_not_in_prerequisite_state THEN
    NEW.checks := nextval('ledger_checks');  -- the first entry of this session
  END;
  locked := pg_advisory_xact_lock_shared(20071, NEW.effective_date - DATE '2000-01-01');
  locked := pg_advisory_xact_lock_shared(20072, 0);
  IF current_setting('transaction_isolation') = 'read committed' THEN
    SELECT day INTO through FROM ledger_closedthrough;
  ELSE
    through := ledger_closed_through();
  END IF;
  IF NEW.effective_date <= through THEN
    RAISE EXCEPTION 'entry % is dated %, and the books are closed through %',
      NEW.source, NEW.effective_date, through
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_period';
  END IF;
  RETURN NEW;
END $$;

-- The posting function ---------------------------------------------------------------------------

-- It was planned anew at every call, because to the planner a plan for the four postings at hand
-- looks cheaper than one for any number of them; and it looked for the accounts twice. Now its
-- plans are made once per connection. They are pinned to indexes, so that a plan that was made
-- while the tables were small is still the right one when they are not. Arrays are read by their
-- subscripts: unnest would make a table of each.
CREATE OR REPLACE FUNCTION ledger_post_entries(
  sources text[], kinds text[], subjects text[], descriptions text[], effective_dates date[],
  booked timestamptz[], reverses bigint[],
  leg_entries int[], leg_codes text[], leg_owners text[], leg_currencies text[],
  leg_sides text[], leg_amounts bigint[], leg_normal_sides text[], leg_floors boolean[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  ids bigint[];
  accounts bigint[];  -- of each leg, by its place
BEGIN
  accounts := ARRAY(
    SELECT (SELECT a.id FROM ledger_account a
      WHERE a.code = leg_codes[n] AND a.owner_id = leg_owners[n]
        AND a.currency = leg_currencies[n])
    FROM generate_series(1, cardinality(leg_codes)) n);

  IF array_position(accounts, NULL) IS NOT NULL THEN  -- some are named for the first time
    INSERT INTO ledger_account (code, owner_id, currency, normal_side, is_floored)
    SELECT DISTINCT l.code, l.owner_id, l.currency, l.normal_side, l.is_floored
    FROM unnest(accounts, leg_codes, leg_owners, leg_currencies, leg_normal_sides, leg_floors)
         AS l (account, code, owner_id, currency, normal_side, is_floored)
    WHERE l.account IS NULL
    ORDER BY 1, 2, 3
    ON CONFLICT (code, owner_id, currency) DO NOTHING;
    accounts := ARRAY(
      SELECT (SELECT a.id FROM ledger_account a
        WHERE a.code = leg_codes[n] AND a.owner_id = leg_owners[n]
          AND a.currency = leg_currencies[n])
      FROM generate_series(1, cardinality(leg_codes)) n);
  END IF;

  FOR n IN 1 .. cardinality(sources) LOOP
    ids[n] := nextval('ledger_journalentry_id_seq');
  END LOOP;

  INSERT INTO ledger_journalentry
    (id, source, kind, subject, description, effective_date, booked_at, reverses_id)
  OVERRIDING SYSTEM VALUE
  SELECT ids[n], sources[n], kinds[n], subjects[n], descriptions[n], effective_dates[n],
         booked[n], reverses[n]
  FROM generate_series(1, cardinality(sources)) n;

  INSERT INTO ledger_posting
    (entry_id, account_id, currency, side, amount_minor, balance_after_minor, seq)
  SELECT ids[leg_entries[n]], accounts[n], leg_currencies[n], leg_sides[n], leg_amounts[n], 0, 0
  FROM generate_series(1, cardinality(leg_codes)) n
  ORDER BY accounts[n], n;

  RETURN ids;
END $$;

-- The check at COMMIT ----------------------------------------------------------------------------

-- One pass over the postings instead of two, and no groups where there is one currency.
CREATE OR REPLACE FUNCTION ledger_check_balanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  looked_at bigint := nextval('ledger_checks');
  difference numeric;
  first_currency text;
  last_currency text;
BEGIN
  SELECT sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END),
         min(currency), max(currency)
    INTO difference, first_currency, last_currency
  FROM ledger_posting WHERE entry_id = NEW.id;
  IF first_currency IS NULL THEN
    RAISE EXCEPTION 'entry % has no postings', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  IF difference <> 0 OR first_currency <> last_currency AND EXISTS (
      SELECT FROM ledger_posting WHERE entry_id = NEW.id GROUP BY currency
      HAVING sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END) <> 0) THEN
    RAISE EXCEPTION 'entry % does not balance', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  RETURN NULL;
END $$;

-- Indexes ----------------------------------------------------------------------------------------

-- Its successor is made at the end of the migration, for those few entries that reverse another.
ALTER TABLE ledger_journalentry DROP CONSTRAINT ledger_journalentry_reverses_id_key;
