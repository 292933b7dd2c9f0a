-- Who was blocked or bound, and where payers paid from, is history: entries end, they never go.

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['risk_blocklistentry', 'risk_boundnetwork',
                              'risk_payeraddress'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_stays', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;
CREATE TRIGGER risk_block_keeps BEFORE UPDATE ON risk_blocklistentry FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'kind', 'value', 'label', 'reason', 'created_by',
    'created_at', 'expires_at');
CREATE TRIGGER risk_bound_keeps BEFORE UPDATE ON risk_boundnetwork FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'subject_kind', 'subject_id', 'network', 'reason',
    'created_by', 'created_at');
