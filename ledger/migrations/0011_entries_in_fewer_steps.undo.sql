ALTER TABLE ledger_journalentry
  ADD CONSTRAINT ledger_journalentry_reverses_id_key UNIQUE (reverses_id);

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

CREATE OR REPLACE FUNCTION ledger_post_entries(
  sources text[], kinds text[], subjects text[], descriptions text[], effective_dates date[],
  booked timestamptz[], reverses bigint[],
  leg_entries int[], leg_codes text[], leg_owners text[], leg_currencies text[],
  leg_sides text[], leg_amounts bigint[], leg_normal_sides text[], leg_floors boolean[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ids bigint[];
BEGIN
  INSERT INTO ledger_account (code, owner_id, currency, normal_side, is_floored)
  SELECT DISTINCT l.code, l.owner_id, l.currency, l.normal_side, l.is_floored
  FROM unnest(leg_codes, leg_owners, leg_currencies, leg_normal_sides, leg_floors)
       AS l (code, owner_id, currency, normal_side, is_floored)
  WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.code = l.code
                    AND a.owner_id = l.owner_id AND a.currency = l.currency)
  ORDER BY 1, 2, 3
  ON CONFLICT (code, owner_id, currency) DO NOTHING;

  ids := ARRAY(SELECT nextval(pg_get_serial_sequence('ledger_journalentry', 'id'))
               FROM generate_series(1, cardinality(sources)));

  INSERT INTO ledger_journalentry
    (id, source, kind, subject, description, effective_date, booked_at, reverses_id)
  OVERRIDING SYSTEM VALUE
  SELECT * FROM unnest(ids, sources, kinds, subjects, descriptions, effective_dates, booked,
                       reverses);

  INSERT INTO ledger_posting
    (entry_id, account_id, currency, side, amount_minor, balance_after_minor, seq)
  SELECT ids[l.entry], a.id, l.currency, l.side, l.amount, 0, 0
  FROM unnest(leg_entries, leg_codes, leg_owners, leg_currencies, leg_sides, leg_amounts)
       WITH ORDINALITY AS l (entry, code, owner_id, currency, side, amount, place)
  JOIN ledger_account a
    ON a.code = l.code AND a.owner_id = l.owner_id AND a.currency = l.currency
  ORDER BY a.id, l.place;

  RETURN ids;
END $$;

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

DROP TRIGGER ledger_balance_guard ON ledger_accountbalance;
CREATE TRIGGER ledger_balance_guard BEFORE INSERT OR UPDATE ON ledger_accountbalance
  FOR EACH ROW EXECUTE FUNCTION ledger_guard_balance();

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

CREATE OR REPLACE FUNCTION ledger_open_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO ledger_accountbalance
    (account_id, normal_side, is_floored, debits_minor, credits_minor, seq)
  VALUES (NEW.id, NEW.normal_side, NEW.is_floored, 0, 0, 0);
  RETURN NULL;
END $$;

ALTER TABLE ledger_posting
  ADD CONSTRAINT ledger_posting_entry_fk FOREIGN KEY (entry_id)
    REFERENCES ledger_journalentry (id) NOT DEFERRABLE,
  ADD CONSTRAINT ledger_posting_account_fk FOREIGN KEY (account_id, currency)
    REFERENCES ledger_account (id, currency) NOT DEFERRABLE;
ALTER TABLE ledger_accountbalance
  DROP CONSTRAINT ledger_balance_currency_fk,
  DROP COLUMN currency;
