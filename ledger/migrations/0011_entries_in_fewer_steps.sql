-- Entries in fewer steps: the same laws, fewer plans and fewer statements.
--
-- ledger_post_entries was planned anew at every call, because to the planner a plan for the four
-- postings at hand looks cheaper than one for any number of them; and it looked for the accounts
-- twice. Now its plans are made once per connection. They are pinned to indexes, so that a plan
-- that was made while the tables were small is still the right one when they are not.
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
      WHERE a.code = l.code AND a.owner_id = l.owner_id AND a.currency = l.currency)
    FROM unnest(leg_codes, leg_owners, leg_currencies)
         AS l (code, owner_id, currency));

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
        WHERE a.code = l.code AND a.owner_id = l.owner_id AND a.currency = l.currency)
      FROM unnest(leg_codes, leg_owners, leg_currencies)
           AS l (code, owner_id, currency));
  END IF;

  ids := ARRAY(SELECT nextval('ledger_journalentry_id_seq')
               FROM generate_series(1, cardinality(sources)));

  INSERT INTO ledger_journalentry
    (id, source, kind, subject, description, effective_date, booked_at, reverses_id)
  OVERRIDING SYSTEM VALUE
  SELECT * FROM unnest(ids, sources, kinds, subjects, descriptions, effective_dates, booked,
                       reverses);

  INSERT INTO ledger_posting
    (entry_id, account_id, currency, side, amount_minor, balance_after_minor, seq)
  SELECT ids[l.entry], l.account, l.currency, l.side, l.amount, 0, 0
  FROM unnest(leg_entries, accounts, leg_currencies, leg_sides, leg_amounts)
       WITH ORDINALITY AS l (entry, account, currency, side, amount, place)
  ORDER BY l.account, l.place;

  RETURN ids;
END $$;

-- One pass over the postings instead of two: no row of sums is an entry without postings.
CREATE OR REPLACE FUNCTION ledger_check_balanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  is_balanced boolean;
BEGIN
  PERFORM nextval('ledger_checks');
  SELECT bool_and(difference = 0) INTO is_balanced
  FROM (SELECT sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END) AS difference
        FROM ledger_posting WHERE entry_id = NEW.id GROUP BY currency) sums;
  IF is_balanced IS NULL THEN
    RAISE EXCEPTION 'entry % has no postings', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  IF NOT is_balanced THEN
    RAISE EXCEPTION 'entry % does not balance', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  RETURN NULL;
END $$;
