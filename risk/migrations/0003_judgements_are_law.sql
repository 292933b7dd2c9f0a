-- The laws of judging: judgements are written once, limits end and never change, and a counter
-- is filled by one guarded statement that no number of clients can overrun.

-- Count an amount against all of these counters or against none of them. The answer is one row
-- for each counter with what is used now, or the one row of the counter that refused. Counters
-- are taken in id order, so that two callers never wait for each other. Without a savepoint:
-- a run that judges a thousand settlements in one transaction must not open a thousand.
CREATE FUNCTION risk_consume_limits(
  counter_ids text[], limits_minor bigint[], of_deed text, of_currency text, on_date date,
  amount_minor bigint
) RETURNS TABLE (counter_id text, used_minor bigint, is_refused boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  taken_ids  text[]   := '{}';
  taken_used bigint[] := '{}';
  wanted_id  text;
  most       bigint;
  used_now   bigint;
BEGIN
  IF amount_minor <= 0 THEN
    RAISE EXCEPTION 'an amount that is counted is above zero, not %', amount_minor
      USING ERRCODE = '23514', TABLE = 'risk_limitcounter';
  END IF;
  FOR wanted_id, most IN
    SELECT w.id, w.most FROM unnest(counter_ids, limits_minor) AS w (id, most) ORDER BY w.id
  LOOP
    INSERT INTO risk_limitcounter AS c (subject_id, deed, currency, business_date, used_minor)
    SELECT wanted_id, of_deed, of_currency, on_date, amount_minor WHERE amount_minor <= most
    ON CONFLICT (subject_id, deed, currency, business_date)
      DO UPDATE SET used_minor = c.used_minor + EXCLUDED.used_minor
      WHERE c.used_minor + EXCLUDED.used_minor <= most
    RETURNING c.used_minor INTO used_now;
    IF FOUND THEN
      taken_ids := taken_ids || wanted_id;
      taken_used := taken_used || used_now;
      CONTINUE;
    END IF;

    UPDATE risk_limitcounter AS c SET used_minor = c.used_minor - amount_minor
    WHERE c.subject_id = ANY (taken_ids) AND c.deed = of_deed AND c.currency = of_currency
      AND c.business_date = on_date;
    SELECT c.used_minor INTO used_now FROM risk_limitcounter AS c
    WHERE c.subject_id = wanted_id AND c.deed = of_deed AND c.currency = of_currency
      AND c.business_date = on_date;
    RETURN QUERY SELECT wanted_id, coalesce(used_now, 0), true;
    RETURN;
  END LOOP;
  RETURN QUERY SELECT t.id, t.used, false FROM unnest(taken_ids, taken_used) AS t (id, used);
END $$;

-- Written once.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['risk_screening', 'risk_limitrelease'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_once', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
  -- Changed as said below only, never deleted.
  FOREACH name IN ARRAY ARRAY['risk_limit', 'risk_limitcounter'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_stays', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

-- A limit is ended once; what it was stays readable.
CREATE TRIGGER risk_limit_keeps BEFORE UPDATE ON risk_limit FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'subject_kind', 'subject_id', 'deed', 'window',
    'currency', 'value_minor', 'valid_from');
CREATE TRIGGER risk_limit_ends_once BEFORE UPDATE ON risk_limit FOR EACH ROW
  WHEN (OLD.valid_until IS NOT NULL) EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER risk_counter_keeps BEFORE UPDATE ON risk_limitcounter FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'subject_id', 'deed', 'currency', 'business_date');
