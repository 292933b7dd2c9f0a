DROP TRIGGER risk_counter_keeps ON risk_limitcounter;
DROP TRIGGER risk_limit_ends_once ON risk_limit;
DROP TRIGGER risk_limit_keeps ON risk_limit;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['risk_limit', 'risk_limitcounter'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_stays', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['risk_screening', 'risk_limitrelease'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_once', name);
  END LOOP;
END $$;
DROP FUNCTION risk_consume_limits(text[], bigint[], text, text, date, bigint);
