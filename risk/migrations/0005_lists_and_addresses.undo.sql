DROP TRIGGER risk_bound_keeps ON risk_boundnetwork;
DROP TRIGGER risk_block_keeps ON risk_blocklistentry;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['risk_blocklistentry', 'risk_boundnetwork',
                              'risk_payeraddress'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_stays', name);
  END LOOP;
END $$;
