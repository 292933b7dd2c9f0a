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
